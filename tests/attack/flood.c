// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends MP_JOIN SYNs to ADDR:PORT at a steady rate, until SIGTERM or for a number
 * of seconds: from addresses that it does not have, ports and nonces at random, as
 * is the token unless one SYN that was seen is given. Then says how many it sent.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define BURST 64
#define TICK_NS 1000000L

struct options {
	struct endpoint target;
	in_addr_t from; /* of a /24 */
	double rate, seconds;
	bool seen;
	uint32_t token, nonce;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void usage(void)
{
	fprintf(stderr,
		"Usage: flood --to ADDR:PORT --from NETWORK [--rate N] [--seconds N] [--syn TOKEN:NONCE]\n"
		"NETWORK: the first of 256 addresses. TOKEN and NONCE: hex, as they were seen.\n");
	exit(2);
}

static bool parse_endpoint(char *text, struct endpoint *endpoint)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		return false;
	*colon = '\0';
	endpoint->port = htons((uint16_t)atoi(colon + 1));
	return inet_pton(AF_INET, text, &endpoint->addr) == 1 && endpoint->port;
}

static struct options parse(int argc, char **argv)
{
	static const struct option words[] = {
		{ "to", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "rate", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ "syn", required_argument, NULL, 'y' },
		{},
	};
	struct options options = { .rate = 20000 };
	int c;

	while ((c = getopt_long(argc, argv, "", words, NULL)) != -1) {
		switch (c) {
		case 't':
			if (!parse_endpoint(optarg, &options.target))
				usage();
			break;
		case 'f':
			if (inet_pton(AF_INET, optarg, &options.from) != 1)
				usage();
			break;
		case 'r':
			options.rate = atof(optarg);
			break;
		case 's':
			options.seconds = atof(optarg);
			break;
		case 'y':
			options.seen = sscanf(optarg, "%" SCNx32 ":%" SCNx32,
					      &options.token,
					      &options.nonce) == 2;
			if (!options.seen)
				usage();
			break;
		default:
			usage();
		}
	}
	if (optind < argc || !options.target.port || !options.from ||
	    options.rate <= 0)
		usage();
	return options;
}

/* Marsaglia's xorshift: to ask the kernel for 12 bytes a packet is too slow */
static uint32_t random32(void)
{
	static uint32_t x;

	while (!x)
		if (getrandom(&x, sizeof(x), 0) < 0)
			exit(1);
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

static void make_syn(struct frame *frame, const struct options *options)
{
	static const uint8_t no_mac[ETH_ALEN];
	struct plan plan = {
		.from_mac = no_mac,
		.to_mac = no_mac,
		.from = { options->from | htonl(random32() & 0xff),
			  htons((uint16_t)(1024 + random32() % 64000)) },
		.to = options->target,
		.seq = random32(),
		.flags = TH_SYN,
		.options_len = JOIN_SYN_LEN,
	};
	uint8_t *at = plan.options;

	*at++ = MPTCP_KIND;
	*at++ = JOIN_SYN_LEN;
	*at++ = MP_JOIN << 4;
	*at++ = 1; /* address id */
	at = put32(at, options->seen ? options->token : random32());
	put32(at, options->seen ? options->nonce : random32());
	make_segment(frame, &plan);
}

static unsigned int send_burst(int fd, const struct options *options,
			       unsigned int n)
{
	static struct frame frames[BURST];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = options->target.addr };
	struct mmsghdr msgs[BURST] = {};
	struct iovec iovs[BURST];
	int sent;

	for (unsigned int i = 0; i < n; i++) {
		make_syn(&frames[i], options);
		iovs[i].iov_base = frames[i].buf + sizeof(struct ether_header);
		iovs[i].iov_len = frames[i].len - sizeof(struct ether_header);
		msgs[i].msg_hdr = (struct msghdr){ .msg_name = &to,
						   .msg_namelen = sizeof(to),
						   .msg_iov = &iovs[i],
						   .msg_iovlen = 1 };
	}
	sent = sendmmsg(fd, msgs, n, 0);
	if (sent < 0 && errno != ENOBUFS && errno != EINTR) {
		perror("flood: sendmmsg");
		exit(1);
	}
	return sent < 0 ? 0 : (unsigned int)sent;
}

int main(int argc, char **argv)
{
	const struct options options = parse(argc, argv);
	const struct timespec tick = { .tv_nsec = TICK_NS };
	double start = now(), elapsed = 0;
	uint64_t sent = 0, due;
	int fd;

	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0) {
		perror("flood: raw socket");
		return 1;
	}
	while (!stopped && (!options.seconds || elapsed < options.seconds)) {
		due = (uint64_t)(options.rate * elapsed);
		/* What was missed is not made up for in one go */
		for (int bursts = 0; sent < due && bursts < 16 && !stopped;
		     bursts++)
			sent += send_burst(fd, &options,
					   due - sent < BURST ?
						   (unsigned int)(due - sent) :
						   BURST);
		nanosleep(&tick, NULL);
		elapsed = now() - start;
	}
	printf("{\"event\":\"flooded\",\"sent\":%" PRIu64
	       ",\"seconds\":%.3f,\"rate\":%.0f}\n",
	       sent, elapsed, (double)sent / elapsed);
	return 0;
}
