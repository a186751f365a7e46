/* SPDX-License-Identifier: GPL-2.0-only */
/* Engine tc: what arrives. For tc.bpf.h. */
#ifndef EXTKEY_TC_INGRESS_BPF_H
#define EXTKEY_TC_INGRESS_BPF_H

/* What the kernel might read in another way than we do */
static __always_inline bool malformed(const struct packet *packet)
{
	return packet->walk.found > EXTKEY_OPTIONS ||
	       (packet->walk.found == 2 &&
		packet->walk.options[0].field == packet->walk.options[1].field);
}

static __always_inline int drop_malformed(struct scratch *s)
{
	count(s->stored.cgroup_id, joins_malformed);
	return TC_ACT_SHOT;
}

/* SYN: the key is that of the listener */
static __always_inline int unmask_token(struct __sk_buff *skb,
					struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT, token;
	__u8 field[4];

	if (s->packet.walk.options[0].field != EXTKEY_FIELD_TOKEN ||
	    s->packet.walk.found > 1)
		return drop_malformed(s);
	new_subject(s, EXTKEY_FIELD_TOKEN, s->stored.bound, true);
	s->subject.nonce[0] = opt_be32(&s->packet, at + 4);
	token = opt_be32(&s->packet, at) ^ (__u32)mask_of(s);
	syn_goes_up(skb, &s->packet, token);
	extkey_put_be32(field, token);
	write_field(skb, &s->packet, at, field, sizeof(field));
	count(s->stored.cgroup_id, joins_unmasked);
	return TC_ACT_UNSPEC;
}

static __always_inline int syn_arrives(struct __sk_buff *skb, struct scratch *s)
{
	struct bpf_sock *sk =
		find_listener(skb, &s->packet.tuple, s->packet.ipv6);
	int action = TC_ACT_UNSPEC;
	struct extkey_sock *stored;
	struct mptcp_sock *msk;

	if (!sk)
		return action;
	msk = bpf_skc_to_mptcp_sock(sk);
	if (!msk)
		goto release;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		if (s->packet.walk.options[0].field != EXTKEY_FIELD_TOKEN)
			goto release;
		count_plain(msk, EXTKEY_ENGINE_TC, true);
		syn_goes_up(skb, &s->packet,
			    opt_be32(&s->packet, s->packet.walk.options[0].at +
							 EXTKEY_VALUE_AT));
	} else if (stored->engine == EXTKEY_ENGINE_TC) {
		s->stored = *stored;
		action = malformed(&s->packet) ? drop_malformed(s) :
						 unmask_token(skb, s);
	}
release:
	bpf_sk_release(sk);
	return action;
}

/* SYN/ACK for a socket of this host that has sent the SYN */
static __always_inline void
unmask_synack(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	      const struct mptcp_subflow_context *subflow, __u32 at)
{
	count(s->stored.cgroup_id, joins_answered);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return;
	new_subject(s, EXTKEY_FIELD_SYNACK, s->stored.bound, false);
	s->subject.nonce[0] = subflow->local_nonce;
	s->subject.nonce[1] = opt_be32(&s->packet, at + EXTKEY_VALUE_AT + 8);
	set_keys(msk->local_key, msk->remote_key, true, &s->subject);
	xor_64(skb, s, at + EXTKEY_VALUE_AT);
}

/* ADD_ADDR or MP_FASTCLOSE of a connection */
static __always_inline void unmask_signal(struct __sk_buff *skb,
					  struct scratch *s, __u64 local_key,
					  __u64 remote_key,
					  const struct extkey_option *option)
{
	__u32 at = option->at;

	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return;
	new_subject(s, option->field, false, false);
	set_keys(local_key, remote_key, true, &s->subject);
	if (option->field == EXTKEY_FIELD_ADD_ADDR) {
		add_addr_subject(s, at, option->len);
		xor_64(skb, s, at + option->len - 8);
	} else if (option->field == EXTKEY_FIELD_FASTCLOSE) {
		xor_64(skb, s, at + EXTKEY_VALUE_AT);
	}
}

static __always_inline int unmask_established(struct __sk_buff *skb,
					      struct scratch *s,
					      struct bpf_sock *sk)
{
	const struct extkey_option *options = s->packet.walk.options;
	struct mptcp_sock *msk = bpf_skc_to_mptcp_sock(sk);
	struct mptcp_subflow_context *subflow;
	struct extkey_sock *stored;

	stored = msk ? bpf_sk_storage_get(&keys, msk, NULL, 0) : NULL;
	if (!stored || stored->engine != EXTKEY_ENGINE_TC)
		return TC_ACT_UNSPEC;
	s->stored = *stored;
	if (malformed(&s->packet))
		return drop_malformed(s);

	if (options[0].field == EXTKEY_FIELD_SYNACK &&
	    syn_flags(&s->packet) == (TCP_SYN | TCP_ACK)) {
		subflow = subflow_of(sk);
		unmask_synack(skb, s, msk, subflow, options[0].at);
		return TC_ACT_UNSPEC;
	}
	/* Of an ACK that is sent again the kernel does not read the HMAC */
	unmask_signal(skb, s, msk->local_key, msk->remote_key, &options[0]);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, msk->local_key, msk->remote_key,
			      &options[1]);
	return TC_ACT_UNSPEC;
}

/* Writes the HMAC of an ACK without its mask; subject has nonces and keys */
static __always_inline void unmask_ack(struct __sk_buff *skb, struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT, i;
	__u8 hmac[FIELD_MAX];

	for (i = 0; i < FIELD_MAX; i++)
		hmac[i] = opt(&s->packet, at + i);
	write_ack(skb, s, at, hmac);
}

/* The ACK that ends the handshake of a join, and what may be in it as well */
static __always_inline int
unmask_request(struct __sk_buff *skb, struct scratch *s,
	       const struct mptcp_subflow_request_sock *req)
{
	const struct extkey_option *options = s->packet.walk.options;
	const struct mptcp_sock *msk = req->msk;

	if (!BPF_CORE_READ_BITFIELD(req, mp_join)) {
		/* The first subflow: so early there is nothing to sign */
		if (!read_stored(listener_msk(req), &s->stored) ||
		    s->stored.engine != EXTKEY_ENGINE_TC)
			return TC_ACT_UNSPEC;
		return drop_malformed(s);
	}
	if (!read_stored((struct sock *)msk, &s->stored) ||
	    s->stored.engine != EXTKEY_ENGINE_TC)
		return TC_ACT_UNSPEC;
	if (malformed(&s->packet) || options[0].field != EXTKEY_FIELD_ACK)
		return drop_malformed(s);
	count(s->stored.cgroup_id, joins_completed);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return TC_ACT_UNSPEC;

	new_subject(s, EXTKEY_FIELD_ACK, s->stored.bound, true);
	s->subject.nonce[0] = req->remote_nonce;
	s->subject.nonce[1] = req->local_nonce;
	set_keys(msk->local_key, msk->remote_key, true, &s->subject);
	unmask_ack(skb, s);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, msk->local_key, msk->remote_key,
			      &options[1]);
	return TC_ACT_UNSPEC;
}

static __always_inline bool has_ack(const struct packet *packet)
{
	return packet->walk.options[0].field == EXTKEY_FIELD_ACK ||
	       (packet->walk.found > 1 &&
		packet->walk.options[1].field == EXTKEY_FIELD_ACK);
}

/* What comes to a listener without a request: with a cookie, or astray */
static __always_inline int unmask_cookie(struct __sk_buff *skb,
					 struct scratch *s, struct bpf_sock *sk)
{
	const struct extkey_option *options = s->packet.walk.options;
	struct order_of_answers *order;
	struct cookie_join *join;
	struct tuple_key tuple;
	bool keyed;

	if (!bpf_skc_to_mptcp_sock(sk))
		return TC_ACT_UNSPEC;
	keyed = is_keyed(s, sk);
	if (keyed &&
	    (malformed(&s->packet) || options[0].field != EXTKEY_FIELD_ACK))
		return drop_malformed(s);
	if (!has_ack(&s->packet))
		return TC_ACT_UNSPEC;
	if (keyed)
		count(s->stored.cgroup_id, joins_completed);

	tuple_of(skb, &s->packet, false, &tuple);
	join = bpf_map_lookup_elem(&cookie_joins, &tuple);
	order = get_answers(skb, false);
	if (!in_order(order, join, keyed ? key_id(&s->stored) : 0)) {
		if (keyed)
			count(s->stored.cgroup_id, joins_refused);
		else if (order)
			count(order->cgroup_id, joins_refused);
		return TC_ACT_SHOT;
	}
	if (!keyed || !join || s->stored.scheme == EXTKEY_SCHEME_XOR)
		return TC_ACT_UNSPEC;

	new_subject(s, EXTKEY_FIELD_ACK, s->stored.bound, true);
	s->subject.nonce[0] = join->nonce[0];
	s->subject.nonce[1] = join->nonce[1];
	set_keys(join->connection.local_key, join->connection.remote_key, true,
		 &s->subject);
	unmask_ack(skb, s);
	if (s->packet.walk.found > 1)
		unmask_signal(skb, s, join->connection.local_key,
			      join->connection.remote_key, &options[1]);
	return TC_ACT_UNSPEC;
}

static __always_inline int packet_arrives(struct __sk_buff *skb,
					  struct scratch *s)
{
	struct bpf_sock *sk =
		find_socket(skb, &s->packet.tuple, s->packet.ipv6);
	int action = TC_ACT_UNSPEC;

	if (!sk)
		return action;
	if (sk->state == TCP_NEW_SYN_RECV)
		action = unmask_request(
			skb, s,
			bpf_rdonly_cast(
				sk,
				bpf_core_type_id_kernel(
					struct mptcp_subflow_request_sock)));
	else if (sk->state == TCP_LISTEN)
		action = unmask_cookie(skb, s, sk);
	else
		action = unmask_established(skb, s, sk);
	bpf_sk_release(sk);
	return action;
}

/*
 * The kernel puts pieces together, and would then read what nobody has unmasked.
 * No host sends a TCP header in pieces: none comes to a socket with a key.
 */
static __always_inline int fragment_arrives(struct __sk_buff *skb,
					    struct scratch *s)
{
	struct bpf_sock *sk;
	bool keyed;

	sk = find_socket(skb, &s->packet.tuple, s->packet.ipv6);
	if (!sk)
		return TC_ACT_UNSPEC;
	keyed = is_keyed(s, sk);
	bpf_sk_release(sk);
	if (keyed)
		return drop_malformed(s);
	sk = find_listener(skb, &s->packet.tuple, s->packet.ipv6);
	if (!sk)
		return TC_ACT_UNSPEC;
	keyed = is_keyed(s, sk);
	bpf_sk_release(sk);
	return keyed ? drop_malformed(s) : TC_ACT_UNSPEC;
}

static __always_inline int arrives(struct __sk_buff *skb, struct scratch *s)
{
	enum parsed parsed = parse(skb, &s->packet);

	if (parsed == PARSED_NOTHING || !delivered_here(skb, &s->packet))
		return TC_ACT_UNSPEC;
	if (parsed == PARSED_OBSCURE)
		return TC_ACT_SHOT;
	if (s->packet.fragment)
		return fragment_arrives(skb, s);
	if (syn_flags(&s->packet) != TCP_SYN)
		return packet_arrives(skb, s);
	return syn_arrives(skb, s);
}

SEC("tc")
int extkey_ingress(struct __sk_buff *skb)
{
	struct scratch *s;
	int action;

	if (is_data(skb))
		return TC_ACT_UNSPEC; /* on to other people's filters */
	s = get_scratch();
	if (!s)
		return TC_ACT_UNSPEC;
	action = arrives(skb, s);
	forget_secrets(s);
	return action;
}

#endif /* EXTKEY_TC_INGRESS_BPF_H */
