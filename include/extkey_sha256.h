/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), and of HMAC (RFC 2104) what MP_JOIN has of it: engine tc
 * checks the HMAC of a join with a SYN cookie itself, as the kernel may check that of
 * another one. BPF has no function for this.
 *
 * Pure: the BPF programs and the unit tests compile the same lines.
 */
#ifndef EXTKEY_SHA256_H
#define EXTKEY_SHA256_H

#include <linux/types.h>

#define EXTKEY_SHA256_WORDS 16 /* of 32 bits in a block */

struct extkey_sha256 {
	__u32 state[8];
	__u32 block[EXTKEY_SHA256_WORDS]; /* is lost when it is hashed */
	__u32 inner[8]; /* of HMAC */
};

static const __u32 extkey_sha256_init[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const __u32 extkey_sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline __u32 extkey_ror32(__u32 value, unsigned int bits)
{
	return value >> bits | value << (32 - bits);
}

/* Section 6.2.2; the schedule has 16 words, as no round looks further back */
static __attribute__((noinline)) int
extkey_sha256_block(struct extkey_sha256 *ctx)
{
	__u32 a = ctx->state[0], b = ctx->state[1], c = ctx->state[2];
	__u32 d = ctx->state[3], e = ctx->state[4], f = ctx->state[5];
	__u32 g = ctx->state[6], h = ctx->state[7];
	__u32 *w = ctx->block, t1, t2, s0, s1;
	unsigned int i;

#ifdef __bpf__
#pragma clang loop unroll(disable)
#endif
	for (i = 0; i < 64; i++) {
		if (i >= 16) {
			s0 = w[(i + 1) & 15];
			s0 = extkey_ror32(s0, 7) ^ extkey_ror32(s0, 18) ^
			     s0 >> 3;
			s1 = w[(i + 14) & 15];
			s1 = extkey_ror32(s1, 17) ^ extkey_ror32(s1, 19) ^
			     s1 >> 10;
			w[i & 15] += s0 + w[(i + 9) & 15] + s1;
		}
		t1 = h + ((e & f) ^ (~e & g)) + extkey_sha256_k[i] + w[i & 15] +
		     (extkey_ror32(e, 6) ^ extkey_ror32(e, 11) ^
		      extkey_ror32(e, 25));
		t2 = ((a & b) ^ (a & c) ^ (b & c)) + (extkey_ror32(a, 2) ^
						      extkey_ror32(a, 13) ^
						      extkey_ror32(a, 22));
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	ctx->state[0] += a;
	ctx->state[1] += b;
	ctx->state[2] += c;
	ctx->state[3] += d;
	ctx->state[4] += e;
	ctx->state[5] += f;
	ctx->state[6] += g;
	ctx->state[7] += h;
	return 0;
}

/* A new hash, of a key of two 64-bit numbers under one of the pads of HMAC */
static inline void extkey_hmac_pad(struct extkey_sha256 *ctx, __u64 key1,
				   __u64 key2, __u32 pad)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		ctx->state[i] = extkey_sha256_init[i];
	ctx->block[0] = (__u32)(key1 >> 32) ^ pad;
	ctx->block[1] = (__u32)key1 ^ pad;
	ctx->block[2] = (__u32)(key2 >> 32) ^ pad;
	ctx->block[3] = (__u32)key2 ^ pad;
	for (i = 4; i < EXTKEY_SHA256_WORDS; i++)
		ctx->block[i] = pad;
	extkey_sha256_block(ctx);
}

/* The end of a hash, after a block of 64 bytes: @len bytes more, which are in the block */
static inline void extkey_hmac_finish(struct extkey_sha256 *ctx,
				      unsigned int len)
{
	ctx->block[EXTKEY_SHA256_WORDS - 1] =
		(EXTKEY_SHA256_WORDS * 4 + len) * 8;
	extkey_sha256_block(ctx);
}

/* The same of @words words, with the bit and the zeros that go behind them */
static inline void extkey_hmac_end(struct extkey_sha256 *ctx,
				   unsigned int words)
{
	unsigned int i;

	ctx->block[words] = 0x80000000;
	for (i = words + 1; i < EXTKEY_SHA256_WORDS - 1; i++)
		ctx->block[i] = 0;
	extkey_hmac_finish(ctx, words * 4);
}

/* The outer hash, of the inner one in ctx->state */
static inline void extkey_hmac_outer(struct extkey_sha256 *ctx, __u64 key1,
				     __u64 key2)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		ctx->inner[i] = ctx->state[i];
	extkey_hmac_pad(ctx, key1, key2, 0x5c5c5c5c);
	for (i = 0; i < 8; i++)
		ctx->block[i] = ctx->inner[i];
	extkey_hmac_end(ctx, 8);
}

/*
 * The first 64 bits of the HMAC of MP_JOIN (RFC 8684 section 3.2), whose sender has
 * @key1 and @nonce1. @ctx is room for it.
 */
static inline __u64 extkey_join_hmac(struct extkey_sha256 *ctx, __u64 key1,
				     __u64 key2, __u32 nonce1, __u32 nonce2)
{
	extkey_hmac_pad(ctx, key1, key2, 0x36363636);
	ctx->block[0] = nonce1;
	ctx->block[1] = nonce2;
	extkey_hmac_end(ctx, 2);
	extkey_hmac_outer(ctx, key1, key2);
	return (__u64)ctx->state[0] << 32 | ctx->state[1];
}

#endif /* EXTKEY_SHA256_H */
