/* SPDX-License-Identifier: GPL-2.0-only */
/* What extkey needs of the process, the kernel and the file systems */
#ifndef EXTKEY_SYSTEM_H
#define EXTKEY_SYSTEM_H

#include <linux/types.h>
#include <stdbool.h>

#define BPFFS "/sys/fs/bpf"

/* Each returns EXIT_OK, or the exit status after it has printed the error */
int check_system(void); /* privileges, kernel and bpffs */

/* Whether the running kernel has the hook of the kernel patch */
bool has_hook(void);

/* Whether programs can see how long an address is, and so keys behind one: Linux 6.7 */
bool has_address_length(void);

/*
 * Opens a cgroup2 directory: descriptor in @fd, the id that BPF knows it by in
 * @id, its path without links in @path (EXTKEY_PATH_SIZE bytes).
 */
int open_cgroup(const char *cgroup, int *fd, __u64 *id, char *path);

/* The root of its hierarchy, as far as it can be seen from here */
int open_root_cgroup(int cgroup_fd, int *root);

#endif /* EXTKEY_SYSTEM_H */
