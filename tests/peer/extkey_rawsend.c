// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends one TCP packet by a packet socket, which lets everything be wrong with
 * it. What is not given is right: lengths, checksums, a SYN without options.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BYTES_MAX 1200
#define PACKET_MAX 4096

struct bytes {
	uint8_t at[BYTES_MAX];
	unsigned int len;
};

struct address {
	bool ipv6;
	uint8_t at[16];
	uint16_t port;
};

static struct sockaddr_ll link_to = { .sll_family = AF_PACKET,
				      .sll_halen = ETH_ALEN };
static struct address from, to;
static struct bytes head, options, payload, trailer;
static unsigned long flags = TH_SYN, seq = 1, ack, next = IPPROTO_TCP;
static unsigned long ihl, doff, total, cut, piece, badsum;

static void usage(void)
{
	fprintf(stderr,
		"Usage: extkey_rawsend dev=DEV mac=MAC from=ADDR/PORT to=ADDR/PORT [NAME=VALUE]...\n"
		"  flags= seq= ack=  of TCP: numbers, as are all others (0x for hex)\n"
		"  options=HEX       of TCP, filled up with zeros to whole words\n"
		"  head=HEX          IPv4: options, filled up in the same way; IPv6: extension\n"
		"                    headers, the first one is next=, that of fragments the last\n"
		"  payload=HEX       data; trailer=HEX: bytes behind the end of the packet\n"
		"  ihl= doff= total= what the headers say of lengths, if it is to be wrong\n"
		"  cut=BYTES         that much of the packet, and no more, whatever its headers say\n"
		"  piece=BYTES       in fragments with so much of TCP each, a multiple of 8\n"
		"  badsum=1          a wrong checksum of TCP\n");
	exit(2);
}

static void fail(const char *what)
{
	fprintf(stderr, "extkey_rawsend: ");
	perror(what);
	exit(1);
}

static void read_hex(const char *text, struct bytes *bytes)
{
	unsigned int value;
	int used;

	for (bytes->len = 0; *text; text += used) {
		if (bytes->len == BYTES_MAX ||
		    sscanf(text, "%2x%n", &value, &used) != 1 || used != 2)
			usage();
		bytes->at[bytes->len++] = (uint8_t)value;
	}
}

static void read_address(const char *value, struct address *address)
{
	char text[64];
	char *slash;

	snprintf(text, sizeof(text), "%s", value);
	slash = strchr(text, '/');
	if (!slash)
		usage();
	*slash = '\0';
	address->port = htons((uint16_t)strtoul(slash + 1, NULL, 0));
	address->ipv6 = strchr(text, ':');
	if (inet_pton(address->ipv6 ? AF_INET6 : AF_INET, text, address->at) !=
	    1)
		usage();
}

static void read_words(char **words)
{
	static const struct {
		const char *name;
		unsigned long *number;
		struct bytes *bytes;
		struct address *address;
	} names[] = {
		{ .name = "flags", .number = &flags },
		{ .name = "seq", .number = &seq },
		{ .name = "ack", .number = &ack },
		{ .name = "next", .number = &next },
		{ .name = "ihl", .number = &ihl },
		{ .name = "doff", .number = &doff },
		{ .name = "total", .number = &total },
		{ .name = "cut", .number = &cut },
		{ .name = "piece", .number = &piece },
		{ .name = "badsum", .number = &badsum },
		{ .name = "options", .bytes = &options },
		{ .name = "head", .bytes = &head },
		{ .name = "payload", .bytes = &payload },
		{ .name = "trailer", .bytes = &trailer },
		{ .name = "from", .address = &from },
		{ .name = "to", .address = &to },
	};
	unsigned int i;

	for (; *words; words++) {
		char *value = strchr(*words, '=');

		if (!value)
			usage();
		*value++ = '\0';
		if (!strcmp(*words, "dev")) {
			link_to.sll_ifindex = (int)if_nametoindex(value);
			if (!link_to.sll_ifindex)
				fail(value);
			continue;
		} else if (!strcmp(*words, "mac")) {
			struct ether_addr *mac = ether_aton(value);

			if (!mac)
				usage();
			memcpy(link_to.sll_addr, mac, ETH_ALEN);
			continue;
		}
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!strcmp(*words, names[i].name))
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			usage();
		if (names[i].number)
			*names[i].number = strtoul(value, NULL, 0);
		else if (names[i].bytes)
			read_hex(value, names[i].bytes);
		else
			read_address(value, names[i].address);
	}
	if (!link_to.sll_ifindex || !from.port || !to.port ||
	    from.ipv6 != to.ipv6 || piece % 8)
		usage();
}

static uint32_t sum(uint32_t so_far, const uint8_t *at, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		so_far += (uint32_t)at[i] << (i & 1 ? 0 : 8);
	return so_far;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static unsigned int make_tcp(uint8_t *buf)
{
	unsigned int words = (options.len + 3) / 4, size = to.ipv6 ? 16 : 4;
	unsigned int len = (unsigned int)sizeof(struct tcphdr) + words * 4;
	struct tcphdr tcp = { .source = from.port,
			      .dest = to.port,
			      .seq = htonl((uint32_t)seq),
			      .ack_seq = htonl((uint32_t)ack),
			      .window = htons(0xffff) };

	tcp.doff = (doff ? doff : len / 4) & 0xf;
	tcp.th_flags = (uint8_t)flags;
	memcpy(buf, &tcp, sizeof(tcp));
	memcpy(buf + sizeof(tcp), options.at, options.len);
	memcpy(buf + len, payload.at, payload.len);
	len += payload.len;

	tcp.check = fold(
		sum(sum(sum(IPPROTO_TCP + len, from.at, size), to.at, size),
		    buf, len));
	if (badsum)
		tcp.check ^= htons(0x1111);
	memcpy(buf, &tcp, sizeof(tcp));
	return len;
}

/* The headers of a packet with @len more bytes behind them; returns their size */
static unsigned int make_ipv4(uint8_t *buf, unsigned int len, unsigned int at,
			      bool more)
{
	unsigned int size =
		(unsigned int)sizeof(struct iphdr) + (head.len + 3) / 4 * 4;
	struct iphdr ip = { .version = 4, .ttl = 64, .id = from.port };

	ip.ihl = (ihl ? ihl : size / 4) & 0xf;
	ip.protocol = (uint8_t)next;
	ip.tot_len = htons((uint16_t)(total ? total : size + len));
	ip.frag_off = htons((uint16_t)(at / 8 | (more ? IP_MF : 0)));
	memcpy(&ip.saddr, from.at, 4);
	memcpy(&ip.daddr, to.at, 4);
	memcpy(buf, &ip, sizeof(ip));
	memcpy(buf + sizeof(ip), head.at, head.len);
	ip.check = fold(sum(0, buf, size));
	memcpy(buf, &ip, sizeof(ip));
	return size;
}

static unsigned int make_ipv6(uint8_t *buf, unsigned int len, unsigned int at,
			      bool more)
{
	struct ip6_frag frag = { .ip6f_nxt = IPPROTO_TCP,
				 .ip6f_ident = from.port };
	unsigned int behind = head.len + (piece ? sizeof(frag) : 0);
	struct ip6_hdr ip = { .ip6_hops = 64 };

	ip.ip6_vfc = 6 << 4; /* in a union with what is above */
	ip.ip6_nxt = piece && !head.len ? IPPROTO_FRAGMENT : (uint8_t)next;
	ip.ip6_plen = htons((uint16_t)(total ? total : behind + len));
	memcpy(&ip.ip6_src, from.at, 16);
	memcpy(&ip.ip6_dst, to.at, 16);
	frag.ip6f_offlg = htons((uint16_t)(at | more));
	memcpy(buf, &ip, sizeof(ip));
	memcpy(buf + sizeof(ip), head.at, head.len);
	if (piece)
		memcpy(buf + sizeof(ip) + head.len, &frag, sizeof(frag));
	return (unsigned int)sizeof(ip) + behind;
}

int main(int argc, char **argv)
{
	static uint8_t tcp[PACKET_MAX], packet[PACKET_MAX];
	unsigned int tcp_len, len, part, at;
	int fd;

	read_words(argv + !!argc);
	tcp_len = make_tcp(tcp);
	link_to.sll_protocol = htons(to.ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (fd < 0)
		fail("packet socket");
	for (at = 0; at < tcp_len; at += part) {
		part = piece && tcp_len - at > piece ? (unsigned int)piece :
						       tcp_len - at;
		memset(packet, 0, sizeof(packet));
		len = (to.ipv6 ? make_ipv6 : make_ipv4)(packet, part, at,
							at + part < tcp_len);
		memcpy(packet + len, tcp + at, part);
		len += part;
		memcpy(packet + len, trailer.at, trailer.len);
		len += trailer.len;
		if (cut && cut < len)
			len = (unsigned int)cut;
		if (sendto(fd, packet, len, 0, (struct sockaddr *)&link_to,
			   sizeof(link_to)) != (ssize_t)len)
			fail("send");
	}
	close(fd);
	return 0;
}
