// SPDX-License-Identifier: GPL-2.0-only
/* Reading a key out of an address, and what include/extkey.h writes there */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extkey.h"
#include "extkey_addr.h"

static const __u8 some_key[EXTKEY_KEY_MAX] = {
	0x80, 0, 0, 1, 2, 3, 4, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, [31] = 7,
};
static const __u8 zero[EXTKEY_KEY_MAX];

/* As the kernel gets it: the address in @addr, of which @addrlen bytes count */
static enum extkey_found read_addr(const struct sockaddr_storage *addr,
				   socklen_t addrlen, __u8 key[EXTKEY_KEY_MAX],
				   unsigned int *len)
{
	const __u8 *bytes = (const __u8 *)addr;
	__u8 tail[EXTKEY_TAIL_MAX];
	unsigned int size, tail_len;

	/* What is behind the address does not matter */
	memset(tail, 0x5a, sizeof(tail));
	size = addr->ss_family == AF_INET6 ? EXTKEY_SIN6_SIZE : EXTKEY_SIN_SIZE;
	tail_len = addrlen > size ? addrlen - size : 0;
	memcpy(tail, bytes + size,
	       tail_len < sizeof(tail) ? tail_len : sizeof(tail));
	return extkey_from_addr(
		addr->ss_family == AF_INET ? bytes + EXTKEY_SIN_ZERO_AT : NULL,
		tail, tail_len, key, len);
}

static void sizes_are_the_systems(void **unused)
{
	(void)unused;
	assert_int_equal(EXTKEY_SIN_SIZE, sizeof(struct sockaddr_in));
	assert_int_equal(EXTKEY_SIN6_SIZE, sizeof(struct sockaddr_in6));
	assert_int_equal(EXTKEY_SIN_ZERO_AT,
			 offsetof(struct sockaddr_in, sin_zero));
}

static void plain_addresses_have_none(void **unused)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	__u8 key[EXTKEY_KEY_MAX] = { 1 };
	unsigned int len;

	(void)unused;
	assert_int_equal(read_addr(&addr, EXTKEY_SIN_SIZE, key, &len),
			 EXTKEY_NONE);
	assert_memory_equal(key, zero, sizeof(key));
	assert_int_equal(read_addr(&addr, sizeof(addr), key, &len),
			 EXTKEY_NONE);
	addr.ss_family = AF_INET6;
	/* RFC 2133 has an address without scope */
	assert_int_equal(read_addr(&addr, 24, key, &len), EXTKEY_NONE);
	assert_int_equal(read_addr(&addr, EXTKEY_SIN6_SIZE, key, &len),
			 EXTKEY_NONE);
	memset((char *)&addr + EXTKEY_SIN6_SIZE, 0xa5, 50);
	assert_int_equal(read_addr(&addr, sizeof(addr), key, &len),
			 EXTKEY_NONE);
}

static void one_bit_is_a_key(void **unused)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	__u8 *sin_zero = (__u8 *)&addr + EXTKEY_SIN_ZERO_AT;
	__u8 key[EXTKEY_KEY_MAX];
	unsigned int bit, len;

	(void)unused;
	for (bit = 0; bit < 64; bit++) {
		memset(sin_zero, 0, EXTKEY_KEY_SHORT);
		sin_zero[bit / 8] = 1 << bit % 8;
		assert_int_equal(read_addr(&addr, EXTKEY_SIN_SIZE, key, &len),
				 EXTKEY_KEY);
		assert_int_equal(len, EXTKEY_KEY_SHORT);
		assert_memory_equal(key, sin_zero, EXTKEY_KEY_SHORT);
		assert_memory_equal(key + EXTKEY_KEY_SHORT, zero,
				    sizeof(key) - EXTKEY_KEY_SHORT);
	}
}

static const sa_family_t families[] = { AF_INET, AF_INET6 };

static void helper_writes_what_the_kernel_reads(void **unused)
{
	struct sockaddr_storage addr;
	__u8 key[EXTKEY_KEY_MAX];
	unsigned int family, len;
	socklen_t addrlen;
	size_t size;

	(void)unused;
	for (family = 0; family < 2; family++) {
		for (size = 0; size <= EXTKEY_KEY_MAX + 1; size++) {
			memset(&addr, 0, sizeof(addr));
			addr.ss_family = families[family];
			((struct sockaddr_in *)&addr)->sin_port = 0x1234;
			if (size > EXTKEY_KEY_MAX ||
			    (size < EXTKEY_KEY_MIN &&
			     (size != EXTKEY_KEY_SHORT ||
			      addr.ss_family == AF_INET6))) {
				assert_int_equal(extkey_set_key(&addr, &addrlen,
								some_key, size),
						 -EINVAL);
				continue;
			}
			assert_int_equal(extkey_set_key(&addr, &addrlen,
							some_key, size),
					 0);
			assert_int_equal(
				((struct sockaddr_in *)&addr)->sin_port,
				0x1234);
			assert_int_equal(read_addr(&addr, addrlen, key, &len),
					 EXTKEY_KEY);
			assert_int_equal(len, size);
			assert_memory_equal(key, some_key, size);
			assert_memory_equal(key + size, zero,
					    sizeof(key) - size);
		}
	}
}

/* The bytes of docs/protocol.md, written out: those that the kernel gets */
static void helper_writes_the_documents_bytes(void **unused)
{
	static const __u8 key[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
				    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c,
				    0x0d, 0x0e, 0x0f, 0x10 };
	static const __u8 in_sin_zero[] = {
		0x02, 0x00, 0x1f, 0x90,
		0x0a, 0x00, 0x01, 0x02, /* 10.0.1.2:8080 */
		0x01, 0x02, 0x03, 0x04,
		0x05, 0x06, 0x07, 0x08, /* the key */
	};
	static const __u8 behind_sin[] = {
		0x02, 0x00, 0x1f, 0x90,
		0x0a, 0x00, 0x01, 0x02, /* 10.0.1.2:8080 */
		0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, /* sin_zero */
		0x89, 0x65, 0x78, 0x74,
		0x6b, 0x65, 0x79, 0x01, /* magic */
		0x10, 0x00, 0x00, 0x00, /* length of the key */
		0x01, 0x02, 0x03, 0x04,
		0x05, 0x06, 0x07, 0x08, /* the key */
		0x09, 0x0a, 0x0b, 0x0c,
		0x0d, 0x0e, 0x0f, 0x10,
	};
	static const __u8 behind_sin6[] = {
		0x0a, 0x00, 0x1f, 0x90, 0x00, 0x00, 0x00, 0x00, /* port 8080 */
		0xfd, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, /* fd00:1::2 */
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
		0x00, 0x00, 0x00, 0x00, /* sin6_scope_id */
		0x89, 0x65, 0x78, 0x74, 0x6b, 0x65, 0x79, 0x01, /* magic */
		0x10, 0x00, 0x00, 0x00, /* length of the key */
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, /* the key */
		0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
	};
	static const struct {
		const __u8 *want;
		socklen_t want_len;
		size_t address_len, key_len;
	} forms[] = {
		{ in_sin_zero, sizeof(in_sin_zero), EXTKEY_SIN_ZERO_AT, 8 },
		{ behind_sin, sizeof(behind_sin), EXTKEY_SIN_SIZE, 16 },
		{ behind_sin6, sizeof(behind_sin6), EXTKEY_SIN6_SIZE, 16 },
	};
	struct sockaddr_storage addr, zeros = { 0 };
	socklen_t addrlen;
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&addr, 0, sizeof(addr));
		memcpy(&addr, forms[i].want, forms[i].address_len);
		/* That one is in the host's byte order */
		addr.ss_family = forms[i].want[0];
		assert_int_equal(extkey_set_key(&addr, &addrlen, key,
						forms[i].key_len),
				 0);
		assert_int_equal(addrlen, forms[i].want_len);
		assert_int_equal(addr.ss_family, forms[i].want[0]);
		assert_memory_equal((__u8 *)&addr + 2, forms[i].want + 2,
				    addrlen - 2);
		assert_memory_equal((__u8 *)&addr + addrlen, &zeros,
				    sizeof(addr) - addrlen);
	}
}

static void helper_refuses(void **unused)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	const struct sockaddr_storage before = addr;
	socklen_t addrlen;

	(void)unused;
	assert_int_equal(extkey_set_key(&addr, &addrlen, zero, 8), -EINVAL);
	assert_int_equal(extkey_set_key(&addr, &addrlen, zero, 32), -EINVAL);
	assert_memory_equal(&addr, &before, sizeof(addr));
	addr.ss_family = AF_UNIX;
	assert_int_equal(extkey_set_key(&addr, &addrlen, some_key, 16),
			 -EINVAL);
}

/* What begins as a long key and is none, is refused and not ignored */
static void malformed(void **unused)
{
	struct sockaddr_storage good = { .ss_family = AF_INET }, addr;
	__u8 *tail = (__u8 *)&addr + EXTKEY_SIN_SIZE, key[EXTKEY_KEY_MAX];
	socklen_t addrlen;
	unsigned int len, i;

	(void)unused;
	assert_int_equal(extkey_set_key(&good, &addrlen, some_key, 16), 0);
#define REFUSED(change, addrlen)                                       \
	do {                                                           \
		addr = good;                                           \
		change;                                                \
		assert_int_equal(read_addr(&addr, addrlen, key, &len), \
				 EXTKEY_MALFORMED);                    \
	} while (0)
	REFUSED(, addrlen - 1);
	REFUSED(, addrlen + 1);
	REFUSED(, EXTKEY_SIN_SIZE + EXTKEY_HEAD_SIZE);
	REFUSED(tail[8] = 15, addrlen - 1);
	REFUSED(tail[8] = 33, addrlen + 17);
	REFUSED(tail[8] = 0, addrlen);
	REFUSED(tail[8] = 0xff, addrlen);
	for (i = 9; i < 12; i++)
		REFUSED(tail[i] = 1, addrlen);
	REFUSED(memset(tail + EXTKEY_HEAD_SIZE, 0, 16), addrlen);
	/* Two keys: one in sin_zero as well */
	REFUSED(tail[-1] = 1, addrlen);
	/* Without the magic it is nobody's key */
	for (i = 0; i < 8; i++) {
		addr = good;
		tail[i] ^= 1;
		assert_int_equal(read_addr(&addr, addrlen, key, &len),
				 EXTKEY_NONE);
	}
}

static void parse_key_files(void **unused)
{
	static const struct {
		const char *text;
		int err;
		size_t len;
	} files[] = {
		{ "0102030405060708", 0, 8 },
		{ "0102030405060708\n", 0, 8 },
		{ "\r\n\t 0102030405060708 \r\n\r\n", 0, 8 },
		{ "000102030405060708090A0B0C0D0E0f", 0, 16 },
		{ "", -ENODATA, 0 },
		{ " \n", -ENODATA, 0 },
		{ "01020304 05060708", -EILSEQ, 0 },
		{ "0x02030405060708", -EILSEQ, 0 },
		{ "010203040506070", -EMSGSIZE, 0 },
		{ "010203040506070809", -EMSGSIZE, 0 },
		{ "0000000000000000", -EKEYREJECTED, 8 },
	};
	__u8 key[EXTKEY_KEY_MAX];
	unsigned int i;
	size_t len;

	(void)unused;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_int_equal(
			extkey_parse_key((const unsigned char *)files[i].text,
					 strlen(files[i].text), key, &len),
			files[i].err);
		assert_int_equal(len, files[i].len);
		/* Each has words of its own */
		if (files[i].err)
			assert_string_not_equal(
				extkey_key_file_error(files[i].err),
				strerror(-files[i].err));
		else
			assert_int_equal(key[1], 0x02 - (len == 16));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_the_systems),
		cmocka_unit_test(plain_addresses_have_none),
		cmocka_unit_test(one_bit_is_a_key),
		cmocka_unit_test(parse_key_files),
		cmocka_unit_test(helper_writes_what_the_kernel_reads),
		cmocka_unit_test(helper_writes_the_documents_bytes),
		cmocka_unit_test(helper_refuses),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
