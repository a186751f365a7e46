/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the gate before TCP. It collects what is known of a segment and of the socket
 * that TCP has chosen for it, and include/extkey_verdict.h decides. So it makes no difference
 * by which way a packet has come past the programs on interfaces: by one without them, out
 * of fragments or of IPsec, translated to another address, or by another filter that let it
 * through before.
 */
#ifndef EXTKEY_GATE_BPF_H
#define EXTKEY_GATE_BPF_H

#include "connections.bpf.h"
#include "cookies.bpf.h"
#include "keys.bpf.h"
#include "namespaces.bpf.h"
#include "own_key.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"
#include "tc_shared.bpf.h"
#include "vouched.bpf.h"

#include "extkey_verdict.h"

#define GATE_DROP 0
#define GATE_PASS 1

/* Whether the socket reads this field. Sent again, to a connection, A is of the past. */
static __always_inline bool is_read(const struct extkey_facts *facts,
				    const struct extkey_option *option)
{
	return option->field != EXTKEY_FIELD_ACK ||
	       facts->to == EXTKEY_TO_LISTENER;
}

/* As long as there is no key, F has no mask: who has been talked to can end it */
static __always_inline bool is_verified(struct __sk_buff *skb,
					const struct scratch *s,
					const struct extkey_facts *facts,
					const struct extkey_option *option)
{
	if (!is_read(facts, option))
		return true;
	return facts->key == EXTKEY_KEY_WAITING ?
		       option->field == EXTKEY_FIELD_FASTCLOSE :
		       is_vouched(skb, s, option);
}

/* Whether the programs on interfaces have unmasked each field that the socket reads */
static __always_inline bool all_vouched(struct __sk_buff *skb,
					const struct scratch *s,
					const struct extkey_facts *facts)
{
	const struct extkey_walk *walk = &s->packet.walk;

	return walk->found <= EXTKEY_OPTIONS &&
	       is_verified(skb, s, facts, &walk->options[0]) &&
	       (walk->found < 2 ||
		is_verified(skb, s, facts, &walk->options[1]));
}

static __always_inline bool has_hmac(const struct packet *packet,
				     const __u8 hmac[FIELD_MAX])
{
	__u32 at = packet->walk.options[0].at + EXTKEY_VALUE_AT, i;
	__u8 differs = 0;

	for (i = 0; i < FIELD_MAX; i++)
		differs |= opt(packet, at + i) ^ hmac[i];
	return !differs;
}

/*
 * The request that this segment ends, if TCP has it too: for one that acknowledges
 * something else, it looks for a cookie. If the request's own listener has been closed, TCP
 * has another one take it over (net.ipv4.tcp_migrate_req).
 */
static __always_inline const struct mptcp_subflow_request_sock *
request_of(const struct packet *packet, struct bpf_sock *found,
	   const struct sock *listener)
{
	struct mptcp_subflow_request_sock *req;
	struct tcp_request_sock *tcp;
	const struct sock *own;

	if (found->state != TCP_NEW_SYN_RECV)
		return NULL;
	req = kernel_cast(struct mptcp_subflow_request_sock, found);
	tcp = kernel_cast(struct tcp_request_sock, found);
	own = ((struct sock_common *)req)->skc_listener;
	if ((own != listener &&
	     kernel_cast(struct sock_common, own)->skc_state == TCP_LISTEN) ||
	    extkey_be32(packet->tcp + TCP_ACK_AT) != tcp->snt_isn + 1)
		return NULL;
	return req;
}

/* A at a listener: which join it ends, and whether it has the HMAC of that one */
static __always_inline void find_join(struct __sk_buff *skb, struct scratch *s,
				      struct extkey_facts *facts)
{
	const struct mptcp_subflow_request_sock *req = NULL;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	enum extkey_key key = EXTKEY_KEY_UNKNOWN;
	struct bpf_sock *found;
	struct cookie_join *join;
	struct slot_key slot;

	found = find_socket(skb, &s->packet.tuple, s->packet.ipv6);
	if (found) {
		req = request_of(&s->packet, found, kskb->sk);
		if (req && !BPF_CORE_READ_BITFIELD(req, mp_join))
			req = NULL;
		if (req) {
			facts->join = 1;
			facts->key = key_of(req->msk, &s->stored);
			join_of(req, &s->join);
		}
		bpf_sk_release(found);
	}
	if (req) {
		join_hmac(&s->sha256, &s->join);
		facts->hmac = has_hmac(&s->packet, s->join.hmac);
		return;
	}
	slot_of(skb, &s->packet, false, &slot);
	join = bpf_map_lookup_elem(&cookie_joins, &slot);
	if (!join)
		return;
	s->join = *join;
	/* The token may be that of another connection by now, with another key */
	if (!find_connection(netns_of(skb), s->join.token, &s->stored, &key)) {
		s->stored.cgroup_id = s->join.cgroup_id;
		return;
	}
	s->stored.cgroup_id = s->join.cgroup_id;
	facts->join = 1;
	facts->key = key == s->join.key ? key : EXTKEY_KEY_UNKNOWN;
	facts->hmac = has_hmac(&s->packet, s->join.hmac);
}

/* T at a listener: whose it is, if that is known */
static __always_inline void find_token(struct __sk_buff *skb, struct scratch *s,
				       struct extkey_facts *facts)
{
	__u32 at = s->packet.walk.options[0].at + EXTKEY_VALUE_AT;
	enum extkey_key key = EXTKEY_KEY_UNKNOWN;
	const struct mptcp_sock *msk;

	s->join.local_key = 0;
	msk = find_connection(netns_of(skb), opt_be32(&s->packet, at),
			      &s->other, &key);
	if (!msk)
		return;
	s->join.local_key = msk->local_key;
	facts->key = key;
	facts->plain = is_ours(key) && takes_plain_token(msk, &s->other);
}

/* MP_CAPABLE at a listener whose key is in @s */
static __always_inline void find_first(struct __sk_buff *skb, struct scratch *s)
{
	const struct mptcp_subflow_request_sock *req;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct bpf_sock *found;
	__u64 key = 0;

	found = find_socket(skb, &s->packet.tuple, s->packet.ipv6);
	if (found) {
		req = request_of(&s->packet, found, kskb->sk);
		if (req && !BPF_CORE_READ_BITFIELD(req, mp_join))
			key = req->local_key;
		bpf_sk_release(found);
	}
	prove_key(skb, s, key);
}

static __always_inline bool is_refusal(const struct packet *packet)
{
	return packet->tcp[TCP_FLAGS_AT] & TCP_RST &&
	       !extkey_be32(packet->tcp + TCP_SEQ_AT);
}

static __always_inline void collect_facts(struct __sk_buff *skb,
					  struct scratch *s,
					  struct mptcp_sock *msk, __u32 state,
					  struct extkey_facts *facts)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	const struct packet *packet = &s->packet;

	if (!parse_for_tcp(skb, &s->packet))
		return;
	facts->segment = segment_of(packet);
	facts->refusal = is_refusal(packet);
	if (!msk)
		return;
	facts->to = state == TCP_LISTEN		? EXTKEY_TO_LISTENER :
		    is_joining(kskb->sk, state) ? EXTKEY_TO_JOINING :
						  EXTKEY_TO_CONNECTION;
	facts->key = facts->to == EXTKEY_TO_LISTENER ?
			     key_of_listener(msk, &s->stored) :
			     key_of(msk, &s->stored);
	s->join.local_key = msk->local_key;
	if (facts->to == EXTKEY_TO_LISTENER && has_masks(facts->key))
		find_first(skb, s);
	if (is_ours(facts->key) || facts->key == EXTKEY_KEY_WAITING)
		facts->no_key_here = 0;
	if (facts->no_key_here)
		return;
	if (facts->to == EXTKEY_TO_LISTENER &&
	    facts->segment == EXTKEY_SEGMENT_TOKEN)
		find_token(skb, s, facts);
	if (facts->to == EXTKEY_TO_LISTENER &&
	    facts->segment == EXTKEY_SEGMENT_ACK) {
		facts->key = EXTKEY_KEY_UNKNOWN;
		find_join(skb, s, facts);
	}
	facts->verified = packet->walk.found && all_vouched(skb, s, facts);
}

static __always_inline void count_drop(__u64 cgroup_id,
				       enum extkey_verdict verdict)
{
	struct extkey_counters *counted =
		bpf_map_lookup_elem(&counters, &cgroup_id);

	if (counted && verdict < EXTKEY_PASS)
		__sync_fetch_and_add(&counted->drop_unreadable + verdict, 1);
}

/*
 * For the cgroup of the key, or of the subflow without one, if it has a policy: its
 * connection may not be known
 */
static __always_inline void count_verdict(struct __sk_buff *skb,
					  struct scratch *s,
					  enum extkey_verdict verdict)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	__u64 cgroup_id = s->stored.cgroup_id;

	if (!cgroup_id)
		find_policy(kernel_cast(struct sock, kskb->sk), &cgroup_id);
	count_drop(cgroup_id, verdict);
}

/* What begins a connection is of interest if its fields are going to have masks */
static __always_inline bool is_masked_listener(const struct mptcp_sock *msk,
					       struct scratch *s)
{
	return has_masks(key_of_listener(msk, &s->stored));
}

/* The packet begins with the network header here */
static __always_inline int judge(struct __sk_buff *skb)
{
	struct extkey_facts unknown = { 0 };
	enum extkey_verdict verdict;
	struct mptcp_sock *msk;
	struct bpf_sock *sk;
	struct scratch *s;
	bool quick;
	__u32 state;

	sk = skb->sk;
	if (!sk)
		return GATE_PASS; /* nor does TCP have one */
	state = sk->state;
	quick = is_data(skb, 0);
	if (quick && state != TCP_SYN_SENT && state != TCP_SYN_RECV &&
	    state != TCP_LISTEN)
		return GATE_PASS;
	if (!is_subflow(sk))
		return GATE_PASS;
	/* NULL of one whose connection is being made, or has ended */
	msk = msk_of(sk);
	unknown.no_key_here = !has_had_key(netns_of(skb));
	s = get_scratch();
	if (!s)
		return extkey_judge(&unknown) == EXTKEY_PASS ? GATE_PASS :
							       GATE_DROP;
	if (quick && state == TCP_LISTEN && !is_masked_listener(msk, s)) {
		forget_secrets(s);
		return GATE_PASS;
	}
	s->facts = unknown;
	s->stored.cgroup_id = 0;
	collect_facts(skb, s, msk, state, &s->facts);
	verdict = extkey_judge(&s->facts);
	if (verdict != EXTKEY_PASS)
		count_verdict(skb, s, verdict);
	forget_secrets(s);
	return verdict == EXTKEY_PASS ? GATE_PASS : GATE_DROP;
}

#endif /* EXTKEY_GATE_BPF_H */
