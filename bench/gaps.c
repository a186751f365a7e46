// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a CPU goes to interrupts and softirqs: reads the clock there without a
 * pause, and adds up the time for which it was kept from doing so. The accounting of
 * the kernel samples at each tick, and would miss what happens in step with them.
 * At the lowest priority, so all else that runs there counts as well.
 *
 *	gaps --cpu N --seconds N
 */
#include <getopt.h>

#include "bench.h"

#define CALIBRATE 20001

/* What reading the clock takes when nothing comes between */
static uint64_t usual_ns(void)
{
	static uint64_t deltas[CALIBRATE];
	uint64_t last = bench_now_ns(), now;

	for (int i = 0; i < CALIBRATE; i++) {
		now = bench_now_ns();
		deltas[i] = now - last;
		last = now;
	}
	return bench_percentile(deltas, CALIBRATE, 50);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpu", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{},
	};
	const struct sched_param param = {};
	uint64_t cpu = 0, usual, begun, last, now, lost = 0, gaps = 0;
	double seconds = 1;
	int opt;

	peer_name = "gaps";
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's') {
			seconds = atof(optarg);
		} else if (opt != 'c' ||
			   !peer_parse_number(optarg, CPU_SETSIZE - 1, &cpu)) {
			fprintf(stderr, "Usage: gaps --cpu N --seconds N\n");
			return PEER_USAGE;
		}
	}
	if (bench_pin((unsigned int)cpu) ||
	    sched_setscheduler(0, SCHED_IDLE, &param))
		return PEER_FAILED;

	usual = usual_ns();
	begun = last = bench_now_ns();
	do {
		now = bench_now_ns();
		if (now - last > 8 * usual) {
			lost += now - last - usual;
			gaps++;
		}
		last = now;
	} while ((double)(now - begun) < seconds * 1e9);
	printf("{\"lost_ns\":%" PRIu64 ",\"ns\":%" PRIu64 ",\"gaps\":%" PRIu64
	       ",\"usual_ns\":%" PRIu64 "}\n",
	       lost, now - begun, gaps, usual);
	return PEER_OK;
}
