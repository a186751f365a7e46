// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walk over TCP options. Input: a length, as the header might claim it, and
 * the options. What is behind them must not matter, nor be read.
 */
#include <sanitizer/asan_interface.h>
#include <string.h>

#include "naive.h"

static _Alignas(8) struct extkey_walk walk;

/* Steps until it is over, which must be soon */
static unsigned int steps(void)
{
	unsigned int n = 0;

	walk.pos = 0;
	walk.found = 0;
	walk.capables = 0;
	memset(walk.options, 0xff, sizeof(walk.options));
	while (!extkey_walk_step(&walk)) {
		want(walk.pos <= walk.len);
		want(++n <= EXTKEY_TCPOPT_MAX);
	}
	return n;
}

/* Whether it says that there is nothing but data; of the packet there are @have bytes */
static int only_data(unsigned int len, unsigned int have)
{
	return len && extkey_only_data(walk.opts, walk.opts + have, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int have, len, n;
	struct naive_walk naive;
	struct extkey_walk first;
	uint8_t *opts;

	if (size < 1)
		return 0;
	walk.len = *data++;
	have = size - 1 < EXTKEY_TCPOPT_BUF ? (unsigned int)size - 1 :
					      EXTKEY_TCPOPT_BUF;
	/* More than can be, or more than there is: the walk takes the buffer's */
	len = walk.len < EXTKEY_TCPOPT_MAX ? walk.len : EXTKEY_TCPOPT_MAX;

	memset(walk.opts, 0, sizeof(walk.opts));
	memcpy(walk.opts, data, have);
	opts = malloc(len + !len); /* exactly, for what the sanitizer knows */
	memcpy(opts, walk.opts, len);
	naive_options(opts, len, &naive);

	ASAN_POISON_MEMORY_REGION(walk.opts + len, sizeof(walk.opts) - len);
	n = steps();
	want(walk.pos <= len);
	naive_agrees(&naive, &walk);
	want(extkey_walk_step(&walk)); /* what is over stays over */
	/* Whole words, as all headers have them, of a packet that may end before */
	have = have < len ? have : len;
	ASAN_POISON_MEMORY_REGION(walk.opts + have, sizeof(walk.opts) - have);
	if (len % 4 == 0 && only_data(len, have))
		want(!naive.found);
	ASAN_UNPOISON_MEMORY_REGION(walk.opts, sizeof(walk.opts));
	if (only_data(len, sizeof(walk.opts)))
		want(!naive.found);

	/* Once more, with other bytes behind the options */
	first = walk;
	memset(walk.opts + len, 0x1e, sizeof(walk.opts) - len);
	want(steps() == n);
	want(walk.pos == first.pos && walk.found == first.found);
	want(!memcmp(walk.options, first.options, sizeof(walk.options)));
	free(opts);
	return 0;
}
