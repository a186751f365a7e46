/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a key to a mask. Every field of MPTCP that authenticates something goes
 * on the wire as its RFC 8684 value XOR a mask, and mask 0 is plain MPTCP. The
 * scheme decides the mask; docs/protocol.md has the bytes and the test vectors.
 *
 * Pure: the BPF programs, the command and the unit tests compile the same lines.
 */
#ifndef EXTKEY_MASK_H
#define EXTKEY_MASK_H

#include <linux/types.h>

#include "extkey_siphash.h"

#define EXTKEY_KEY_BYTES 8

enum extkey_scheme {
	EXTKEY_SCHEME_XOR, /* the key, folded to 32 bits, on the token alone */
};

/* The values of enum mptcp_auth_field in the kernel patch */
enum extkey_field {
	EXTKEY_FIELD_TOKEN, /* MP_JOIN SYN, RFC 8684 section 3.2 */
	EXTKEY_FIELD_SYNACK, /* MP_JOIN SYN/ACK, section 3.2 */
	EXTKEY_FIELD_ACK, /* MP_JOIN ACK, section 3.2 */
	EXTKEY_FIELD_ADD_ADDR, /* ADD_ADDR, section 3.4.1 */
	EXTKEY_FIELD_FASTCLOSE, /* MP_FASTCLOSE, section 3.5 */
};

static inline __u32 extkey_be32(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 |
	       (__u32)bytes[2] << 8 | bytes[3];
}

/* The 32-bit pad of scheme xor: high word ^ low word of the big-endian key */
static inline __u32 extkey_xor_pad(const __u8 key[EXTKEY_KEY_BYTES])
{
	return extkey_be32(key) ^ extkey_be32(key + 4);
}

/*
 * The mask of one field in host byte order, as the kernel keeps the field's
 * value. A token takes the low 32 bits.
 */
static inline __u64 extkey_mask(enum extkey_scheme scheme,
				const __u8 key[EXTKEY_KEY_BYTES],
				enum extkey_field field)
{
	if (scheme == EXTKEY_SCHEME_XOR && field == EXTKEY_FIELD_TOKEN)
		return extkey_xor_pad(key);
	return 0;
}

/*
 * What people and logs may see of a key: 32 bits of a PRF under the key itself,
 * equal on both ends if the key is. It tells an eavesdropper nothing that one
 * masked token does not tell him as well.
 */
static inline __attribute__((always_inline)) __u32
extkey_fingerprint(const __u8 key[EXTKEY_KEY_BYTES])
{
	static const char label[8] = { 'e', 'x', 't', 'k', 'e', 'y', 'f', 'p' };
	__u8 prf_key[EXTKEY_SIPHASH_KEY_SIZE] = { 0 }, msg[sizeof(label)];
	unsigned int i;

	for (i = 0; i < EXTKEY_KEY_BYTES; i++)
		prf_key[i] = key[i];
	for (i = 0; i < sizeof(msg); i++)
		msg[i] = label[i];
	/* In the order of the bytes, so that %08x prints what openssl does */
	return __builtin_bswap32(
		(__u32)extkey_siphash(prf_key, msg, sizeof(msg)));
}

#endif /* EXTKEY_MASK_H */
