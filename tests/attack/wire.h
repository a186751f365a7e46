/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ethernet frames with TCP over IPv4 in them, their MPTCP options, and what
 * RFC 8684 computes from the keys. For the attacker alone. Numbers are in host
 * byte order but for addresses and ports, which stay as they are on the wire.
 */
#ifndef EXTKEY_ATTACK_WIRE_H
#define EXTKEY_ATTACK_WIRE_H

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAME_MAX 2048
#define OPTIONS_MAX 40

#define MPTCP_KIND 30
#define MP_CAPABLE 0x0
#define MP_JOIN 0x1
#define MP_DSS 0x2
#define MP_ADD_ADDR 0x3
#define MP_REMOVE_ADDR 0x4
#define MP_PRIO 0x5
#define MP_FASTCLOSE 0x7

/* Lengths of options. The MP_CAPABLE of the ACK is the smallest that has both keys */
#define JOIN_SYN_LEN 12
#define JOIN_SYNACK_LEN 16
#define JOIN_ACK_LEN 24
#define CAPABLE_SYN_LEN 4
#define CAPABLE_SYNACK_LEN 12
#define CAPABLE_ACK_LEN 20
#define ACK_HMAC_LEN 20
#define DATA_ACK_LEN 12
#define MAPPING_LEN 26
#define FASTCLOSE_LEN 12
#define ADD_ADDR_LEN 16 /* of IPv4 */
#define ADD_ADDR_PORT_LEN 18
#define ADD_ADDR_ECHO 1

struct endpoint {
	in_addr_t addr;
	in_port_t port;
};

struct frame {
	uint8_t buf[FRAME_MAX];
	size_t len;
};

/* Where the parts of a frame are */
struct segment {
	struct ether_header *eth;
	struct iphdr *ip;
	struct tcphdr *tcp;
	uint8_t *options;
	unsigned int options_len;
	unsigned int payload_len;
	uint32_t seq, ack;
	struct endpoint from, to;
};

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

static inline uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static inline uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static inline uint8_t *put64(uint8_t *at, uint64_t value)
{
	return put32(put32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static inline bool same_endpoint(const struct endpoint *a,
				 const struct endpoint *b)
{
	return a->addr == b->addr && a->port == b->port;
}

/* False if there is no whole TCP header over IPv4 in it */
static inline bool parse_segment(struct frame *frame, struct segment *segment)
{
	unsigned int ip_len, tcp_len, at = sizeof(*segment->eth), total;

	segment->eth = (struct ether_header *)frame->buf;
	if (frame->len < at + sizeof(*segment->ip) ||
	    segment->eth->ether_type != htons(ETHERTYPE_IP))
		return false;
	segment->ip = (struct iphdr *)(frame->buf + at);
	ip_len = segment->ip->ihl * 4;
	total = ntohs(segment->ip->tot_len);
	if (segment->ip->protocol != IPPROTO_TCP ||
	    ip_len < sizeof(*segment->ip) ||
	    segment->ip->frag_off & htons(IP_MF | IP_OFFMASK) ||
	    at + total > frame->len || total < ip_len + sizeof(*segment->tcp))
		return false;
	segment->tcp = (struct tcphdr *)(frame->buf + at + ip_len);
	tcp_len = segment->tcp->doff * 4;
	if (tcp_len < sizeof(*segment->tcp) || total < ip_len + tcp_len)
		return false;

	segment->options = (uint8_t *)(segment->tcp + 1);
	segment->options_len = tcp_len - (unsigned int)sizeof(*segment->tcp);
	segment->payload_len = total - ip_len - tcp_len;
	segment->seq = ntohl(segment->tcp->seq);
	segment->ack = ntohl(segment->tcp->ack_seq);
	segment->from =
		(struct endpoint){ segment->ip->saddr, segment->tcp->source };
	segment->to =
		(struct endpoint){ segment->ip->daddr, segment->tcp->dest };
	return true;
}

/* The first option of a kind and, for MPTCP, of a subtype; or NULL */
static inline uint8_t *find_option(const struct segment *segment, uint8_t kind,
				   uint8_t subtype)
{
	unsigned int at = 0, len;

	while (at < segment->options_len &&
	       segment->options[at] != TCPOPT_EOL) {
		uint8_t *option = segment->options + at;

		if (*option == TCPOPT_NOP) {
			at++;
			continue;
		}
		len = at + 1 < segment->options_len ? option[1] : 0;
		if (len < 2 || at + len > segment->options_len)
			break;
		if (*option == kind && (kind != MPTCP_KIND ||
					(len > 2 && option[2] >> 4 == subtype)))
			return option;
		at += len;
	}
	return NULL;
}

static inline uint8_t *find_mptcp(const struct segment *segment,
				  uint8_t subtype)
{
	return find_option(segment, MPTCP_KIND, subtype);
}

/* They put an option there, and return where it ends */
static inline uint8_t *put_timestamps(uint8_t *at, uint32_t tsval,
				      uint32_t tsecr)
{
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_TIMESTAMP;
	*at++ = TCPOLEN_TIMESTAMP;
	return put32(put32(at, tsval), tsecr);
}

/* Its beginning: the keys come behind it */
static inline uint8_t *put_capable(uint8_t *at, uint8_t len)
{
	*at++ = MPTCP_KIND;
	*at++ = len;
	*at++ = MP_CAPABLE << 4 | 1; /* the version */
	*at++ = 1; /* HMAC-SHA256 */
	return at;
}

/* Both data sequence numbers have 8 bytes */
static inline uint8_t *put_data_ack(uint8_t *at, uint64_t acked)
{
	*at++ = MPTCP_KIND;
	*at++ = DATA_ACK_LEN;
	*at++ = MP_DSS << 4;
	*at++ = 0x3;
	return put64(at, acked);
}

/* Of the first bytes of the subflow, @len of them */
static inline uint8_t *put_mapping(uint8_t *at, uint64_t acked, uint64_t dsn,
				   uint16_t len)
{
	*at++ = MPTCP_KIND;
	*at++ = MAPPING_LEN;
	*at++ = MP_DSS << 4;
	*at++ = 0xf;
	at = put64(put64(at, acked), dsn);
	return put16(put32(at, 1), len);
}

static inline uint32_t sum_words(uint32_t sum, const uint8_t *at, size_t len)
{
	for (; len > 1; at += 2, len -= 2)
		sum += get16(at);
	return len ? sum + (uint32_t)(*at << 8) : sum;
}

static inline uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Both checksums anew, after anything was changed */
static inline void set_checksums(const struct segment *segment)
{
	unsigned int ip_len = segment->ip->ihl * 4;
	unsigned int tcp_len = ntohs(segment->ip->tot_len) - ip_len;

	segment->ip->check = 0;
	segment->ip->check = fold(sum_words(0, (uint8_t *)segment->ip, ip_len));
	segment->tcp->check = 0;
	segment->tcp->check =
		fold(sum_words(sum_words(IPPROTO_TCP + tcp_len,
					 (uint8_t *)&segment->ip->saddr, 8),
			       (uint8_t *)segment->tcp, tcp_len));
}

/* What a segment is to be made of */
struct plan {
	const uint8_t *from_mac, *to_mac;
	struct endpoint from, to;
	uint32_t seq, ack;
	uint8_t flags;
	uint8_t options[OPTIONS_MAX];
	unsigned int options_len;
	const uint8_t *payload;
	unsigned int payload_len;
};

static inline void make_segment(struct frame *frame, const struct plan *plan)
{
	unsigned int options_len = (plan->options_len + 3) / 4 * 4;
	unsigned int total =
		(unsigned int)(sizeof(struct iphdr) + sizeof(struct tcphdr)) +
		options_len + plan->payload_len;
	struct segment segment = { .eth = (struct ether_header *)frame->buf };

	memset(frame->buf, 0, sizeof(*segment.eth) + total);
	memcpy(segment.eth->ether_dhost, plan->to_mac, ETH_ALEN);
	memcpy(segment.eth->ether_shost, plan->from_mac, ETH_ALEN);
	segment.eth->ether_type = htons(ETHERTYPE_IP);

	segment.ip = (struct iphdr *)(segment.eth + 1);
	segment.ip->version = 4;
	segment.ip->ihl = sizeof(*segment.ip) / 4;
	segment.ip->tot_len = htons((uint16_t)total);
	segment.ip->frag_off = htons(IP_DF);
	segment.ip->ttl = 64;
	segment.ip->protocol = IPPROTO_TCP;
	segment.ip->saddr = plan->from.addr;
	segment.ip->daddr = plan->to.addr;

	segment.tcp = (struct tcphdr *)(segment.ip + 1);
	segment.tcp->source = plan->from.port;
	segment.tcp->dest = plan->to.port;
	segment.tcp->seq = htonl(plan->seq);
	segment.tcp->ack_seq = htonl(plan->ack);
	segment.tcp->doff = (sizeof(*segment.tcp) + options_len) / 4 & 0xf;
	segment.tcp->th_flags = plan->flags;
	segment.tcp->window = htons(0xffff);
	memset(segment.tcp + 1, TCPOPT_NOP, options_len);
	memcpy(segment.tcp + 1, plan->options, plan->options_len);
	memcpy((uint8_t *)(segment.tcp + 1) + options_len, plan->payload,
	       plan->payload_len);
	set_checksums(&segment);
	frame->len = sizeof(*segment.eth) + total;
}

/* RFC 8684, section 3.2: of a host's key */
static inline uint32_t key_token(uint64_t key)
{
	uint8_t bytes[8], digest[SHA256_DIGEST_LENGTH];

	put64(bytes, key);
	SHA256(bytes, sizeof(bytes), digest);
	return get32(digest);
}

/* The data sequence number of the first byte that the host sends */
static inline uint64_t key_first_dsn(uint64_t key)
{
	uint8_t bytes[8], digest[SHA256_DIGEST_LENGTH];

	put64(bytes, key);
	SHA256(bytes, sizeof(bytes), digest);
	return get64(digest + sizeof(digest) - 8) + 1;
}

static inline void key_hmac(uint64_t key1, uint64_t key2, const uint8_t *msg,
			    size_t len, uint8_t hmac[SHA256_DIGEST_LENGTH])
{
	uint8_t key[16];

	put64(put64(key, key1), key2);
	HMAC(EVP_sha256(), key, sizeof(key), msg, len, hmac, NULL);
}

/* Of MP_JOIN: the sender's key and nonce come first */
static inline void join_hmac(uint64_t key1, uint64_t key2, uint32_t nonce1,
			     uint32_t nonce2,
			     uint8_t hmac[SHA256_DIGEST_LENGTH])
{
	uint8_t msg[8];

	put32(put32(msg, nonce1), nonce2);
	key_hmac(key1, key2, msg, sizeof(msg), hmac);
}

/* Of ADD_ADDR with a port: the rightmost 64 bits */
static inline uint64_t add_addr_hmac(uint64_t key1, uint64_t key2, uint8_t id,
				     const struct endpoint *address,
				     bool with_port)
{
	uint8_t msg[7], hmac[SHA256_DIGEST_LENGTH];

	msg[0] = id;
	memcpy(msg + 1, &address->addr, 4);
	put16(msg + 5, with_port ? ntohs(address->port) : 0);
	key_hmac(key1, key2, msg, sizeof(msg), hmac);
	return get64(hmac + sizeof(hmac) - 8);
}

#endif /* EXTKEY_ATTACK_WIRE_H */
