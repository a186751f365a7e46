/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the mask goes on and off in the packets, on the interfaces of a
 * kernel without the hook. For extkey.bpf.c alone.
 *
 * One packet can meet these programs on several devices, one above the other.
 * On its way out the real token is at hand, in the subflow: what is written does
 * not depend on what a program before has written. On its way in, only the
 * device from which the network layer takes the packet may act.
 */
#ifndef EXTKEY_TC_BPF_H
#define EXTKEY_TC_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include "extkey_tcpopt.h"

#define ETH_P_IP 0x0800
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define VLAN_VID 0x0fff
#define TCP_FLAGS_AT 13
#define TCP_CSUM_AT 16
#define TCP_SYN 0x02
#define TCP_ACK 0x10
#define JOIN_TOKEN_AT 4 /* within the option */

extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;

struct packet {
	struct iphdr ip;
	__u8 tcp[20];
	struct extkey_walk walk;
	unsigned int tcp_at; /* from the network header */
	bool fragment; /* the first one; the others are not looked at */
};

/* False for all that is not a TCP SYN: the way of nearly every packet */
static __always_inline bool parse_syn(struct __sk_buff *skb,
				      struct packet *packet)
{
	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_load_bytes_relative(skb, 0, &packet->ip, sizeof(packet->ip),
					BPF_HDR_START_NET))
		return false;
	if (packet->ip.protocol != IPPROTO_TCP || packet->ip.ihl < 5 ||
	    packet->ip.frag_off & bpf_htons(IP_OFFSET))
		return false;

	packet->tcp_at = packet->ip.ihl * 4;
	packet->fragment = packet->ip.frag_off & bpf_htons(IP_MF);
	if (bpf_skb_load_bytes_relative(skb, packet->tcp_at, packet->tcp,
					sizeof(packet->tcp),
					BPF_HDR_START_NET)) {
		/* What a piece hides, its ports tell where it is going to */
		return packet->fragment &&
		       !bpf_skb_load_bytes_relative(skb, packet->tcp_at,
						    packet->tcp, 4,
						    BPF_HDR_START_NET);
	}
	return packet->tcp[TCP_FLAGS_AT] & TCP_SYN;
}

static long walk_step(__u64 index, void *ctx)
{
	return extkey_walk_step(ctx);
}

/* How many MP_JOIN of this length there are */
static __always_inline __u32 find_join(struct __sk_buff *skb,
				       struct packet *packet,
				       unsigned int join_len)
{
	unsigned int len = (packet->tcp[12] >> 4) * 4;

	if (len <= sizeof(packet->tcp))
		return 0;
	len -= sizeof(packet->tcp);
	if (len > EXTKEY_TCPOPT_MAX)
		return 0;
	__builtin_memset(&packet->walk, 0, sizeof(packet->walk));
	if (bpf_skb_load_bytes_relative(
		    skb, packet->tcp_at + sizeof(packet->tcp),
		    packet->walk.opts, len, BPF_HDR_START_NET))
		return 0;
	packet->walk.len = len;
	packet->walk.join_len = join_len;
	bpf_loop(EXTKEY_TCPOPT_MAX, walk_step, &packet->walk, 0);
	return packet->walk.found;
}

/*
 * Writes the token, given in host byte order, and mends the checksum. The sum
 * runs over 16-bit words from the beginning of the header, and options may begin
 * at an odd byte: so a window of 8 bytes that begins at an even one is replaced.
 */
static __always_inline void
write_token(struct __sk_buff *skb, const struct packet *packet, __u32 token)
{
	unsigned int join_at = packet->walk.offset;
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	unsigned int net_at, tcp_at, token_at, window_at, i;
	__u8 old[8], new[8], bytes[4];
	__s64 diff;

	/* Read as numbers: kernels differ in what the verifier takes them for */
	net_at = (__u64)BPF_CORE_READ(kskb, head) + kskb->network_header -
		 (__u64)BPF_CORE_READ(kskb, data);
	tcp_at = net_at + packet->tcp_at;
	token_at = tcp_at + sizeof(packet->tcp) + join_at + JOIN_TOKEN_AT;
	window_at = token_at - (join_at & 1);
	if (bpf_skb_load_bytes(skb, window_at, old, sizeof(old)))
		return;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = token >> (24 - 8 * i);
	__builtin_memcpy(new, old, sizeof(new));
	if (join_at & 1)
		__builtin_memcpy(new + 1, bytes, sizeof(bytes));
	else
		__builtin_memcpy(new, bytes, sizeof(bytes));

	diff = bpf_csum_diff((__be32 *)old, sizeof(old), (__be32 *)new,
			     sizeof(new), 0);
	if (diff < 0 ||
	    bpf_l4_csum_replace(skb, tcp_at + TCP_CSUM_AT, 0, diff, 0))
		return;
	bpf_skb_store_bytes(skb, token_at, bytes, sizeof(bytes), 0);
}

static __always_inline __u32 token_of(const struct packet *packet)
{
	unsigned int join_at = packet->walk.offset;
	__u8 bytes[4];
	unsigned int i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = packet->walk.opts[(join_at + JOIN_TOKEN_AT + i) &
					     EXTKEY_TCPOPT_MASK];
	return extkey_be32(bytes);
}

static __always_inline __u32 token_mask(const struct extkey_sock *stored)
{
	return extkey_mask(stored->scheme, stored->key, EXTKEY_FIELD_TOKEN);
}

/* Whether this is the device of the route, and not one below it */
static __always_inline bool leaves_here(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct dst_entry *dst;

	dst = bpf_rdonly_cast((void *)(kskb->_skb_refdst & ~1UL),
			      bpf_core_type_id_kernel(struct dst_entry));
	return dst && dst->dev == kskb->dev;
}

/* MP_JOIN SYN of a socket of this host: forwarded packets have none */
static __always_inline void mask_join(struct __sk_buff *skb,
				      const struct packet *packet)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct mptcp_subflow_context *subflow;
	struct inet_connection_sock *icsk;
	struct bpf_sock *sk = skb->sk;
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	__u32 wire, masked;

	if (!sk)
		return;
	msk = bpf_skc_to_mptcp_sock(sk);
	if (!msk)
		return;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		if (leaves_here(skb))
			count_plain(msk, EXTKEY_ENGINE_TC, false);
		return;
	}
	if (stored->engine != EXTKEY_ENGINE_TC)
		return;

	icsk = bpf_rdonly_cast(
		kskb->sk, bpf_core_type_id_kernel(struct inet_connection_sock));
	subflow = bpf_rdonly_cast(
		icsk->icsk_ulp_data,
		bpf_core_type_id_kernel(struct mptcp_subflow_context));
	wire = token_of(packet);
	masked = subflow->remote_token ^ token_mask(stored);
	if (wire == masked)
		return; /* done on the device above this one */
	write_token(skb, packet, masked);
	count(stored->cgroup_id, joins_masked);
}

/* Whether the network layer of this host takes the packet, from this device */
static __always_inline bool delivered_here(struct __sk_buff *skb,
					   const struct packet *packet)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = IPPROTO_TCP,
		.ifindex = skb->ifindex,
		.ipv4_src = packet->ip.saddr,
		.ipv4_dst = packet->ip.daddr,
		.tos = packet->ip.tos,
	};

	/* A port of a bridge, a bond or a team, a device below a macvlan */
	if (skb->pkt_type != PACKET_HOST || kskb->dev->rx_handler)
		return false;
	/* For a VLAN above this device; identifier 0 is a priority alone */
	if (skb->vlan_present && skb->vlan_tci & VLAN_VID)
		return false;

	switch (bpf_fib_lookup(skb, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
	case BPF_FIB_LKUP_RET_NO_NEIGH:
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return false; /* goes on to another host */
	default:
		return true;
	}
}

/* @out: the packet leaves, its source is the local end */
static __always_inline void local_tuple(const struct packet *packet, bool out,
					struct bpf_sock_tuple *tuple)
{
	tuple->ipv4.saddr = out ? packet->ip.daddr : packet->ip.saddr;
	tuple->ipv4.daddr = out ? packet->ip.saddr : packet->ip.daddr;
	__builtin_memcpy(&tuple->ipv4.sport, packet->tcp + (out ? 2 : 0), 2);
	__builtin_memcpy(&tuple->ipv4.dport, packet->tcp + (out ? 0 : 2), 2);
}

static __always_inline struct bpf_sock *
find_listener(struct __sk_buff *skb, const struct packet *packet, bool out)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk;

	local_tuple(packet, out, &tuple);
	sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4),
				BPF_F_CURRENT_NETNS, 0);
	if (!sk || sk->state == TCP_LISTEN)
		return sk;

	/* Of the past (TIME-WAIT), or half open: who answers is the listener */
	bpf_sk_release(sk);
	tuple.ipv4.sport = 0;
	return bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4),
				  BPF_F_CURRENT_NETNS, 0);
}

/* MP_JOIN SYN/ACK, in or out: only to count what became of a join */
static __always_inline void count_answer(struct __sk_buff *skb,
					 const struct packet *packet, bool out)
{
	struct bpf_sock_tuple tuple = {};
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	struct bpf_sock *sk;

	local_tuple(packet, out, &tuple);
	sk = out ? find_listener(skb, packet, true) :
		   bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4),
				      BPF_F_CURRENT_NETNS, 0);
	if (!sk)
		return;
	msk = bpf_skc_to_mptcp_sock(sk);
	stored = msk ? bpf_sk_storage_get(&keys, msk, NULL, 0) : NULL;
	if (stored && stored->engine == EXTKEY_ENGINE_TC) {
		if (out)
			count(stored->cgroup_id, joins_known);
		else
			count(stored->cgroup_id, joins_answered);
	}
	bpf_sk_release(sk);
}

SEC("tc")
int extkey_egress(struct __sk_buff *skb)
{
	struct packet packet;

	if (!parse_syn(skb, &packet) || packet.fragment)
		return TC_ACT_UNSPEC;
	if (packet.tcp[TCP_FLAGS_AT] & TCP_ACK) {
		if (find_join(skb, &packet, EXTKEY_JOIN_SYNACK) &&
		    leaves_here(skb))
			count_answer(skb, &packet, true);
	} else if (find_join(skb, &packet, EXTKEY_JOIN_SYN)) {
		mask_join(skb, &packet);
	}
	return TC_ACT_UNSPEC; /* on to other people's filters */
}

static __always_inline int unmask_join(struct __sk_buff *skb,
				       const struct packet *packet,
				       struct mptcp_sock *msk, __u32 joins)
{
	struct extkey_sock *stored;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		if (joins)
			count_plain(msk, EXTKEY_ENGINE_TC, true);
		return TC_ACT_UNSPEC;
	}
	if (stored->engine != EXTKEY_ENGINE_TC)
		return TC_ACT_UNSPEC;

	/*
	 * The kernel puts pieces together and then reads what nobody has
	 * unmasked; no host sends a SYN in pieces, nor two MP_JOIN in one.
	 */
	if (packet->fragment || joins > 1) {
		count(stored->cgroup_id, joins_malformed);
		return TC_ACT_SHOT;
	}
	if (!joins)
		return TC_ACT_UNSPEC;

	write_token(skb, packet, token_of(packet) ^ token_mask(stored));
	count(stored->cgroup_id, joins_unmasked);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int extkey_ingress(struct __sk_buff *skb)
{
	struct packet packet;
	struct mptcp_sock *msk;
	struct bpf_sock *sk;
	int action = TC_ACT_UNSPEC;
	__u32 joins = 0;
	bool answer;

	if (!parse_syn(skb, &packet))
		return action;
	answer = !packet.fragment && packet.tcp[TCP_FLAGS_AT] & TCP_ACK;
	if (!packet.fragment) {
		joins = find_join(skb, &packet,
				  answer ? EXTKEY_JOIN_SYNACK :
					   EXTKEY_JOIN_SYN);
		if (!joins)
			return action;
	}
	if (!delivered_here(skb, &packet))
		return action;
	if (answer) {
		count_answer(skb, &packet, false);
		return action;
	}

	sk = find_listener(skb, &packet, false);
	if (!sk)
		return action;
	msk = bpf_skc_to_mptcp_sock(sk);
	if (msk)
		action = unmask_join(skb, &packet, msk, joins);
	bpf_sk_release(sk);
	return action;
}

#endif /* EXTKEY_TC_BPF_H */
