/* SPDX-License-Identifier: GPL-2.0-only */
/* One command at a time. Errors as in error.h. */
#ifndef EXTKEY_LOCK_H
#define EXTKEY_LOCK_H

#define EXTKEY_LOCK_DIR \
	"/run/extkey" /* for root alone: nobody else can hold it */
#define EXTKEY_LOCK EXTKEY_LOCK_DIR "/lock"
#define EXTKEY_LOCK_SECONDS 60 /* longer than any command takes */

/*
 * Waits for other commands to end. @verb is what the message of a command that waited
 * in vain says of this one. The lock is held until lock_release(), or until this
 * process ends.
 */
int lock_take(const char *verb);
void lock_release(void);

#endif /* EXTKEY_LOCK_H */
