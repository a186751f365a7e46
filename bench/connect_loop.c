// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long connect() and close() of an MPTCP socket take, or bind() and close(),
 * without socket(): the median of N times and their mean, in JSON. With --serve the
 * other end of it, which accepts and closes.
 */
#include <getopt.h>

#include "bench.h"

#define TIMES_MAX 1000000

static int usage(void)
{
	fprintf(stderr,
		"Usage: connect_loop --to|--bind ADDR:PORT [--key-file FILE] [--times N] [--cpu N]\n"
		"       connect_loop --serve ADDR:PORT [--key-file FILE] [--cpu N]\n");
	return PEER_USAGE;
}

static int serve(const struct peer_addr *at)
{
	int one = 1, fd, accepted;

	fd = socket(at->ss.ss_family, SOCK_STREAM, IPPROTO_MPTCP);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at->ss, at->len) || listen(fd, 4096))
		return peer_error(PEER_FAILED, "cannot listen: %s",
				  strerror(errno));
	printf("{\"event\":\"listening\"}\n");
	fflush(stdout);
	for (;;) {
		accepted = accept(fd, NULL, NULL);
		if (accepted == -1 && errno != ECONNABORTED && errno != EINTR)
			return peer_error(PEER_FAILED, "cannot accept: %s",
					  strerror(errno));
		if (accepted != -1)
			close(accepted);
	}
}

static int loop(int (*call)(int, const struct sockaddr *, socklen_t),
		const struct peer_addr *to, uint64_t times)
{
	uint64_t *ns = calloc(times, sizeof(*ns)), begun, sum = 0;

	if (!ns)
		return peer_error(PEER_FAILED, "no memory");
	for (uint64_t i = 0; i < times; i++) {
		int fd = socket(to->ss.ss_family, SOCK_STREAM, IPPROTO_MPTCP);

		begun = bench_now_ns();
		if (call(fd, (struct sockaddr *)&to->ss, to->len))
			return peer_error(PEER_FAILED, "number %" PRIu64 ": %s",
					  i, strerror(errno));
		close(fd);
		ns[i] = bench_now_ns() - begun;
		sum += ns[i];
	}
	printf("{\"ns\":%" PRIu64 ",\"mean_ns\":%" PRIu64 "}\n",
	       bench_percentile(ns, times, 50), sum / times);
	free(ns);
	return PEER_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, 't' },
		{ "bind", required_argument, NULL, 'b' },
		{ "serve", required_argument, NULL, 's' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "times", required_argument, NULL, 'n' },
		{ "cpu", required_argument, NULL, 'c' },
		{},
	};
	const char *key_file = NULL;
	uint64_t times = 1000, cpu;
	struct peer_addr addr = {};
	int opt, mode = 0;

	peer_name = "connect_loop";
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'b':
		case 's':
		case 't':
			mode = opt;
			if (!peer_parse_addr(optarg, false, &addr))
				return usage();
			break;
		case 'k':
			key_file = optarg;
			break;
		case 'n':
			if (!peer_parse_number(optarg, TIMES_MAX, &times) ||
			    !times)
				return usage();
			break;
		case 'c':
			if (!peer_parse_number(optarg, CPU_SETSIZE - 1, &cpu))
				return usage();
			if (bench_pin((unsigned int)cpu))
				return PEER_FAILED;
			break;
		default:
			return usage();
		}
	}
	if (optind < argc || !addr.len)
		return usage();
	if (key_file && peer_set_key(&addr, key_file))
		return PEER_FAILED;
	if (mode == 's')
		return serve(&addr);
	return loop(mode == 'b' ? bind : connect, &addr, times);
}
