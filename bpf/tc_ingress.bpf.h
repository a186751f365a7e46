/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: what arrives. These programs unmask what they can, and vouch for it;
 * what is left as it came, the gate refuses.
 */
#ifndef EXTKEY_TC_INGRESS_BPF_H
#define EXTKEY_TC_INGRESS_BPF_H

#include <linux/pkt_cls.h>

#include "connections.bpf.h"
#include "cookies.bpf.h"
#include "keys.bpf.h"
#include "namespaces.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"
#include "tc_shared.bpf.h"
#include "vouched.bpf.h"

/* SYN: the key is that of the listener */
static __always_inline void unmask_token(struct __sk_buff *skb,
					 struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT, token;
	__u8 field[4];

	new_input(s, EXTKEY_FIELD_TOKEN, s->stored.bind_addresses, true);
	s->input.nonce[0] = opt_be32(&s->packet, at + 4);
	token = opt_be32(&s->packet, at) ^ (__u32)mask_of(s);
	extkey_put_be32(field, token);
	if (!write_field(skb, &s->packet, at, field, sizeof(field)))
		return;
	vouch(skb, s, EXTKEY_FIELD_TOKEN,
	      (__u64)token << 32 | s->input.nonce[0]);
	syn_goes_up(skb, &s->packet, token);
	count(s->stored.cgroup_id, join_syn_rx);
}

static __always_inline void syn_arrives(struct __sk_buff *skb,
					struct scratch *s)
{
	struct bpf_sock *sk =
		find_listener(skb, &s->packet.tuple, s->packet.ipv6);
	struct mptcp_sock *msk;
	enum extkey_key key;

	if (!sk)
		return;
	msk = msk_of(sk);
	if (!msk)
		goto release;
	key = key_of_listener(msk, &s->stored);
	if (key == EXTKEY_KEY_ABSENT) {
		count_plain(msk, EXTKEY_ENGINE_TC, true);
		if (has_had_key(netns_of(skb)))
			syn_goes_up(skb, &s->packet,
				    opt_be32(&s->packet,
					     s->packet.walk.options[0].at +
						     EXTKEY_VALUE_AT));
	} else if (is_ours(key)) {
		unmask_token(skb, s);
	}
release:
	bpf_sk_release(sk);
}

/* With nonces and keys of the join in s->input, but for the ACK; s->join as for vouch() */
static __always_inline void unmask_64(struct __sk_buff *skb, struct scratch *s,
				      const struct extkey_option *option)
{
	__u64 value = field_value(&s->packet, option) ^ mask_of(s);

	if (write_64(skb, s, option, value))
		vouch(skb, s, option->field, value);
}

/* SYN/ACK for a socket of this host that has sent the SYN */
static __always_inline void
unmask_synack(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	      const struct mptcp_subflow_context *subflow)
{
	const struct extkey_option *option = &s->packet.walk.options[0];

	count(s->stored.cgroup_id, join_synack_rx);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return;
	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = subflow->local_nonce;
	s->input.nonce[1] =
		opt_be32(&s->packet, option->at + EXTKEY_VALUE_AT + 8);
	set_keys(msk->local_key, msk->remote_key, true, &s->input);
	unmask_64(skb, s, option);
}

/* ADD_ADDR or MP_FASTCLOSE of a connection */
static __always_inline void unmask_signal(struct __sk_buff *skb,
					  struct scratch *s, __u64 local_key,
					  __u64 remote_key,
					  const struct extkey_option *option)
{
	if (s->stored.scheme == EXTKEY_SCHEME_XOR ||
	    (option->field != EXTKEY_FIELD_ADD_ADDR &&
	     option->field != EXTKEY_FIELD_FASTCLOSE))
		return;
	new_input(s, option->field, false, false);
	set_keys(local_key, remote_key, true, &s->input);
	if (option->field == EXTKEY_FIELD_ADD_ADDR)
		add_addr_input(s, option->at, option->len);
	unmask_64(skb, s, option);
}

static __always_inline void unmask_established(struct __sk_buff *skb,
					       struct scratch *s,
					       struct bpf_sock *sk)
{
	const struct extkey_option *options = s->packet.walk.options;
	struct mptcp_sock *msk = msk_of(sk);

	if (!is_ours(key_of(msk, &s->stored)))
		return;
	s->join.local_key = msk->local_key;

	if (options[0].field == EXTKEY_FIELD_SYNACK) {
		unmask_synack(skb, s, msk, subflow_of(sk));
		return;
	}
	unmask_signal(skb, s, msk->local_key, msk->remote_key, &options[0]);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, msk->local_key, msk->remote_key,
			      &options[1]);
}

/* The HMAC of the ACK without the mask of s->join, into s->hmac */
static __always_inline void read_ack(struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT, i;

	for (i = 0; i < FIELD_MAX; i++)
		s->hmac[i] = opt(&s->packet, at + i);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return;
	new_input(s, EXTKEY_FIELD_ACK, s->stored.bind_addresses, true);
	s->input.nonce[0] = s->join.nonce[0];
	s->input.nonce[1] = s->join.nonce[1];
	set_keys(s->join.local_key, s->join.remote_key, true, &s->input);
	mask_hmac(s);
}

static __always_inline __u64 hmac_head(const struct scratch *s)
{
	return (__u64)extkey_be32(s->hmac) << 32 | extkey_be32(s->hmac + 4);
}

/* The ACK of s->join, and what may be there beside it */
static __always_inline void unmask_ack(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_option *options = s->packet.walk.options;

	read_ack(s);
	if (s->stored.scheme != EXTKEY_SCHEME_XOR &&
	    !write_hmac(skb, s, options[0].at + EXTKEY_VALUE_AT))
		return;
	vouch(skb, s, EXTKEY_FIELD_ACK, hmac_head(s));
	count(s->stored.cgroup_id, join_ack_rx);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, s->join.local_key, s->join.remote_key,
			      &options[1]);
}

/* The ACK that ends the handshake of a join */
static __always_inline void
unmask_request(struct __sk_buff *skb, struct scratch *s,
	       const struct mptcp_subflow_request_sock *req)
{
	if (!BPF_CORE_READ_BITFIELD(req, mp_join) ||
	    !is_ours(key_of(req->msk, &s->stored)))
		return;
	join_of(req, &s->join);
	unmask_ack(skb, s);
}

/*
 * What comes to a listener without a request: with a cookie, or astray. The join on record
 * may have been answered by a listener with another key, whose masks are not for this one
 * to remove.
 */
static __always_inline void
unmask_cookie(struct __sk_buff *skb, struct scratch *s, struct bpf_sock *sk)
{
	enum extkey_key key = EXTKEY_KEY_UNKNOWN;
	struct cookie_join *join;
	struct slot_key slot;

	if (!is_keyed(s, sk))
		return;
	slot_of(skb, &s->packet, false, &slot);
	join = bpf_map_lookup_elem(&cookie_joins, &slot);
	if (!join || !is_ours(join->key) ||
	    !find_connection(netns_of(skb), join->token, &s->other, &key) ||
	    !is_ours(key) || !same_key(&s->stored, &s->other))
		return;
	s->join = *join;
	unmask_ack(skb, s);
}

static __always_inline void packet_arrives(struct __sk_buff *skb,
					   struct scratch *s, bool ends_join)
{
	struct bpf_sock *sk =
		find_socket(skb, &s->packet.tuple, s->packet.ipv6);

	if (!sk)
		return;
	if (sk->state == TCP_NEW_SYN_RECV) {
		if (ends_join)
			unmask_request(
				skb, s,
				kernel_cast(struct mptcp_subflow_request_sock,
					    sk));
	} else if (sk->state == TCP_LISTEN) {
		if (ends_join)
			unmask_cookie(skb, s, sk);
	} else {
		unmask_established(skb, s, sk);
	}
	bpf_sk_release(sk);
}

static __always_inline void arrives(struct __sk_buff *skb, struct scratch *s)
{
	if (!parse(skb, &s->packet) || s->packet.fragment ||
	    !s->packet.walk.found || !delivered_here(skb, &s->packet))
		return;
	switch (segment_of(&s->packet)) {
	case EXTKEY_SEGMENT_TOKEN:
		syn_arrives(skb, s);
		break;
	case EXTKEY_SEGMENT_ACK:
		packet_arrives(skb, s, true);
		break;
	case EXTKEY_SEGMENT_SYNACK:
	case EXTKEY_SEGMENT_SIGNAL:
		packet_arrives(skb, s, false);
		break;
	default:
		break;
	}
}

#endif /* EXTKEY_TC_INGRESS_BPF_H */
