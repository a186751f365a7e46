/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is being fuzzed, written once more: by RFC 8684 and RFC 9293, with nothing
 * in mind but to be plainly right. The fuzzers want both to agree.
 */
#ifndef EXTKEY_FUZZ_NAIVE_H
#define EXTKEY_FUZZ_NAIVE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "extkey_tcpopt.h"

/* What libFuzzer calls a finding */
#define want(condition)                                                    \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
				__LINE__, #condition);                     \
			abort();                                           \
		}                                                          \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAIVE_OPTIONS 40

struct naive_walk {
	unsigned int found;
	struct extkey_option options[NAIVE_OPTIONS];
	unsigned int capables, capable_at;
};

static inline int naive_field(const uint8_t *option, unsigned int len)
{
	static const struct {
		unsigned int subtype, len;
		int field;
	} fields[] = {
		{ 1, 12, EXTKEY_FIELD_TOKEN },
		{ 1, 16, EXTKEY_FIELD_SYNACK },
		{ 1, 24, EXTKEY_FIELD_ACK },
		{ 3, 16, EXTKEY_FIELD_ADD_ADDR },
		{ 3, 18, EXTKEY_FIELD_ADD_ADDR },
		{ 3, 28, EXTKEY_FIELD_ADD_ADDR },
		{ 3, 30, EXTKEY_FIELD_ADD_ADDR },
		{ 7, 12, EXTKEY_FIELD_FASTCLOSE },
	};
	unsigned int i;

	if (option[0] != 30 || len < 3)
		return -1;
	if (option[2] >> 4 == 3 && option[2] % 2)
		return -1; /* an echo has no HMAC */
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].subtype == option[2] >> 4 && fields[i].len == len)
			return fields[i].field;
	return -1;
}

/* @opts has @len bytes and not one more */
static inline void naive_options(const uint8_t *opts, unsigned int len,
				 struct naive_walk *walk)
{
	unsigned int at = 0;
	int field;

	walk->found = 0;
	walk->capables = 0;
	while (at < len && opts[at] != 0) {
		if (opts[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 == len || opts[at + 1] < 2 ||
		    at + opts[at + 1] > len)
			return;
		field = naive_field(opts + at, opts[at + 1]);
		if (field >= 0) {
			walk->options[walk->found].field = (__u8)field;
			walk->options[walk->found].at = (__u8)at;
			walk->options[walk->found].len = opts[at + 1];
			walk->found++;
		}
		if (opts[at] == 30 && opts[at + 1] > 2 && opts[at + 2] < 16) {
			walk->capable_at = at;
			walk->capables++;
		}
		at += opts[at + 1];
	}
}

static inline void naive_agrees(const struct naive_walk *naive,
				const struct extkey_walk *walk)
{
	/* More than there is room for are malformed: of these, the first one counts */
	unsigned int i, kept = walk->found > EXTKEY_OPTIONS ? 1 : walk->found;

	want(walk->found == naive->found);
	want(walk->capables == naive->capables);
	if (walk->capables) {
		want(walk->capable_at == naive->capable_at);
		want(walk->capable_len == walk->opts[walk->capable_at + 1]);
	}
	for (i = 0; i < kept; i++) {
		want(walk->options[i].field == naive->options[i].field);
		want(walk->options[i].at == naive->options[i].at);
		want(walk->options[i].len == naive->options[i].len);
		want(walk->options[i].at + walk->options[i].len <= walk->len);
	}
}

#endif /* EXTKEY_FUZZ_NAIVE_H */
