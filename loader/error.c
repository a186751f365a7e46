// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/* What the verifier says goes in as well */
static char message[8192];

int fail(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return err;
}

const char *failure(void)
{
	return message;
}

static void print(const char *format, va_list args)
{
	fprintf(stderr, "extkey_loader: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
}

void print_failure(void)
{
	say("%s", message);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
}

int exit_status(int err)
{
	if (!err)
		return EXIT_OK;
	print_failure();
	switch (err) {
	case -EPERM:
		return EXIT_PRIVILEGE;
	case -EOPNOTSUPP:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_FAILED;
	}
}

int usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(format, args);
	va_end(args);
	return EXIT_USAGE;
}
