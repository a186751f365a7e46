/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of the benchmarks share. */
#ifndef EXTKEY_BENCH_H
#define EXTKEY_BENCH_H

#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

#include "peer.h"

/* A clock that nobody sets, and not steered either: for differences alone */
static inline uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline int bench_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return peer_error(PEER_FAILED, "cannot run on CPU %u: %s", cpu,
				  strerror(errno));
	return PEER_OK;
}

static inline int bench_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts them; @percent 50 is the median */
static inline uint64_t bench_percentile(uint64_t *values, size_t nr,
					unsigned int percent)
{
	qsort(values, nr, sizeof(*values), bench_compare);
	return values[(nr - 1) * percent / 100];
}

#endif /* EXTKEY_BENCH_H */
