/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdict of engine tc: whether TCP may see a segment. The programs on interfaces
 * add and remove masks, and nothing else; the gate before TCP collects what it knows of
 * a segment, and this function decides. What is not known is dropped: each value that
 * means "unknown" is 0, which is what a fact is that nobody has set.
 *
 * Pure: the BPF programs and the unit tests compile the same lines. docs/security.md has
 * the same as a table, and tests/unit/test_verdict.c compares the two.
 */
#ifndef EXTKEY_VERDICT_H
#define EXTKEY_VERDICT_H

#include <linux/types.h>

#include "extkey_mask.h"
#include "extkey_tcpopt.h"

/* What the segment brings. Letters of fields as in docs/protocol.md. */
enum extkey_segment {
	EXTKEY_SEGMENT_UNREADABLE, /* nobody knows */
	EXTKEY_SEGMENT_STRANGE, /* fields that no kernel sends together, or in this place */
	EXTKEY_SEGMENT_PLAIN, /* no field */
	EXTKEY_SEGMENT_TOKEN, /* SYN with T */
	EXTKEY_SEGMENT_SYNACK, /* SYN/ACK with S */
	EXTKEY_SEGMENT_ACK, /* A, and perhaps D or F */
	EXTKEY_SEGMENT_SIGNAL, /* D or F, or both */
};

/* The socket that TCP hands it to */
enum extkey_to {
	EXTKEY_TO_ORPHAN, /* of MPTCP, but its connection is not known */
	EXTKEY_TO_OTHER, /* not of MPTCP */
	EXTKEY_TO_LISTENER, /* also for a request: TCP has the listener then */
	EXTKEY_TO_JOINING, /* has sent the SYN of a join, and is not established */
	EXTKEY_TO_CONNECTION, /* all other subflows */
};

/*
 * The key of the connection that the segment is about: that of the socket, and at a
 * listener, of a segment with T or A, that of the connection to be joined. If T leads to none
 * that is known, it is the listener's.
 */
enum extkey_key {
	EXTKEY_KEY_UNKNOWN, /* nobody knows */
	EXTKEY_KEY_ABSENT,
	EXTKEY_KEY_FIELDS, /* all fields are masked */
	EXTKEY_KEY_TOKEN, /* scheme xor: T is masked, and no other */
	EXTKEY_KEY_HOOK, /* engine hook masks, and the kernel looks at fields itself */
	EXTKEY_KEY_WAITING, /* none yet: no field is taken but F, which has no mask */
};

struct extkey_facts {
	__u8 segment; /* enum extkey_segment */
	__u8 to; /* enum extkey_to */
	__u8 key; /* enum extkey_key */
	__u8 no_key_here; /* no socket of this network namespace has had a key */
	__u8 verified; /* a program removed the mask of each field that is read */
	__u8 plain; /* T: the connection takes a plain one */
	__u8 join; /* A: there is a request, or a record, of the join that it ends */
	__u8 hmac; /* and its 160 bits are the HMAC of that join */
	__u8 refusal; /* RST with sequence number 0, as a refused SYN has it */
};

/*
 * Why a segment is dropped, and the counter for it: members of struct extkey_counters, in
 * this order.
 *	unknown		whose it is, or whether that one has a key
 *	unverified	no program removed the mask
 *	unproven	an answer to a join, without S
 *	no join		A without a join
 *	HMAC		A with the HMAC of another one
 *	waiting		the connection has no key yet
 */
#define EXTKEY_DROPS(DROP)                \
	DROP(UNREADABLE, drop_unreadable) \
	DROP(STRANGE, drop_strange)       \
	DROP(UNKNOWN, drop_unknown)       \
	DROP(UNVERIFIED, drop_unverified) \
	DROP(UNPROVEN, drop_unproven)     \
	DROP(NO_JOIN, drop_no_join)       \
	DROP(HMAC, drop_hmac)             \
	DROP(WAITING, drop_waiting)

#define EXTKEY_DROP_VERDICT(name, counter) EXTKEY_DROP_##name,

enum extkey_verdict {
	EXTKEY_DROPS(EXTKEY_DROP_VERDICT) EXTKEY_PASS,
};

static inline enum extkey_verdict extkey_judge(const struct extkey_facts *facts)
{
	int at_listener = facts->to == EXTKEY_TO_LISTENER;
	int has_ack = facts->segment == EXTKEY_SEGMENT_ACK;

	if (facts->to == EXTKEY_TO_OTHER || facts->no_key_here)
		return EXTKEY_PASS;
	if (facts->segment == EXTKEY_SEGMENT_UNREADABLE)
		return EXTKEY_DROP_UNREADABLE;

	/* It is established by S alone: not by a bare SYN, nor does it fall back */
	if (facts->to == EXTKEY_TO_JOINING &&
	    (facts->key == EXTKEY_KEY_FIELDS ||
	     facts->key == EXTKEY_KEY_WAITING ||
	     facts->key == EXTKEY_KEY_UNKNOWN)) {
		if (facts->segment == EXTKEY_SEGMENT_PLAIN)
			return facts->refusal ? EXTKEY_PASS :
						EXTKEY_DROP_UNPROVEN;
		if (facts->segment != EXTKEY_SEGMENT_SYNACK)
			return EXTKEY_DROP_UNPROVEN;
	}
	if (facts->segment == EXTKEY_SEGMENT_PLAIN)
		return EXTKEY_PASS;

	if (facts->to == EXTKEY_TO_ORPHAN)
		return EXTKEY_DROP_UNKNOWN;
	if (at_listener && has_ack && !facts->join)
		return EXTKEY_DROP_NO_JOIN;
	if (facts->key == EXTKEY_KEY_UNKNOWN)
		return EXTKEY_DROP_UNKNOWN;
	/* One to a listener may be about any connection, whatever key the listener has */
	if (facts->segment == EXTKEY_SEGMENT_STRANGE && at_listener)
		return EXTKEY_DROP_STRANGE;
	if (facts->key == EXTKEY_KEY_HOOK)
		return EXTKEY_PASS;
	if (facts->segment == EXTKEY_SEGMENT_STRANGE &&
	    facts->key != EXTKEY_KEY_ABSENT)
		return EXTKEY_DROP_STRANGE;
	if (facts->key == EXTKEY_KEY_WAITING)
		return facts->verified ? EXTKEY_PASS : EXTKEY_DROP_WAITING;
	if (at_listener && has_ack && !facts->hmac)
		return EXTKEY_DROP_HMAC;

	if (facts->key == EXTKEY_KEY_ABSENT)
		return EXTKEY_PASS;
	if (facts->key == EXTKEY_KEY_TOKEN &&
	    facts->segment != EXTKEY_SEGMENT_TOKEN)
		return EXTKEY_PASS;
	if (facts->segment == EXTKEY_SEGMENT_TOKEN && facts->plain)
		return EXTKEY_PASS;
	return facts->verified ? EXTKEY_PASS : EXTKEY_DROP_UNVERIFIED;
}

/* @syn, @ack: flags of the header; @walk: over all of its options */
static inline enum extkey_segment
extkey_segment_of(int syn, int ack, const struct extkey_walk *walk)
{
	__u8 first = walk->options[0].field, second = walk->options[1].field;

	if (!walk->found)
		return EXTKEY_SEGMENT_PLAIN;
	if (walk->found > EXTKEY_OPTIONS ||
	    (walk->found > 1 && first == second))
		return EXTKEY_SEGMENT_STRANGE;
	if (syn) {
		if (walk->found == 1 && first == EXTKEY_FIELD_TOKEN && !ack)
			return EXTKEY_SEGMENT_TOKEN;
		if (walk->found == 1 && first == EXTKEY_FIELD_SYNACK && ack)
			return EXTKEY_SEGMENT_SYNACK;
		return EXTKEY_SEGMENT_STRANGE;
	}
	/* What can stand behind another one are D and F */
	if (walk->found > 1 && second != EXTKEY_FIELD_ADD_ADDR &&
	    second != EXTKEY_FIELD_FASTCLOSE)
		return EXTKEY_SEGMENT_STRANGE;
	switch (first) {
	case EXTKEY_FIELD_ACK:
		return EXTKEY_SEGMENT_ACK;
	case EXTKEY_FIELD_ADD_ADDR:
	case EXTKEY_FIELD_FASTCLOSE:
		return EXTKEY_SEGMENT_SIGNAL;
	default:
		return EXTKEY_SEGMENT_STRANGE;
	}
}

#endif /* EXTKEY_VERDICT_H */
