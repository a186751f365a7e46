/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of its keys a socket masks a field with, and which ones it accepts. This is the rule
 * of docs/protocol.md, "Whose external key", for both engines.
 *
 * Pure: the BPF programs and the unit tests compile the same lines.
 */
#ifndef EXTKEY_CHOICE_H
#define EXTKEY_CHOICE_H

#include <linux/types.h>

#include "extkey_mask.h"

/*
 * The keys of a socket. A listener key is known before there is a connection; while it is
 * changed, another one is accepted as well. A connection key is given to one connection,
 * and then that of the listener masks nothing but T. A socket without any, which was to have
 * one, sends no field and accepts none.
 */
struct extkey_keys {
	struct extkey_secret sending;
	struct extkey_secret accepted;
	struct extkey_secret connection;
	__u8 has_sending;
	__u8 has_accepted;
	__u8 has_connection;
	__u8 sends_new; /* of these two, the sending key is the newer one */
};

enum extkey_choice {
	EXTKEY_CHOICE_NONE, /* no further one: nothing else is accepted */
	EXTKEY_CHOICE_PLAIN, /* mask 0 */
	EXTKEY_CHOICE_SENDING,
	EXTKEY_CHOICE_ACCEPTED,
	EXTKEY_CHOICE_CONNECTION,
};

/* More than there are, for loops that end with EXTKEY_CHOICE_NONE */
#define EXTKEY_ATTEMPTS 3

/*
 * Whether T may be plain: without a listener key, if there is a connection key; and in joins to
 * an address that was announced, by ADD_ADDR: there the listener may be one of the path manager,
 * without a key. Of scheme xor, T is all there is.
 */
static inline int extkey_plain_token(const struct extkey_keys *keys,
				     __u8 scheme, int announced)
{
	return (!keys->has_sending && keys->has_connection) ||
	       (announced && scheme != EXTKEY_SCHEME_XOR);
}

/* What masks a field that is sent. @announced, for T alone: the peer has announced the address. */
static inline enum extkey_choice extkey_choose(const struct extkey_keys *keys,
					       __u8 scheme, __u8 field,
					       int announced)
{
	if (field == EXTKEY_FIELD_TOKEN &&
	    extkey_plain_token(keys, scheme, announced))
		return EXTKEY_CHOICE_PLAIN;
	if (field != EXTKEY_FIELD_TOKEN && keys->has_connection)
		return EXTKEY_CHOICE_CONNECTION;
	return keys->has_sending ? EXTKEY_CHOICE_SENDING : EXTKEY_CHOICE_NONE;
}

/*
 * What may mask a field that is received: one after the other, by @attempt, from 0 on.
 * @announced, for T alone: the socket is a listener, or a connection of which this host has
 * announced an address.
 */
static inline enum extkey_choice extkey_accept(const struct extkey_keys *keys,
					       __u8 scheme, __u8 field,
					       int announced,
					       unsigned int attempt)
{
	int plain = field == EXTKEY_FIELD_TOKEN &&
		    extkey_plain_token(keys, scheme, announced);

	if (field != EXTKEY_FIELD_TOKEN && keys->has_connection)
		return attempt ? EXTKEY_CHOICE_NONE : EXTKEY_CHOICE_CONNECTION;
	if (keys->has_sending) {
		if (!attempt)
			return EXTKEY_CHOICE_SENDING;
		attempt--;
	}
	if (keys->has_sending && keys->has_accepted) {
		if (!attempt)
			return EXTKEY_CHOICE_ACCEPTED;
		attempt--;
	}
	return plain && !attempt ? EXTKEY_CHOICE_PLAIN : EXTKEY_CHOICE_NONE;
}

/* A connection key may be read while it is being written: zeros are nobody's key */
static inline int extkey_is_written(const struct extkey_secret *secret)
{
	__u8 any = 0;
	unsigned int i;

	for (i = 0; i < sizeof(secret->mask_key); i++)
		any |= secret->mask_key[i];
	return any;
}

/* NULL if @choice is none of a key, or of one that is not there */
static inline const struct extkey_secret *
extkey_secret_of(const struct extkey_keys *keys, enum extkey_choice choice)
{
	switch (choice) {
	case EXTKEY_CHOICE_SENDING:
		return keys->has_sending ? &keys->sending : NULL;
	case EXTKEY_CHOICE_ACCEPTED:
		return keys->has_accepted ? &keys->accepted : NULL;
	case EXTKEY_CHOICE_CONNECTION:
		return keys->has_connection &&
				       extkey_is_written(&keys->connection) ?
			       &keys->connection :
			       NULL;
	default:
		return NULL;
	}
}

#endif /* EXTKEY_CHOICE_H */
