/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: what arrives. These programs unmask what is right, and vouch for it;
 * what is left as it came, the gate refuses. What is wrong they never unmask: the kernel may
 * send a packet back, in an ICMP error, and its sender would read the mask there.
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

enum leads_to {
	LEADS_NOWHERE, /* to no connection that is known */
	LEADS_IN, /* to one that takes this T */
	LEADS_ELSEWHERE, /* to one that does not */
};

/*
 * enum leads_to of @token, which was masked with s->secret or was plain, in the network
 * namespace @net. A global function, as read_stored_at().
 */
__noinline int leads_to(struct scratch *s, const __u64 *net, __u32 token,
			int masked)
{
	__u32 key = EXTKEY_KEY_UNKNOWN;
	struct mptcp_sock *msk;
	__u64 found;
	bool taken;

	if (!s || !net)
		return LEADS_NOWHERE;
	found = find_connection_at(net, token, &s->other, &key);
	if (!found)
		return LEADS_NOWHERE;
	msk = kernel_cast(struct mptcp_sock, found);
	if (masked)
		taken = is_ours(key) &&
			takes_token(&s->other, &s->stored, &s->secret);
	else
		taken = key == EXTKEY_KEY_ABSENT || key == EXTKEY_KEY_WAITING ||
			(is_ours(key) && takes_plain_token(msk, &s->other));
	s->join.local_key = msk->local_key;
	return taken ? LEADS_IN : LEADS_ELSEWHERE;
}

#define TOKEN_OF_NOBODY 0

/*
 * What becomes of T: of the masks that the listener in s->stored accepts, the first one behind
 * which there is a connection that takes it goes, and s->join has the own key of that one. T that
 * leads elsewhere becomes that of nobody, as does each wrong one of scheme xor: the kernel says
 * so. One that leads nowhere stays as it is, for the same, and it may be on its way to another
 * host, after all; for the gate it is that of nobody as well. But where connections may not be
 * known the mask of the sending key goes, whatever comes out. @plain is for one that leads in
 * without a mask: the gate judges that. A global function, as read_stored_at().
 */
__noinline __u32 unmasked_token(struct scratch *s, const __u64 *net, __u32 wire,
				__u32 *plain)
{
	bool masked, elsewhere = false;
	enum extkey_choice choice;
	enum leads_to found;
	__u32 i, token;

	if (!s || !net || !plain)
		return TOKEN_OF_NOBODY;
	for (i = 0; i < EXTKEY_ATTEMPTS; i++) {
		choice = extkey_accept(&s->stored.keys, s->stored.scheme,
				       EXTKEY_FIELD_TOKEN, true, i);
		if (choice == EXTKEY_CHOICE_NONE)
			break;
		masked = use_key(s, choice);
		token = masked ? wire ^ (__u32)mask_of(s) : wire;
		found = leads_to(s, net, token, masked);
		if (found == LEADS_IN) {
			*plain = !masked;
			return token;
		}
		if (found == LEADS_ELSEWHERE)
			elsewhere = true;
	}
	s->join.local_key = 0;
	if (!elsewhere && !knows_all_keys() &&
	    use_key(s, EXTKEY_CHOICE_SENDING))
		return wire ^ (__u32)mask_of(s);
	s->secret.fingerprint = 0;
	if (elsewhere)
		return TOKEN_OF_NOBODY;
	return s->stored.scheme == EXTKEY_SCHEME_XOR ? TOKEN_OF_NOBODY : wire;
}

/* SYN: the key is that of the listener */
static __always_inline void unmask_token(struct __sk_buff *skb,
					 struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT;
	__u32 wire = opt_be32(&s->packet, at), token, plain = 0;
	__u64 net = (__u64)netns_of(skb);
	__u8 field[4];

	count(s->stored.cgroup_id, join_syn_rx);
	new_input(s, EXTKEY_FIELD_TOKEN, s->stored.bind_addresses, true);
	s->input.nonce[0] = opt_be32(&s->packet, at + 4);
	token = unmasked_token(s, &net, wire, &plain);
	extkey_put_be32(field, token);
	if (token != wire &&
	    !write_field(skb, &s->packet, at, field, sizeof(field)))
		return;
	if (!plain)
		vouch(skb, s, EXTKEY_FIELD_TOKEN,
		      (__u64)token << 32 | s->input.nonce[0]);
	syn_goes_up(skb, &s->packet, token);
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
	if (key == EXTKEY_KEY_ABSENT || key == EXTKEY_KEY_WAITING) {
		if (key == EXTKEY_KEY_ABSENT)
			count_plain(msk, EXTKEY_ENGINE_TC, true);
		else
			count(s->stored.cgroup_id, join_syn_rx);
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

/*
 * What a field becomes that is @found and should be @expected: that, if one of the accepted masks
 * makes it what was found. A wrong one becomes another wrong one: the kernel is to refuse it, and
 * nobody to be told a mask. A global function, as join_hmac().
 */
__noinline __u64 unmasked_64(struct scratch *s, __u64 found, __u64 expected)
{
	__u32 i;

	if (!s)
		return 0;
	for (i = 0; i < EXTKEY_ATTEMPTS; i++) {
		if (!use_accepted_key(s, s->input.field, i))
			break;
		if (found == (expected ^ mask_of(s)))
			return expected;
	}
	return ~expected;
}

/* All that the mask is of is in s->input; s->join as for vouch() */
static __always_inline void unmask_64(struct __sk_buff *skb, struct scratch *s,
				      const struct extkey_option *option)
{
	__u64 value =
		unmasked_64(s, field_value(&s->packet, option), expected_of(s));

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
	if (masks_token_alone(&s->stored))
		return;
	new_input(s, EXTKEY_FIELD_SYNACK, s->stored.bind_addresses, false);
	s->input.nonce[0] = subflow->local_nonce;
	s->input.nonce[1] =
		opt_be32(&s->packet, option->at + EXTKEY_VALUE_AT + 8);
	set_keys(msk->local_key, msk->remote_key, is_server(msk), true,
		 &s->input);
	unmask_64(skb, s, option);
}

/* ADD_ADDR or MP_FASTCLOSE of the connection in s->join */
static __always_inline void unmask_signal(struct __sk_buff *skb,
					  struct scratch *s,
					  const struct extkey_option *option)
{
	if (masks_token_alone(&s->stored) ||
	    (option->field != EXTKEY_FIELD_ADD_ADDR &&
	     option->field != EXTKEY_FIELD_FASTCLOSE))
		return;
	new_input(s, option->field, false, false);
	set_keys(s->join.local_key, s->join.remote_key, s->join.is_server, true,
		 &s->input);
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
	s->join.remote_key = msk->remote_key;
	s->join.is_server = is_server(msk);

	if (options[0].field == EXTKEY_FIELD_SYNACK) {
		unmask_synack(skb, s, msk, subflow_of(sk));
		return;
	}
	unmask_signal(skb, s, &options[0]);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, &options[1]);
}

/* The HMAC of the ACK as it is in the packet, into s->hmac */
static __always_inline void read_ack(struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT, i;

	for (i = 0; i < FIELD_MAX; i++)
		s->hmac[i] = opt(&s->packet, at + i);
}

static __always_inline bool is_hmac_of_join(const struct scratch *s)
{
	__u32 differs = 0, i;

	for (i = 0; i < FIELD_MAX; i++) {
		differs |= s->hmac[i] ^ s->join.hmac[i];
		barrier_var(
			differs); /* or it becomes branches, too many to verify */
	}
	return !differs;
}

/*
 * The same without the mask of s->secret, that of s->join; 1 if it is right then. A global
 * function, as join_hmac().
 */
__noinline int unmask_hmac(struct scratch *s)
{
	if (!s)
		return 0;
	new_input(s, EXTKEY_FIELD_ACK, s->stored.bind_addresses, true);
	s->input.nonce[0] = s->join.nonce[0];
	s->input.nonce[1] = s->join.nonce[1];
	set_keys(s->join.local_key, s->join.remote_key, s->join.is_server, true,
		 &s->input);
	read_ack(s);
	mask_hmac(s);
	return is_hmac_of_join(s);
}

/* With the key that fits; 0 if there is none. A global function, as join_hmac(). */
__noinline int find_hmac(struct scratch *s)
{
	__u32 i;

	if (!s)
		return 0;
	for (i = 0; i < EXTKEY_ATTEMPTS; i++)
		if (use_accepted_key(s, EXTKEY_FIELD_ACK, i) && unmask_hmac(s))
			return 1;
	return 0;
}

static __always_inline __u64 hmac_head(const struct scratch *s)
{
	return (__u64)extkey_be32(s->hmac) << 32 | extkey_be32(s->hmac + 4);
}

/* The ACK of s->join, and what may be there beside it */
static __always_inline void unmask_ack(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_option *options = s->packet.walk.options;

	if (masks_token_alone(&s->stored)) {
		read_ack(s);
	} else {
		join_hmac(&s->sha256, &s->join);
		if (!find_hmac(s) ||
		    !write_hmac(skb, s, options[0].at + EXTKEY_VALUE_AT))
			return;
	}
	vouch(skb, s, EXTKEY_FIELD_ACK, hmac_head(s));
	count(s->stored.cgroup_id, join_ack_rx);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, &options[1]);
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
 * What comes to a listener without a request: with a cookie, or astray. The key is that of the
 * join's connection, whatever the listener has.
 */
static __always_inline void unmask_cookie(struct __sk_buff *skb,
					  struct scratch *s)
{
	enum extkey_key key = EXTKEY_KEY_UNKNOWN;
	struct cookie_join *join;
	struct slot_key slot;

	slot_of(skb, &s->packet, false, &slot);
	join = bpf_map_lookup_elem(&cookie_joins, &slot);
	if (!join || !is_ours(join->key) ||
	    !find_connection(netns_of(skb), join->token, &s->stored, &key) ||
	    !is_ours(key))
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
			unmask_cookie(skb, s);
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
