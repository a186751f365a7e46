/* SPDX-License-Identifier: GPL-2.0-only */
/* What all ways in which a socket gets its key have in common */
#ifndef EXTKEY_TAKE_KEY_BPF_H
#define EXTKEY_TAKE_KEY_BPF_H

#include "vmlinux.h"

#include <asm/errno.h>
#include <bpf/bpf_helpers.h>

#include "keys.bpf.h"
#include "namespaces.bpf.h"

/* Return values of the cgroup programs */
#define CALL_REFUSED 0
#define CALL_ALLOWED 1

static __always_inline int refuse(int err)
{
	bpf_set_retval(err);
	return CALL_REFUSED;
}

static __always_inline bool same_settings(const struct extkey_sock *stored,
					  const struct extkey_policy *policy,
					  __u64 cgroup_id)
{
	return stored->scheme == policy->scheme &&
	       stored->engine == policy->engine &&
	       stored->bind_addresses == policy->bind_addresses &&
	       stored->cgroup_id == cgroup_id;
}

/* Also before there is the storage: what the gate knows must not come after the key */
static __always_inline void note_engine(const struct extkey_policy *policy,
					const struct sock *sk)
{
	if (policy->engine == EXTKEY_ENGINE_TC)
		note_namespace(sk->__sk_common.skc_net.net);
}

static __always_inline void set_settings(struct extkey_sock *stored,
					 const struct extkey_policy *policy,
					 __u64 cgroup_id)
{
	stored->cgroup_id = cgroup_id;
	stored->scheme = policy->scheme;
	stored->engine = policy->engine;
	stored->bind_addresses = policy->bind_addresses;
}

/* Going on without memory would be the plain MPTCP that was not asked for */
static __always_inline int out_of_memory(__u64 cgroup_id)
{
	count(cgroup_id, keys_failed);
	return refuse(-ENOMEM);
}

struct given_key {
	__u8 bytes[EXTKEY_KEY_MAX]; /* with zeros behind the key */
	__u32 len;
};

/* A global function: the verifier goes through it once, and not for each length of a key */
__noinline int derive_secret(const struct given_key *key,
			     struct extkey_secret *secret)
{
	if (!key || !secret)
		return -EINVAL;
	extkey_derive(key->bytes, key->len, secret);
	return 0;
}

/* The settings are in @stored already */
static __always_inline void set_key(struct extkey_sock *stored,
				    const struct extkey_secret *secret,
				    __u8 flags)
{
	stored->connection_key_of = 0;
	stored->keys.sending = *secret;
	stored->keys.has_sending = 1;
	stored->flags =
		(stored->flags | flags) &
		~(EXTKEY_SOCK_CGROUP | EXTKEY_SOCK_KEYLESS | EXTKEY_SOCK_WAITS);
}

/* Of a socket that is to have a key, and has none yet */
static __always_inline __u8 keyless_flags(const struct extkey_policy *policy)
{
	return policy->wait_key ? EXTKEY_SOCK_KEYLESS | EXTKEY_SOCK_WAITS :
				  EXTKEY_SOCK_KEYLESS;
}

/* Where a policy has its sockets have something from the beginning on */
static __always_inline bool is_for_all(const struct extkey_policy *policy)
{
	return policy->sources & EXTKEY_FROM_CGROUP || policy->require_key ||
	       policy->wait_key;
}

#endif /* EXTKEY_TAKE_KEY_BPF_H */
