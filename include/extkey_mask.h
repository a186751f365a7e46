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

/* Sizes of a key in bytes: the one in sin_zero, and those behind an address */
#define EXTKEY_KEY_SHORT 8
#define EXTKEY_KEY_MIN 16
#define EXTKEY_KEY_MAX 32

enum extkey_scheme {
	EXTKEY_SCHEME_SIPHASH, /* a PRF of what the field is about, on every field */
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

/* What is kept of a key: enough for all schemes, and not the key itself */
struct extkey_secret {
	__u8 mask_key[EXTKEY_SIPHASH_KEY_SIZE];
	__u32 pad; /* of scheme xor */
	__u32 fingerprint; /* what people and logs may see */
};

/*
 * What the mask of a field is computed from. Integers are in host byte order, addresses as on the
 * wire. Members that the field does not have are not read: which ones it has
 * stands beside them.
 */
struct extkey_mask_input {
	__u8 field; /* enum extkey_field */
	__u8 word; /* ACK: which 64 bits of the HMAC, 0 to 2 */
	__u8 bind_addresses; /* MP_JOIN: 1 if the addresses of the SYN are in the mask */
	__u8 from_server; /* all but the SYN: 1 if the sender has accepted the connection */
	__u8 addr_id; /* ADD_ADDR */
	__u8 family; /* ADD_ADDR: 4 or 6 */
	__u32 nonce[2]; /* MP_JOIN: of the SYN; SYN/ACK, ACK: of the SYN/ACK */
	__u64 sender_key; /* all but the SYN: MPTCP key of who sends the field */
	__u64 receiver_key; /* and of who receives it */
	/*
	 * ADD_ADDR: the address, that of IPv4 with 12 zeros behind it, and the
	 * port or 0. bind_addresses: source of the SYN; IPv4 is ::ffff:a.b.c.d there.
	 */
	__u8 addr[16];
	__u8 dst[16]; /* bind_addresses: destination of the SYN */
	__u16 port;
	__u16 dst_port;
};

static inline __u32 extkey_be32(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 |
	       (__u32)bytes[2] << 8 | bytes[3];
}

static inline void extkey_put_be16(__u8 *bytes, __u16 value)
{
	bytes[0] = value >> 8;
	bytes[1] = value;
}

static inline void extkey_put_be32(__u8 *bytes, __u32 value)
{
	extkey_put_be16(bytes, value >> 16);
	extkey_put_be16(bytes + 2, value);
}

static inline void extkey_put_be64(__u8 *bytes, __u64 value)
{
	extkey_put_be32(bytes, value >> 32);
	extkey_put_be32(bytes + 4, value);
}

static inline void extkey_copy(__u8 *to, const __u8 *from, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		to[i] = from[i];
}

/* The pad of scheme xor: the XOR of all 32-bit words of the key, big-endian */
static inline __u32 extkey_xor_pad(const __u8 key[EXTKEY_KEY_MAX])
{
	__u32 pad = 0;
	unsigned int i;

	for (i = 0; i < EXTKEY_KEY_MAX; i += 4)
		pad ^= extkey_be32(key + i);
	return pad;
}

/*
 * @key has @len bytes, and zeros behind them up to EXTKEY_KEY_MAX. The length
 * goes in as well: a short key and a long one that begins with it and goes on
 * with zeros are not the same.
 */
static inline __attribute__((always_inline)) void
extkey_derive(const __u8 key[EXTKEY_KEY_MAX], unsigned int len,
	      struct extkey_secret *secret)
{
	__u8 msg[8 + EXTKEY_KEY_MAX - EXTKEY_SIPHASH_KEY_SIZE] = {
		'e', 'x', 't', 'k', 'y', '2', 0, len,
	};

	extkey_copy(msg + 8, key + EXTKEY_SIPHASH_KEY_SIZE,
		    EXTKEY_KEY_MAX - EXTKEY_SIPHASH_KEY_SIZE);
	extkey_put_le64(secret->mask_key,
			extkey_siphash(key, msg, sizeof(msg)));
	msg[6] = 1;
	extkey_put_le64(secret->mask_key + 8,
			extkey_siphash(key, msg, sizeof(msg)));
	msg[6] = 2;
	/* In the order of the bytes, so that %08x prints what openssl does */
	secret->fingerprint =
		__builtin_bswap64(extkey_siphash(key, msg, sizeof(msg))) >> 32;
	secret->pad = extkey_xor_pad(key);
}

/* The bytes of the SYN's addresses, behind the first @len bytes of a message */
static inline __attribute__((always_inline)) void
extkey_put_addresses(__u8 *msg, const struct extkey_mask_input *input)
{
	extkey_copy(msg, input->addr, 16);
	extkey_copy(msg + 16, input->dst, 16);
	extkey_put_be16(msg + 32, input->port);
	extkey_put_be16(msg + 34, input->dst_port);
}

#define EXTKEY_TOKEN_MSG 8
#define EXTKEY_HMAC_MSG 28
#define EXTKEY_ADDRESSES 36

/* Lengths are constants in each call, for the verifier */
static inline __attribute__((always_inline)) __u64
extkey_token_prf(const struct extkey_secret *secret,
		 const struct extkey_mask_input *input)
{
	__u8 msg[EXTKEY_TOKEN_MSG + EXTKEY_ADDRESSES] = { 'T' };

	extkey_put_be32(msg + 4, input->nonce[0]);
	if (!input->bind_addresses)
		return extkey_siphash(secret->mask_key, msg, EXTKEY_TOKEN_MSG);
	msg[2] = 1;
	extkey_put_addresses(msg + EXTKEY_TOKEN_MSG, input);
	return extkey_siphash(secret->mask_key, msg, sizeof(msg));
}

static inline __attribute__((always_inline)) __u64
extkey_hmac_prf(const struct extkey_secret *secret,
		const struct extkey_mask_input *input)
{
	__u8 msg[EXTKEY_HMAC_MSG + EXTKEY_ADDRESSES] = { 0 };

	msg[0] = input->field == EXTKEY_FIELD_SYNACK ? 'S' : 'A';
	msg[1] = input->word;
	msg[3] = input->from_server;
	extkey_put_be32(msg + 4, input->nonce[0]);
	extkey_put_be32(msg + 8, input->nonce[1]);
	extkey_put_be64(msg + 12, input->sender_key);
	extkey_put_be64(msg + 20, input->receiver_key);
	if (!input->bind_addresses)
		return extkey_siphash(secret->mask_key, msg, EXTKEY_HMAC_MSG);
	msg[2] = 1;
	extkey_put_addresses(msg + EXTKEY_HMAC_MSG, input);
	return extkey_siphash(secret->mask_key, msg, sizeof(msg));
}

static inline __attribute__((always_inline)) __u64
extkey_add_addr_prf(const struct extkey_secret *secret,
		    const struct extkey_mask_input *input)
{
	__u8 msg[40] = { 'D', 0, 0, input->from_server };

	extkey_put_be64(msg + 4, input->sender_key);
	extkey_put_be64(msg + 12, input->receiver_key);
	msg[20] = input->addr_id;
	msg[21] = input->family;
	extkey_put_be16(msg + 22, input->port);
	extkey_copy(msg + 24, input->addr, 16);
	return extkey_siphash(secret->mask_key, msg, sizeof(msg));
}

static inline __attribute__((always_inline)) __u64
extkey_fastclose_prf(const struct extkey_secret *secret,
		     const struct extkey_mask_input *input)
{
	__u8 msg[20] = { 'F', 0, 0, input->from_server };

	extkey_put_be64(msg + 4, input->sender_key);
	extkey_put_be64(msg + 12, input->receiver_key);
	return extkey_siphash(secret->mask_key, msg, sizeof(msg));
}

/*
 * The MPTCP key of a responder that keeps no request, see bpf/own_key.bpf.h. @isn: sequence
 * numbers of the SYN and of the SYN/ACK. The addresses in @input are those of the SYN.
 */
static inline __attribute__((always_inline)) __u64
extkey_own_key(const struct extkey_secret *secret, __u64 netns,
	       const __u32 isn[2], const struct extkey_mask_input *input)
{
	__u8 msg[20 + EXTKEY_ADDRESSES] = { 'K' };
	__u64 key;

	extkey_put_be64(msg + 4, netns);
	extkey_put_be32(msg + 12, isn[0]);
	extkey_put_be32(msg + 16, isn[1]);
	extkey_put_addresses(msg + 20, input);
	key = extkey_siphash(secret->mask_key, msg, sizeof(msg));
	return key ? key : 1;
}

/*
 * The mask of one field in host byte order, as the kernel keeps the field's
 * value. A token takes the low 32 bits, the last word of an ACK the high ones.
 */
static inline __attribute__((always_inline)) __u64
extkey_mask(enum extkey_scheme scheme, const struct extkey_secret *secret,
	    const struct extkey_mask_input *input)
{
	if (scheme == EXTKEY_SCHEME_XOR)
		return input->field == EXTKEY_FIELD_TOKEN ? secret->pad : 0;

	switch (input->field) {
	case EXTKEY_FIELD_TOKEN:
		return (__u32)extkey_token_prf(secret, input);
	case EXTKEY_FIELD_SYNACK:
	case EXTKEY_FIELD_ACK:
		return extkey_hmac_prf(secret, input);
	case EXTKEY_FIELD_ADD_ADDR:
		return extkey_add_addr_prf(secret, input);
	default:
		return extkey_fastclose_prf(secret, input);
	}
}

#endif /* EXTKEY_MASK_H */
