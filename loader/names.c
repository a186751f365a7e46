// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "extkey_maps.h"
#include "names.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const char *const schemes[] = {
	[EXTKEY_SCHEME_SIPHASH] = "siphash",
	[EXTKEY_SCHEME_XOR] = "xor",
};

static const char *const engines[] = {
	[EXTKEY_ENGINE_HOOK] = "hook",
	[EXTKEY_ENGINE_TC] = "tc",
};

static const char *const sources[] = {
	[0] = "none",
	[EXTKEY_FROM_ADDRESS] = "address",
	[EXTKEY_FROM_CGROUP] = "cgroup",
	[EXTKEY_FROM_ADDRESS | EXTKEY_FROM_CGROUP] = "address,cgroup",
};

static int number_of(const char *const *words, unsigned int nr,
		     const char *word)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!strcmp(word, words[i]))
			return i;
	return -1;
}

const char *scheme_name(unsigned int scheme)
{
	return scheme < NR(schemes) ? schemes[scheme] : "unknown";
}

const char *engine_name(unsigned int engine)
{
	return engine < NR(engines) ? engines[engine] : "unknown";
}

const char *sources_name(unsigned int bits)
{
	return bits < NR(sources) ? sources[bits] : "unknown";
}

const char *key_word(const struct extkey_policy *policy)
{
	return policy->wait_key	   ? "awaited" :
	       policy->require_key ? "required" :
				     "optional";
}

int scheme_number(const char *word)
{
	return number_of(schemes, NR(schemes), word);
}

int engine_number(const char *word)
{
	return number_of(engines, NR(engines), word);
}

int sources_number(const char *word)
{
	int bits = number_of(sources, NR(sources), word);

	return bits ? bits : -1;
}
