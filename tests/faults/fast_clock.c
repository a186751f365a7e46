// SPDX-License-Identifier: GPL-2.0-only
/* Preloaded: a minute is over in a second and a half, by CLOCK_MONOTONIC */
#include <dlfcn.h>
#include <time.h>

#define TIMES 40

int clock_gettime(clockid_t clock, struct timespec *time)
{
	int (*next)(clockid_t clock, struct timespec *time) =
		dlsym(RTLD_NEXT, "clock_gettime");
	int err = next(clock, time);
	long long ns;

	if (!err && clock == CLOCK_MONOTONIC) {
		ns = (time->tv_sec * 1000000000LL + time->tv_nsec) * TIMES;
		time->tv_sec = ns / 1000000000;
		time->tv_nsec = ns % 1000000000;
	}
	return err;
}
