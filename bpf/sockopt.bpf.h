/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of a socket, include/extkey_sockopt.h: a key for it, and what it has. The kernel
 * knows neither of them. Where no policy applies, it says so, as of any option it does not know.
 */
#ifndef EXTKEY_SOCKOPT_BPF_H
#define EXTKEY_SOCKOPT_BPF_H

#include "devices.bpf.h"
#include "stored.bpf.h"
#include "take_key.bpf.h"

#include "extkey_addr.h"
#include "extkey_sockopt.h"

#define PAGE_SIZE 4096 /* the least there is */
#define CONSUMED -1 /* optlen: the kernel is not asked */

/*
 * Whether this is for us: on an MPTCP socket whose cgroup has a policy, and which has not become
 * one of TCP
 */
static __always_inline struct extkey_policy *
policy_for_option(struct bpf_sockopt *ctx, __u64 *cgroup_id)
{
	struct mptcp_sock *msk;

	if (!ctx->sk || ctx->sk->protocol != IPPROTO_MPTCP)
		return NULL;
	msk = kernel_cast(struct mptcp_sock, ctx->sk);
	if (msk->flags & 1UL << MPTCP_FALLBACK_DONE)
		return NULL;
	return find_policy(msk_sock(msk), cgroup_id);
}

/* False if it is none */
static __always_inline bool read_option(struct bpf_sockopt *ctx,
					struct given_key *key)
{
	const __u8 *at = ctx->optval, *end = ctx->optval_end;
	unsigned int i;

	__builtin_memset(key, 0, sizeof(*key));
	key->len = ctx->optlen;
	if (!extkey_key_len(key->len))
		return false;
	/* What is behind the end of the option is not there */
	for (i = 0; i < EXTKEY_KEY_MAX && at + i + 1 <= end; i++)
		key->bytes[i] = at[i];
	return extkey_any(key->bytes, EXTKEY_KEY_MAX);
}

/*
 * The key of an established connection, whose socket was made to wait. It is taken once: a second
 * key would lose the joins that began with the first one.
 */
static __always_inline int
take_connection_key(struct bpf_sockopt *ctx, const struct extkey_secret *secret)
{
	struct mptcp_sock *msk = kernel_cast(struct mptcp_sock, ctx->sk);
	__u8 state = msk_sock(msk)->__sk_common.skc_state;
	struct extkey_sock *stored;

	stored = bpf_sk_storage_get(&keys, ctx->sk, NULL, 0);
	if (!stored || !(stored->flags & EXTKEY_SOCK_WAITS) ||
	    (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT) ||
	    has_connection_key(msk, stored))
		return refuse(-EBUSY);
	stored->keys.connection = *secret;
	/* The hook writes to these flags as well, but not before there is a key */
	stored->flags &= ~EXTKEY_SOCK_TLS;
	if (ctx->optname == EXTKEY_SO_TLS_KEY)
		stored->flags |= EXTKEY_SOCK_TLS;
	/* With a barrier: whoever sees this sees the key */
	__sync_lock_test_and_set(&stored->connection_key_of, key_part(msk));
	count(stored->cgroup_id, keys_taken);
	ctx->optlen = CONSUMED;
	return CALL_ALLOWED;
}

static __always_inline int take_option(struct bpf_sockopt *ctx)
{
	struct extkey_secret secret = { 0 };
	struct extkey_policy *policy;
	struct extkey_sock *stored;
	struct given_key key;
	struct sock *sk;
	__u64 cgroup_id;

	if (ctx->level != EXTKEY_SOL || (ctx->optname != EXTKEY_SO_KEY &&
					 ctx->optname != EXTKEY_SO_TLS_KEY)) {
		/* More than a program gets to see is for the kernel, as it is */
		if (ctx->optlen > PAGE_SIZE)
			ctx->optlen = 0;
		return CALL_ALLOWED;
	}
	/* Nested cgroups each run this; one of them has taken or refused it already */
	if (ctx->optlen == CONSUMED || bpf_get_retval() < 0)
		return CALL_ALLOWED;
	policy = policy_for_option(ctx, &cgroup_id);
	if (!policy)
		return CALL_ALLOWED;
	if (!read_option(ctx, &key)) {
		count(cgroup_id, keys_malformed);
		return refuse(-EINVAL);
	}
	derive_secret(&key, &secret);
	if (policy->scheme == EXTKEY_SCHEME_XOR && !secret.pad) {
		count(cgroup_id, keys_weak);
		return refuse(-EINVAL);
	}
	sk = kernel_cast(struct sock, ctx->sk);
	if (sk->__sk_common.skc_state != TCP_CLOSE ||
	    ctx->optname == EXTKEY_SO_TLS_KEY)
		return take_connection_key(ctx, &secret);
	note_engine(policy, sk);
	stored = bpf_sk_storage_get(&keys, ctx->sk, NULL,
				    BPF_SK_STORAGE_GET_F_CREATE);
	if (!stored)
		return out_of_memory(cgroup_id);
	set_settings(stored, policy, cgroup_id);
	set_key(stored, &secret, EXTKEY_SOCK_OPTION);
	count(cgroup_id, keys_taken);
	ctx->optlen = CONSUMED;
	return CALL_ALLOWED;
}

/* The socket keeps that of a connection which has ended until the next one is there */
static __always_inline bool has_key_now(struct mptcp_sock *msk,
					const struct extkey_sock *stored)
{
	__u8 state = msk_sock(msk)->__sk_common.skc_state;

	return state != TCP_CLOSE && state != TCP_LISTEN &&
	       state != TCP_SYN_SENT && has_connection_key(msk, stored);
}

static __always_inline __u8 source_of(struct mptcp_sock *msk,
				      const struct extkey_sock *stored)
{
	if (has_key_now(msk, stored))
		return stored->flags & EXTKEY_SOCK_TLS ?
			       EXTKEY_SOURCE_TLS :
			       EXTKEY_SOURCE_CONNECTION;
	if (stored->flags & EXTKEY_SOCK_CGROUP)
		return EXTKEY_SOURCE_CGROUP;
	if (!stored->keys.has_sending)
		return EXTKEY_SOURCE_NONE;
	return stored->flags & EXTKEY_SOCK_OPTION ? EXTKEY_SOURCE_SOCKET :
						    EXTKEY_SOURCE_ADDRESS;
}

static __always_inline int tell_info(struct bpf_sockopt *ctx)
{
	struct extkey_info *info = ctx->optval;
	struct extkey_keys known = { 0 };
	struct extkey_policy *policy;
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	__u64 cgroup_id, address;

	if (ctx->level != EXTKEY_SOL || ctx->optname != EXTKEY_SO_INFO) {
		if (ctx->optlen > PAGE_SIZE)
			ctx->optlen = 0;
		return CALL_ALLOWED;
	}
	if (!ctx->retval)
		return CALL_ALLOWED; /* answered at a cgroup below this one */
	policy = policy_for_option(ctx, &cgroup_id);
	if (!policy)
		return CALL_ALLOWED;
	if ((void *)(info + 1) > ctx->optval_end)
		return refuse(-EINVAL);
	__builtin_memset(info, 0, sizeof(*info));
	msk = kernel_cast(struct mptcp_sock, ctx->sk);
	info->engine = policy->engine;
	info->scheme = policy->scheme;
	info->covered = policy->engine == EXTKEY_ENGINE_HOOK || is_covered(msk);
	stored = bpf_sk_storage_get(&keys, ctx->sk, NULL, 0);
	if (stored) {
		info->scheme = stored->scheme;
		info->source = source_of(msk, stored);
		info->waiting = stored->flags & EXTKEY_SOCK_WAITS &&
				!has_key_now(msk, stored);
		info->fingerprint =
			has_key_now(msk, stored) ?
				stored->keys.connection.fingerprint :
				stored->keys.sending.fingerprint;
		address = (__u64)ctx->sk;
		if (stored->flags & EXTKEY_SOCK_CGROUP &&
		    read_cgroup_keys_at(&address, stored->cgroup_id, &known))
			info->fingerprint = known.sending.fingerprint;
	}
	ctx->optlen = sizeof(*info);
	barrier(); /* the verifier takes no store to both at once */
	ctx->retval = 0;
	return CALL_ALLOWED;
}

#endif /* EXTKEY_SOCKOPT_BPF_H */
