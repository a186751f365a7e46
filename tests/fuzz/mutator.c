// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes live sockets: sits in the middle of two paths, passes on what the hosts
 * send, and beside it sends what it has made of that. A changed copy goes before
 * the original, while its sequence numbers are those that the host waits for; or in
 * its place; or later. "quiet" on stdin: from then on it only passes on.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../attack/link.h"

#define NR_LINKS 4 /* the two ends of a path are neighbours */
#define NR_KEPT 64
#define PERCENT 30 /* of the frames that have an option of MPTCP */
#define BURST 4 /* old ones, each millisecond in which the hosts are silent */
#define IPV6_HEADER 40

struct kept {
	struct frame frame;
	int to;
};

static struct link links[NR_LINKS];
static struct kept kept[NR_KEPT];
static uint64_t state, nr_kept, nr_passed, nr_sent;
static bool quiet;

/* xorshift64: a run can be repeated from its seed, but for the hosts' timing */
static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % limit;
}

static uint8_t *any_mptcp(const struct segment *segment)
{
	uint8_t subtype;

	for (subtype = 0; subtype < 16; subtype++)
		if (find_mptcp(segment, subtype))
			return find_mptcp(segment, subtype);
	return NULL;
}

static unsigned int left_behind(const struct segment *segment,
				const uint8_t *at)
{
	return (unsigned int)(segment->options + segment->options_len - at);
}

/* One from another packet in place of this one, as far as there is room */
static void splice(const struct segment *segment, uint8_t *option)
{
	struct frame *other = &kept[below(NR_KEPT)].frame;
	struct segment from;
	uint8_t *with;
	unsigned int len = left_behind(segment, option);

	if (!parse_segment(other, &from))
		return;
	with = any_mptcp(&from);
	if (with)
		memcpy(option, with, with[1] < len ? with[1] : len);
}

/* The same once more, at the end of the header, or as far as that goes */
static void repeat(const struct segment *segment, const uint8_t *option)
{
	unsigned int len = option[1];

	if (2 * len <= segment->options_len)
		memmove(segment->options + segment->options_len - len, option,
			len);
}

/* Its TCP under a header of IPv6, with extension headers as they come */
static void make_ipv6(struct frame *frame, const struct segment *segment)
{
	static const uint8_t next[] = { 6, 6, 0, 43, 44, 51, 60, 135 };
	unsigned int len = (unsigned int)(frame->buf + frame->len -
					  (uint8_t *)segment->tcp);
	uint8_t *ip = (uint8_t *)segment->ip, addrs[8];

	if ((size_t)(ip - frame->buf) + IPV6_HEADER + len > FRAME_MAX)
		return;
	memcpy(addrs, &segment->ip->saddr, sizeof(addrs));
	segment->eth->ether_type = htons(ETHERTYPE_IPV6);
	memmove(ip + IPV6_HEADER, segment->tcp, len);
	memset(ip, 0, IPV6_HEADER);
	ip[0] = 0x60;
	put16(ip + 4, (uint16_t)len);
	ip[6] = next[below(sizeof(next))];
	ip[7] = 64;
	ip[18] = ip[19] = ip[34] = ip[35] = 0xff;
	memcpy(ip + 20, addrs, 4);
	memcpy(ip + 36, addrs + 4, 4);
	frame->len = (size_t)(ip - frame->buf) + IPV6_HEADER + len;
}

static void flip_bits(uint8_t *at, unsigned int len)
{
	unsigned int n = 1 + below(4);

	while (len && n--)
		at[below(len)] ^= (uint8_t)(1u << below(8));
}

static void scramble(uint8_t *at, unsigned int len)
{
	while (len--)
		*at++ = (uint8_t)below(256);
}

static void mutate(struct frame *frame)
{
	static const uint8_t lengths[] = { 0, 1, 2, 3, 39, 40, 41, 255 };
	struct segment segment;
	uint8_t *option;

	if (!parse_segment(frame, &segment))
		return;
	option = any_mptcp(&segment);
	if (!option) {
		flip_bits(segment.options, segment.options_len);
		set_checksums(&segment);
		return;
	}
	switch (below(13)) {
	case 0:
		flip_bits(segment.options, segment.options_len);
		break;
	case 1:
		option[1] = below(2) ? lengths[below(sizeof(lengths))] :
				       (uint8_t)below(256);
		break;
	case 2:
		scramble(segment.options, segment.options_len);
		break;
	case 3:
		repeat(&segment, option);
		break;
	case 4:
		segment.tcp->doff = below(16) & 0xf;
		break;
	case 5:
		segment.tcp->th_flags = (uint8_t)below(64);
		break;
	case 6: /* token, nonce, HMAC, address, port */
		scramble(option + 3, option[1] > 3 ? option[1] - 3u : 0);
		break;
	case 7:
		option[2] = (uint8_t)below(256);
		break;
	case 8:
	case 9:
		splice(&segment, option);
		break;
	case 10:
		flip_bits((uint8_t *)segment.ip, sizeof(*segment.ip));
		segment.ip->check = 0;
		segment.ip->check = fold(sum_words(0, (uint8_t *)segment.ip,
						   sizeof(*segment.ip)));
		return;
	case 11:
		frame->len -= below((uint32_t)frame->len - ETH_HLEN);
		return;
	default:
		set_checksums(&segment);
		make_ipv6(frame, &segment);
		return;
	}
	if (below(16))
		set_checksums(&segment);
}

static void send_mutated(const struct frame *frame, int to)
{
	struct frame copy = *frame;

	do {
		mutate(&copy);
	} while (!below(3));
	send_frame(&links[to], &copy);
	nr_sent++;
}

static void pass(int from, struct frame *frame)
{
	int to = from ^ 1;
	struct segment segment;
	bool chosen = !quiet && parse_segment(frame, &segment) &&
		      any_mptcp(&segment);

	nr_passed++;
	if (chosen && !below(4)) {
		kept[nr_kept % NR_KEPT].frame = *frame;
		kept[nr_kept++ % NR_KEPT].to = to;
	}
	if (chosen && below(100) < PERCENT) {
		send_mutated(frame, to);
		if (!below(8))
			return; /* lost, as far as the host can tell */
	}
	send_frame(&links[to], frame);
}

static void send_old(void)
{
	struct kept *old;
	int i;

	for (i = 0; i < BURST; i++) {
		old = &kept[below(NR_KEPT)];
		send_mutated(&old->frame, old->to);
	}
}

int main(int argc, char **argv)
{
	struct pollfd fds[NR_LINKS + 1] = { { .fd = STDIN_FILENO } };
	struct frame frame;
	char line[16];
	ssize_t len;
	bool busy;
	int i;

	if (argc != 2 + NR_LINKS) {
		fprintf(stderr,
			"Usage: mutator SEED CLIENT1 SERVER1 CLIENT2 SERVER2\n");
		return 2;
	}
	state = strtoull(argv[1], NULL, 10) * 2 + 1; /* never 0 */
	for (i = 0; i < NR_LINKS; i++) {
		if (!open_link(&links[i], argv[2 + i]))
			return 1;
		fds[1 + i].fd = links[i].fd;
		fds[1 + i].events = POLLIN;
	}
	fds[0].events = POLLIN;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	for (;;) {
		busy = !quiet && nr_kept >= NR_KEPT;
		i = poll(fds, NR_LINKS + 1, busy ? 1 : -1);
		if (i < 0)
			return 1;
		if (!i)
			send_old();
		if (fds[0].revents) {
			if (read(STDIN_FILENO, line, sizeof(line)) <= 0)
				return 0;
			quiet = true;
			printf("quiet: %llu frames passed on, %llu others sent\n",
			       (unsigned long long)nr_passed,
			       (unsigned long long)nr_sent);
		}
		for (i = 0; i < NR_LINKS; i++) {
			if (!fds[1 + i].revents)
				continue;
			len = recv(links[i].fd, frame.buf, sizeof(frame.buf),
				   0);
			if (len <= ETH_HLEN)
				continue;
			frame.len = (size_t)len;
			pass(i, &frame);
		}
	}
}
