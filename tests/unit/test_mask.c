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
	  "d33c6501c60ace5fcc5e6f1cb3f6cc72",
	  0xef7f36d8,
	  0x0404040c,
	  { 0x5c6da5d6, 0x89ead8ca69571bce, 0x3204370f5aa4894c,
	    0xf9747c939470b98c, 0xa9b4144c98511d21, 0x32e1a40760a9dafb,
	    0xa6fc664a6ebfb891, 0xd6628f9448a4f0d3 },
	  { 0xaf07e501, 0xcd22f125e398eb23, 0x6877da19e970e538,
	    0xb449322bb129172c, 0x150f5a3ff0ececa4 },
	  { 0x88783015, 0x2ee12cbfb2e2f27d, 0x4d4a0a347ce9f587,
	    0x609a9e544f908e78, 0xdd3620441849d04a } },
	{ "0102030405060708090a0b0c0d0e0f10",
	  "f0a355f622956be2e46bfb90abc29df5",
	  0xcf75c8a7,
	  0x00000010,
	  { 0x4782a102, 0x9edafa2d18cb6a66, 0xb457eda97122d847,
	    0xdc6e6baab3946b39, 0x4beabc0ebfecc0a0, 0x838889771a230c7a,
	    0x543f0d476d24a79e, 0x452e7762a09f621f },
	  { 0x84dcd95c, 0x878d2bc6f0833c82, 0x92ab4787db011b43,
	    0x921b53ebf1e17d92, 0xd234d89e09cac02c },
	  { 0xeff81817, 0xfb389039d13106ba, 0x59c9c2b8f007e611,
	    0xbcff5fbb78492ce8, 0x9c6cbdfa7028c5f1 } },
	{ "01020304050607080000000000000000",
	  "6844339e35e8110c88481e1c8877fd9d",
	  0x32dfd99b,
	  0x0404040c,
	  { 0xd8b11c61, 0xfa8d0310b3b32e8d, 0xbabef2f47cace133,
	    0x8f14693e6f3eacd4, 0xfb069c249c19d95e, 0x3bff8c40975d611a,
	    0xb2fc61a7e2c46196, 0xe5ceef0e151d5bc0 },
	  { 0xf0b8bcba, 0x6713dd60971594ec, 0x75b0f44d9d6f7731,
	    0x7b0cff9884666627, 0x9b63875d8e60fe9d },
	  { 0x5dcef595, 0x568e96822f711453, 0xe95032c6e63b1221,
	    0x92471d90bb208c21, 0xd7e81646693298e2 } },
	{ "0102030405060708090a0b0c0d0e0f1011121314",
	  "d480317afa8274ee2eb3494c676ff695",
	  0xfe77875f,
	  0x11121304,
	  { 0xe8838f88, 0x922cf0866c5e3459, 0x4ca56103304bfd1c,
	    0xcebe141f386e061b, 0x4aa1260e6742283a, 0x913e8556a1f662cc,
	    0x298d23a754f4fc02, 0xb64b39ee56cf6d75 },
	  { 0xd008a701, 0xc4ab98ae1bee6f31, 0xbc07d7d518d53022,
	    0x5899c38e3d18b06d, 0x264e7905174714dc },
	  { 0x8bb137bd, 0x0d6647641b072cf6, 0x9b2a08d0ff73b1f6,
	    0x46b04cb442f1aa9a, 0xccbeeaa1193d5f33 } },
	{ "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
	  "597a53deb3f338eb0b1c9bb9e213d988",
	  0xd489c46c,
	  0x00000020,
	  { 0x0f34f6ab, 0x24b01e74bcf5f839, 0xd1a0c7a662b01a3d,
	    0x3d4792258d9d36b8, 0xd33c02a2e273333b, 0x219a6ca6242de78d,
	    0x195c1fcc55fe102a, 0x0fe665505fd503e0 },
	  { 0xc6197e69, 0x99ca4de8b3705a13, 0xdde4acf65f81d289,
	    0xc95d5c2f693c454b, 0x38f8e66b0a651abb },
	  { 0x63e296dd, 0xad3a0f403278f795, 0x1f92a3ded831226b,
	    0x18d6b69e752c42aa, 0x00e91e78978d84df } },
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
		.from_server = 1,
	};
	if (field == EXTKEY_FIELD_ACK) {
		input->from_server = 0;
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
