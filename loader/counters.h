/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters of the attached cgroups. A build may have others than the one before it:
 * their names are taken from the pinned map itself, and an upgrade carries over by name
 * those that both have. Errors as in error.h.
 */
#ifndef EXTKEY_COUNTERS_H
#define EXTKEY_COUNTERS_H

#include <linux/types.h>

#include "pins.h"

#define COUNTERS_PATH EXTKEY_DIR "/counters"
#define COUNTERS_NEXT_PATH COUNTERS_PATH "_next" /* of the build to come */

/* A descriptor of the pinned map, whatever it counts */
int counters_open(void);

/* For each counter of cgroup @id in the order of the map; 0 where it has none yet */
int counters_visit(int map, __u64 id,
		   void (*visit)(const char *name, __u64 value, void *data),
		   void *data);

/* A place for those of cgroup @id; what is there goes on counting. -1 with errno. */
int counters_add(int map, __u64 id);

/* Writes what @from has of cgroup @id to the map @to, by name */
int counters_carry_over(int from, int to, __u64 id);

#endif /* EXTKEY_COUNTERS_H */
