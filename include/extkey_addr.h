/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a key out of a socket address. Pure: the BPF programs, the unit tests
 * and the fuzzer compile the same lines.
 *
 * A key has one of two forms:
 *	8 bytes in sin_zero of struct sockaddr_in, or
 *	16 to 32 bytes behind a struct sockaddr_in or sockaddr_in6, after a head:
 *
 *	 0	magic, 8 bytes: 89 65 78 74 6b 65 79 01 ("\x89extkey", version 1)
 *	 8	length of the key in bytes
 *	 9	0 0 0
 *	12	the key
 *
 * and the address ends with the key: its length says so once more. By mistake
 * nobody's address looks like that, neither by its magic nor by its length.
 */
#ifndef EXTKEY_ADDR_H
#define EXTKEY_ADDR_H

#include <linux/types.h>

#include "extkey_mask.h"

#define EXTKEY_SIN_SIZE 16 /* struct sockaddr_in */
#define EXTKEY_SIN_ZERO_AT 8
#define EXTKEY_SIN6_SIZE 28 /* struct sockaddr_in6 */
#define EXTKEY_HEAD_SIZE 12
#define EXTKEY_TAIL_MAX (EXTKEY_HEAD_SIZE + EXTKEY_KEY_MAX)
#define EXTKEY_MAGIC { 0x89, 'e', 'x', 't', 'k', 'e', 'y', 1 }

enum extkey_found {
	EXTKEY_NONE, /* no key: the address of everybody else */
	EXTKEY_KEY,
	EXTKEY_MALFORMED, /* meant as a key, and not a valid one */
};

static inline int extkey_key_len(unsigned int len)
{
	return len == EXTKEY_KEY_SHORT ||
	       (len >= EXTKEY_KEY_MIN && len <= EXTKEY_KEY_MAX);
}

/* All zero, as POSIX wants sin_zero from everybody else, is no key */
static inline int extkey_any(const __u8 *bytes, unsigned int len)
{
	__u8 any = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		any |= bytes[i];
	return any != 0;
}

/*
 * @sin_zero: of an IPv4 address, or NULL. @tail: the @tail_len bytes behind the
 * address, and whatever is behind them, up to EXTKEY_TAIL_MAX; if there are more
 * bytes than that, the first ones. With EXTKEY_KEY the key is in @key, filled up
 * with zeros, and its length in @len.
 */
static inline __attribute__((always_inline)) enum extkey_found
extkey_from_addr(const __u8 *sin_zero, const __u8 tail[EXTKEY_TAIL_MAX],
		 unsigned int tail_len, __u8 key[EXTKEY_KEY_MAX],
		 unsigned int *len)
{
	static const __u8 magic[8] = EXTKEY_MAGIC;
	unsigned int i, size = tail[8];
	int long_form = tail_len >= EXTKEY_HEAD_SIZE;

	for (i = 0; i < sizeof(magic); i++)
		long_form &= tail[i] == magic[i];
	for (i = 0; i < EXTKEY_KEY_MAX; i++)
		key[i] = 0;

	if (long_form) {
		/* Two keys are one too many */
		if (sin_zero && extkey_any(sin_zero, EXTKEY_KEY_SHORT))
			return EXTKEY_MALFORMED;
		if (size < EXTKEY_KEY_MIN || size > EXTKEY_KEY_MAX ||
		    tail_len != EXTKEY_HEAD_SIZE + size ||
		    extkey_any(tail + 9, 3))
			return EXTKEY_MALFORMED;
		for (i = 0; i < EXTKEY_KEY_MAX; i++)
			key[i] = i < size ? tail[EXTKEY_HEAD_SIZE + i] : 0;
		*len = size;
		return extkey_any(key, EXTKEY_KEY_MAX) ? EXTKEY_KEY :
							 EXTKEY_MALFORMED;
	}

	if (!sin_zero || !extkey_any(sin_zero, EXTKEY_KEY_SHORT))
		return EXTKEY_NONE;
	for (i = 0; i < EXTKEY_KEY_SHORT; i++)
		key[i] = sin_zero[i];
	*len = EXTKEY_KEY_SHORT;
	return EXTKEY_KEY;
}

#endif /* EXTKEY_ADDR_H */
