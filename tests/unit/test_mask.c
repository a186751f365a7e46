// SPDX-License-Identifier: GPL-2.0-only
/* Masks: official vectors for SipHash, ours for the scheme and the fingerprint */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
	0xa129ca6149be45e5,
};

static void siphash_official(void **unused)
{
	__u8 key[EXTKEY_SIPHASH_KEY_SIZE], msg[16];
	unsigned int i;

	(void)unused;
	for (i = 0; i < 16; i++)
		key[i] = msg[i] = i;
	for (i = 0; i < 16; i++)
		assert_int_equal(extkey_siphash(key, msg, i),
				 siphash_vectors[i]);
}

/* docs/protocol.md, "Test vectors"; tests/native/vectors.t computes them with openssl */
static const struct {
	__u8 key[EXTKEY_KEY_BYTES];
	__u32 pad;
	__u32 fingerprint;
} vectors[] = {
	{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 0x0404040c, 0x0ab0cea4 },
	{ { 0xff, 0, 0, 0, 0, 0, 0, 1 }, 0xff000001, 0xf689b242 },
	{ { 'p', 'a', 's', 's', 'w', 'o', 'r', 'd' }, 0x070e0117, 0x6ffca054 },
	{ { 0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef }, 0, 0xaf0f9137 },
};

static void xor_pad(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(extkey_xor_pad(vectors[i].key),
				 vectors[i].pad);
}

static void xor_masks_the_token_alone(void **unused)
{
	enum extkey_field field;

	(void)unused;
	assert_int_equal(extkey_mask(EXTKEY_SCHEME_XOR, vectors[0].key,
				     EXTKEY_FIELD_TOKEN),
			 vectors[0].pad);
	for (field = EXTKEY_FIELD_SYNACK; field <= EXTKEY_FIELD_FASTCLOSE;
	     field++)
		assert_int_equal(extkey_mask(EXTKEY_SCHEME_XOR, vectors[0].key,
					     field),
				 0);
}

/* What is masked with a key comes back with the same key, and with no other */
static void mask_twice_is_identity(void **unused)
{
	__u32 token = 0x12345678, wire;

	(void)unused;
	wire = token ^ (__u32)extkey_mask(EXTKEY_SCHEME_XOR, vectors[0].key,
					  EXTKEY_FIELD_TOKEN);
	assert_int_not_equal(wire, token);
	assert_int_equal(wire ^ (__u32)extkey_mask(EXTKEY_SCHEME_XOR,
						   vectors[0].key,
						   EXTKEY_FIELD_TOKEN),
			 token);
	assert_int_not_equal(wire ^ (__u32)extkey_mask(EXTKEY_SCHEME_XOR,
						       vectors[1].key,
						       EXTKEY_FIELD_TOKEN),
			     token);
}

static void fingerprint(void **unused)
{
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		assert_int_equal(extkey_fingerprint(vectors[i].key),
				 vectors[i].fingerprint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_official),
		cmocka_unit_test(xor_pad),
		cmocka_unit_test(xor_masks_the_token_alone),
		cmocka_unit_test(mask_twice_is_identity),
		cmocka_unit_test(fingerprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
