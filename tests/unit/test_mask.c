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
	const char *key, *mask_key;
	__u32 fingerprint, pad;
	__u64 masks[7]; /* T, S, A of words 0 to 2, D, F */
	__u64 bound[5]; /* T, S, A of words 0 to 2 */
} vectors[] = {
	{ "0102030405060708", "8b5cb0d40f814472c1b046f77afc7f91", 0xdcc46e91, 0x0404040c,
	  { 0xdaba0df3, 0x8e703ca992d095d8, 0x93808d5c86c7e6b9, 0x377cb37507c516b7, 0x29f1eaf70b24243b, 0xb0870674dced4a21, 0x1ca0364d3545374f },
	  { 0x85756b5d, 0xb105aaef611d3f24, 0xe1332dc774350be1, 0xccc2beb77f15bf3d, 0x12f72067f80dc79d } },
	{ "0102030405060708090a0b0c0d0e0f10", "c6e8318c9a85d93f3133417a20754b54", 0x7ff6b31a, 0x00000010,
	  { 0x7381d9f1, 0xa93d53e8b5e36c86, 0x8abf5a0cc04bee06, 0x17b68d969a125d3b, 0x6decd852d3f9ff26, 0x63f99ff12bc642c6, 0x727f338770962122 },
	  { 0x93fab627, 0xf750d681d6d81e00, 0x9ed87a915ae361dc, 0x0e8d0164080ea5d0, 0x486b7c776d09b235 } },
	{ "01020304050607080000000000000000", "0ff4393ff2505b0ac2922c7c3e8961fb", 0x96b3831c, 0x0404040c,
	  { 0x636d078c, 0x496c75bdac8aade2, 0x8c0e277bcf72d483, 0x2cc91534d45916c3, 0xe3febb09d2a77aa2, 0x9c4c761e29967792, 0xf84b68b5369d44da },
	  { 0x5838f0eb, 0x3070512582c88363, 0x0954c79c9c309787, 0xeefc328e386556ea, 0xa3ca2088de013af6 } },
	{ "0102030405060708090a0b0c0d0e0f1011121314", "45addb3c94c31e95a28cef370a11038f", 0xd9f74ccd, 0x11121304,
	  { 0x259224af, 0x18628c18ff5aeaa3, 0x0ac32d2b6044ed98, 0xec6833113f7a719e, 0x9c8176fcfbbc3ae1, 0xcef39a75ff25ba1a, 0xffdf15e5567f54b8 },
	  { 0xade82864, 0x222b01a659291fd7, 0x567cb5d50de78d1d, 0x3d53a0187ced2b73, 0x45a88c52a1a1f3fe } },
	{ "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", "5ba6565ee24a50d945d759274b058bb8", 0xda5dd726, 0x00000020,
	  { 0x439ce5cc, 0x4c589086690f7432, 0x0e4ae1adc642bd9b, 0x50db2a640700d82d, 0xc19a7e4b4ee417b6, 0x53b7d6a54c2ebc00, 0xdde51f5b8f726f89 },
	  { 0x8b4a71f7, 0x5ded2cd768959b72, 0xf8316c11234cb29a, 0x87421009e03efaee, 0x864fb857f3497298 } },
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

/* Host I opens the subflow and has the key a0a1..., host R has 2a */
static void subject_of(enum extkey_field field, struct extkey_subject *subject)
{
	static const __u8 src[16] = { [10] = 0xff, 0xff, 10, 0, 2, 1 };
	static const __u8 dst[16] = { [10] = 0xff, 0xff, 10, 0, 1, 2 };
	static const __u8 announced[16] = { 10, 0, 2, 2 };

	*subject = (struct extkey_subject){
		.field = field,
		.nonce = { 0x11223344, 0x55667788 },
		.sender_key = 0x2a,
		.receiver_key = 0xa0a1a2a3a4a5a6a7,
	};
	if (field == EXTKEY_FIELD_ACK) {
		subject->sender_key = 0xa0a1a2a3a4a5a6a7;
		subject->receiver_key = 0x2a;
	}
	if (field == EXTKEY_FIELD_ADD_ADDR) {
		subject->addr_id = 1;
		subject->family = 4;
		memcpy(subject->addr, announced, sizeof(announced));
		subject->port = 8080;
	} else {
		memcpy(subject->addr, src, sizeof(src));
		memcpy(subject->dst, dst, sizeof(dst));
		subject->port = 49152;
		subject->dst_port = 8080;
	}
}

/* In the order of the vectors */
static const struct {
	enum extkey_field field;
	__u8 word;
} masks[7] = {
	{ EXTKEY_FIELD_TOKEN, 0 },    { EXTKEY_FIELD_SYNACK, 0 },
	{ EXTKEY_FIELD_ACK, 0 },      { EXTKEY_FIELD_ACK, 1 },
	{ EXTKEY_FIELD_ACK, 2 },      { EXTKEY_FIELD_ADD_ADDR, 0 },
	{ EXTKEY_FIELD_FASTCLOSE, 0 },
};

static __u64 mask_of(const struct extkey_secret *secret, unsigned int nr,
		     bool bound)
{
	struct extkey_subject subject;

	subject_of(masks[nr].field, &subject);
	subject.word = masks[nr].word;
	subject.bound = bound;
	return extkey_mask(EXTKEY_SCHEME_SIPHASH, secret, &subject);
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
		for (nr = 0; nr < 7; nr++)
			assert_int_equal(mask_of(&secret, nr, false),
					 vectors[i].masks[nr]);
		for (nr = 0; nr < 5; nr++)
			assert_int_equal(mask_of(&secret, nr, true),
					 vectors[i].bound[nr]);
	}
}

static void xor_masks_the_token_alone(void **unused)
{
	struct extkey_subject subject;
	struct extkey_secret secret;
	enum extkey_field field;

	(void)unused;
	derive(0, &secret);
	for (field = EXTKEY_FIELD_TOKEN; field <= EXTKEY_FIELD_FASTCLOSE;
	     field++) {
		subject_of(field, &subject);
		assert_int_equal(extkey_mask(EXTKEY_SCHEME_XOR, &secret, &subject),
				 field == EXTKEY_FIELD_TOKEN ? secret.pad : 0);
	}
}

/* Every input of a mask changes it: what is not bound could be replaced */
static void all_is_bound(void **unused)
{
	struct extkey_subject subject, other;
	struct extkey_secret secret;
	unsigned int i, field;
	__u64 mask;

#define CHANGES(member)                                                     \
	do {                                                                \
		other = subject;                                            \
		((__u8 *)&other.member)[sizeof(other.member) - 1] ^= 1;     \
		assert_int_not_equal(mask, extkey_mask(EXTKEY_SCHEME_SIPHASH, \
						       &secret, &other));   \
	} while (0)

	(void)unused;
	derive(0, &secret);
	for (field = 0; field <= EXTKEY_FIELD_FASTCLOSE; field++) {
		subject_of(field, &subject);
		subject.bound = field <= EXTKEY_FIELD_ACK;
		mask = extkey_mask(EXTKEY_SCHEME_SIPHASH, &secret, &subject);
		if (field != EXTKEY_FIELD_FASTCLOSE)
			CHANGES(field);
		if (field != EXTKEY_FIELD_TOKEN) {
			CHANGES(sender_key);
			CHANGES(receiver_key);
		}
		if (subject.bound) {
			CHANGES(nonce[0]);
			CHANGES(bound);
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
							 &secret, &subject));
			secret.mask_key[i] ^= 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_official),
		cmocka_unit_test(derived),
		cmocka_unit_test(siphash_masks),
		cmocka_unit_test(xor_masks_the_token_alone),
		cmocka_unit_test(all_is_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
