/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc and SYN cookies (RFC 4987). With cookies the kernel keeps no request,
 * so no socket tells what the SYN/ACK and the ACK of a join are about. It keeps
 * what it has answered in a table for all listeners (join_entries in
 * net/mptcp/syncookies.c), with 1024 slots by a hash of network namespace, ports and
 * sequence number, where a later join takes the place of an earlier one.
 *
 * Here each join that is answered is recorded, with a key or without: by what that hash is
 * of, and with the HMAC that its ACK must have. The gate lets no other ACK through, and the
 * kernel compares the HMAC with what is in its slot. So a join whose record is pushed out,
 * here or there, cannot be completed, and nothing else happens.
 */
#ifndef EXTKEY_COOKIES_BPF_H
#define EXTKEY_COOKIES_BPF_H

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

/* What the kernel's slot is hashed from */
struct slot_key {
	__u64 netns;
	__u32 seq; /* of the SYN */
	__be16 sport; /* of the initiator */
	__be16 dport;
};

/* A join that was answered */
struct cookie_join {
	__u64 local_key; /* of MPTCP: an eavesdropper knows as much */
	__u64 remote_key;
	__u64 cgroup_id; /* 0: of nobody's */
	__u32 nonce[2];
	__u32 token;
	__u8 hmac[FIELD_MAX]; /* of its ACK, without a mask */
	__u32 key; /* enum extkey_key, of the connection */
	__u32 is_server; /* this host has accepted that */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COOKIE_JOINS);
	__type(key, struct slot_key);
	__type(value, struct cookie_join);
} cookie_joins SEC(".maps");

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

/* @leaves: this is the SYN/ACK, and else the ACK */
static __always_inline void slot_of(struct __sk_buff *skb,
				    const struct packet *packet, bool leaves,
				    struct slot_key *slot)
{
	const __u8 *tcp = packet->tcp;

	slot->netns = netns_of(skb)->net_cookie;
	slot->seq = extkey_be32(tcp + (leaves ? TCP_ACK_AT : TCP_SEQ_AT)) - 1;
	__builtin_memcpy(&slot->sport, leaves ? tcp + 2 : tcp, 2);
	__builtin_memcpy(&slot->dport, leaves ? tcp : tcp + 2, 2);
}

/*
 * The HMAC of the ACK of this join, all of it. A global function: the verifier goes through
 * it once, and not for each way to it.
 */
__noinline int join_hmac(struct extkey_sha256 *sha256, struct cookie_join *join)
{
	__u32 i;

	if (!sha256 || !join)
		return -1;
	extkey_join_hmac(sha256, join->remote_key, join->local_key,
			 join->nonce[0], join->nonce[1]);
	for (i = 0; i < FIELD_MAX / 4; i++)
		extkey_put_be32(join->hmac + 4 * i, sha256->state[i]);
	return 0;
}

#endif /* EXTKEY_COOKIES_BPF_H */
