/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the gate before TCP. A field that the program on the interface has
 * unmasked it vouches for; a socket with a key gets no other. So it makes no
 * difference by which way a packet has come past that program: by an interface
 * without it, out of fragments or of IPsec, translated to another address, or by
 * another filter that let it through before.
 */
#ifndef EXTKEY_GATE_BPF_H
#define EXTKEY_GATE_BPF_H

#include "cookies.bpf.h"
#include "connections.bpf.h"
#include "keys.bpf.h"
#include "packet.bpf.h"
#include "tc_shared.bpf.h"
#include "vouched.bpf.h"

#define GATE_DROP 0
#define GATE_PASS 1

/* Whether the socket reads this field, and would take it for plain */
static __always_inline bool matters(const struct extkey_sock *stored,
				    bool listener,
				    const struct extkey_option *option)
{
	/* Sent again, to a connection: the kernel has read the HMAC already */
	if (option->field == EXTKEY_FIELD_ACK)
		return listener;
	return stored->scheme != EXTKEY_SCHEME_XOR ||
	       option->field == EXTKEY_FIELD_TOKEN;
}

static __always_inline int to_keyed(struct __sk_buff *skb,
				    const struct packet *packet,
				    const struct extkey_sock *stored,
				    bool listener)
{
	const struct extkey_option *options = packet->walk.options;

	if (malformed(packet, listener)) {
		count(stored->cgroup_id, joins_malformed);
		return GATE_DROP;
	}
	if ((matters(stored, listener, &options[0]) &&
	     !is_vouched(skb, packet, &options[0])) ||
	    (packet->walk.found > 1 && matters(stored, listener, &options[1]) &&
	     !is_vouched(skb, packet, &options[1]))) {
		count(stored->cgroup_id, joins_unseen);
		return GATE_DROP;
	}
	return GATE_PASS;
}

/*
 * Of a field that a listener without a key would read: the cgroup of the connection
 * with a key that it is for, or 0
 */
static __always_inline __u64 keyed_connection(struct __sk_buff *skb,
					      struct scratch *s,
					      const struct extkey_option *option)
{
	__u64 value = field_value(&s->packet, option);
	struct tuple_key *tuple;
	struct cookie_join *join;

	if (option->field == EXTKEY_FIELD_TOKEN)
		return find_connection(netns_of(skb), value >> 32, &s->stored) ?
			       s->stored.cgroup_id :
			       0;
	if (option->field != EXTKEY_FIELD_ACK)
		return 0;
	tuple = bpf_map_lookup_elem(&cookie_hmacs, &value);
	join = tuple ? bpf_map_lookup_elem(&cookie_joins, tuple) : NULL;
	return join ? join->cgroup_id : 0;
}

/* A listener without a key is no way into a connection that has one */
static __always_inline int to_keyless(struct __sk_buff *skb, struct scratch *s)
{
	const struct extkey_walk *walk = &s->packet.walk;
	__u64 cgroup_id;

	/* The kernel would read one that is not among those looked at here */
	if (walk->found > EXTKEY_OPTIONS)
		return GATE_DROP;
	if (!walk->found)
		return GATE_PASS;
	cgroup_id = keyed_connection(skb, s, &walk->options[0]);
	if (!cgroup_id && walk->found > 1)
		cgroup_id = keyed_connection(skb, s, &walk->options[1]);
	if (!cgroup_id)
		return GATE_PASS;
	count(cgroup_id, joins_refused);
	return GATE_DROP;
}

/* The packet begins with the network header here */
static __always_inline int judge(struct __sk_buff *skb)
{
	struct extkey_sock *stored;
	struct bpf_sock *sk;
	struct mptcp_sock *msk;
	enum parsed parsed;
	struct scratch *s;
	bool listener;

	if (is_data(skb, 0))
		return GATE_PASS;
	sk = skb->sk;
	if (!sk)
		return GATE_PASS;
	msk = bpf_skc_to_mptcp_sock(sk);
	s = get_scratch();
	if (!msk || !s)
		return GATE_PASS;
	parsed = parse(skb, &s->packet);
	if (parsed == PARSED_NOTHING)
		return GATE_PASS;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	listener = msk_sock(msk)->__sk_common.skc_state == TCP_LISTEN;
	if (stored && engine_of(stored) == EXTKEY_ENGINE_TC) {
		if (parsed == PARSED_PACKET)
			return to_keyed(skb, &s->packet, stored, listener);
		count(stored->cgroup_id, joins_malformed);
		return GATE_DROP;
	}
	if (!stored && listener && parsed == PARSED_PACKET) {
		int action = to_keyless(skb, s);

		forget_secrets(s);
		return action;
	}
	return GATE_PASS;
}

#endif /* EXTKEY_GATE_BPF_H */
