/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network namespaces in which a socket has had a key of engine tc. In all others the
 * gate stays out of the way, and nothing is recorded of connections without a key.
 */
#ifndef EXTKEY_NAMESPACES_BPF_H
#define EXTKEY_NAMESPACES_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "extkey_maps.h"

/*
 * By namespace_id(), which is never 0. Without the entry 0, which the command makes, this is
 * not complete, and all namespaces count.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_NAMESPACES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} namespaces SEC(".maps");

#define USER_LEVELS 33 /* of user namespaces: the kernel has no more */
#define OF_USER (1ULL << 63) /* no cookie comes there */

/*
 * A user can make any number of network namespaces, as root of a user namespace of their
 * own. All of these are one here: or one user could fill the map, and all would count.
 */
static __always_inline __u64 namespace_id(const struct net *net)
{
	const struct user_namespace *user = net->user_ns;
	__u32 owner, i;

	for (i = 0; i < USER_LEVELS && user->level > 1; i++)
		user = user->parent;
	owner = user->owner.val;
	return owner ? OF_USER | owner : net->net_cookie;
}

static __always_inline bool has_had_key(const struct net *net)
{
	__u64 id = namespace_id(net), all = 0;

	return bpf_map_lookup_elem(&namespaces, &id) ||
	       !bpf_map_lookup_elem(&namespaces, &all);
}

/*
 * Whether each key was taken with engine tc there, and so each connection with a key is in the
 * table of those (bpf/connections.bpf.h): not after a change from engine hook
 */
static __always_inline bool knows_all_keys(void)
{
	__u64 all = 0;

	return bpf_map_lookup_elem(&namespaces, &all);
}

/* To be called before there is the key */
static __always_inline void note_namespace(const struct net *net)
{
	__u64 id = namespace_id(net), all = 0;
	__u32 yes = 1;

	if (bpf_map_lookup_elem(&namespaces, &id))
		return;
	if (bpf_map_update_elem(&namespaces, &id, &yes, BPF_ANY))
		bpf_map_delete_elem(&namespaces, &all);
}

#endif /* EXTKEY_NAMESPACES_BPF_H */
