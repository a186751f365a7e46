/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a field that was received has to be by RFC 8684, without a mask. Engine tc takes no mask
 * off a field that is anything else. Byte order is that of the masks, see extkey_mask().
 *
 * Pure: the BPF programs and the unit tests compile the same lines.
 */
#ifndef EXTKEY_EXPECTED_H
#define EXTKEY_EXPECTED_H

#include "extkey_mask.h"
#include "extkey_sha256.h"

/*
 * The truncated HMAC of ADD_ADDR, RFC 8684 section 3.4.1: the last 64 bits of the HMAC of
 * address id, address and port
 */
static inline __u64 extkey_add_addr_hmac(struct extkey_sha256 *ctx,
					 const struct extkey_mask_input *input)
{
	unsigned int i, words = input->family == 6 ? 4 : 1;
	__u8 last = input->addr_id;

	extkey_hmac_pad(ctx, input->sender_key, input->receiver_key,
			0x36363636);
	for (i = 0; i < EXTKEY_SHA256_WORDS; i++)
		ctx->block[i] = 0;
	for (i = 0; i < 4 && i < words; i++) {
		ctx->block[i] = (__u32)last << 24 |
				extkey_be32(input->addr + 4 * i) >> 8;
		last = input->addr[4 * i + 3];
	}
	/* And the bit that ends a message for SHA-256 */
	ctx->block[words] = (__u32)last << 24 | (__u32)input->port << 8 | 0x80;
	extkey_hmac_finish(ctx, 4 * words + 3);
	extkey_hmac_outer(ctx, input->sender_key, input->receiver_key);
	return (__u64)ctx->state[6] << 32 | ctx->state[7];
}

/* S, D or F; of S the first 64 bits of the HMAC */
static inline __u64 extkey_expected(struct extkey_sha256 *ctx,
				    const struct extkey_mask_input *input)
{
	switch (input->field) {
	case EXTKEY_FIELD_SYNACK:
		return extkey_join_hmac(ctx, input->sender_key,
					input->receiver_key, input->nonce[1],
					input->nonce[0]);
	case EXTKEY_FIELD_ADD_ADDR:
		return extkey_add_addr_hmac(ctx, input);
	default:
		return input->receiver_key;
	}
}

#endif /* EXTKEY_EXPECTED_H */
