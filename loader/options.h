/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of the command line */
#ifndef EXTKEY_OPTIONS_H
#define EXTKEY_OPTIONS_H

#include <stdbool.h>

#include "devices.h"
#include "extkey_maps.h"

enum key_step {
	KEY_NO_STEP,
	KEY_ADD,
	KEY_USE_NEW,
	KEY_DROP_OLD,
	KEY_DROP_NEW,
};

struct options {
	const struct verb *verb;
	const char *cgroup;
	struct device_choice devices;

	/* attach: what was asked for; -1: what the policy has, or the default */
	int engine;
	int scheme;
	int require_key; /* one of these two at most is 1 */
	int wait_key;
	int bind_addresses;
	int sources;
	bool engine_auto; /* whatever the kernel can do best */

	const char *key_file; /* attach, key --add, run, fingerprint */
	enum key_step key_step; /* key */

	char **program; /* run: its words, with NULL behind */
	bool mptcp; /* run: TCP sockets become MPTCP sockets */
	bool tls; /* run: connections get the keys of their TLS sessions */

	bool all; /* detach */
	bool json; /* status, check */
	bool help;
};

/* Which words go with a verb */
enum {
	TAKES_CGROUP = 1, /* and it must be given */
	TAKES_CGROUP_OR_NONE = 2,
	TAKES_CGROUP_OR_ALL = 4,
	TAKES_POLICY = 8, /* --scheme and the like */
	TAKES_DEVICES = 16, /* --netns, --dev */
	TAKES_JSON = 32,
	TAKES_KEY_STEP = 64, /* --add and the like; one must be given */
	TAKES_PROGRAM =
		128, /* --key-file, --mptcp, and the words of a program */
	TAKES_FILE = 256, /* of a key */
};

/* One line of the table in extkey_loader.c, which the help is printed from as well */
struct verb {
	const char *name;
	const char *args;
	const char *help; /* one line */
	const char *more; /* of VERB --help */
	unsigned int takes;
	int (*run)(const struct options *options);
};

/*
 * Fills @options; EXIT_OK or EXIT_USAGE, with the message printed. @verbs ends with one
 * without a name.
 */
int options_parse(int argc, char **argv, const struct verb *verbs,
		  struct options *options);

#endif /* EXTKEY_OPTIONS_H */
