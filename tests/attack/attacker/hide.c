// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the attacker's own in a form that programs on interfaces do not follow, and
 * that the kernel puts together before TCP: over IPv6, behind headers, in fragments.
 * All else of the attacker is about IPv4: here addresses are translated.
 */
#include <netinet/ip6.h>
#include <string.h>

#include "attacker.h"

#define PREFIX 0xfd /* fd00::A.B.C.D */
#define IPV4_AT 12
#define HEADERS_MAX 64

static const uint8_t padding[8] = { IPPROTO_DSTOPTS, 0, IP6OPT_PADN, 4 };

static void to_ipv6(in_addr_t from, struct in6_addr *to)
{
	memset(to, 0, sizeof(*to));
	to->s6_addr[0] = PREFIX;
	memcpy(to->s6_addr + IPV4_AT, &from, sizeof(from));
}

/* A packet over IPv6 to an address of the attacker's */
void translate(struct frame *frame)
{
	struct ether_header *eth = (struct ether_header *)frame->buf;
	struct iphdr ip = { .version = 4,
			    .ihl = sizeof(ip) / 4,
			    .protocol = IPPROTO_TCP };
	struct ip6_hdr ip6;
	in_addr_t to;

	if (eth->ether_type != htons(ETHERTYPE_IPV6) ||
	    frame->len < ETH_HLEN + sizeof(ip6))
		return;
	memcpy(&ip6, eth + 1, sizeof(ip6));
	memcpy(&to, ip6.ip6_dst.s6_addr + IPV4_AT, sizeof(to));
	if (ip6.ip6_nxt != IPPROTO_TCP || ip6.ip6_dst.s6_addr[0] != PREFIX ||
	    !is_own(to))
		return;
	memcpy(&ip.saddr, ip6.ip6_src.s6_addr + IPV4_AT, sizeof(ip.saddr));
	ip.daddr = to;
	ip.tot_len = htons((uint16_t)(ntohs(ip6.ip6_plen) + sizeof(ip)));
	eth->ether_type = htons(ETHERTYPE_IP);
	frame->len -= sizeof(ip6) - sizeof(ip);
	memmove((uint8_t *)(eth + 1) + sizeof(ip),
		(uint8_t *)(eth + 1) + sizeof(ip6),
		frame->len - ETH_HLEN - sizeof(ip));
	memcpy(eth + 1, &ip, sizeof(ip));
}

/* The @len bytes @at of what is behind the headers of IP; returns where they begin */
static uint8_t *put_ip(struct frame *frame, const struct iphdr *ip,
		       unsigned int len, unsigned int at, bool more)
{
	struct iphdr piece = *ip;

	piece.frag_off = htons((uint16_t)(at / 8 | (more ? IP_MF : 0)));
	piece.tot_len = htons((uint16_t)(sizeof(piece) + len));
	piece.check = 0;
	piece.check = fold(sum_words(0, (uint8_t *)&piece, sizeof(piece)));
	memcpy(frame->buf + ETH_HLEN, &piece, sizeof(piece));
	frame->len = ETH_HLEN + sizeof(piece) + len;
	return frame->buf + ETH_HLEN + sizeof(piece);
}

static uint8_t *put_ip6(struct frame *frame, const struct ip6_hdr *ip,
			unsigned int len, unsigned int at, bool more)
{
	bool whole = !at && !more;
	struct ip6_frag frag = {
		.ip6f_nxt = ip->ip6_nxt,
		.ip6f_offlg = htons((uint16_t)(at | more)),
		.ip6f_ident = (uint32_t)ip->ip6_flow,
	};
	unsigned int behind = len + (whole ? 0 : (unsigned int)sizeof(frag));
	uint8_t *to = frame->buf + ETH_HLEN;
	struct ip6_hdr piece = *ip;

	piece.ip6_flow = 0;
	piece.ip6_vfc = 6 << 4;
	piece.ip6_plen = htons((uint16_t)behind);
	if (!whole)
		piece.ip6_nxt = IPPROTO_FRAGMENT;
	memcpy(to, &piece, sizeof(piece));
	to += sizeof(piece);
	if (!whole)
		memcpy(to, &frag, sizeof(frag));
	frame->len = ETH_HLEN + sizeof(piece) + behind;
	return to + behind - len;
}

/*
 * ipv6=1	from and to fd00::A.B.C.D
 * headers=N	there, behind N headers with options for the destination
 * piece=N	in fragments with N bytes of TCP each, the first of them behind all headers,
 *		or the kernel would drop it
 * hide=ack	but not the SYN
 */
void send_hidden(const struct link *link, struct frame *frame)
{
	unsigned int headers = arg_number("headers", "0");
	unsigned int piece = arg_number("piece", "0"), len, part, at;
	bool ipv6 = arg_is("ipv6", "1", "0"), more;
	uint8_t upper[FRAME_MAX], *tcp = upper;
	struct ip6_hdr ip6 = { .ip6_hops = 64 };
	struct segment segment;
	struct frame sent;
	unsigned int i;

	if (break_header || arg_is("header", "bad", "good")) {
		add_bad_option(frame);
		send_frame(link, frame);
		return;
	}
	if (!parse_segment(frame, &segment))
		return;
	if (segment.tcp->syn && arg_is("hide", "ack", "all"))
		headers = piece = 0;
	if (headers > HEADERS_MAX || (!ipv6 && !piece)) {
		send_frame(link, frame);
		return;
	}
	len = ntohs(segment.ip->tot_len) - (unsigned int)sizeof(*segment.ip);
	to_ipv6(segment.from.addr, &ip6.ip6_src);
	to_ipv6(segment.to.addr, &ip6.ip6_dst);
	if (ipv6) {
		segment.tcp->check = 0;
		segment.tcp->check = fold(sum_words(
			sum_words(IPPROTO_TCP + len, (uint8_t *)&ip6.ip6_src,
				  2 * sizeof(ip6.ip6_src)),
			(uint8_t *)segment.tcp, len));
	}
	ip6.ip6_nxt = headers ? IPPROTO_DSTOPTS : IPPROTO_TCP;
	ip6.ip6_flow = random32(); /* for the fragments */
	for (i = 0; i < headers; i++, tcp += sizeof(padding))
		memcpy(tcp, padding, sizeof(padding));
	if (headers)
		*(tcp - sizeof(padding)) = IPPROTO_TCP;
	memcpy(tcp, segment.tcp, len);
	len += (unsigned int)(tcp - upper);
	segment.ip->id = htons((uint16_t)random32());

	for (at = 0; at < len; at += part) {
		part = piece + (at ? 0 : (unsigned int)(tcp - upper));
		more = piece && at + part < len;
		if (!more)
			part = len - at;
		memcpy(sent.buf, frame->buf, ETH_HLEN);
		if (ipv6)
			((struct ether_header *)sent.buf)->ether_type =
				htons(ETHERTYPE_IPV6);
		memcpy(ipv6 ? put_ip6(&sent, &ip6, part, at, more) :
			      put_ip(&sent, segment.ip, part, at, more),
		       upper + at, part);
		send_frame(link, &sent);
	}
}
