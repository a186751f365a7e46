// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attacker of the attack suite: sits in the middle of the paths between two
 * hosts, passes on what they send, remembers what MPTCP says in clear, and does
 * what a line on stdin asks for. Has addresses of its own, for which it answers
 * to ARP and speaks just enough TCP. It knows no external key. It treats every
 * field as RFC 8684's value XOR some mask, and tries masks it has seen: with
 * plain MPTCP these are 0.
 *
 * The keys that it reads are never printed.
 *
 * Here is its own command line, and what goes on for as long as it runs.
 */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attacker.h"

#define MAX_OWN 4

int64_t patience_ms = 1000;

static in_addr_t own[MAX_OWN];
static int nr_own;

bool is_own(in_addr_t addr)
{
	int i;

	for (i = 0; i < nr_own; i++)
		if (own[i] == addr)
			return true;
	return false;
}

static int usage(void)
{
	fprintf(stderr,
		"Usage: attacker [--patience MS] [--own ADDR]... [--other IFACE] "
		"CLIENT1 SERVER1 CLIENT2 SERVER2\n"
		"The interfaces towards the hosts, of path 1 and of path 2; and to another\n"
		"host, of which no packet is passed on.\n"
		"Commands come on stdin, see commands.c.\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "own", required_argument, NULL, 'o' },
		{ "other", required_argument, NULL, 'h' },
		{ "patience", required_argument, NULL, 'p' },
		{ 0 },
	};
	struct frame frame;
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int opt, i;

	links[OTHER_HOST][CLIENT].fd = -1;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'o' && nr_own < MAX_OWN)
			own[nr_own++] = inet_addr(optarg);
		else if (opt == 'p')
			patience_ms = atoll(optarg);
		else if (opt == 'h') {
			if (!open_link(&links[OTHER_HOST][CLIENT], optarg))
				return 1;
		} else
			return usage();
	}
	links[OTHER_HOST][SERVER] = links[OTHER_HOST][CLIENT];
	if (argc - optind != NR_PATHS * NR_SIDES)
		return usage();
	for (i = 0; i < NR_PATHS * NR_SIDES; i++)
		if (!open_link(&links[i / NR_SIDES][i % NR_SIDES],
			       argv[optind + i]))
			return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	for (;;) {
		/* What is for the attacker's addresses outside of an attack is dropped */
		pump(INT64_MIN / 2, true, &frame);
		if (poll(&in, 1, 0) == 1 && !read_commands())
			return 0;
	}
}
