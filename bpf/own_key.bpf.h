/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the MPTCP key of this host, of connections that others open.
 *
 * With SYN cookies the kernel keeps no request, and takes its own key from the ACK
 * (mptcp_subflow_init_cookie_req() in net/mptcp/subflow.c), although RFC 8684 section 3.1
 * wants it verified. The masks of all fields but T are bound to the keys of both ends: who
 * names those of another connection would be told its masks.
 *
 * So the key in a SYN/ACK without a request is a keyed hash of what identifies it, and the
 * gate computes it again for the ACK: nothing is kept. What was not proven is not refused,
 * since the connection is to go on; but its fields get no masks, see key_of().
 */
#ifndef EXTKEY_OWN_KEY_BPF_H
#define EXTKEY_OWN_KEY_BPF_H

#include "cookies.bpf.h"
#include "keys.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"
#include "tc_shared.bpf.h"

/*
 * 1 if the kernel itself verifies its key: then nothing is to be done here, and another key
 * in the SYN/ACK would be refused. The command writes it.
 */
SEC(".rodata.kernel") const volatile __u64 kernel_verifies_keys;

/*
 * The own key that the ACK proved which the gate has seen last on this CPU. TCP makes the
 * connection of it at once, and there extkey_established compares.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} proven SEC(".maps");

/*
 * For the listener's key in s->secret, in the network namespace of this cookie;
 * @leaves: this is the SYN/ACK, else the ACK. A global function, as join_hmac().
 */
__noinline __u64 own_key(struct scratch *s, __u64 netns, int leaves)
{
	__u32 isn[2], seq, ack;

	if (!s)
		return 0;
	seq = extkey_be32(s->packet.tcp + TCP_SEQ_AT);
	ack = extkey_be32(s->packet.tcp + TCP_ACK_AT) - 1;
	isn[0] = leaves ? ack : seq - 1;
	isn[1] = leaves ? seq : ack;
	packet_addresses(&s->packet, !leaves, &s->input);
	return extkey_own_key(&s->secret, netns, isn, &s->input);
}

static __always_inline __u64 opt_be64(const struct packet *packet, __u32 at)
{
	return (__u64)opt_be32(packet, at) << 32 | opt_be32(packet, at + 4);
}

/* Into a SYN/ACK without a request, of the listener in s->stored whose key is @kind */
static __always_inline void
write_own_key(struct __sk_buff *skb, struct scratch *s, enum extkey_key kind)
{
	__u64 netns = netns_of(skb)->net_cookie;
	__u8 field[8];

	if (kernel_verifies_keys || kind != EXTKEY_KEY_FIELDS ||
	    !use_key(s, EXTKEY_CHOICE_SENDING))
		return;
	extkey_put_be64(field, own_key(s, netns, true));
	write_field(skb, &s->packet,
		    s->packet.walk.capable_at + EXTKEY_SENDER_KEY_AT, field,
		    sizeof(field));
}

/* The own key that an ACK names; 0 if the kernel would not take one from it */
static __always_inline __u64 named_key(const struct packet *packet)
{
	const struct extkey_walk *walk = &packet->walk;

	if (walk->capables != 1 || walk->capable_len < EXTKEY_CAPABLE_ACK)
		return 0;
	return opt_be64(packet, walk->capable_at + EXTKEY_RECEIVER_KEY_AT);
}

/*
 * At a listener whose key is in s->stored; @request_key: of the request, or 0. If there is
 * one TCP does not look at what the ACK names.
 */
static __always_inline void prove_key(struct __sk_buff *skb, struct scratch *s,
				      __u64 request_key)
{
	const enum extkey_choice choices[] = { EXTKEY_CHOICE_SENDING,
					       EXTKEY_CHOICE_ACCEPTED };
	__u64 netns = netns_of(skb)->net_cookie;
	__u64 named = named_key(&s->packet), *note;
	__u32 zero = 0, i;

	note = bpf_map_lookup_elem(&proven, &zero);
	if (!note)
		return;
	*note = request_key;
	if (request_key || !named)
		return;
	/* The one that is sent now may not be the one that was when the SYN/ACK left */
	for (i = 0; i < 2; i++) {
		if (use_key(s, choices[i]) && named == own_key(s, netns, false))
			*note = named;
	}
}

/* Of a connection, on either end: not one that has joined */
static __always_inline bool is_first_subflow(struct bpf_sock_ops *ctx)
{
	struct mptcp_subflow_context *subflow = subflow_of(ctx->sk);

	return !BPF_CORE_READ_BITFIELD(subflow, request_join) &&
	       !BPF_CORE_READ_BITFIELD(subflow, mp_join);
}

/* Whether this host has chosen its own key of the connection that has just come about */
static __always_inline bool has_proven_key(struct bpf_sock_ops *ctx,
					   const struct mptcp_sock *msk)
{
	__u32 zero = 0;
	__u64 *note;

	if (kernel_verifies_keys ||
	    ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		return true;
	/* Fast open, RFC 7413: never with a cookie */
	if (ctx->skb_tcp_flags & TCP_SYN)
		return true;
	note = bpf_map_lookup_elem(&proven, &zero);
	return note && *note && *note == msk->local_key;
}

#endif /* EXTKEY_OWN_KEY_BPF_H */
