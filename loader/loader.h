/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the command share: exit status, errors, subcommands */
#ifndef EXTKEY_LOADER_H
#define EXTKEY_LOADER_H

#include <stdbool.h>

#include "extkey_maps.h"

#define EXTKEY_MAX_DEVS 64

#define EXTKEY_VERSION "0.1.0"

/* Exit status, documented in the help */
enum {
	EXIT_OK,
	EXIT_FAILED, /* the operation failed, the message says why */
	EXIT_USAGE, /* wrong words on the command line */
	EXIT_PRIVILEGE, /* not root, nor the three capabilities */
	EXIT_UNSUPPORTED, /* this kernel or system lacks something */
};

struct options {
	enum {
		CMD_ATTACH,
		CMD_DETACH,
		CMD_STATUS,
		CMD_WATCH,
		CMD_VERSION,
		CMD_HELP
	} command;
	const char *cgroup;
	bool engine_auto; /* attach: policy.engine is to be found out */
	const char *netns; /* attach, watch: NAME or PATH, NULL for this one */
	const char *devs[EXTKEY_MAX_DEVS]; /* the same: none for all */
	unsigned int nr_devs;
	struct extkey_policy policy; /* attach; without the cgroup's path */
	bool all; /* detach --all */
	bool json; /* status -j */
};

/* Prints "extkey_loader: ..." on stderr and returns @status */
int report(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fills @options; 0 or EXIT_USAGE, the message is printed */
int parse_options(int argc, char **argv, struct options *options);
void print_help(void);

const char *scheme_name(unsigned int scheme);
const char *engine_name(unsigned int engine);

int cmd_attach(const struct options *options);
int cmd_detach(const struct options *options);
int cmd_status(const struct options *options);
int cmd_watch(const struct options *options);

#endif /* EXTKEY_LOADER_H */
