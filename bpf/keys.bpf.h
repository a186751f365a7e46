/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps that the programs of all objects share, and what they do with them */
#ifndef EXTKEY_KEYS_BPF_H
#define EXTKEY_KEYS_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "extkey_maps.h"
#include "memory.bpf.h"

/*
 * The bpf file system that this is pinned in, by its device number. The command knows
 * its own programs by it when their pins are lost, and tells them from those of
 * another bpf file system. In a map of its own, to be found and read.
 */
SEC(".rodata.id") const volatile __u64 installation;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct extkey_sock);
} keys SEC(".maps");

/*
 * Keys of cgroups, which the command writes. Nobody can walk this map, so no dump shows
 * them; and what it has of a cgroup goes with the last socket of that.
 */
struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct extkey_keys);
} cgroup_keys SEC(".maps");

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

/* By enum extkey_engine: 1 if it is loaded. The command writes it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} engines SEC(".maps");

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

/* More than there is memory for: the search ends at the root */
#define CGROUP_LEVELS (1 << 20)

struct policy_search {
	__u64 cgroup; /* a number, as the verifier would lose a pointer's type here */
	__u64 id;
	struct extkey_policy *policy;
};

static long search_level(__u64 index, struct policy_search *search)
{
	struct cgroup_subsys_state *parent;
	struct cgroup *cgroup;

	cgroup = bpf_rdonly_cast((void *)search->cgroup,
				 bpf_core_type_id_kernel(struct cgroup));
	search->id = cgroup->kn->id;
	search->policy = bpf_map_lookup_elem(&policies, &search->id);
	if (search->policy)
		return 1;
	parent = cgroup->self.parent;
	search->cgroup = parent ? (__u64)parent->cgroup : 0;
	return !search->cgroup;
}

/* The nearest attached ancestor of the cgroup in which the socket was made */
static __always_inline struct extkey_policy *find_policy(const struct sock *sk,
							 __u64 *cgroup_id)
{
	struct policy_search search = {
		.cgroup = (__u64)sk->sk_cgrp_data.cgroup,
	};

	if (search.cgroup)
		bpf_loop(CGROUP_LEVELS, search_level, &search, 0);
	*cgroup_id = search.id;
	return search.policy;
}

/*
 * Who masks for this socket: what the policy says now, so that all sockets of a
 * cgroup change engines at once. Of a cgroup that was detached it is what the policy
 * said when the key was taken; if that one is not loaded any more, it is the other.
 */
static __always_inline enum extkey_engine
engine_of(const struct extkey_sock *stored)
{
	__u64 id = stored->cgroup_id;
	struct extkey_policy *policy = bpf_map_lookup_elem(&policies, &id);
	__u32 engine, *loaded;

	if (policy)
		return policy->engine;
	engine = stored->engine;
	loaded = bpf_map_lookup_elem(&engines, &engine);
	if (!loaded || *loaded)
		return engine;
	return engine == EXTKEY_ENGINE_HOOK ? EXTKEY_ENGINE_TC :
					      EXTKEY_ENGINE_HOOK;
}

/* A join without a key that this engine would have masked with one */
static __always_inline void count_plain(struct mptcp_sock *msk, __u32 engine,
					bool rx)
{
	struct extkey_policy *policy;
	__u64 cgroup_id;

	policy = find_policy(msk_sock(msk), &cgroup_id);
	if (!policy || policy->engine != engine)
		return;
	if (!rx)
		count(cgroup_id, join_syn_tx_plain);
	else if (BPF_CORE_READ_BITFIELD(msk_sock(msk), sk_kern_sock))
		count(cgroup_id, join_syn_rx_pm);
	else
		count(cgroup_id, join_syn_rx_plain);
}

#endif /* EXTKEY_KEYS_BPF_H */
