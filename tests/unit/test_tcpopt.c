// SPDX-License-Identifier: GPL-2.0-only
/* The walk over TCP options: what is there is found, and nothing else */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_tcpopt.h"

#define JOIN 30, 12, 0x10, 2, 0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3, 4
#define MSS 2, 4, 5, 180
#define TIMESTAMP 8, 10, 0, 0, 0, 1, 0, 0, 0, 0
#define NOP 1
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
	CASE(0, 0, NOP, EOL, JOIN),
	/* other lengths, other subtypes, other kinds */
	CASE(0, 0, 30, 16, 0x10, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
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
			 unsigned int join_len, unsigned int *offset)
{
	struct extkey_walk walk = { .len = len, .join_len = join_len };
	unsigned int step;

	memcpy(walk.opts, opts, sizeof(walk.opts));
	for (step = 0; step < EXTKEY_TCPOPT_MAX; step++)
		if (extkey_walk_step(&walk))
			break;
	/* No way past the end, and none on after that many steps */
	assert_true(extkey_walk_step(&walk));
	if (walk.found)
		*offset = walk.offset;
	return walk.found;
}

static void found_as_they_are(void **unused)
{
	unsigned int i, offset;
	__u8 buf[EXTKEY_TCPOPT_BUF];

	(void)unused;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Behind the options is what must not be read: more joins */
		memset(buf, 0x10, sizeof(buf));
		memcpy(buf, cases[i].bytes, cases[i].len);
		offset = 0;
		if (find(buf, cases[i].len, EXTKEY_JOIN_SYN, &offset) !=
			    cases[i].want ||
		    offset != cases[i].at)
			fail_msg("%s: not %u at %u", cases[i].text,
				 cases[i].want, cases[i].at);
	}
}

static void other_joins(void **unused)
{
	__u8 buf[EXTKEY_TCPOPT_BUF] = { NOP, 30, 16, 0x10 };
	unsigned int offset;

	(void)unused;
	assert_int_equal(find(buf, 17, EXTKEY_JOIN_SYNACK, &offset), 1);
	assert_int_equal(offset, 1);
	assert_int_equal(find(buf, 16, EXTKEY_JOIN_SYNACK, &offset), 0);
	buf[2] = 24;
	assert_int_equal(find(buf, 40, EXTKEY_JOIN_ACK, &offset), 1);
}

/* No length, not even one that no header can have, leads out of the options */
static void any_length(void **unused)
{
	__u8 buf[EXTKEY_TCPOPT_BUF];
	unsigned int len, offset;

	(void)unused;
	memset(buf, NOP, sizeof(buf));
	memcpy(buf + 36, (__u8[]){ JOIN }, 12);
	for (len = 0; len < 1000; len++)
		assert_int_equal(find(buf, len, EXTKEY_JOIN_SYN, &offset), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_as_they_are),
		cmocka_unit_test(other_joins),
		cmocka_unit_test(any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
