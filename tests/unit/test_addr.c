// SPDX-License-Identifier: GPL-2.0-only
/* Reading a key out of sin_zero, and what include/extkey.h writes there */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extkey.h"
#include "extkey_addr.h"

static const __u8 some_key[EXTKEY_KEY_BYTES] = { 0x80, 0, 0, 1, 2, 3, 4, 0xff };

static void zeros_are_no_key(void **unused)
{
	__u8 key[EXTKEY_KEY_BYTES] = { 1 };
	const __u8 zero[EXTKEY_KEY_BYTES] = { 0 };

	(void)unused;
	assert_false(extkey_from_sin_zero(zero, key));
	assert_memory_equal(key, zero, sizeof(key));
}

static void one_bit_is_a_key(void **unused)
{
	__u8 sin_zero[EXTKEY_KEY_BYTES], key[EXTKEY_KEY_BYTES];
	unsigned int bit;

	(void)unused;
	for (bit = 0; bit < 64; bit++) {
		memset(sin_zero, 0, sizeof(sin_zero));
		sin_zero[bit / 8] = 1 << bit % 8;
		assert_true(extkey_from_sin_zero(sin_zero, key));
		assert_memory_equal(key, sin_zero, sizeof(key));
	}
}

static void helper_writes_what_the_kernel_reads(void **unused)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = 0x1234 };
	__u8 key[EXTKEY_KEY_BYTES];

	(void)unused;
	assert_int_equal(extkey_set_key(&addr, some_key, sizeof(some_key)), 0);
	assert_int_equal(addr.sin_port, 0x1234);
	assert_true(extkey_from_sin_zero((const __u8 *)&addr + 8, key));
	assert_memory_equal(key, some_key, sizeof(key));
}

static void helper_refuses(void **unused)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	const __u8 zero[EXTKEY_KEY_BYTES] = { 0 };

	(void)unused;
	assert_int_equal(extkey_set_key(&addr, some_key, 7), -EINVAL);
	assert_int_equal(extkey_set_key(&addr, some_key, 9), -EINVAL);
	assert_int_equal(extkey_set_key(&addr, zero, sizeof(zero)), -EINVAL);
	addr.sin_family = AF_INET6;
	assert_int_equal(extkey_set_key(&addr, some_key, sizeof(some_key)),
			 -EINVAL);
	assert_memory_equal(addr.sin_zero, zero, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_are_no_key),
		cmocka_unit_test(one_bit_is_a_key),
		cmocka_unit_test(helper_writes_what_the_kernel_reads),
		cmocka_unit_test(helper_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
