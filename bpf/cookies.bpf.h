/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc and SYN cookies (RFC 4987). With cookies the kernel keeps no request,
 * so no socket tells what the SYN/ACK and the ACK of a join are about. It keeps
 * what it has answered in a table for all listeners (join_entries in
 * net/mptcp/syncookies.c), with 1024 slots by a hash of ports and sequence number,
 * where a later join takes the place of an earlier one.
 *
 * Here answered joins are kept anew, by address and port; forged SYNs get no
 * answer and push nothing out. But the kernel may find another join in its slot
 * than the one that the ACK was unmasked for. So the HMAC is checked here already:
 * it has to be that of the join of this address and port, and the kernel, which
 * checks it once more, accepts it for no other.
 */
#ifndef EXTKEY_COOKIES_BPF_H
#define EXTKEY_COOKIES_BPF_H

#include "connections.bpf.h"
#include "keys.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"

#include "extkey_sha256.h"

#define COOKIE_JOINS 65536 /* answered ones whose ACK may still come */
#define JOINING \
	32768 /* on their way up; far more than the packets of a batch */

struct tuple_key {
	struct bpf_sock_tuple tuple; /* of the SYN; zeros behind that of IPv4 */
	__u32 unused;
	__u64 netns;
};

/* A join with a key that was answered; those without one are not here */
struct cookie_join {
	__u64 local_key; /* of MPTCP: an eavesdropper knows as much */
	__u64 remote_key;
	__u64 cgroup_id;
	__u32 nonce[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COOKIE_JOINS);
	__type(key, struct tuple_key);
	__type(value, struct cookie_join);
} cookie_joins SEC(".maps");

/* The same by the first 64 bits of the HMAC that the ACK is to have */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COOKIE_JOINS);
	__type(key, __u64);
	__type(value, struct tuple_key);
} cookie_hmacs SEC(".maps");

/*
 * SYNs of joins that go up, until they are answered. The answer comes at once, but
 * a device hands its packets on in batches: each of those goes through the
 * programs before the first one is answered.
 */
struct joining {
	__u32 token;
	__u32 nonce;
	bool answered; /* on the device above this one */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, JOINING);
	__type(key, struct tuple_key);
	__type(value, struct joining);
} joining SEC(".maps");

static __always_inline struct net *netns_of(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	return kskb->dev->nd_net.net;
}

static __always_inline void tuple_of(struct __sk_buff *skb,
				     const struct packet *packet, bool reverse,
				     struct tuple_key *key)
{
	const struct bpf_sock_tuple *from = &packet->tuple;
	struct bpf_sock_tuple *to = &key->tuple;

	__builtin_memset(key, 0, sizeof(*key));
	key->netns = netns_of(skb)->net_cookie;
	if (packet->ipv6) {
		__builtin_memcpy(to->ipv6.saddr,
				 reverse ? from->ipv6.daddr : from->ipv6.saddr,
				 16);
		__builtin_memcpy(to->ipv6.daddr,
				 reverse ? from->ipv6.saddr : from->ipv6.daddr,
				 16);
		to->ipv6.sport = reverse ? from->ipv6.dport : from->ipv6.sport;
		to->ipv6.dport = reverse ? from->ipv6.sport : from->ipv6.dport;
	} else {
		to->ipv4.saddr = reverse ? from->ipv4.daddr : from->ipv4.saddr;
		to->ipv4.daddr = reverse ? from->ipv4.saddr : from->ipv4.daddr;
		to->ipv4.sport = reverse ? from->ipv4.dport : from->ipv4.sport;
		to->ipv4.dport = reverse ? from->ipv4.sport : from->ipv4.dport;
	}
}

static __always_inline void
syn_goes_up(struct __sk_buff *skb, const struct packet *packet, __u32 token)
{
	struct joining j = {
		.token = token,
		.nonce = opt_be32(packet, packet->walk.options[0].at + 8),
	};
	struct tuple_key key;

	tuple_of(skb, packet, false, &key);
	bpf_map_update_elem(&joining, &key, &j, BPF_ANY);
}

/*
 * Remembers a join that is about to be answered; false if that is impossible: then
 * the answer must not leave.
 */
static __always_inline bool note_answer(struct extkey_sha256 *sha256,
					const struct tuple_key *key,
					const struct cookie_join *join)
{
	__u64 hmac = extkey_join_hmac(sha256, join->remote_key, join->local_key,
				      join->nonce[0], join->nonce[1]);

	return !bpf_map_update_elem(&cookie_hmacs, &hmac, key, BPF_ANY) &&
	       !bpf_map_update_elem(&cookie_joins, key, join, BPF_ANY);
}

/* Whether this HMAC, without its mask, is that of the join of @key */
static __always_inline bool hmac_is_of(__u64 hmac, const struct tuple_key *key)
{
	const struct tuple_key *found =
		bpf_map_lookup_elem(&cookie_hmacs, &hmac);

	return found && !__builtin_memcmp(found, key, sizeof(*key));
}

#endif /* EXTKEY_COOKIES_BPF_H */
