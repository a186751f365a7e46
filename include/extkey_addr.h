/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a key out of a socket address. Pure: the BPF programs and the unit
 * tests compile the same lines.
 */
#ifndef EXTKEY_ADDR_H
#define EXTKEY_ADDR_H

#include <linux/types.h>

#include "extkey_mask.h"

/*
 * The 8 bytes of sin_zero are the key, in the order in which they stand there;
 * all zero, as POSIX wants them from everybody else, is no key. Returns whether
 * there is one; without one @key is all zero.
 */
static inline int extkey_from_sin_zero(const __u8 sin_zero[EXTKEY_KEY_BYTES],
				       __u8 key[EXTKEY_KEY_BYTES])
{
	__u8 any = 0;
	int i;

	for (i = 0; i < EXTKEY_KEY_BYTES; i++) {
		key[i] = sin_zero[i];
		any |= sin_zero[i];
	}
	return any != 0;
}

#endif /* EXTKEY_ADDR_H */
