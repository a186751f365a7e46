/* SPDX-License-Identifier: GPL-2.0-only */
/* Where engine tc has its programs: the command writes it, and sockets are told */
#ifndef EXTKEY_DEVICES_BPF_H
#define EXTKEY_DEVICES_BPF_H

#include "keys.bpf.h"

#include <bpf/bpf_helpers.h>

#include "extkey_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_DEVICES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct extkey_device_key);
	__type(value, struct extkey_device);
} devices SEC(".maps");

/*
 * Whether there are programs on the interface by which the first subflow leaves, or, before there
 * is one, on all of this network namespace
 */
static __always_inline bool is_covered(struct mptcp_sock *msk)
{
	const struct net *net = msk_sock(msk)->__sk_common.skc_net.net;
	struct extkey_device_key key = {
		.netns = net->ns.inum,
		.ifindex = EXTKEY_ALL_DEVICES,
	};
	const struct extkey_device *device;
	const struct dst_entry *route;

	route = msk->first ? msk->first->sk_dst_cache : NULL;
	if (route)
		key.ifindex = route->dev->ifindex;
	device = bpf_map_lookup_elem(&devices, &key);
	/* The number of a namespace that is gone is given to another one */
	return device && device->cookie == net->net_cookie;
}

#endif /* EXTKEY_DEVICES_BPF_H */
