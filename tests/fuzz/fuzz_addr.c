// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a key out of an address. Input: whether there is a sin_zero, how many
 * bytes the address has behind it, sin_zero, and those bytes.
 */
#include <string.h>

#include "extkey_addr.h"
#include "naive.h"

#define HEAD 10

static const uint8_t zeros[EXTKEY_KEY_MAX];

static enum extkey_found naive_from_addr(const uint8_t *sin_zero,
					 const uint8_t *tail, unsigned int len,
					 uint8_t *key, unsigned int *key_len)
{
	int is_short = sin_zero && memcmp(sin_zero, zeros, 8);

	memset(key, 0, EXTKEY_KEY_MAX);
	if (len < 12 || memcmp(tail,
			       "\x89"
			       "extkey\1",
			       8)) {
		if (!is_short)
			return EXTKEY_NONE;
		memcpy(key, sin_zero, 8);
		*key_len = 8;
		return EXTKEY_KEY;
	}
	if (is_short || len < 12 + 16 || len > 12 + 32 || tail[8] != len - 12 ||
	    memcmp(tail + 9, zeros, 3) || !memcmp(tail + 12, zeros, len - 12))
		return EXTKEY_MALFORMED;
	memcpy(key, tail + 12, len - 12);
	*key_len = len - 12;
	return EXTKEY_KEY;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *tail, *key, naive_key[EXTKEY_KEY_MAX], sin_zero[8];
	unsigned int len = 0, naive_len = 0, tail_len;
	enum extkey_found found;
	int ipv4;

	if (size < HEAD)
		return 0;
	ipv4 = data[0] & 1;
	tail_len = data[1];
	memcpy(sin_zero, data + 2, 8);
	data += HEAD;
	size -= HEAD;

	/* Of these sizes exactly, for what the sanitizer knows */
	tail = calloc(1, EXTKEY_TAIL_MAX);
	key = malloc(EXTKEY_KEY_MAX);
	if (size > tail_len)
		size = tail_len;
	memcpy(tail, data, size < EXTKEY_TAIL_MAX ? size : EXTKEY_TAIL_MAX);
	memset(key, 0xff, EXTKEY_KEY_MAX);
	/* What is behind the address does not matter */
	if (tail_len < EXTKEY_TAIL_MAX)
		memset(tail + tail_len, 0x5a, EXTKEY_TAIL_MAX - tail_len);

	found = extkey_from_addr(ipv4 ? sin_zero : NULL, tail, tail_len, key,
				 &len);
	want(found == naive_from_addr(ipv4 ? sin_zero : NULL, tail, tail_len,
				      naive_key, &naive_len));
	if (found == EXTKEY_KEY) {
		want(len == naive_len);
		want(len == EXTKEY_KEY_SHORT ||
		     (len >= EXTKEY_KEY_MIN && len <= EXTKEY_KEY_MAX));
		want(!memcmp(key, naive_key, EXTKEY_KEY_MAX));
		want(memcmp(key, zeros, EXTKEY_KEY_MAX));
	}
	free(tail);
	free(key);
	return 0;
}
