/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What extkey needs of a host, found out by trying. Nothing is attached, and nothing
 * is left.
 */
#ifndef EXTKEY_REQUIREMENTS_H
#define EXTKEY_REQUIREMENTS_H

#include <stdbool.h>

enum requirement_level {
	REQUIRED, /* the engine does not work without it */
	OPTIONAL, /* something is lost without it */
	SETTING, /* extkey works without it, MPTCP opens no subflows */
};

struct requirement {
	const char *name;
	enum requirement_level level;
	bool for_hook, for_tc;
	bool met;
	char why[4096]; /* if it is not met: what is missing or lost, and what to do */
};

#define MAX_REQUIREMENTS 24

struct requirements {
	struct requirement list[MAX_REQUIREMENTS];
	unsigned int nr;
};

void requirements_find(struct requirements *found);

/* Whether an engine works, by what was found */
bool requirements_met(const struct requirements *found, unsigned int engine);

/* Prints on stderr what an engine lacks, for an attach that has failed */
void requirements_explain(unsigned int engine);

#endif /* EXTKEY_REQUIREMENTS_H */
