// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a CPU goes to interrupts and softirqs: reads the clock there without a
 * pause, and adds up the time for which it was kept from doing so. The accounting of
 * the kernel samples at each tick, and would miss what happens in step with them.
 * Time in which another task had the CPU is left out, but for that of ksoftirqd.
 *
 *	gaps --cpu N --seconds N
 */
#include <dirent.h>
#include <getopt.h>
#include <sys/resource.h>

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

/* The thread that takes over when there is too much for softirqs */
static clockid_t ksoftirqd_clock(unsigned int cpu)
{
	char path[300], name[32], wanted[32];
	clockid_t clock = CLOCK_MONOTONIC;
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	FILE *file;

	snprintf(wanted, sizeof(wanted), "ksoftirqd/%u\n", cpu);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(name, sizeof(name), file) &&
		    !strcmp(name, wanted))
			clock_getcpuclockid(atoi(entry->d_name), &clock);
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return clock;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw + usage.ru_nvcsw;
}

struct lost {
	uint64_t irq_ns, task_ns, ns;
	uint64_t usual_ns;
};

static void watch(double seconds, struct lost *lost)
{
	uint64_t begun, last, now;
	long before = switches(), after;

	lost->usual_ns = usual_ns();
	begun = last = bench_now_ns();
	do {
		now = bench_now_ns();
		if (now - last > 8 * lost->usual_ns) {
			after = switches();
			*(after == before ? &lost->irq_ns : &lost->task_ns) +=
				now - last - lost->usual_ns;
			before = after;
			now = bench_now_ns();
		}
		last = now;
	} while ((double)(now - begun) < seconds * 1e9);
	lost->ns = now - begun;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpu", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{},
	};
	struct lost lost = {};
	uint64_t cpu = 0, softirqd;
	clockid_t clock;
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
	if (bench_pin((unsigned int)cpu) || setpriority(PRIO_PROCESS, 0, -20))
		return PEER_FAILED;

	clock = ksoftirqd_clock((unsigned int)cpu);
	if (clock == CLOCK_MONOTONIC)
		return peer_error(PEER_FAILED, "no ksoftirqd");
	softirqd = read_clock(clock);
	watch(seconds, &lost);
	softirqd = read_clock(clock) - softirqd;
	lost.irq_ns += softirqd;
	lost.task_ns -= softirqd < lost.task_ns ? softirqd : lost.task_ns;
	printf("{\"share\":%.6f,\"irq_ns\":%" PRIu64 ",\"tasks_ns\":%" PRIu64
	       ",\"ksoftirqd_ns\":%" PRIu64 ",\"ns\":%" PRIu64 "}\n",
	       (double)lost.irq_ns / (double)(lost.ns - lost.task_ns),
	       lost.irq_ns, lost.task_ns, softirqd, lost.ns);
	return PEER_OK;
}
