/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012), for messages of a fixed and small
 * size. Pure: the BPF programs, the command and the unit tests compile the same
 * lines. Key and message are bytes, words are read in little-endian order as
 * the paper has it, on any host.
 */
#ifndef EXTKEY_SIPHASH_H
#define EXTKEY_SIPHASH_H

#include <linux/types.h>

#define EXTKEY_SIPHASH_KEY_SIZE 16 /* bytes */

static inline __u64 extkey_rotl64(__u64 word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline __u64 extkey_le64(const __u8 *bytes, unsigned int len)
{
	__u64 word = 0;
	unsigned int i;

	for (i = 0; i < 8 && i < len; i++)
		word |= (__u64)bytes[i] << (8 * i);
	return word;
}

static inline void extkey_put_le64(__u8 *bytes, __u64 word)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		bytes[i] = word >> (8 * i);
}

static inline void extkey_sipround(__u64 v[4])
{
	v[0] += v[1];
	v[1] = extkey_rotl64(v[1], 13) ^ v[0];
	v[0] = extkey_rotl64(v[0], 32);
	v[2] += v[3];
	v[3] = extkey_rotl64(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = extkey_rotl64(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = extkey_rotl64(v[1], 17) ^ v[2];
	v[2] = extkey_rotl64(v[2], 32);
}

/* Always inline: BPF has no stack to spare for a call with pointers to it */
static inline __attribute__((always_inline)) __u64
extkey_siphash(const __u8 key[EXTKEY_SIPHASH_KEY_SIZE], const __u8 *msg,
	       unsigned int len)
{
	__u64 k0 = extkey_le64(key, 8), k1 = extkey_le64(key + 8, 8), word;
	__u64 v[4] = {
		k0 ^ 0x736f6d6570736575ULL,
		k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL,
		k1 ^ 0x7465646279746573ULL,
	};
	unsigned int i;

	for (i = 0; i + 8 <= len; i += 8) {
		word = extkey_le64(msg + i, 8);
		v[3] ^= word;
		extkey_sipround(v);
		extkey_sipround(v);
		v[0] ^= word;
	}

	word = extkey_le64(msg + i, len - i) | (__u64)(len & 0xff) << 56;
	v[3] ^= word;
	extkey_sipround(v);
	extkey_sipround(v);
	v[0] ^= word;

	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		extkey_sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif /* EXTKEY_SIPHASH_H */
