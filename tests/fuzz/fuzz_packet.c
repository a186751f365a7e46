// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packets of engine tc: bpf/packet.bpf.h itself, on helpers that do in a
 * buffer what the kernel's do in an skb. Input: the size of the link header, and
 * an IP packet. Reading must agree with a naive parser; what is written must be
 * where the field is and nowhere else, and leave the checksum as right as it was.
 */
#include <string.h>

#include "naive.h"

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PACKET_MAX 512
#define HEADROOM 32
#define EFAULT_RESULT (-14)

static uint8_t *packet_at; /* of the network header */
static unsigned int packet_len;
static struct sk_buff kernel_skb;

static void *fuzz_kernel_skb(void *skb)
{
	(void)skb;
	return &kernel_skb;
}

static long fuzz_load_relative(const void *skb, uint32_t at, void *to,
			       uint32_t len, uint32_t start)
{
	(void)skb;
	want(start == BPF_HDR_START_NET && len > 0);
	if (at > packet_len || len > packet_len - at)
		return EFAULT_RESULT;
	memcpy(to, packet_at + at, len);
	return 0;
}

/* These count from the link header, if there is one */
static uint8_t *at_data(uint32_t at, uint32_t len)
{
	uint8_t *from = kernel_skb.data + at;

	want(from >= packet_at && from + len <= packet_at + packet_len);
	return from;
}

static long fuzz_load(const void *skb, uint32_t at, void *to, uint32_t len)
{
	(void)skb;
	memcpy(to, at_data(at, len), len);
	return 0;
}

static long fuzz_store(void *skb, uint32_t at, const void *from, uint32_t len,
		       uint64_t flags)
{
	(void)skb;
	want(!flags);
	memcpy(at_data(at, len), from, len);
	return 0;
}

static uint32_t sum_words(const uint8_t *at, unsigned int len)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		sum += (uint32_t)at[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* In the order of the wire: the kernel's is the host's, which none can tell */
static int64_t fuzz_csum_diff(const void *from, uint32_t from_len,
			      const void *to, uint32_t to_len, uint32_t seed)
{
	want(from_len % 4 == 0 && to_len % 4 == 0 && !seed);
	return sum_words(to, to_len) + (~sum_words(from, from_len) & 0xffff);
}

static long fuzz_csum_replace(void *skb, uint32_t at, uint64_t from,
			      uint64_t to, uint64_t flags)
{
	uint8_t *csum = at_data(at, 2);
	uint32_t sum = (~(csum[0] << 8 | csum[1]) & 0xffff) + (uint32_t)to;

	(void)skb;
	want(!from && !flags);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	csum[0] = (uint8_t)(~sum >> 8);
	csum[1] = (uint8_t)~sum;
	return 0;
}

#undef __ksym
#define __ksym
#undef bpf_core_type_id_kernel
#define bpf_core_type_id_kernel(type) 0
#define bpf_cast_to_kern_ctx fuzz_kernel_skb
#define bpf_skb_load_bytes_relative fuzz_load_relative
#define bpf_skb_load_bytes fuzz_load
#define bpf_skb_store_bytes fuzz_store
#define bpf_csum_diff fuzz_csum_diff
#define bpf_l4_csum_replace fuzz_csum_replace
/* Calls the step by its name: its type is not that of all steps */
#define bpf_loop(n, step, context, flags)             \
	do {                                          \
		__u32 steps;                          \
                                                      \
		for (steps = 0; steps < (n); steps++) \
			if (step(steps, context))     \
				break;                \
	} while (0)
#include "packet.bpf.h"

struct naive_packet {
	bool parsed;
	unsigned int tcp_at; /* 0: not found */
	bool fragment;
	struct naive_walk walk;
};

static bool has(unsigned int at, unsigned int len)
{
	return at + len <= packet_len;
}

/* RFC 8200, section 4: where TCP begins */
static bool naive_ipv6(unsigned int next, unsigned int at, unsigned int headers,
		       struct naive_packet *naive)
{
	const uint8_t *ip = packet_at;
	unsigned int size;

	if (headers == 8)
		return false;
	if (next == 6) {
		naive->tcp_at = at;
		return true;
	}
	if ((next != 0 && next != 43 && next != 44 && next != 51 &&
	     next != 60 && next != 135) ||
	    !has(at, 4))
		return false;
	size = 8 * (ip[at + 1] + 1);
	if (next == 51)
		size = 4 * (ip[at + 1] + 2);
	if (next == 44) {
		size = 8;
		if (ip[at + 2] || ip[at + 3] & 0xf8)
			return false;
		naive->fragment = ip[at + 3] & 1;
	}
	return naive_ipv6(ip[at], at + size, headers + 1, naive);
}

static void naive_parse(bool ipv6, struct naive_packet *naive)
{
	const uint8_t *ip = packet_at;
	unsigned int len;

	naive->parsed = false;
	naive->fragment = false;
	naive->tcp_at = 0;
	naive->walk.found = 0;
	naive->walk.capables = 0;
	if (ipv6) {
		if (!has(0, 40))
			return;
		naive->parsed = naive_ipv6(ip[6], 40, 0, naive);
		if (!naive->parsed)
			return;
	} else {
		if (!has(0, 20) || ip[9] != 6 || ip[0] % 16 < 5 ||
		    (ip[6] * 256 + ip[7]) % 0x2000)
			return;
		naive->fragment = ip[6] & 0x20;
		naive->tcp_at = ip[0] % 16 * 4;
	}
	naive->parsed = false;
	if (naive->fragment) {
		if (has(naive->tcp_at, 4))
			naive->parsed = true;
		return;
	}
	if (!has(naive->tcp_at, 20))
		return;
	len = ip[naive->tcp_at + 12] / 16 * 4;
	if (len <= 20 || !has(naive->tcp_at, len))
		return;
	naive_options(ip + naive->tcp_at + 20, len - 20, &naive->walk);
	/* Nothing of that size is looked at: one with a key is longer */
	if (len < 32)
		naive->walk.capables = 0;
	if (naive->walk.found || naive->walk.capables)
		naive->parsed = true;
}

static void check_read(const struct packet *packet,
		       const struct naive_packet *naive, bool ipv6)
{
	const uint8_t *ip = packet_at, *tcp = packet_at + naive->tcp_at;

	want(packet->ipv6 == ipv6);
	want(packet->tcp_at == naive->tcp_at);
	want(packet->fragment == naive->fragment);
	if (packet->fragment)
		want(!packet->walk.found && !packet->walk.capables);
	else
		naive_agrees(&naive->walk, &packet->walk);
	if (ipv6) {
		want(packet->tuple_len == sizeof(packet->tuple.ipv6));
		want(!memcmp(packet->tuple.ipv6.saddr, ip + 8, 16));
		want(!memcmp(packet->tuple.ipv6.daddr, ip + 24, 16));
		want(!memcmp(&packet->tuple.ipv6.sport, tcp, 2));
		want(!memcmp(&packet->tuple.ipv6.dport, tcp + 2, 2));
	} else {
		want(packet->tuple_len == sizeof(packet->tuple.ipv4));
		want(!memcmp(&packet->tuple.ipv4.saddr, ip + 12, 4));
		want(!memcmp(&packet->tuple.ipv4.daddr, ip + 16, 4));
		want(!memcmp(&packet->tuple.ipv4.sport, tcp, 2));
		want(!memcmp(&packet->tuple.ipv4.dport, tcp + 2, 2));
	}
}

/* Before TCP, which has found its header: the same, but for what is no field */
static void check_for_tcp(struct __sk_buff *skb,
			  const struct naive_packet *naive, bool ipv6)
{
	struct packet packet;
	bool read;

	if (!naive->tcp_at || naive->fragment)
		return;
	memset(&packet, 1, sizeof(packet));
	kernel_skb.transport_header =
		(__u16)(kernel_skb.network_header + naive->tcp_at);
	read = parse_for_tcp(skb, &packet);
	if (naive->parsed) {
		want(read);
		check_read(&packet, naive, ipv6);
	} else if (read) {
		want(!packet.walk.found && !packet.walk.capables);
		want(segment_of(&packet) == EXTKEY_SEGMENT_PLAIN);
	}
}

/* Writes the field of an option, as tc_ingress.bpf.h and tc_egress.bpf.h do */
static void check_write(struct __sk_buff *skb, const struct packet *packet,
			const struct extkey_option *option)
{
	static uint8_t before[PACKET_MAX];
	unsigned int at = option->at + EXTKEY_VALUE_AT, len = 8, i, tcp_len;
	uint8_t field[FIELD_MAX], *tcp = packet_at + packet->tcp_at;
	uint32_t sum;

	if (option->field == EXTKEY_FIELD_TOKEN)
		len = 4;
	else if (option->field == EXTKEY_FIELD_ACK)
		len = 20;
	else if (option->field == EXTKEY_FIELD_ADD_ADDR)
		at = option->at + option->len - 8u;
	for (i = 0; i < len; i++)
		field[i] = (uint8_t)(tcp[20 + at + i] ^ (0x5a + 37 * i));
	memcpy(before, packet_at, packet_len);
	tcp_len = packet_len - packet->tcp_at;
	sum = sum_words(tcp, tcp_len);

	/* Constants, as the programs have them */
	if (len == 4)
		write_field(skb, packet, at, field, 4);
	else if (len == 8)
		write_field(skb, packet, at, field, 8);
	else
		write_field(skb, packet, at, field, 20);

	want(!memcmp(tcp + 20 + at, field, len));
	/* 0 and 0xffff are one number of this kind */
	want(sum_words(tcp, tcp_len) % 0xffff == sum % 0xffff);
	memcpy(tcp + 20 + at, before + packet->tcp_at + 20 + at, len);
	memcpy(tcp + 16, before + packet->tcp_at + 16, 2);
	want(!memcmp(before, packet_at, packet_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int links[] = { 0, 14, 18 };
	static const uint8_t join[] = {
		30, 12, 0x10, 2, 1, 1, 1, 1, 1, 1, 1, 1
	};
	struct __sk_buff skb = {};
	struct naive_packet naive;
	struct packet packet;
	unsigned int i;
	uint8_t *buf;
	bool ipv6;

	if (size < 2 || size > PACKET_MAX)
		return 0;
	packet_len = (unsigned int)size - 1;
	buf = malloc(HEADROOM + packet_len);
	packet_at = buf + HEADROOM;
	memset(buf, 0, HEADROOM);
	memcpy(packet_at, data + 1, packet_len);
	kernel_skb.head = buf;
	kernel_skb.network_header = HEADROOM;
	kernel_skb.data = packet_at - links[data[0] % 3];
	ipv6 = packet_at[0] >> 4 == 6;
	skb.protocol = bpf_htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);

	naive_parse(ipv6, &naive);
	/* What the packet before has left must not matter, not even a join */
	for (i = 0; i < 2; i++) {
		memset(&packet, i, sizeof(packet));
		if (i)
			memcpy(packet.walk.opts, join, sizeof(join));
		want(parse(&skb, &packet) == naive.parsed);
		if (naive.parsed)
			check_read(&packet, &naive, ipv6);
		check_for_tcp(&skb, &naive, ipv6);
	}
	if (naive.parsed)
		for (i = 0; i < packet.walk.found && i < EXTKEY_OPTIONS; i++)
			check_write(&skb, &packet, &packet.walk.options[i]);
	free(buf);
	return 0;
}
