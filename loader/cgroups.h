/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories of cgroup2. Errors as in error.h. */
#ifndef EXTKEY_CGROUPS_H
#define EXTKEY_CGROUPS_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * Opens the directory @cgroup: descriptor in @fd, the id that BPF knows it by in
 * @id, its path without links in @path (EXTKEY_PATH_SIZE bytes).
 */
int cgroup_open(const char *cgroup, int *fd, __u64 *id, char *path);

/*
 * From a cgroup to the one around it. If there is none, or none that can be seen, this
 * is false and @fd is closed.
 */
bool cgroup_go_up(int *fd, __u64 *id);

/*
 * A descriptor of the cgroup @id, somewhere below @root; -1 and errno if it is gone. It takes
 * CAP_DAC_READ_SEARCH.
 */
int cgroup_open_id(int root, __u64 id);

/* The root of all cgroups, and not of what a namespace or a mount shows of them */
int cgroup_open_root(int *fd);

#endif /* EXTKEY_CGROUPS_H */
