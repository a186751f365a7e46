/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept in bpffs, and how. Errors as in error.h.
 *
 *	/sys/fs/bpf/extkey/
 *		layout			symbolic link whose text is EXTKEY_LAYOUT
 *		keys cgroup_keys policies counters	maps, for both engines
 *		counters_next		those of a build that counts other things, for a moment
 *		cgroup/programs/	connect4 ..., and the link "build"
 *		cgroups/ID/		links of those to the cgroup with this id
 *		hook/programs/		the program of engine hook
 *		hook/link		its link to the kernel's hook
 *		tc/programs/		ingress egress gate established
 *		tc/maps/		the maps of these alone
 *		tc/root/		links of gate and established to the root cgroup
 *		tc/links/NETNS_IFINDEX/	links of ingress and egress to an interface
 *
 * "build" is a symbolic link whose text names the build that the programs beside it
 * are of. New programs are made in loading/, which is renamed to next/ when it is
 * whole; programs/ becomes next/ when all links have the new ones. So a command that
 * is killed leaves something that the next one can clear away or finish.
 */
#ifndef EXTKEY_PINS_H
#define EXTKEY_PINS_H

#include <stdbool.h>
#include <stddef.h>

#include "system.h"

#define EXTKEY_DIR BPFFS "/extkey"
#define EXTKEY_REMOVED_DIR \
	BPFFS "/extkey_removed" /* bpffs takes no dot in a name */
#define PIN_PATH_MAX 256

bool pin_exists(const char *path);

/* An error if @path is not root's or ours, or others may write to it */
int pin_check_owner(const char *path);
int pin_object(int fd, const char *path); /* a program, map or link */
int pin_make_dir(const char *path); /* which may be there already */
int pin_rename(const char *from, const char *to);
int pin_remove(
	const char *path); /* with all that is below, if there is anything */

/* Calls @visit with each name in a directory, until it returns something else than 0 */
int pin_visit(const char *dir, int (*visit)(const char *name, void *data),
	      void *data);

/* A text, as a symbolic link. Reads "" if there is none. */
int pin_write_text(const char *text, const char *path);
void pin_read_text(const char *path, char *text, size_t size);

/* The pinned map, whose values must have this size, or a negative errno */
int pin_open_map(const char *path, unsigned int value_size);

#endif /* EXTKEY_PINS_H */
