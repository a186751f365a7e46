// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs at cgroups, for both engines: they keep on the MPTCP socket what is derived
 * from its key, out of the address of connect() or bind() or of a socket option, or that it is
 * the one of its cgroup.
 */
#include "vmlinux.h"

#include <asm/errno.h>
#include <bpf/bpf_helpers.h>

#include "extkey_addr.h"
#include "keys.bpf.h"
#include "namespaces.bpf.h"
#include "sockopt.bpf.h"
#include "take_key.bpf.h"
#include "waiting.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Callers have checked that there is a whole sockaddr_in, or the most of an in6 */
static __always_inline enum extkey_found
read_key(struct bpf_sock_addr_kern *kctx, bool ipv6, struct given_key *key)
{
	__u32 size = ipv6 ? EXTKEY_SIN6_SIZE : EXTKEY_SIN_SIZE, tail_len = 0;
	__u8 tail[EXTKEY_TAIL_MAX] = { 0 }, sin_zero[EXTKEY_KEY_SHORT];
	const void *addr;

	/* What the kernel copies an address into, however short that is */
	addr = kernel_cast(struct __kernel_sockaddr_storage, kctx->uaddr);

	/* Before 6.7 nothing tells how much of an address there is */
	if (bpf_core_field_exists(kctx->uaddrlen) && kctx->uaddrlen > size) {
		tail_len = kctx->uaddrlen - size;
		__builtin_memcpy(tail, addr + size, sizeof(tail));
	}
	if (ipv6)
		return extkey_from_addr(NULL, tail, tail_len, key->bytes,
					&key->len);
	__builtin_memcpy(sin_zero, addr + EXTKEY_SIN_ZERO_AT, sizeof(sin_zero));
	return extkey_from_addr(sin_zero, tail, tail_len, key->bytes,
				&key->len);
}

/*
 * The key of the cgroup, or where that has none, the mark of a socket that should have one. A
 * connection key that is still there is of a connection which has ended.
 */
static __always_inline void
give_from_creation(struct extkey_sock *stored,
		   const struct extkey_policy *policy, __u64 cgroup_id,
		   __u8 flags)
{
	set_settings(stored, policy, cgroup_id);
	stored->connection_key_of = 0;
	if (!(policy->sources & EXTKEY_FROM_CGROUP)) {
		stored->flags = flags | keyless_flags(policy);
		return;
	}
	stored->flags = flags | EXTKEY_SOCK_CGROUP;
	count(cgroup_id, keys_given);
}

/* No key in the address: if the policy has one, it is that; what the socket has stays */
static __always_inline int give_key(struct mptcp_sock *msk,
				    struct extkey_sock *stored,
				    const struct extkey_policy *policy,
				    __u64 cgroup_id, __u8 flags)
{
	/* The path manager's own listeners are the kernel's sockets */
	if ((stored && !(stored->flags & EXTKEY_SOCK_KEYLESS)) ||
	    BPF_CORE_READ_BITFIELD(msk_sock(msk), sk_kern_sock))
		return CALL_ALLOWED;
	if (!(policy->sources & EXTKEY_FROM_CGROUP)) {
		if (policy->require_key) {
			count(cgroup_id, keys_missing);
			return refuse(-EPERM);
		}
		/* It was required when the socket was made */
		if (stored && !policy->wait_key)
			bpf_sk_storage_delete(&keys, msk);
		if (!policy->wait_key)
			return CALL_ALLOWED;
	}
	note_engine(policy, msk_sock(msk));
	stored = bpf_sk_storage_get(&keys, msk, NULL,
				    BPF_SK_STORAGE_GET_F_CREATE);
	if (!stored)
		return out_of_memory(cgroup_id);
	give_from_creation(stored, policy, cgroup_id, flags);
	return CALL_ALLOWED;
}

static __always_inline int take_key(struct bpf_sock_addr *ctx, bool ipv6,
				    __u8 flags)
{
	struct extkey_secret secret = { 0 };
	struct bpf_sock_addr_kern *kctx;
	struct extkey_policy *policy;
	struct extkey_sock *stored;
	struct given_key key = { 0 };
	enum extkey_found found;
	struct mptcp_sock *msk;
	__u64 cgroup_id;
	int state;

	if (!ctx->sk)
		return CALL_ALLOWED;
	msk = bpf_skc_to_mptcp_sock(ctx->sk);
	if (!msk)
		return CALL_ALLOWED;

	/*
	 * Further subflows come from the path manager, with zeros; and once the
	 * socket listens or is connected, the call is going to fail anyway.
	 * mptcp_connect() enters TCP_SYN_SENT before it comes here.
	 */
	kctx = bpf_cast_to_kern_ctx(ctx);
	state = msk_sock(msk)->__sk_common.skc_state;
	if (msk->first != kctx->sk ||
	    (state != TCP_CLOSE && state != TCP_SYN_SENT))
		return CALL_ALLOWED;

	/* Nested cgroups each run this; one of them has refused already */
	if (bpf_get_retval() < 0)
		return CALL_ALLOWED;

	policy = find_policy(msk_sock(msk), &cgroup_id);
	if (!policy)
		return CALL_ALLOWED;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	/* What a program has said by the option of the socket is nearer */
	found = policy->sources & EXTKEY_FROM_ADDRESS &&
				!(stored &&
				  stored->flags & EXTKEY_SOCK_OPTION) ?
			read_key(kctx, ipv6, &key) :
			EXTKEY_NONE;
	if (found == EXTKEY_MALFORMED) {
		count(cgroup_id, keys_malformed);
		return refuse(-EINVAL);
	}
	if (stored)
		stored->flags |= flags;
	if (found == EXTKEY_NONE)
		return give_key(msk, stored, policy, cgroup_id, flags);

	derive_secret(&key, &secret);
	if (stored && stored->keys.has_sending &&
	    !__builtin_memcmp(&stored->keys.sending, &secret, sizeof(secret)) &&
	    same_settings(stored, policy, cgroup_id))
		return CALL_ALLOWED;

	note_engine(policy, msk_sock(msk));
	if (!stored)
		stored = bpf_sk_storage_get(&keys, msk, NULL,
					    BPF_SK_STORAGE_GET_F_CREATE);
	if (!stored)
		return out_of_memory(cgroup_id);

	set_settings(stored, policy, cgroup_id);
	set_key(stored, &secret, flags);
	count(cgroup_id, keys_taken);
	if (policy->scheme == EXTKEY_SCHEME_XOR && !secret.pad)
		count(cgroup_id, keys_weak);
	return CALL_ALLOWED;
}

/*
 * socket(): whatever calls follow, the socket has the key of its cgroup. Where there is none,
 * and one is required, it waits for one: listen() needs no bind(), and no program sees it.
 */
SEC("cgroup/sock_create")
int extkey_create(struct bpf_sock *ctx)
{
	struct extkey_policy *policy;
	struct extkey_sock *stored;
	struct sock *sk;
	__u64 cgroup_id;

	if (ctx->protocol != IPPROTO_MPTCP || bpf_get_retval() < 0)
		return CALL_ALLOWED;
	sk = bpf_cast_to_kern_ctx(ctx);
	policy = find_policy(sk, &cgroup_id);
	if (!policy || !is_for_all(policy))
		return CALL_ALLOWED;
	/* Nested cgroups each run this */
	if (bpf_sk_storage_get(&keys, ctx, NULL, 0))
		return CALL_ALLOWED;
	note_engine(policy, sk);
	stored = bpf_sk_storage_get(&keys, ctx, NULL,
				    BPF_SK_STORAGE_GET_F_CREATE);
	if (!stored)
		return out_of_memory(cgroup_id);
	give_from_creation(stored, policy, cgroup_id, 0);
	return CALL_ALLOWED;
}

SEC("cgroup/connect4")
int extkey_connect4(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, false, EXTKEY_SOCK_CLIENT);
}

SEC("cgroup/connect6")
int extkey_connect6(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, true, EXTKEY_SOCK_CLIENT);
}

SEC("cgroup/bind4")
int extkey_bind4(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, false, 0);
}

SEC("cgroup/bind6")
int extkey_bind6(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, true, 0);
}

SEC("cgroup/setsockopt")
int extkey_setsockopt(struct bpf_sockopt *ctx)
{
	return take_option(ctx);
}

SEC("cgroup/getsockopt")
int extkey_getsockopt(struct bpf_sockopt *ctx)
{
	return tell_info(ctx);
}

SEC("cgroup_skb/egress")
int extkey_hold(struct __sk_buff *skb)
{
	return hold(skb);
}

SEC("sockops")
int extkey_knock(struct bpf_sock_ops *ctx)
{
	knock(ctx);
	return 1;
}
