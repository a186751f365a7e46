/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces. One is known by its inode number; a path is what people call
 * it, and where it is looked for first.
 */
#ifndef EXTKEY_NETNS_H
#define EXTKEY_NETNS_H

#include <linux/types.h>
#include <stddef.h>

/*
 * The namespace that --netns names, NULL for that of this process: its inode
 * number, and a path or "net:[INODE]" for one without. 0 or a negative errno.
 */
int netns_resolve(const char *netns, __u32 *inode, char *path, size_t size);

/*
 * Into the namespace @inode: that at @path, or wherever else it has a name or a
 * process. 0, -ENOENT if it is nowhere, or another negative errno.
 */
int netns_enter(const char *path, __u32 inode);

#endif /* EXTKEY_NETNS_H */
