/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of TCP: what they are, which of their options have a field that
 * authenticates something, and writing to those.
 */
#ifndef EXTKEY_PACKET_BPF_H
#define EXTKEY_PACKET_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "extkey_tcpopt.h"
#include "extkey_verdict.h"
#include "memory.bpf.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86DD
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88A8
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define IP6_MF 0x0001
#define IP6_OFFSET 0xfff8
#define IPV6_HEADERS 8 /* more before TCP than anybody has a use for */
#define TCP_HEADER 20
#define TCP_SEQ_AT 4
#define TCP_ACK_AT 8
#define TCP_FLAGS_AT 13
#define TCP_CSUM_AT 16
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct packet {
	struct bpf_sock_tuple tuple; /* as on the wire: source first */
	__u32 tuple_len;
	__u32 tcp_at; /* from the network header */
	__u8 tcp[TCP_HEADER];
	struct extkey_walk walk;
	bool ipv6;
	bool fragment; /* the first one; the others are not looked at */
};

static __always_inline bool load(struct __sk_buff *skb, __u32 at, void *to,
				 __u32 len)
{
	return !bpf_skb_load_bytes_relative(skb, at, to, len,
					    BPF_HDR_START_NET);
}

/* The link header is there again on ingress: packets of tc begin where it does */
static __always_inline __u32 link_header(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	return (__u16)(kskb->network_header - kskb->mac_header);
}

/*
 * Of the network header. With a tag in the frame, which a VLAN device without
 * reorder_hdr makes, skb->protocol is that of the tag; but on ingress the network
 * header is then not found yet, and what stands before it is not IP.
 */
static __always_inline __be16 network_protocol(struct __sk_buff *skb)
{
	__be16 protocol = skb->protocol;

	if (protocol != bpf_htons(ETH_P_8021Q) &&
	    protocol != bpf_htons(ETH_P_8021AD))
		return protocol;
	if (bpf_skb_load_bytes_relative(
		    skb, link_header(skb) - sizeof(protocol), &protocol,
		    sizeof(protocol), BPF_HDR_START_MAC))
		return 0;
	return protocol;
}

/*
 * On an interface: what no socket sends, nor is forwarded, as a SYN/ACK with a cookie. On
 * devices below the one that it leaves by, it may also be a copy of any packet, for one
 * of several ports, or come out of another network namespace: see leaves_here().
 */
static __always_inline bool is_of_cookie(struct __sk_buff *skb)
{
	return !skb->sk && !skb->ingress_ifindex;
}

/* On an interface: a SYN/ACK of a listener that keeps the request */
static __always_inline bool is_request(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk && sk->state == TCP_NEW_SYN_RECV;
}

/* The same, with data in the SYN (RFC 7413): the connection is there already */
static __always_inline bool is_fast_open(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return sk && sk->state == TCP_SYN_RECV;
}

#define LINK_HEADER_MAX 0x7f

/*
 * Whether this is what nearly all packets are: not TCP, or with no option that
 * can have a field. Reads in place, where that is possible; if not, or if it is
 * not sure, says no, and parse() is to look.
 */
static __always_inline bool is_data(struct __sk_buff *skb, __u32 net_at)
{
	const __u8 *end = (void *)(long)skb->data_end;
	const __u8 *at = (void *)(long)skb->data;
	__be16 protocol = network_protocol(skb);
	__u32 len;

	if (net_at > LINK_HEADER_MAX)
		return false;
	/* The compiler knows it is a no-op, the verifier wants to be told */
	asm volatile("" : "+r"(net_at));
	at += net_at & LINK_HEADER_MAX;
	if (at + sizeof(struct iphdr) > end)
		return false;
	if (protocol == bpf_htons(ETH_P_IP)) {
		const struct iphdr *ip = (const void *)at;

		if (ip->protocol != IPPROTO_TCP)
			return true;
		if (ip->ihl != 5 || ip->frag_off & bpf_htons(IP_MF | IP_OFFSET))
			return false;
		at += sizeof(*ip);
	} else if (protocol == bpf_htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip = (const void *)at;

		if (at + sizeof(*ip) > end || ip->nexthdr != IPPROTO_TCP)
			return false;
		at += sizeof(*ip);
	} else {
		return true;
	}
	if (at + TCP_HEADER > end)
		return false;
	len = (at[12] >> 4) * 4;
	if (len < TCP_HEADER + EXTKEY_FASTCLOSE)
		return true;
	return extkey_only_data(at + TCP_HEADER, end, len - TCP_HEADER);
}

static __always_inline bool parse_ipv4(struct __sk_buff *skb,
				       struct packet *packet)
{
	struct iphdr ip;

	if (!load(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP ||
	    ip.ihl < 5 || ip.frag_off & bpf_htons(IP_OFFSET))
		return false;
	packet->ipv6 = false;
	packet->fragment = ip.frag_off & bpf_htons(IP_MF);
	packet->tcp_at = ip.ihl * 4;
	packet->tuple.ipv4.saddr = ip.saddr;
	packet->tuple.ipv4.daddr = ip.daddr;
	packet->tuple_len = sizeof(packet->tuple.ipv4);
	return true;
}

static __always_inline bool parse_ipv6(struct __sk_buff *skb,
				       struct packet *packet)
{
	struct ipv6hdr ip;
	__u8 next, head[4];
	__u32 at, i;

	if (!load(skb, 0, &ip, sizeof(ip)))
		return false;
	packet->ipv6 = true;
	packet->fragment = false;
	__builtin_memcpy(packet->tuple.ipv6.saddr, &ip.saddr, 16);
	__builtin_memcpy(packet->tuple.ipv6.daddr, &ip.daddr, 16);
	packet->tuple_len = sizeof(packet->tuple.ipv6);

	next = ip.nexthdr;
	at = sizeof(ip);
	for (i = 0; i < IPV6_HEADERS; i++) {
		switch (next) {
		case IPPROTO_TCP:
			packet->tcp_at = at;
			return true;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case IPPROTO_AH:
		case IPPROTO_FRAGMENT:
			break;
		default:
			return false;
		}
		if (!load(skb, at, head, sizeof(head)))
			return false;
		if (next == IPPROTO_FRAGMENT) {
			__u16 frag = (__u16)head[2] << 8 | head[3];

			if (frag & IP6_OFFSET)
				return false;
			packet->fragment = frag & IP6_MF;
			at += 8;
		} else if (next == IPPROTO_AH) {
			at += (head[1] + 2) * 4;
		} else {
			at += (head[1] + 1) * 8;
		}
		next = head[0];
	}
	return false;
}

/* The helper wants a context on the stack, which has no room for the walk */
struct walk_context {
	struct extkey_walk *walk;
};

static long walk_step(__u64 index, struct walk_context *context)
{
	return extkey_walk_step(context->walk);
}

static __always_inline void read_ports(struct packet *packet)
{
	if (packet->ipv6) {
		__builtin_memcpy(&packet->tuple.ipv6.sport, packet->tcp, 2);
		__builtin_memcpy(&packet->tuple.ipv6.dport, packet->tcp + 2, 2);
	} else {
		__builtin_memcpy(&packet->tuple.ipv4.sport, packet->tcp, 2);
		__builtin_memcpy(&packet->tuple.ipv4.dport, packet->tcp + 2, 2);
	}
}

/* The header at packet->tcp_at, and its options; false if it cannot be read */
static __always_inline bool read_tcp(struct __sk_buff *skb,
				     struct packet *packet)
{
	struct walk_context context = { .walk = &packet->walk };
	__u32 len;

	packet->walk.found = 0;
	packet->walk.capables = 0;
	if (!load(skb, packet->tcp_at, packet->tcp, TCP_HEADER))
		return false;
	read_ports(packet);
	len = (packet->tcp[12] >> 4) * 4 - TCP_HEADER;
	/* The verifier is to see the comparisons as they stand here */
	asm volatile("" : "+r"(len));
	if (len > EXTKEY_TCPOPT_MAX)
		return false; /* also of less than a header */
	if (len < EXTKEY_FASTCLOSE)
		return true;
	if (!load(skb, packet->tcp_at + TCP_HEADER, packet->walk.opts, len))
		return false;
	packet->walk.len = len;
	packet->walk.pos = 0;
	bpf_loop(EXTKEY_TCPOPT_MAX, walk_step, &context, 0);
	return true;
}

/* On an interface: whether this has fields or MP_CAPABLE, or is a fragment that may have */
static __always_inline bool parse(struct __sk_buff *skb, struct packet *packet)
{
	__be16 protocol = network_protocol(skb);

	if (protocol == bpf_htons(ETH_P_IP)) {
		if (!parse_ipv4(skb, packet))
			return false;
	} else if (protocol != bpf_htons(ETH_P_IPV6) ||
		   !parse_ipv6(skb, packet)) {
		return false;
	}
	if (!packet->fragment)
		return read_tcp(skb, packet) &&
		       (packet->walk.found || packet->walk.capables);
	/* What a piece hides, its ports tell where it is going to */
	packet->walk.found = 0;
	packet->walk.capables = 0;
	if (!load(skb, packet->tcp_at, packet->tcp, 4))
		return false;
	read_ports(packet);
	return true;
}

/*
 * Before TCP: reads the header where TCP is going to, whatever else there is before it.
 * False if it cannot be read.
 */
static __always_inline bool parse_for_tcp(struct __sk_buff *skb,
					  struct packet *packet)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct ipv6hdr ip6;
	struct iphdr ip;

	packet->fragment = false;
	packet->ipv6 = skb->protocol == bpf_htons(ETH_P_IPV6);
	packet->tcp_at = (__u16)(kskb->transport_header - kskb->network_header);
	if (packet->ipv6) {
		if (!load(skb, 0, &ip6, sizeof(ip6)))
			return false;
		__builtin_memcpy(packet->tuple.ipv6.saddr, &ip6.saddr, 16);
		__builtin_memcpy(packet->tuple.ipv6.daddr, &ip6.daddr, 16);
		packet->tuple_len = sizeof(packet->tuple.ipv6);
	} else {
		if (!load(skb, 0, &ip, sizeof(ip)))
			return false;
		packet->tuple.ipv4.saddr = ip.saddr;
		packet->tuple.ipv4.daddr = ip.daddr;
		packet->tuple_len = sizeof(packet->tuple.ipv4);
	}
	return read_tcp(skb, packet);
}

static __always_inline __u8 syn_flags(const struct packet *packet)
{
	return packet->tcp[TCP_FLAGS_AT] & (TCP_SYN | TCP_ACK);
}

/* A byte of the options, for what the verifier knows of @at */
static __always_inline __u8 opt(const struct packet *packet, __u32 at)
{
	return packet->walk.opts[at & EXTKEY_TCPOPT_MASK];
}

static __always_inline __u32 opt_be32(const struct packet *packet, __u32 at)
{
	return (__u32)opt(packet, at) << 24 | (__u32)opt(packet, at + 1) << 16 |
	       (__u32)opt(packet, at + 2) << 8 | opt(packet, at + 3);
}

/* 64 bits that tell it from others: of a token with the nonce, of the ACK the first */
static __always_inline __u64 field_value(const struct packet *packet,
					 const struct extkey_option *option)
{
	__u32 at = option->at + EXTKEY_VALUE_AT;

	if (option->field == EXTKEY_FIELD_ADD_ADDR)
		at = option->at + option->len - 8;
	return (__u64)opt_be32(packet, at) << 32 | opt_be32(packet, at + 4);
}

static __always_inline enum extkey_segment
segment_of(const struct packet *packet)
{
	return extkey_segment_of(packet->tcp[TCP_FLAGS_AT] & TCP_SYN,
				 packet->tcp[TCP_FLAGS_AT] & TCP_ACK,
				 &packet->walk);
}

#define FIELD_MAX 20 /* bytes: HMAC of the ACK */

/*
 * Writes a field of @len bytes, a constant, @at this place of the options, and
 * mends the checksum. The sum runs over 16-bit words from the beginning of the
 * header, and options may begin at an odd byte: so a window from an even byte
 * to an even byte is replaced. Before each field there are at least 4 bytes of
 * its option; behind one that begins at an odd byte, there is at least one. False
 * if that is impossible.
 */
static __always_inline bool write_field(struct __sk_buff *skb,
					const struct packet *packet, __u32 at,
					const __u8 *field, __u32 len)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	__u8 old[FIELD_MAX + 4], new[FIELD_MAX + 4];
	__u32 net_at, tcp_at, window_at, headroom;
	bool odd = at & 1;
	__s64 diff;

	/*
	 * Kernels differ in whether the verifier takes these for pointers. What is
	 * between them is a number to all of them, if the compiler does not begin
	 * with another term.
	 */
	headroom = kskb->data - kskb->head;
	asm volatile("" : "+r"(headroom));
	net_at = kskb->network_header - headroom;
	tcp_at = net_at + packet->tcp_at;
	window_at = tcp_at + TCP_HEADER + at - 4 + odd;
	if (bpf_skb_load_bytes(skb, window_at, old, len + 4))
		return false;
	__builtin_memcpy(new, old, len + 4);
	/* Kept apart: the verifier takes no pointer that depends on a number */
	if (odd) {
		__builtin_memcpy(new + 3, field, len);
		asm volatile("" ::"r"(new) : "memory");
	} else {
		__builtin_memcpy(new + 4, field, len);
	}

	diff = bpf_csum_diff((__be32 *)old, len + 4, (__be32 *)new, len + 4, 0);
	if (diff < 0 ||
	    bpf_l4_csum_replace(skb, tcp_at + TCP_CSUM_AT, 0, diff, 0))
		return false;
	return !bpf_skb_store_bytes(skb, window_at, new, len + 4, 0);
}

#endif /* EXTKEY_PACKET_BPF_H */
