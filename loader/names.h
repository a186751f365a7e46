/* SPDX-License-Identifier: GPL-2.0-only */
/* The words for what include/extkey_maps.h has numbers for */
#ifndef EXTKEY_NAMES_H
#define EXTKEY_NAMES_H

#include "extkey_maps.h"

#define EXTKEY_VERSION "0.2.0"

/* The word, "unknown" for a number without one */
const char *scheme_name(unsigned int scheme);
const char *engine_name(unsigned int engine);

/* "address", "cgroup" or "address,cgroup", for EXTKEY_FROM_* */
const char *sources_name(unsigned int sources);

/* What a socket without a key means to the policy: "optional", "required" or "awaited" */
const char *key_word(const struct extkey_policy *policy);

/* The number, or -1 for a word that is none of them */
int scheme_number(const char *word);
int engine_number(const char *word);
int sources_number(const char *word);

#endif /* EXTKEY_NAMES_H */
