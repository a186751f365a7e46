// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "lock.h"

#define WAIT_MS 20

static int lock = -1;
static bool held;

static long seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* "PID (VERB)" of who holds it, as far as it has said so */
static void read_holder(char *text, size_t size)
{
	ssize_t len = pread(lock, text, size - 1, 0);

	if (len <= 0)
		len = snprintf(text, size, "of unknown number");
	text[len] = 0;
}

/* Only who may write there can take it: others could keep everybody waiting */
static int open_lock(void)
{
	struct stat st;

	if ((mkdir(EXTKEY_LOCK_DIR, 0700) && errno != EEXIST) ||
	    stat(EXTKEY_LOCK_DIR, &st) ||
	    (lock = open(EXTKEY_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			 0600)) < 0)
		return fail(errno == EACCES ? -EPERM : -errno,
			    "cannot open %s: %s; run as root", EXTKEY_LOCK,
			    strerror(errno));
	if (st.st_mode & (S_IWGRP | S_IWOTH) ||
	    (st.st_uid && st.st_uid != geteuid()))
		return fail(
			-EINVAL,
			"others may write to %s, and keep this command waiting; run 'chmod 0700 %s'",
			EXTKEY_LOCK_DIR, EXTKEY_LOCK_DIR);
	if (fstat(lock, &st) || st.st_mode & (S_IRWXG | S_IRWXO) ||
	    (st.st_uid && st.st_uid != geteuid()))
		return fail(
			-EINVAL,
			"others may open %s, and keep this command waiting; run 'chmod 0600 %s'",
			EXTKEY_LOCK, EXTKEY_LOCK);
	return 0;
}

int lock_take(const char *verb)
{
	const struct timespec wait = { .tv_nsec = WAIT_MS * 1000000 };
	long until = seconds_now() + EXTKEY_LOCK_SECONDS;
	char text[64];
	int err, len;

	err = open_lock();
	if (err)
		goto close_lock;
	while (flock(lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			err = fail(-errno, "cannot lock %s: %s", EXTKEY_LOCK,
				   strerror(errno));
			goto close_lock;
		}
		if (seconds_now() >= until) {
			read_holder(text, sizeof(text));
			err = fail(
				-EBUSY,
				"process %s has held %s for %d seconds; wait for it, or end it, and try again",
				text, EXTKEY_LOCK, EXTKEY_LOCK_SECONDS);
			goto close_lock;
		}
		nanosleep(&wait, NULL);
	}
	held = true;
	len = snprintf(text, sizeof(text), "%d (extkey_loader %s)", getpid(),
		       verb);
	/* To tell is a courtesy: nothing depends on it */
	if (ftruncate(lock, 0) || pwrite(lock, text, len, 0) != len)
		return 0;
	return 0;
close_lock:
	lock_release();
	return err;
}

void lock_release(void)
{
	/* Or the next one, if it tells nothing, would be taken for this one */
	if (held && ftruncate(lock, 0))
		say("warning: cannot clear %s: %s", EXTKEY_LOCK,
		    strerror(errno));
	held = false;
	if (lock >= 0)
		close(lock);
	lock = -1;
}
