/* SPDX-License-Identifier: GPL-2.0-only */
/* Engine tc: what leaves. For tc.bpf.h. */
#ifndef EXTKEY_TC_EGRESS_BPF_H
#define EXTKEY_TC_EGRESS_BPF_H

/* The SYN of a socket of this host */
static __always_inline void
mask_token(struct __sk_buff *skb, struct scratch *s,
	   const struct mptcp_subflow_context *subflow, __u32 at)
{
	__u8 field[4];
	__u32 masked;

	new_subject(s, EXTKEY_FIELD_TOKEN, s->stored.bound, true);
	s->subject.nonce[0] = subflow->local_nonce;
	masked = subflow->remote_token ^ (__u32)mask_of(s);
	if (masked == opt_be32(&s->packet, at + EXTKEY_VALUE_AT))
		return; /* done on the device above this one */
	extkey_put_be32(field, masked);
	write_field(skb, &s->packet, at + EXTKEY_VALUE_AT, field,
		    sizeof(field));
	count(s->stored.cgroup_id, joins_masked);
}

static __always_inline void
mask_ack(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	 const struct mptcp_subflow_context *subflow, __u32 at)
{
	__u8 hmac[FIELD_MAX];

	if (bpf_probe_read_kernel(hmac, sizeof(hmac), subflow->hmac))
		return;
	new_subject(s, EXTKEY_FIELD_ACK, s->stored.bound, true);
	s->subject.nonce[0] = subflow->local_nonce;
	s->subject.nonce[1] = subflow->remote_nonce;
	set_keys(msk->local_key, msk->remote_key, false, &s->subject);
	write_ack(skb, s, at + EXTKEY_VALUE_AT, hmac);
}

static __always_inline void
mask_option(struct __sk_buff *skb, struct scratch *s, struct mptcp_sock *msk,
	    const struct mptcp_subflow_context *subflow,
	    const struct extkey_option *option)
{
	__u8 field[8];
	__u32 at = option->at;

	switch (option->field) {
	case EXTKEY_FIELD_TOKEN:
		mask_token(skb, s, subflow, at);
		break;
	case EXTKEY_FIELD_ACK:
		if (s->stored.scheme != EXTKEY_SCHEME_XOR)
			mask_ack(skb, s, msk, subflow, at);
		break;
	case EXTKEY_FIELD_ADD_ADDR:
		if (s->stored.scheme == EXTKEY_SCHEME_XOR || !leaves_here(skb))
			break;
		new_subject(s, EXTKEY_FIELD_ADD_ADDR, false, false);
		set_keys(msk->local_key, msk->remote_key, false, &s->subject);
		add_addr_subject(s, at, option->len);
		xor_64(skb, s, at + option->len - 8);
		break;
	case EXTKEY_FIELD_FASTCLOSE:
		if (s->stored.scheme == EXTKEY_SCHEME_XOR)
			break;
		new_subject(s, EXTKEY_FIELD_FASTCLOSE, false, false);
		set_keys(msk->local_key, msk->remote_key, false, &s->subject);
		extkey_put_be64(field, msk->remote_key ^ mask_of(s));
		write_field(skb, &s->packet, at + EXTKEY_VALUE_AT, field,
			    sizeof(field));
		break;
	}
}

/* All but the SYN/ACK: the socket is there */
static __always_inline void mask_packet(struct __sk_buff *skb,
					struct scratch *s)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct mptcp_subflow_context *subflow;
	struct inet_connection_sock *icsk;
	struct bpf_sock *sk = skb->sk;
	struct extkey_sock *stored;
	struct mptcp_sock *msk;

	if (!sk)
		return;
	msk = bpf_skc_to_mptcp_sock(sk);
	if (!msk)
		return;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		if (s->packet.walk.options[0].field == EXTKEY_FIELD_TOKEN &&
		    leaves_here(skb))
			count_plain(msk, EXTKEY_ENGINE_TC, false);
		return;
	}
	if (stored->engine != EXTKEY_ENGINE_TC)
		return;

	s->stored = *stored;
	icsk = bpf_rdonly_cast(
		kskb->sk, bpf_core_type_id_kernel(struct inet_connection_sock));
	subflow = bpf_rdonly_cast(
		icsk->icsk_ulp_data,
		bpf_core_type_id_kernel(struct mptcp_subflow_context));
	mask_option(skb, s, msk, subflow, &s->packet.walk.options[0]);
	if (s->packet.walk.found > 1)
		mask_option(skb, s, msk, subflow, &s->packet.walk.options[1]);
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
	__u32 at = s->packet.walk.options[0].at;
	__u8 field[8];

	if (!read_stored((struct sock *)req->msk, &s->stored) ||
	    s->stored.engine != EXTKEY_ENGINE_TC)
		return TC_ACT_UNSPEC;
	if (!read_stored(listener_msk(req), &s->other) ||
	    !same_key(&s->stored, &s->other)) {
		count(s->stored.cgroup_id, joins_refused);
		return TC_ACT_SHOT;
	}
	if (leaves_here(skb))
		count(s->stored.cgroup_id, joins_known);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return TC_ACT_UNSPEC;

	new_subject(s, EXTKEY_FIELD_SYNACK, s->stored.bound, false);
	s->subject.nonce[0] = req->remote_nonce;
	s->subject.nonce[1] = req->local_nonce;
	set_keys(req->msk->local_key, req->msk->remote_key, false, &s->subject);
	extkey_put_be64(field, req->thmac ^ mask_of(s));
	write_field(skb, &s->packet, at + EXTKEY_VALUE_AT, field,
		    sizeof(field));
	return TC_ACT_UNSPEC;
}

/* The same with a cookie: no request, but the SYN has come up just now */
static __always_inline int mask_cookie(struct __sk_buff *skb, struct scratch *s)
{
	__u32 at = s->packet.walk.options[0].at;
	struct cookie_join join = {};
	struct connection *connection;
	struct bpf_sock *listener;
	struct tuple_key key;
	struct mptcp_sock *msk;
	struct joining *j;
	bool keyed = false;
	__u64 cgroup_id = 0;
	__u32 token;

	tuple_of(skb, &s->packet, true, &key);
	j = bpf_map_lookup_elem(&joining, &key);
	if (!j)
		return TC_ACT_UNSPEC; /* forwarded, or seen on a device above */
	token = j->token;
	join.at = j->at;
	join.nonce[0] = j->nonce;
	join.nonce[1] = opt_be32(&s->packet, at + EXTKEY_VALUE_AT + 8);
	bpf_map_delete_elem(&joining, &key);

	connection = bpf_map_lookup_elem(&connections, &token);
	listener = find_listener(skb, &key.tuple, s->packet.ipv6);
	if (listener) {
		keyed = is_keyed(s, listener);
		if (keyed)
			cgroup_id = s->stored.cgroup_id;
		else if ((msk = bpf_skc_to_mptcp_sock(listener)))
			find_policy(msk, &cgroup_id);
		bpf_sk_release(listener);
	}
	if (!connection && !keyed && connections_seen <= CONNECTIONS) {
		bpf_map_update_elem(&cookie_joins, &key, &join, BPF_ANY);
		return TC_ACT_UNSPEC;
	}
	if (!connection || !keyed || connection->key_id != key_id(&s->stored) ||
	    !note_answer(skb, &s->stored)) {
		count(connection ? connection->cgroup_id : cgroup_id,
		      joins_refused);
		return TC_ACT_SHOT;
	}
	count(s->stored.cgroup_id, joins_known);
	join.connection = *connection;
	bpf_map_update_elem(&cookie_joins, &key, &join, BPF_ANY);
	if (s->stored.scheme == EXTKEY_SCHEME_XOR)
		return TC_ACT_UNSPEC;

	new_subject(s, EXTKEY_FIELD_SYNACK, s->stored.bound, false);
	s->subject.nonce[0] = join.nonce[0];
	s->subject.nonce[1] = join.nonce[1];
	set_keys(join.connection.local_key, join.connection.remote_key, false,
		 &s->subject);
	xor_64(skb, s, at + EXTKEY_VALUE_AT);
	return TC_ACT_UNSPEC;
}

static __always_inline int leaves(struct __sk_buff *skb, struct scratch *s)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	if (parse(skb, &s->packet) != PARSED_PACKET || s->packet.fragment)
		return TC_ACT_UNSPEC;
	if (syn_flags(&s->packet) != (TCP_SYN | TCP_ACK)) {
		mask_packet(skb, s);
		return TC_ACT_UNSPEC;
	}
	if (s->packet.walk.options[0].field != EXTKEY_FIELD_SYNACK)
		return TC_ACT_UNSPEC;
	if (!skb->sk)
		return mask_cookie(skb, s);
	return mask_synack(
		skb, s,
		bpf_rdonly_cast(kskb->sk,
				bpf_core_type_id_kernel(
					struct mptcp_subflow_request_sock)));
}

SEC("tc")
int extkey_egress(struct __sk_buff *skb)
{
	struct scratch *s;
	int action;

	if (is_data(skb))
		return TC_ACT_UNSPEC; /* on to other people's filters */
	s = get_scratch();
	if (!s)
		return TC_ACT_UNSPEC;
	action = leaves(skb, s);
	forget_secrets(s);
	return action;
}

#endif /* EXTKEY_TC_EGRESS_BPF_H */
