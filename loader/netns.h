/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces. One is known by its inode number; a path is what people call
 * it, and where it is looked for first. Errors as in error.h.
 *
 * Who enters one leaves it again: nothing but netns_move() changes where this
 * process is for good.
 */
#ifndef EXTKEY_NETNS_H
#define EXTKEY_NETNS_H

#include <linux/types.h>
#include <stddef.h>

/*
 * The namespace that --netns names, NULL for that of this process: its inode
 * number, and a path or "net:[INODE]" for one without.
 */
int netns_resolve(const char *netns, __u32 *inode, char *path, size_t size);

/*
 * Into the namespace @inode: that at @path, or wherever else it has a name or a
 * process. -ENOENT if it is gone; -EPERM if that is not known, because this process
 * may not look everywhere, or may not enter it.
 */
int netns_enter(const char *path, __u32 inode);

/* Back to where this process was before the last netns_enter() that succeeded */
void netns_leave(void);

/* What no other namespace than the one where this process is has ever */
int netns_cookie(__u64 *cookie);

/* Into the namespace that --netns names, for good */
int netns_move(const char *netns);

/*
 * Calls @visit in each namespace that has a name or a process, with its inode number
 * and a path, until one returns something else than 0, which is returned. -EPERM if
 * there are such that this process may not enter, after all others were visited.
 */
int netns_visit_all(int (*visit)(__u32 inode, const char *path, void *data),
		    void *data);

#endif /* EXTKEY_NETNS_H */
