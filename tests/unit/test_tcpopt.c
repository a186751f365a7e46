// SPDX-License-Identifier: GPL-2.0-only
/* The walk over TCP options: what is there is found, and nothing else */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_tcpopt.h"

#define JOIN 30, 12, 0x10, 2, 0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3, 4
#define MSS 2, 4, 5, 180
#define TIMESTAMP 8, 10, 0, 0, 0, 1, 0, 0, 0, 0
#define NOP 1
#define SACK_PERM 4, 2
#define WINDOW 3, 3, 7
#define SYN_OPTIONS MSS, SACK_PERM, TIMESTAMP, NOP, WINDOW
#define EOL 0

#define CASE(want, at, ...)                                              \
	{                                                                \
		#__VA_ARGS__, want, at, sizeof((__u8[]){ __VA_ARGS__ }), \
		{                                                        \
			__VA_ARGS__                                      \
		}                                                        \
	}

static const struct {
	const char *text;
	unsigned int want;
	unsigned int at;
	unsigned int len;
	__u8 bytes[EXTKEY_TCPOPT_MAX];
} cases[] = {
	/* in any place */
	CASE(1, 0, JOIN),
	CASE(1, 4, MSS, JOIN),
	CASE(1, 20, MSS, 4, 2, TIMESTAMP, NOP, 3, 3, 7, JOIN),
	CASE(1, 2, NOP, NOP, JOIN),
	CASE(1, 28, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP,
	     NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP, NOP,
	     NOP, NOP, NOP, JOIN),
	CASE(1, 0, JOIN, EOL, EOL, EOL, EOL),
	/* the first of several */
	CASE(2, 0, JOIN, JOIN),
	CASE(3, 0, JOIN, JOIN, JOIN),
	/* not there */
	CASE(0, 0, MSS),
	CASE(0, 0, EOL, JOIN),
	CASE(0, 0, EOL, 2, JOIN),
	CASE(0, 0, NOP, EOL, JOIN),
	/* other lengths, other subtypes, other kinds */
	CASE(0, 0, 30, 13, 0x10, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1),
	CASE(0, 0, 30, 11, 0x10, 2, 1, 1, 1, 1, 1, 1, 1),
	CASE(0, 0, 30, 12, 0x00, 2, 1, 1, 1, 1, 1, 1, 1, 1),
	CASE(0, 0, 31, 12, 0x10, 2, 1, 1, 1, 1, 1, 1, 1, 1),
	/* malformed: what comes after is not read */
	CASE(0, 0, 5, 0, JOIN),
	CASE(0, 0, 5, 1, JOIN),
	CASE(0, 0, 30, 0, JOIN),
	CASE(0, 0, 5, 30, JOIN),
	CASE(0, 0, 30, 12, 0x10, 2, 1, 1, 1, 1, 1, 1, 1),
	CASE(0, 0, 30),
	CASE(0, 0, MSS, 30),
	CASE(1, 0, JOIN, 30, 12, 0x10),
};

static unsigned int find(const __u8 *opts, unsigned int len,
			 struct extkey_option *first)
{
	struct extkey_walk walk = { .len = len };
	unsigned int step;

	memcpy(walk.opts, opts, sizeof(walk.opts));
	for (step = 0; step < EXTKEY_TCPOPT_MAX; step++)
		if (extkey_walk_step(&walk))
			break;
	/* No way past the end, and none on after that many steps */
	assert_true(extkey_walk_step(&walk));
	*first = walk.options[0];
	return walk.found;
}

static void found_as_they_are(void **unused)
{
	struct extkey_option first;
	__u8 buf[EXTKEY_TCPOPT_BUF];
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Behind the options is what must not be read: more joins */
		memset(buf, 0x10, sizeof(buf));
		memcpy(buf, cases[i].bytes, cases[i].len);
		if (find(buf, cases[i].len, &first) != cases[i].want ||
		    first.at != cases[i].at ||
		    (cases[i].want && (first.field != EXTKEY_FIELD_TOKEN ||
				       first.len != EXTKEY_JOIN_SYN)))
			fail_msg("%s: not %u at %u", cases[i].text,
				 cases[i].want, cases[i].at);
	}
}

/* Each option that has a field, by subtype, flags and length; no other has */
static void fields_by_length(void **unused)
{
	static const struct {
		__u8 subtype_flags, len;
		int field;
	} fields[] = {
		{ 0x10, 12, EXTKEY_FIELD_TOKEN },
		{ 0x11, 16, EXTKEY_FIELD_SYNACK },
		{ 0x1f, 24, EXTKEY_FIELD_ACK },
		{ 0x30, 16, EXTKEY_FIELD_ADD_ADDR },
		{ 0x30, 18, EXTKEY_FIELD_ADD_ADDR },
		{ 0x3e, 28, EXTKEY_FIELD_ADD_ADDR },
		{ 0x30, 30, EXTKEY_FIELD_ADD_ADDR },
		{ 0x70, 12, EXTKEY_FIELD_FASTCLOSE },
	};
	unsigned int subtype_flags, len, i;
	int want;

	(void)unused;
	for (subtype_flags = 0; subtype_flags < 256; subtype_flags++) {
		for (len = 0; len < 256; len++) {
			want = -1;
			for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
				if (fields[i].subtype_flags >> 4 ==
					    (__u8)subtype_flags >> 4 &&
				    fields[i].len == len &&
				    !(subtype_flags >> 4 == 3 &&
				      subtype_flags & 1))
					want = fields[i].field;
			assert_int_equal(
				extkey_option_field(subtype_flags, len), want);
		}
	}
}

static void two_fields(void **unused)
{
	struct extkey_walk walk = { .len = 40 };
	unsigned int step;

	(void)unused;
	memcpy(walk.opts, (__u8[]){ 30, 24, 0x10 }, 3);
	memcpy(walk.opts + 24, (__u8[]){ 30, 16, 0x30 }, 3);
	for (step = 0; step < EXTKEY_TCPOPT_MAX; step++)
		extkey_walk_step(&walk);
	assert_int_equal(walk.found, 2);
	assert_int_equal(walk.options[0].field, EXTKEY_FIELD_ACK);
	assert_int_equal(walk.options[1].field, EXTKEY_FIELD_ADD_ADDR);
	assert_int_equal(walk.options[1].at, 24);
}

/* What it takes for data alone must have no field */
static void only_data(void **unused)
{
	static const struct {
		int want;
		unsigned int len;
		__u8 bytes[EXTKEY_TCPOPT_MAX];
	} data[] = {
		/* clang-format off */
		{ 1, 12, { NOP, NOP, TIMESTAMP } },
		{ 1, 20, { NOP, NOP, TIMESTAMP, 30, 8, 0x20 } },
		{ 1, 32, { NOP, NOP, TIMESTAMP, 30, 18, 0x20 } },
		{ 1, 20, { 30, 20, 0x20 } },
		{ 1, 8, { 30, 8, 0x20 } },
		{ 1, 32, { NOP, NOP, TIMESTAMP, 30, 20, 0x01 } },
		{ 1, 20, { SYN_OPTIONS } },
		{ 1, 24, { SYN_OPTIONS, 30, 4, 0x01 } },
		{ 1, 32, { SYN_OPTIONS, 30, 12, 0x01 } },
		{ 1, 24, { MSS, NOP, NOP, TIMESTAMP, NOP, WINDOW, 30, 4, 0x01 } },
		{ 0, 24, { NOP, NOP, TIMESTAMP, JOIN } },
		{ 0, 32, { SYN_OPTIONS, JOIN } },
		{ 0, 36, { SYN_OPTIONS, 30, 4, 0x01, 0, JOIN } },
		/* a timestamp, or a window, of another length */
		{ 0, 24, { MSS, SACK_PERM, 8, 2, 30, 12, 0x10, 2, 1, 1, 1, 1,
			   NOP, WINDOW, 30, 4, 0x01 } },
		{ 0, 36, { MSS, SACK_PERM, TIMESTAMP, NOP, 3, 4, 0, 0, 30, 12, 0x10 } },
		{ 0, 32, { NOP, NOP, TIMESTAMP, 30, 8, 0x20, 0, 1, 1, 1, 1, JOIN } },
		{ 0, 20, { 30, 8, 0x20, 0, 1, 1, 1, 1, JOIN } },
		{ 0, 20, { 30, 3, 0x20, NOP } },
		{ 0, 12, { JOIN } },
		/* a timestamp of no length, and a nonce that looks like DSS */
		{ 0, 16, { NOP, NOP, 8, 2, 30, 12, 0x10, 2, 1, 1, 1, 1, 30, 20, 0x20 } },
		{ 0, 20, { TIMESTAMP, NOP, NOP } },
		/* clang-format on */
	};
	__u8 buf[EXTKEY_TCPOPT_BUF];
	unsigned int i, have;

	(void)unused;
	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		memset(buf, 0, sizeof(buf));
		memcpy(buf, data[i].bytes, data[i].len);
		assert_int_equal(extkey_only_data(buf, buf + sizeof(buf),
						  data[i].len),
				 data[i].want);
		/* The packet may end before what its header says */
		for (have = 0; have <= data[i].len; have++) {
			__u8 *exact = malloc(have + !have);

			memcpy(exact, buf, have);
			if (extkey_only_data(exact, exact + have, data[i].len))
				assert_int_equal(data[i].want, 1);
			free(exact);
		}
	}
}

/* No length, not even one that no header can have, leads out of the options */
static void any_length(void **unused)
{
	__u8 buf[EXTKEY_TCPOPT_BUF];
	struct extkey_option first;
	unsigned int len;

	(void)unused;
	memset(buf, NOP, sizeof(buf));
	memcpy(buf + 36, (__u8[]){ JOIN }, 12);
	for (len = 0; len < 1000; len++)
		assert_int_equal(find(buf, len, &first), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_as_they_are),
		cmocka_unit_test(fields_by_length),
		cmocka_unit_test(two_fields),
		cmocka_unit_test(only_data),
		cmocka_unit_test(any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
