// SPDX-License-Identifier: GPL-2.0-only
/* SHA-256 by the vectors of FIPS 180-4, and the HMAC of MP_JOIN by OpenSSL's */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_sha256.h"

/* Of a text, padded as in section 5.1.1 */
static void hash(const char *text, uint32_t digest[8])
{
	struct extkey_sha256 ctx;
	unsigned char padded[192] = { 0 };
	size_t len = strlen(text), blocks = (len + 9 + 63) / 64, i, at;

	memcpy(padded, text, len);
	padded[len] = 0x80;
	for (i = 0; i < 8; i++)
		padded[blocks * 64 - 1 - i] =
			(unsigned char)((uint64_t)len * 8 >> 8 * i);
	memcpy(ctx.state, extkey_sha256_init, sizeof(ctx.state));
	for (at = 0; at < blocks * 64; at += 64) {
		for (i = 0; i < 16; i++)
			ctx.block[i] = (uint32_t)padded[at + 4 * i] << 24 |
				       (uint32_t)padded[at + 4 * i + 1] << 16 |
				       (uint32_t)padded[at + 4 * i + 2] << 8 |
				       padded[at + 4 * i + 3];
		extkey_sha256_block(&ctx);
	}
	memcpy(digest, ctx.state, sizeof(ctx.state));
}

/* https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
static void test_official(void **state)
{
	static const struct {
		const char *text;
		uint32_t digest[8];
	} vectors[] = {
		{ "",
		  { 0xe3b0c442, 0x98fc1c14, 0x9afbf4c8, 0x996fb924, 0x27ae41e4,
		    0x649b934c, 0xa495991b, 0x7852b855 } },
		{ "abc",
		  { 0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3,
		    0x96177a9c, 0xb410ff61, 0xf20015ad } },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  { 0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459,
		    0x64ff2167, 0xf6ecedd4, 0x19db06c1 } },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  { 0xcf5b16a7, 0x78af8380, 0x036ce59e, 0x7b049237, 0x0b249b11,
		    0xe8f07a51, 0xafac4503, 0x7afee9d1 } },
	};
	uint32_t digest[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		hash(vectors[i].text, digest);
		assert_memory_equal(digest, vectors[i].digest, sizeof(digest));
	}
}

/*
 * printf 'deadbeef11223344' | xxd -r -p | openssl dgst -sha256 -mac HMAC
 *	-macopt hexkey:0102030405060708f1f2f3f4f5f6f7f8
 */
static void test_join(void **state)
{
	struct extkey_sha256 ctx;

	(void)state;
	assert_int_equal(extkey_join_hmac(&ctx, 0x0102030405060708,
					  0xf1f2f3f4f5f6f7f8, 0xdeadbeef,
					  0x11223344),
			 0x9a8274a7a9d47a97);
	assert_int_not_equal(extkey_join_hmac(&ctx, 0xf1f2f3f4f5f6f7f8,
					      0x0102030405060708, 0xdeadbeef,
					      0x11223344),
			     0x9a8274a7a9d47a97);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_official),
		cmocka_unit_test(test_join),
	};

	return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
