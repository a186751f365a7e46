/* SPDX-License-Identifier: GPL-2.0-only */
/* Pinned links of programs to cgroups and interfaces. Errors as in error.h. */
#ifndef EXTKEY_LINKS_H
#define EXTKEY_LINKS_H

#include <linux/types.h>
#include <stdbool.h>

/* Linux 6.6, include/uapi/linux/bpf.h; older headers than the kernel have no name */
#define LINK_TCX_INGRESS 46
#define LINK_TCX_EGRESS 47

/*
 * Links the program @prog to @target, a descriptor of a cgroup or the number of an
 * interface, and pins that in the place of what is at @path. -EINVAL, without a
 * message, if the kernel says that: it has no such links.
 */
int link_make(int prog, int target, unsigned int attach_type, const char *path);

/* Has a pinned link run another program, at once; nothing if it is dead */
int link_update(const char *path, int prog);

struct link_state {
	__u32 prog_id;
	__u64 cgroup_id; /* 0: the cgroup is gone */
	__u32 ifindex; /* 0: the interface is gone */
};

/*
 * False if there is no link at @path, or it cannot be read: that says nothing of what
 * it is linked to. Of cgroup_id and ifindex, one is meant.
 */
bool link_read(const char *path, struct link_state *state);

/* The number by which the kernel knows a program; 0 if it cannot be told */
__u32 program_id(int prog);

#endif /* EXTKEY_LINKS_H */
