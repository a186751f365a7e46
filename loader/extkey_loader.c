// SPDX-License-Identifier: GPL-2.0-only
/*
 * extkey_loader: attaches external keys for MPTCP to cgroups. What it loads stays
 * pinned in bpffs and works without it; only "watch" stays, for interfaces to come.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

int report(int status, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "extkey_loader: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	return status;
}

static int run(const struct options *options)
{
	switch (options->command) {
	case CMD_ATTACH:
		return cmd_attach(options);
	case CMD_DETACH:
		return cmd_detach(options);
	case CMD_STATUS:
		return cmd_status(options);
	case CMD_WATCH:
		return cmd_watch(options);
	case CMD_VERSION:
		printf("extkey_loader %s\n", EXTKEY_VERSION);
		return EXIT_OK;
	case CMD_HELP:
		print_help();
		return EXIT_OK;
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct options options;
	int err;

	err = parse_options(argc, argv, &options);
	if (err)
		return err;
	err = run(&options);
	if (fflush(stdout) || ferror(stdout))
		return err ? err :
			     report(EXIT_FAILED, "cannot write the output: %s",
				    strerror(errno));
	return err;
}
