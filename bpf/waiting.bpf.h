/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that wait for a key, for both engines, at the cgroups whose policy has them wait.
 * Until there is a key, what would bring another subflow does not leave; TCP and MPTCP send it
 * again, and so it leaves soon after the key has come.
 */
#ifndef EXTKEY_WAITING_BPF_H
#define EXTKEY_WAITING_BPF_H

#include "keys.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"

#define SKB_HELD 0
#define SKB_LEAVES 1

/* Whether the connection has no key, and is to have one. What nobody knows counts as such. */
static __always_inline bool is_keyless(const struct mptcp_sock *msk)
{
	struct extkey_sock stored;
	bool keyless;

	switch (read_stored(msk, &stored)) {
	case READ_NOTHING:
		return false;
	case READ_KEY:
		keyless = stored.flags & EXTKEY_SOCK_KEYLESS;
		__builtin_memset(&stored, 0, sizeof(stored));
		return keyless;
	default:
		return true;
	}
}

/*
 * Whether this tells the peer an address, for its join. What the kernel has put into IPv6 or IPsec
 * by here is not looked at: it may be anything of the first subflow.
 */
static __always_inline bool is_announcement(struct __sk_buff *skb)
{
	struct packet packet;
	__u32 i;

	if (!parse(skb, &packet))
		return false;
	for (i = 0; i < EXTKEY_OPTIONS && i < packet.walk.found; i++)
		if (packet.walk.options[i].field == EXTKEY_FIELD_ADD_ADDR)
			return true;
	return packet.walk.found > EXTKEY_OPTIONS;
}

/* What a join sends before it is established is told by its socket, whatever is around it */
static __always_inline int hold(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct bpf_sock *sk = skb->sk;
	struct mptcp_sock *msk;

	if (!sk || !is_subflow(sk))
		return SKB_LEAVES;
	msk = msk_of(sk);
	if (!msk || (!is_joining(kskb->sk, sk->state) &&
		     (is_data(skb, 0) || !is_announcement(skb))))
		return SKB_LEAVES;
	return is_keyless(msk) ? SKB_HELD : SKB_LEAVES;
}

/*
 * TCP repeats a SYN after 1 s, five times, and then after twice the time of before. The peer may
 * have its key long before that: so after 1/KNOCKS s. Twice the time is still the rule, so a key
 * that comes late has its join after no more than the time it took; from Linux 6.15 on, after
 * no more than KNOCK_MAX_MS.
 */
#define KNOCKS 5
#define KNOCK_MAX_MS 1000
#define KNOCK_TRIES_DOUBLING 10 /* and five more: for 3 minutes */
#define KNOCK_TRIES 127 /* the most there is: for 2 minutes */
#define TCP_SYNCNT 7
#define TCP_RTO_MAX_MS 44 /* Linux 6.15 */

static __always_inline bool set_tcp(struct bpf_sock_ops *ctx, int option,
				    int value)
{
	return !bpf_setsockopt(ctx, IPPROTO_TCP, option, &value, sizeof(value));
}

/* The subflow of a join, whose connection was made to wait, has a key by now or not */
static __always_inline bool joins_waiting(struct bpf_sock_ops *ctx)
{
	struct extkey_sock *stored;
	struct mptcp_sock *msk;

	msk = ctx->sk ? bpf_skc_to_mptcp_sock(ctx->sk) : NULL;
	if (!msk || !BPF_CORE_READ_BITFIELD(subflow_of(ctx->sk), request_join))
		return false;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	return stored && stored->flags & EXTKEY_SOCK_WAITS;
}

static __always_inline void knock(struct bpf_sock_ops *ctx)
{
	const struct netns_ipv4 *ipv4;
	struct sock *sk;

	if ((ctx->op != BPF_SOCK_OPS_TIMEOUT_INIT &&
	     ctx->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) ||
	    !ctx->is_fullsock || !joins_waiting(ctx))
		return;
	sk = kernel_cast(struct sock, ctx->sk);
	if (ctx->op == BPF_SOCK_OPS_TIMEOUT_INIT) {
		set_tcp(ctx, TCP_SYNCNT,
			set_tcp(ctx, TCP_RTO_MAX_MS, KNOCK_MAX_MS) ?
				KNOCK_TRIES :
				KNOCK_TRIES_DOUBLING);
		/* A socket that is new has one second there, in the kernel's unit */
		ctx->reply =
			kernel_cast(struct inet_connection_sock, sk)->icsk_rto /
			KNOCKS;
		return;
	}
	ipv4 = &sk->__sk_common.skc_net.net->ipv4;
	if (bpf_core_field_exists(ipv4->sysctl_tcp_rto_max_ms))
		set_tcp(ctx, TCP_RTO_MAX_MS, ipv4->sysctl_tcp_rto_max_ms);
}

#endif /* EXTKEY_WAITING_BPF_H */
