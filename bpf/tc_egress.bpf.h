/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: what leaves. If a field cannot be masked the packet does not leave:
 * the peer would refuse it.
 */
#ifndef EXTKEY_TC_EGRESS_BPF_H
#define EXTKEY_TC_EGRESS_BPF_H

#include <linux/pkt_cls.h>

#include "cookies.bpf.h"
#include "connections.bpf.h"
#include "keys.bpf.h"
#include "namespaces.bpf.h"
#include "own_key.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"
#include "tc_shared.bpf.h"

/* The SYN of a socket of this host */
static __always_inline bool
mask_token(struct __sk_buff *skb, struct scratch *s,
	   const struct mptcp_subflow_context *subflow, __u32 at)
{
	__u8 field[4];
	__u32 masked;

	new_input(s, EXTKEY_FIELD_TOKEN, s->stored.bind_addresses, true);
	s->input.nonce[0] = subflow->local_nonce;
	masked = subflow->remote_token ^ (__u32)mask_of(s);
	if (masked == opt_be32(&s->packet, at + EXTKEY_VALUE_AT))
		return true; /* done on the device above this one */
	extkey_put_be32(field, masked);
	count(s->stored.cgroup_id, join_syn_tx);
	return write_field(skb, &s->packet, at + EXTKEY_VALUE_AT, field,
			   sizeof(field));
}

static __always_inline bool
mask_ack(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	 const struct mptcp_subflow_context *subflow, __u32 at)
{
	__builtin_memcpy(s->hmac, subflow->hmac, sizeof(s->hmac));
	new_input(s, EXTKEY_FIELD_ACK, s->stored.bind_addresses, true);
	s->input.nonce[0] = subflow->local_nonce;
	s->input.nonce[1] = subflow->remote_nonce;
	set_keys(msk->local_key, msk->remote_key, false, &s->input);
	mask_hmac(s);
	return write_hmac(skb, s, at + EXTKEY_VALUE_AT);
}

/*
 * A packet may leave late, when its socket has another connection: the kernel has written
 * the key of its own one into it, or a device above this one that with the mask. The field
 * of any other does not leave.
 */
static __always_inline bool mask_fastclose(struct __sk_buff *skb,
					   struct scratch *s,
					   struct mptcp_sock *msk,
					   const struct extkey_option *option)
{
	__u64 found = field_value(&s->packet, option), masked;

	new_input(s, EXTKEY_FIELD_FASTCLOSE, false, false);
	set_keys(msk->local_key, msk->remote_key, false, &s->input);
	masked = msk->remote_key ^ mask_of(s);
	if (found != msk->remote_key && found != masked)
		masked = 0;
	return write_64(skb, s, option, masked);
}

static __always_inline bool
mask_option(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	    const struct mptcp_subflow_context *subflow,
	    const struct extkey_option *option)
{
	if (option->field == EXTKEY_FIELD_TOKEN)
		return mask_token(skb, s, subflow, option->at);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return true;

	switch (option->field) {
	case EXTKEY_FIELD_ACK:
		return mask_ack(skb, s, msk, subflow, option->at);
	case EXTKEY_FIELD_ADD_ADDR:
		if (!leaves_here(skb))
			return true;
		new_input(s, EXTKEY_FIELD_ADD_ADDR, false, false);
		set_keys(msk->local_key, msk->remote_key, false, &s->input);
		add_addr_input(s, option->at, option->len);
		return write_64(skb, s, option,
				field_value(&s->packet, option) ^ mask_of(s));
	case EXTKEY_FIELD_FASTCLOSE:
		return mask_fastclose(skb, s, msk, option);
	default:
		return true;
	}
}

/*
 * Of a connection whose masks nobody may be told: its fields do not leave. But what
 * FASTCLOSE rides on does, as it ends the subflow.
 */
static __always_inline bool withhold(struct __sk_buff *skb, struct scratch *s,
				     const struct extkey_option *option)
{
	return option->field == EXTKEY_FIELD_FASTCLOSE &&
	       write_64(skb, s, option, 0);
}

static __always_inline bool
mask_or_withhold(struct __sk_buff *skb, struct scratch *s,
		 struct mptcp_sock *msk,
		 const struct mptcp_subflow_context *subflow,
		 enum extkey_key key, const struct extkey_option *option)
{
	if (key == EXTKEY_KEY_UNKNOWN)
		return withhold(skb, s, option);
	return mask_option(skb, s, msk, subflow, option);
}

/*
 * Of a subflow that has ended, whose packets may leave late: nobody knows whether its
 * connection had a key
 */
static __always_inline int withhold_late(struct __sk_buff *skb,
					 struct scratch *s)
{
	const struct extkey_option *options = s->packet.walk.options;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	__u64 cgroup_id;

	if (!has_had_key(netns_of(skb)) ||
	    (withhold(skb, s, &options[0]) &&
	     (s->packet.walk.found < 2 || withhold(skb, s, &options[1]))))
		return TC_ACT_UNSPEC;
	find_policy(kernel_cast(struct sock, kskb->sk), &cgroup_id);
	count(cgroup_id, drop_unmasked);
	return TC_ACT_SHOT;
}

/* All but the SYN/ACK: the socket is there */
static __always_inline int mask_packet(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_option *options = s->packet.walk.options;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct mptcp_subflow_context *subflow;
	struct bpf_sock *sk = skb->sk;
	struct mptcp_sock *msk;
	enum extkey_key key;

	if (!sk || !s->packet.walk.found)
		return TC_ACT_UNSPEC;
	msk = msk_of(sk);
	if (!msk)
		return is_subflow(sk) ? withhold_late(skb, s) : TC_ACT_UNSPEC;
	key = key_of(msk, &s->stored);
	if (key == EXTKEY_KEY_ABSENT) {
		if (options[0].field == EXTKEY_FIELD_TOKEN && leaves_here(skb))
			count_plain(msk, EXTKEY_ENGINE_TC, false);
		return TC_ACT_UNSPEC;
	}
	if (key == EXTKEY_KEY_HOOK)
		return TC_ACT_UNSPEC;

	subflow = subflow_of(kskb->sk);
	if (mask_or_withhold(skb, s, msk, subflow, key, &options[0]) &&
	    (s->packet.walk.found < 2 ||
	     mask_or_withhold(skb, s, msk, subflow, key, &options[1])))
		return TC_ACT_UNSPEC;
	count(s->stored.cgroup_id, drop_unmasked);
	return TC_ACT_SHOT;
}

/*
 * The SYN/ACK says that a connection was found. What its own key asks for goes,
 * whatever listener the SYN has come to: if that one has another key or none,
 * nobody gets an answer.
 */
static __always_inline int
mask_synack(struct __sk_buff *skb, struct scratch *s,
	    const struct mptcp_subflow_request_sock *req)
{
	enum extkey_key key = key_of(req->msk, &s->stored);

	if (key == EXTKEY_KEY_UNKNOWN)
		return TC_ACT_SHOT;
	if (!is_ours(key))
		return TC_ACT_UNSPEC;
	if (read_stored(listener_msk(req), &s->other) != READ_KEY ||
	    !same_key(&s->stored, &s->other)) {
		count(s->stored.cgroup_id, join_refused);
		return TC_ACT_SHOT;
	}
	if (leaves_here(skb))
		count(s->stored.cgroup_id, join_synack_tx);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return TC_ACT_UNSPEC;

	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = req->remote_nonce;
	s->input.nonce[1] = req->local_nonce;
	set_keys(req->msk->local_key, req->msk->remote_key, false, &s->input);
	return write_64(skb, s, &s->packet.walk.options[0],
			req->thmac ^ mask_of(s)) ?
		       TC_ACT_UNSPEC :
		       TC_ACT_SHOT;
}

/* Which key the listener has, and in @s if it has one; @cgroup_id is of its policy */
static __always_inline enum extkey_key answered_by(struct __sk_buff *skb,
						   struct scratch *s,
						   struct tuple_key *key,
						   __u64 *cgroup_id)
{
	enum extkey_key found = EXTKEY_KEY_UNKNOWN;
	struct bpf_sock *listener;
	struct mptcp_sock *msk;

	listener = find_listener(skb, &key->tuple, s->packet.ipv6);
	if (!listener)
		return found;
	msk = msk_of(listener);
	if (msk) {
		found = key_of_listener(msk, &s->stored);
		*cgroup_id = s->stored.cgroup_id;
		if (!*cgroup_id)
			find_policy(msk_sock(msk), cgroup_id);
	}
	bpf_sk_release(listener);
	return found;
}

/* The connection that the SYN of this answer asked for, if the listener has its key */
static __always_inline struct mptcp_sock *
answered_for(struct __sk_buff *skb, struct scratch *s, const struct joining *j,
	     enum extkey_key listener_key, __u64 *cgroup_id)
{
	enum extkey_key key = EXTKEY_KEY_UNKNOWN;
	struct mptcp_sock *msk;

	msk = j ? find_connection(netns_of(skb), j->token, &s->other, &key) :
		  NULL;
	if (is_ours(key))
		*cgroup_id = s->other.cgroup_id;
	if (key != listener_key)
		return NULL;
	if (key == EXTKEY_KEY_ABSENT)
		return msk;
	return is_ours(key) && same_key(&s->stored, &s->other) ? msk : NULL;
}

/*
 * The same with a cookie: no request, but the SYN has come up just now. An answer that
 * cannot be recorded does not leave, as its ACK would not get in.
 */
static __always_inline int mask_cookie(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_option *option = &s->packet.walk.options[0];
	struct cookie_join *join = &s->join;
	enum extkey_key listener_key;
	struct mptcp_sock *msk;
	struct slot_key slot;
	__u64 cgroup_id = 0;
	struct tuple_key key;
	struct joining *j;

	if (!is_of_cookie(skb) || !leaves_here(skb) ||
	    !has_had_key(netns_of(skb)))
		return TC_ACT_UNSPEC;
	tuple_of(skb, &s->packet, true, &key);
	j = bpf_map_lookup_elem(&joining, &key);
	if (j && j->answered)
		return TC_ACT_UNSPEC;
	listener_key = answered_by(skb, s, &key, &cgroup_id);
	msk = answered_for(skb, s, j, listener_key, &cgroup_id);
	if (!j || !msk)
		goto refuse;

	join->local_key = msk->local_key;
	join->remote_key = msk->remote_key;
	join->cgroup_id = cgroup_id;
	join->key = listener_key;
	join->token = j->token;
	join->nonce[0] = j->nonce;
	join->nonce[1] = opt_be32(&s->packet, option->at + EXTKEY_VALUE_AT + 8);
	join_hmac(&s->sha256, join);
	slot_of(skb, &s->packet, true, &slot);
	if (bpf_map_update_elem(&cookie_joins, &slot, join, BPF_ANY))
		goto refuse;
	j->answered = true;
	if (listener_key == EXTKEY_KEY_ABSENT)
		return TC_ACT_UNSPEC;
	count(cgroup_id, join_synack_tx);
	if (listener_key == EXTKEY_KEY_TOKEN)
		return TC_ACT_UNSPEC;

	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = join->nonce[0];
	s->input.nonce[1] = join->nonce[1];
	set_keys(join->local_key, join->remote_key, false, &s->input);
	return write_64(skb, s, option,
			field_value(&s->packet, option) ^ mask_of(s)) ?
		       TC_ACT_UNSPEC :
		       TC_ACT_SHOT;
refuse:
	count(cgroup_id, join_refused);
	return TC_ACT_SHOT;
}

static __always_inline int leaves(struct __sk_buff *skb, struct scratch *s)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	if (!parse(skb, &s->packet) || s->packet.fragment)
		return TC_ACT_UNSPEC;
	if (syn_flags(&s->packet) != (TCP_SYN | TCP_ACK))
		return mask_packet(skb, s);
	if (!s->packet.walk.found) {
		if (is_of_cookie(skb) && leaves_here(skb))
			write_own_key(skb, s);
		return TC_ACT_UNSPEC;
	}
	if (s->packet.walk.options[0].field != EXTKEY_FIELD_SYNACK)
		return TC_ACT_UNSPEC;
	if (!skb->sk)
		return mask_cookie(skb, s);
	return mask_synack(skb, s,
			   kernel_cast(struct mptcp_subflow_request_sock,
				       kskb->sk));
}

#endif /* EXTKEY_TC_EGRESS_BPF_H */
