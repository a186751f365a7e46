/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way in which things go wrong below the verbs: a function returns 0, or a
 * negative errno after it has left a message with fail(). Who calls it passes the
 * number on, prints the message and goes on, or drops it. A verb ends in
 * exit_status(), which prints the message that was left.
 */
#ifndef EXTKEY_ERROR_H
#define EXTKEY_ERROR_H

/* Exit status, documented in the help */
enum {
	EXIT_OK,
	EXIT_FAILED, /* the operation failed, the message says why */
	EXIT_USAGE, /* wrong words on the command line */
	EXIT_PRIVILEGE, /* not root, nor the three capabilities */
	EXIT_UNSUPPORTED, /* this kernel or system lacks something */
	EXIT_INCOMPLETE, /* status: something is not protected */
	EXIT_ONLY_TC, /* check: of the engines, only tc works */
	EXIT_ONLY_HOOK, /* check: only hook works */
};

/* Leaves a message, without a newline, and returns @err, a negative errno */
int fail(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The message that was left last */
const char *failure(void);

/* Prints that message, for who goes on all the same */
void print_failure(void);

/* Prints "extkey_loader: ..." on stderr at once */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The exit status for what a function returned, after its message is printed:
 * -EPERM is EXIT_PRIVILEGE, -EOPNOTSUPP is EXIT_UNSUPPORTED, others are EXIT_FAILED.
 */
int exit_status(int err);

/* For wrong words: prints the message at once, and returns EXIT_USAGE */
int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* EXTKEY_ERROR_H */
