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
	enum extkey_choice choice =
		extkey_choose(&s->stored.keys, s->stored.scheme,
			      EXTKEY_FIELD_TOKEN, subflow->remote_id);
	__u8 field[4];
	__u32 masked;

	if (choice == EXTKEY_CHOICE_PLAIN) {
		if (leaves_here(skb))
			count(s->stored.cgroup_id, join_syn_tx);
		return true;
	}
	if (!use_key(s, choice))
		return false;
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
	if (!use_sending_key(s, EXTKEY_FIELD_ACK))
		return false;
	__builtin_memcpy(s->hmac, subflow->hmac, sizeof(s->hmac));
	new_input(s, EXTKEY_FIELD_ACK, s->stored.bind_addresses, true);
	s->input.nonce[0] = subflow->local_nonce;
	s->input.nonce[1] = subflow->remote_nonce;
	set_keys(msk->local_key, msk->remote_key, is_server(msk), false,
		 &s->input);
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
	__u64 found = field_value(&s->packet, option) ^ msk->remote_key;
	bool is_own = !found;
	__u32 attempt;

	new_input(s, EXTKEY_FIELD_FASTCLOSE, false, false);
	set_keys(msk->local_key, msk->remote_key, is_server(msk), false,
		 &s->input);
	for (attempt = 0; attempt < EXTKEY_ATTEMPTS; attempt++)
		if (use_accepted_key(s, EXTKEY_FIELD_FASTCLOSE, attempt) &&
		    found == mask_of(s))
			is_own = true;
	/* What it rides on ends the subflow, and leaves in any case */
	if (!use_sending_key(s, EXTKEY_FIELD_FASTCLOSE))
		return write_64(skb, s, option, 0);
	return write_64(skb, s, option,
			is_own ? msk->remote_key ^ mask_of(s) : 0);
}

static __always_inline bool
mask_option(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	    const struct mptcp_subflow_context *subflow,
	    const struct extkey_option *option)
{
	if (option->field == EXTKEY_FIELD_TOKEN)
		return mask_token(skb, s, subflow, option->at);
	if (masks_token_alone(&s->stored))
		return true;

	switch (option->field) {
	case EXTKEY_FIELD_ACK:
		return mask_ack(skb, s, msk, subflow, option->at);
	case EXTKEY_FIELD_ADD_ADDR:
		if (!leaves_here(skb))
			return true;
		if (!use_sending_key(s, EXTKEY_FIELD_ADD_ADDR))
			return false;
		new_input(s, EXTKEY_FIELD_ADD_ADDR, false, false);
		set_keys(msk->local_key, msk->remote_key, is_server(msk), false,
			 &s->input);
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
	if (key == EXTKEY_KEY_WAITING)
		return option->field == EXTKEY_FIELD_FASTCLOSE;
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
 * Whether the connection in s->stored can have been joined by a SYN to the listener in
 * s->other, whose key @listener_key tells: the gate lets no other T through to a listener with
 * a key, but to one without a key any.
 */
static __always_inline bool is_let_in(const struct scratch *s,
				      const struct mptcp_sock *msk,
				      enum extkey_key listener_key)
{
	const struct extkey_keys *keys = &s->other.keys;

	if (takes_plain_token(msk, &s->stored))
		return true;
	return is_ours(listener_key) &&
	       (takes_token(&s->stored, &s->other, &keys->sending) ||
		(keys->has_accepted &&
		 takes_token(&s->stored, &s->other, &keys->accepted)));
}

/*
 * The SYN/ACK says that a connection was found. Its own key masks it, whatever listener
 * the SYN has come to: if that one is no way into this connection, nobody gets an answer.
 */
static __always_inline int
mask_synack(struct __sk_buff *skb, struct scratch *s,
	    const struct mptcp_subflow_request_sock *req)
{
	const struct mptcp_sock *listener =
		kernel_cast(struct mptcp_sock, listener_msk(req));
	enum extkey_key key = key_of(req->msk, &s->stored);

	if (key == EXTKEY_KEY_UNKNOWN || key == EXTKEY_KEY_WAITING)
		return TC_ACT_SHOT;
	if (!is_ours(key))
		return TC_ACT_UNSPEC;
	if (!is_let_in(s, req->msk, key_of_listener(listener, &s->other)) ||
	    (!masks_token_alone(&s->stored) &&
	     !use_sending_key(s, EXTKEY_FIELD_SYNACK))) {
		count(s->stored.cgroup_id, join_refused);
		return TC_ACT_SHOT;
	}
	if (leaves_here(skb))
		count(s->stored.cgroup_id, join_synack_tx);
	if (masks_token_alone(&s->stored))
		return TC_ACT_UNSPEC;

	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = req->remote_nonce;
	s->input.nonce[1] = req->local_nonce;
	set_keys(req->msk->local_key, req->msk->remote_key, is_server(req->msk),
		 false, &s->input);
	return write_64(skb, s, &s->packet.walk.options[0],
			req->thmac ^ mask_of(s)) ?
		       TC_ACT_UNSPEC :
		       TC_ACT_SHOT;
}

/* Which key the listener has, and in s->other if it has one; @cgroup_id is of its policy */
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
		found = key_of_listener(msk, &s->other);
		*cgroup_id = s->other.cgroup_id;
		if (!*cgroup_id)
			find_policy(msk_sock(msk), cgroup_id);
	}
	bpf_sk_release(listener);
	return found;
}

/*
 * The connection that the SYN of this answer asked for, with its @key and that in s->stored, if
 * the listener is a way into it
 */
static __always_inline struct mptcp_sock *
answered_for(struct __sk_buff *skb, struct scratch *s, const struct joining *j,
	     enum extkey_key listener_key, enum extkey_key *key,
	     __u64 *cgroup_id)
{
	struct mptcp_sock *msk;

	*key = EXTKEY_KEY_UNKNOWN;
	msk = j ? find_connection(netns_of(skb), j->token, &s->stored, key) :
		  NULL;
	if (!msk)
		return NULL;
	if (is_ours(*key))
		*cgroup_id = s->stored.cgroup_id;
	if (*key == EXTKEY_KEY_ABSENT)
		return msk;
	return is_ours(*key) && is_let_in(s, msk, listener_key) ? msk : NULL;
}

/*
 * The same with a cookie: no request, but the SYN has come up just now. An answer that
 * cannot be recorded does not leave, as its ACK would not get in.
 */
static __always_inline int mask_cookie(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_option *option = &s->packet.walk.options[0];
	struct cookie_join *join = &s->join;
	enum extkey_key listener_key, key_kind;
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
	msk = answered_for(skb, s, j, listener_key, &key_kind, &cgroup_id);
	if (!j || !msk)
		goto refuse;

	join->local_key = msk->local_key;
	join->remote_key = msk->remote_key;
	join->is_server = is_server(msk);
	join->cgroup_id = cgroup_id;
	join->key = key_kind;
	join->token = j->token;
	join->nonce[0] = j->nonce;
	join->nonce[1] = opt_be32(&s->packet, option->at + EXTKEY_VALUE_AT + 8);
	join_hmac(&s->sha256, join);
	slot_of(skb, &s->packet, true, &slot);
	if (bpf_map_update_elem(&cookie_joins, &slot, join, BPF_ANY))
		goto refuse;
	j->answered = true;
	if (key_kind == EXTKEY_KEY_ABSENT)
		return TC_ACT_UNSPEC;
	count(cgroup_id, join_synack_tx);
	if (key_kind == EXTKEY_KEY_TOKEN)
		return TC_ACT_UNSPEC;
	if (!use_sending_key(s, EXTKEY_FIELD_SYNACK))
		return TC_ACT_SHOT;

	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = join->nonce[0];
	s->input.nonce[1] = join->nonce[1];
	set_keys(join->local_key, join->remote_key, join->is_server, false,
		 &s->input);
	return write_64(skb, s, option,
			field_value(&s->packet, option) ^ mask_of(s)) ?
		       TC_ACT_UNSPEC :
		       TC_ACT_SHOT;
refuse:
	count(cgroup_id, join_refused);
	return TC_ACT_SHOT;
}

/*
 * The answer to who opens a connection. A listener that was to have a key, and has none,
 * answers as one of TCP: so its client goes on as one.
 */
static __always_inline void answer_capable(struct __sk_buff *skb,
					   struct scratch *s)
{
	const struct extkey_walk *walk = &s->packet.walk;
	enum extkey_key kind = EXTKEY_KEY_ABSENT;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	__u8 nops[EXTKEY_CAPABLE_SYNACK];
	struct bpf_sock *listener;
	struct tuple_key key;

	if (walk->capables != 1 || walk->capable_len != EXTKEY_CAPABLE_SYNACK ||
	    !leaves_here(skb) || !has_had_key(netns_of(skb)))
		return;
	if (is_fast_open(skb)) {
		kind = key_of_listener(msk_of(skb->sk), &s->stored);
	} else if (skb->sk) {
		kind = key_of_listener(
			kernel_cast(struct mptcp_sock,
				    listener_msk(kernel_cast(
					    struct mptcp_subflow_request_sock,
					    kskb->sk))),
			&s->stored);
	} else {
		tuple_of(skb, &s->packet, true, &key);
		listener = find_listener(skb, &key.tuple, s->packet.ipv6);
		if (!listener)
			return;
		kind = key_of_listener(msk_of(listener), &s->stored);
		bpf_sk_release(listener);
	}
	if (!is_ours(kind))
		return;
	if (s->stored.flags & EXTKEY_SOCK_KEYLESS && walk->capable_at >= 4) {
		__builtin_memset(nops, EXTKEY_TCPOPT_NOP, sizeof(nops));
		write_field(skb, &s->packet, walk->capable_at, nops,
			    sizeof(nops));
		count(s->stored.cgroup_id, capable_declined);
	} else if (!skb->sk) {
		write_own_key(skb, s, kind);
	}
}

static __always_inline int leaves(struct __sk_buff *skb, struct scratch *s)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	if (!parse(skb, &s->packet) || s->packet.fragment)
		return TC_ACT_UNSPEC;
	if (syn_flags(&s->packet) != (TCP_SYN | TCP_ACK))
		return mask_packet(skb, s);
	if (!s->packet.walk.found) {
		if (is_of_cookie(skb) || is_request(skb) || is_fast_open(skb))
			answer_capable(skb, s);
		return TC_ACT_UNSPEC;
	}
	if (s->packet.walk.options[0].field != EXTKEY_FIELD_SYNACK)
		return TC_ACT_UNSPEC;
	if (!skb->sk)
		return mask_cookie(skb, s);
	/* Of a join with data in its SYN: there is no request to tell what it is about */
	if (!is_request(skb))
		return has_had_key(netns_of(skb)) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	return mask_synack(skb, s,
			   kernel_cast(struct mptcp_subflow_request_sock,
				       kskb->sk));
}

#endif /* EXTKEY_TC_EGRESS_BPF_H */
