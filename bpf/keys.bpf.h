/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps, and what all programs do with them. For extkey.bpf.c alone. */
#ifndef EXTKEY_MAPS_BPF_H
#define EXTKEY_MAPS_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "extkey_maps.h"

/* Levels of cgroups that the search for the nearest policy climbs */
#define CGROUP_LEVELS 128

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct extkey_sock);
} keys SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_CGROUPS);
	__type(key, __u64);
	__type(value, struct extkey_policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_CGROUPS);
	__type(key, __u64);
	__type(value, struct extkey_counters);
} counters SEC(".maps");

/* For the command alone */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EXTKEY_MAX_DEVICES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct extkey_device_key);
	__type(value, struct extkey_device);
} devices SEC(".maps");

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;

static struct sock *msk_sock(struct mptcp_sock *msk)
{
	return &msk->sk.icsk_inet.sk;
}

/* Counts only what is rare, a call or a join: an atomic add is good enough */
#define count(cgroup_id, member)                             \
	do {                                                 \
		__u64 id = (cgroup_id);                      \
		struct extkey_counters *c =                  \
			bpf_map_lookup_elem(&counters, &id); \
                                                             \
		if (c)                                       \
			__sync_fetch_and_add(&c->member, 1); \
	} while (0)

/* The nearest attached ancestor of the cgroup in which the socket was made */
static __always_inline struct extkey_policy *find_policy(struct mptcp_sock *msk,
							 __u64 *cgroup_id)
{
	struct cgroup *cgroup = msk_sock(msk)->sk_cgrp_data.cgroup;
	struct cgroup_subsys_state *parent;
	struct extkey_policy *policy;
	int level;

	for (level = 0; level < CGROUP_LEVELS && cgroup; level++) {
		*cgroup_id = cgroup->kn->id;
		policy = bpf_map_lookup_elem(&policies, cgroup_id);
		if (policy)
			return policy;
		parent = cgroup->self.parent;
		if (!parent)
			break;
		cgroup = parent->cgroup;
	}
	return NULL;
}

/* A join without a key that this engine would have masked with one */
static __always_inline void count_plain(struct mptcp_sock *msk, __u32 engine,
					bool rx)
{
	struct extkey_policy *policy;
	__u64 cgroup_id;

	policy = find_policy(msk, &cgroup_id);
	if (!policy || policy->engine != engine)
		return;
	if (!rx)
		count(cgroup_id, joins_plain_sent);
	else if (BPF_CORE_READ_BITFIELD(msk_sock(msk), sk_kern_sock))
		count(cgroup_id, joins_pm_listener);
	else
		count(cgroup_id, joins_plain_received);
}

#endif /* EXTKEY_MAPS_BPF_H */
