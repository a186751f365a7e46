/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule of include/extkey_choice.h for models, so that they play the one that the programs
 * have. Models have numbers for keys, from 1 on: here they are the fingerprints.
 */
#include "extkey_choice.h"

#define NO_MASK 0 /* plain */
#define NOT_SENT 255

static struct extkey_keys keys_of(int sending, int accepted, int connection)
{
	struct extkey_keys keys = {
		.sending.fingerprint = sending,
		.accepted.fingerprint = accepted,
		.connection = { .mask_key = { connection },
				.fingerprint = connection },
		.has_sending = sending != 0,
		.has_accepted = accepted != 0,
		.has_connection = connection != 0,
	};

	return keys;
}

static int field_of(int is_token)
{
	/* The rule has T, and all others */
	return is_token ? EXTKEY_FIELD_TOKEN : EXTKEY_FIELD_ACK;
}

static int number_of(const struct extkey_keys *keys, enum extkey_choice choice)
{
	const struct extkey_secret *secret = extkey_secret_of(keys, choice);

	if (choice == EXTKEY_CHOICE_PLAIN)
		return NO_MASK;
	return secret ? secret->fingerprint : NOT_SENT;
}

/* The key that a field is sent with, NO_MASK or NOT_SENT */
static int rule_sent(struct extkey_keys keys, int is_token, int announced)
{
	return number_of(&keys, extkey_choose(&keys, EXTKEY_SCHEME_SIPHASH,
					      field_of(is_token), announced));
}

/* Whether a field that was masked with @key is accepted, or with NO_MASK */
static int rule_accepted(struct extkey_keys keys, int is_token, int announced,
			 int key)
{
	enum extkey_choice choice;
	int attempt;

	for (attempt = 0; attempt < EXTKEY_ATTEMPTS; attempt++) {
		choice = extkey_accept(&keys, EXTKEY_SCHEME_SIPHASH,
				       field_of(is_token), announced, attempt);
		if (choice == EXTKEY_CHOICE_NONE)
			return 0;
		if (number_of(&keys, choice) == key)
			return 1;
	}
	return 0;
}
