// SPDX-License-Identifier: GPL-2.0-only
/* Masks: official vectors for SipHash, ours for the scheme and the fingerprint */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_mask.h"

/*
 * SipHash-2-4 of the bytes 00, 01, 02 ... under the key 00 01 ... 0f, by length
 * of the message: the reference implementation's vectors_sip64.
 */
static const __u64 siphash_vectors[] = {
	0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
	0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
	0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
	0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
	0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
	0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794,
	0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd, 0xbed65cf21aa2ee98,
	0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8,
	0xb8ad50c6f649af94, 0xbce192de8a85b8ea, 0x17d835b85bbb15f3,
	0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
	0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce,
	0xa7f32346f95978e3, 0x12e0b01abb051238, 0x15e034d40fa197ae,
	0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d,
	0x9abfd8766a33735c, 0x0e3ea96b5304a7d0, 0xad0c42d6fc585992,
	0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
	0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb,
	0xe612a3cb9ecba951, 0xc766e62cfcadaf96, 0xee64435a9752fe72,
	0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f,
	0x7fa8220ba3b2ecea, 0x245731c13ca42499, 0xb78dbfaf3a8d83bd,
	0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
	0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57,
	0x958a324ceb064572,
};

static void siphash_official(void **unused)
{
	__u8 key[EXTKEY_SIPHASH_KEY_SIZE], msg[64];
	unsigned int i;

	(void)unused;
	for (i = 0; i < 16; i++)
		key[i] = i;
	for (i = 0; i < 64; i++) {
		msg[i] = i;
		assert_int_equal(extkey_siphash(key, msg, i),
				 siphash_vectors[i]);
	}
}

/* docs/protocol.md, "Vectors": tests/native/vectors.t computes them with openssl */
static const struct {
	const char *key, *mask_key;
	__u32 fingerprint, pad;
	__u64 masks[8]; /* T, S, A of words 0 to 2, D of IPv4 and IPv6, F */
	__u64 bound4[5]; /* T, S, A of words 0 to 2 */
	__u64 bound6[5];
} vectors[] = {
	{ "0102030405060708",
	  "8b5cb0d40f814472c1b046f77afc7f91",
	  0xdcc46e91,
	  0x0404040c,
	  { 0xdaba0df3, 0x8e703ca992d095d8, 0x93808d5c86c7e6b9,
	    0x377cb37507c516b7, 0x29f1eaf70b24243b, 0xb0870674dced4a21,
	    0x88df7fc628d1fc49, 0x1ca0364d3545374f },
	  { 0x85756b5d, 0xb105aaef611d3f24, 0xe1332dc774350be1,
	    0xccc2beb77f15bf3d, 0x12f72067f80dc79d },
	  { 0x439e076d, 0x06e0e0a7a91fd039, 0x2190741939abaad7,
	    0x49fb11a38f09ec73, 0x3fe6f1bc47549884 } },
	{ "0102030405060708090a0b0c0d0e0f10",
	  "c6e8318c9a85d93f3133417a20754b54",
	  0x7ff6b31a,
	  0x00000010,
	  { 0x7381d9f1, 0xa93d53e8b5e36c86, 0x8abf5a0cc04bee06,
	    0x17b68d969a125d3b, 0x6decd852d3f9ff26, 0x63f99ff12bc642c6,
	    0xc938451fe335ebd4, 0x727f338770962122 },
	  { 0x93fab627, 0xf750d681d6d81e00, 0x9ed87a915ae361dc,
	    0x0e8d0164080ea5d0, 0x486b7c776d09b235 },
	  { 0x54fa0582, 0xaa901249cf489416, 0x49410c312f47ecf1,
	    0x33792967057f6441, 0x70a6bc10bb2c734e } },
	{ "01020304050607080000000000000000",
	  "0ff4393ff2505b0ac2922c7c3e8961fb",
	  0x96b3831c,
	  0x0404040c,
	  { 0x636d078c, 0x496c75bdac8aade2, 0x8c0e277bcf72d483,
	    0x2cc91534d45916c3, 0xe3febb09d2a77aa2, 0x9c4c761e29967792,
	    0x48d6065ca433e2c3, 0xf84b68b5369d44da },
	  { 0x5838f0eb, 0x3070512582c88363, 0x0954c79c9c309787,
	    0xeefc328e386556ea, 0xa3ca2088de013af6 },
	  { 0xbf688284, 0xcdabf9b0287e368f, 0x0cc3fa7a4c384c8e,
	    0x483e1000817e1e66, 0xd224e55694c0a7d0 } },
	{ "0102030405060708090a0b0c0d0e0f1011121314",
	  "45addb3c94c31e95a28cef370a11038f",
	  0xd9f74ccd,
	  0x11121304,
	  { 0x259224af, 0x18628c18ff5aeaa3, 0x0ac32d2b6044ed98,
	    0xec6833113f7a719e, 0x9c8176fcfbbc3ae1, 0xcef39a75ff25ba1a,
	    0x1481d1a7c978563f, 0xffdf15e5567f54b8 },
	  { 0xade82864, 0x222b01a659291fd7, 0x567cb5d50de78d1d,
	    0x3d53a0187ced2b73, 0x45a88c52a1a1f3fe },
	  { 0xad64c308, 0xb2cc05d216fa428e, 0x67b6760956de67b5,
	    0x80067381438a61b6, 0x22da82ea926b6c96 } },
	{ "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  "5ba6565ee24a50d945d759274b058bb8",
	  0xda5dd726,
	  0x00000020,
	  { 0x439ce5cc, 0x4c589086690f7432, 0x0e4ae1adc642bd9b,
	    0x50db2a640700d82d, 0xc19a7e4b4ee417b6, 0x53b7d6a54c2ebc00,
	    0x3d3fd852c0fbcf5b, 0xdde51f5b8f726f89 },
	  { 0x8b4a71f7, 0x5ded2cd768959b72, 0xf8316c11234cb29a,
	    0x87421009e03efaee, 0x864fb857f3497298 },
	  { 0x587cf0be, 0xd01e6bc228065ff6, 0xd7efb1d81624f53b,
	    0x684162ae458fc4fe, 0x1bc2a7958b902e0b } },
};

#define NR_VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static unsigned int from_hex(const char *hex, __u8 *bytes)
{
	unsigned int len = 0;

	for (; sscanf(hex, "%2hhx", &bytes[len]) == 1; hex += 2)
		len++;
	return len;
}

static void derive(unsigned int vector, struct extkey_secret *secret)
{
	__u8 key[EXTKEY_KEY_MAX + 1] = { 0 };
	unsigned int len = from_hex(vectors[vector].key, key);

	memset(secret, 0, sizeof(*secret));
	extkey_derive(key, len, secret);
}

/*
 * Host I opens the subflow and has the key a0a1..., host R has 2a. What is said of
 * addresses is in those of @ipv6.
 */
static void input_of(enum extkey_field field, bool ipv6,
		     struct extkey_mask_input *input)
{
	static const __u8 src[2][16] = {
		{ [10] = 0xff, 0xff, 10, 0, 2, 1 },
		{ 0xfd, [3] = 2, [15] = 1 },
	};
	static const __u8 dst[2][16] = {
		{ [10] = 0xff, 0xff, 10, 0, 1, 2 },
		{ 0xfd, [3] = 1, [15] = 2 },
	};
	static const __u8 announced[2][16] = {
		{ 10, 0, 2, 2 },
		{ 0xfd, [3] = 2, [15] = 2 },
	};

	*input = (struct extkey_mask_input){
		.field = field,
		.nonce = { 0x11223344, 0x55667788 },
		.sender_key = 0x2a,
		.receiver_key = 0xa0a1a2a3a4a5a6a7,
	};
	if (field == EXTKEY_FIELD_ACK) {
		input->sender_key = 0xa0a1a2a3a4a5a6a7;
		input->receiver_key = 0x2a;
	}
	if (field == EXTKEY_FIELD_ADD_ADDR) {
		input->addr_id = 1;
		input->family = ipv6 ? 6 : 4;
		memcpy(input->addr, announced[ipv6], 16);
		input->port = ipv6 ? 0 : 8080;
	} else {
		memcpy(input->addr, src[ipv6], 16);
		memcpy(input->dst, dst[ipv6], 16);
		input->port = 49152;
		input->dst_port = 8080;
	}
}

/* In the order of the vectors */
static const struct {
	enum extkey_field field;
	__u8 word;
	bool ipv6;
} masks[8] = {
	{ EXTKEY_FIELD_TOKEN, 0, false },
	{ EXTKEY_FIELD_SYNACK, 0, false },
	{ EXTKEY_FIELD_ACK, 0, false },
	{ EXTKEY_FIELD_ACK, 1, false },
	{ EXTKEY_FIELD_ACK, 2, false },
	{ EXTKEY_FIELD_ADD_ADDR, 0, false },
	{ EXTKEY_FIELD_ADD_ADDR, 0, true },
	{ EXTKEY_FIELD_FASTCLOSE, 0, false },
};

static __u64 mask_of(const struct extkey_secret *secret, unsigned int nr,
		     bool bind_addresses, bool ipv6)
{
	struct extkey_mask_input input;

	input_of(masks[nr].field, ipv6, &input);
	input.word = masks[nr].word;
	input.bind_addresses = bind_addresses;
	return extkey_mask(EXTKEY_SCHEME_SIPHASH, secret, &input);
}

static void derived(void **unused)
{
	struct extkey_secret secret;
	__u8 want[EXTKEY_SIPHASH_KEY_SIZE + 1];
	unsigned int i;

	(void)unused;
	for (i = 0; i < NR_VECTORS; i++) {
		derive(i, &secret);
		from_hex(vectors[i].mask_key, want);
		assert_memory_equal(secret.mask_key, want,
				    sizeof(secret.mask_key));
		assert_int_equal(secret.fingerprint, vectors[i].fingerprint);
		assert_int_equal(secret.pad, vectors[i].pad);
	}
}

static void siphash_masks(void **unused)
{
	struct extkey_secret secret;
	unsigned int i, nr;

	(void)unused;
	for (i = 0; i < NR_VECTORS; i++) {
		derive(i, &secret);
		for (nr = 0; nr < 8; nr++)
			assert_int_equal(mask_of(&secret, nr, false,
						 masks[nr].ipv6),
					 vectors[i].masks[nr]);
		for (nr = 0; nr < 5; nr++) {
			assert_int_equal(mask_of(&secret, nr, true, false),
					 vectors[i].bound4[nr]);
			assert_int_equal(mask_of(&secret, nr, true, true),
					 vectors[i].bound6[nr]);
		}
	}
}

static void xor_masks_the_token_alone(void **unused)
{
	struct extkey_mask_input input;
	struct extkey_secret secret;
	enum extkey_field field;

	(void)unused;
	derive(0, &secret);
	for (field = EXTKEY_FIELD_TOKEN; field <= EXTKEY_FIELD_FASTCLOSE;
	     field++) {
		input_of(field, false, &input);
		assert_int_equal(extkey_mask(EXTKEY_SCHEME_XOR, &secret,
					     &input),
				 field == EXTKEY_FIELD_TOKEN ? secret.pad : 0);
	}
}

/* Every input of a mask changes it: what is not bound could be replaced */
static void all_is_bound(void **unused)
{
	struct extkey_mask_input input, other;
	struct extkey_secret secret;
	unsigned int i, field;
	__u64 mask;

#define CHANGES(member)                                                       \
	do {                                                                  \
		other = input;                                                \
		((__u8 *)&other.member)[sizeof(other.member) - 1] ^= 1;       \
		assert_int_not_equal(mask, extkey_mask(EXTKEY_SCHEME_SIPHASH, \
						       &secret, &other));     \
	} while (0)

	(void)unused;
	derive(0, &secret);
	for (field = 0; field <= EXTKEY_FIELD_FASTCLOSE; field++) {
		input_of(field, false, &input);
		input.bind_addresses = field <= EXTKEY_FIELD_ACK;
		mask = extkey_mask(EXTKEY_SCHEME_SIPHASH, &secret, &input);
		if (field != EXTKEY_FIELD_FASTCLOSE)
			CHANGES(field);
		if (field != EXTKEY_FIELD_TOKEN) {
			CHANGES(sender_key);
			CHANGES(receiver_key);
		}
		if (input.bind_addresses) {
			CHANGES(nonce[0]);
			CHANGES(bind_addresses);
			CHANGES(dst);
			CHANGES(dst_port);
		}
		if (field == EXTKEY_FIELD_SYNACK || field == EXTKEY_FIELD_ACK)
			CHANGES(nonce[1]);
		if (field == EXTKEY_FIELD_ACK)
			CHANGES(word);
		if (field != EXTKEY_FIELD_FASTCLOSE) {
			CHANGES(addr);
			CHANGES(port);
		}
		if (field == EXTKEY_FIELD_ADD_ADDR) {
			CHANGES(addr_id);
			CHANGES(family);
		}
		for (i = 0; i < EXTKEY_SIPHASH_KEY_SIZE; i++) {
			secret.mask_key[i] ^= 1;
			assert_int_not_equal(mask,
					     extkey_mask(EXTKEY_SCHEME_SIPHASH,
							 &secret, &input));
			secret.mask_key[i] ^= 1;
		}
	}
}

/* The key of a responder that keeps no request: nobody else is told the bytes of it */
static void own_key_is_bound(void **unused)
{
	struct extkey_mask_input input, other;
	struct extkey_secret secret;
	__u32 isn[2] = { 1, 2 };
	__u64 key;

	(void)unused;
	derive(0, &secret);
	input_of(EXTKEY_FIELD_TOKEN, true, &input);
	key = extkey_own_key(&secret, 3, isn, &input);
	assert_int_not_equal(key, 0);
	assert_int_equal(key, extkey_own_key(&secret, 3, isn, &input));
	assert_int_not_equal(key, extkey_own_key(&secret, 4, isn, &input));
	isn[0]++;
	assert_int_not_equal(key, extkey_own_key(&secret, 3, isn, &input));
	isn[0]--;
	isn[1]++;
	assert_int_not_equal(key, extkey_own_key(&secret, 3, isn, &input));
	isn[1]--;
#define BINDS(member)                                                          \
	do {                                                                   \
		other = input;                                                 \
		((__u8 *)&other.member)[sizeof(other.member) - 1] ^= 1;        \
		assert_int_not_equal(key,                                      \
				     extkey_own_key(&secret, 3, isn, &other)); \
	} while (0)
	BINDS(addr);
	BINDS(dst);
	BINDS(port);
	BINDS(dst_port);
	secret.mask_key[0] ^= 1;
	assert_int_not_equal(key, extkey_own_key(&secret, 3, isn, &input));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_official),
		cmocka_unit_test(derived),
		cmocka_unit_test(siphash_masks),
		cmocka_unit_test(xor_masks_the_token_alone),
		cmocka_unit_test(all_is_bound),
		cmocka_unit_test(own_key_is_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
