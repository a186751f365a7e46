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
 * By the cookie of the namespace, which is never 0. Without the entry 0, which the command
 * makes, this is not complete, and all namespaces count.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_NAMESPACES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} namespaces SEC(".maps");

static __always_inline bool has_had_key(const struct net *net)
{
	__u64 cookie = net->net_cookie, all = 0;

	return bpf_map_lookup_elem(&namespaces, &cookie) ||
	       !bpf_map_lookup_elem(&namespaces, &all);
}

/* To be called before there is the key */
static __always_inline void note_namespace(const struct net *net)
{
	__u64 cookie = net->net_cookie, all = 0;
	__u32 yes = 1;

	if (bpf_map_lookup_elem(&namespaces, &cookie))
		return;
	if (bpf_map_update_elem(&namespaces, &cookie, &yes, BPF_ANY))
		bpf_map_delete_elem(&namespaces, &all);
}

#endif /* EXTKEY_NAMESPACES_BPF_H */
