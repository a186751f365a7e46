/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key of a service changes in three steps (docs/operations.md, "Changing the key of a
 * cgroup"): 1. the new key is accepted, 2. it is sent, 3. the old one is dropped. Two hosts do
 * them in any order, while they open joins and announce addresses. An attacker, Eve, has
 * recorded all of that, or even has the old key, and spin tries all that she can do. SCHEME
 * and GOAL come from the environment, models/verdicts has the list.
 *
 * What a field is sent with and accepted with is not written down here: it comes from
 * include/extkey_choice.h, the code of both engines. The steps are here.
 *
 * mp_join.pml has the messages, so they are left out here. A field is a key: that of its mask.
 * Without the old key Eve can send again what binds no join: T, and what her peer may take
 * twice, D. With it she can send all fields. She can make none with the new key, whatever she
 * has others send with it (mp_join.pml, scheme siphash-old-key). F is as D.
 *
 * Bounded: one packet of honest hosts at a time, for as long as Eve likes; one join of Eve's at
 * each host. One change. A packet that is sent again is as one that is sent later.
 */
c_decl {
\#include "choice.h"
\#include "rule.h"
}

#define SCHEMES                                                              \
	"three-steps at-once two-steps no-order no-wait follows never-dropped " \
	"keys-of-syn"
#define THREE_STEPS 0
#define AT_ONCE 1 /* the new key in the place of the old one */
/* THREE_STEPS with a rule left out */
#define TWO_STEPS 2 /* the new key is accepted and sent at once */
#define NO_ORDER 3 /* a host does not wait for the other one */
#define NO_WAIT 4 /* the old key is dropped while packets are on their way */
#define FOLLOWS 5 /* a host sends with the key that the last field had */
#define NEVER_DROPPED 6 /* the old key stays accepted */
#define KEYS_OF_SYN 7 /* a join keeps the keys of when it was begun */
byte scheme;

#define GOALS "honest across lost pinned recorded leaked"
#define HONEST 0 /* a join succeeds, and the old key is dropped: must be possible */
#define ACROSS 1 /* one whose T has the old key, and whose A the new one: the same */
#define LOST 2 /* a host refuses a field of the other one */
#define PINNED 3 /* a host sends the old key, when all have the new one from each other */
#define RECORDED 4 /* a host that has dropped the old key takes what Eve has recorded of it */
#define LEAKED 5 /* the same, and Eve has the old key: what she makes of it */
byte goal;

#define OLD 1
#define NEW 2
#define KEYS 3

/* The rule, for a host that has done so many steps: of T, and of all other fields */
#define STEPS 4
hidden byte rule_sends[STEPS * 2];
hidden byte rule_accepts[STEPS * 2 * KEYS];
#define accepts(step, is_token, k) rule_accepts[((step) * 2 + (is_token)) * KEYS + (k)]

c_code {
static void ask_rule(void)
{
	static const struct { int sending, accepted; } steps[STEPS] = {
		{ OLD, 0 }, { OLD, NEW }, { NEW, OLD }, { NEW, 0 },
	};
	struct extkey_keys keys;
	int step, is_token, k;

	for (step = 0; step < STEPS; step++)
		for (is_token = 0; is_token < 2; is_token++) {
			keys = keys_of(steps[step].sending, steps[step].accepted, 0);
			rule_sends[step * 2 + is_token] = rule_sent(keys, is_token, 0);
			for (k = 0; k < KEYS; k++)
				rule_accepts[(step * 2 + is_token) * KEYS + k] =
					rule_accepted(keys, is_token, 0, k);
		}
}
}

/* The steps that a host has done */
byte step[2];
#define other(h) (1 - (h))
#define IN_ORDER(h) (step[other(h)] >= step[h] || scheme == NO_ORDER)

/* All hosts send the new key, and each has a field with it from the other one */
bit settled;
/* The key of the last field that a host has taken since it sends the new one, or 0 */
byte last[2];

/* The packet that is on its way between honest hosts: its field, who has sent it, its key */
#define T 1
#define S 2
#define A 3
#define D 4
byte field, from, with;
/* Of its join: the key that T had, the steps of the initiator at that time */
byte token_key, begun_at;

/* What Eve has recorded of the old key; her joins, and the steps of the host at their SYNs */
bit seen_token, seen_notice, eves[2];
byte eves_at[2];

/* Joins keep the keys of @at by scheme KEYS_OF_SYN */
#define TAKES_FIELD(h, is_token, k)                                          \
	(accepts(step[h], is_token, k) || (scheme == NEVER_DROPPED && (k) == OLD))
#define TAKES_IN_JOIN(h, at, k)                                              \
	(TAKES_FIELD(h, 0, k) || (scheme == KEYS_OF_SYN && accepts(at, 0, k)))

inline pick_bit(b)
{
	if
	:: b = 0
	:: b = 1
	fi
}

inline send(h, what)
{
	field = what;
	from = h;
	with = (scheme == FOLLOWS && last[h] && accepts(step[h], 0, last[h]) ->
		last[h] : rule_sends[step[h] * 2 + (what == T)]);
	seen_token = seen_token || (what == T && with == OLD);
	seen_notice = seen_notice || (what == D && with == OLD);
	printf("host %d sends field %d with key %d\n", h, what, with);
	assert(!(goal == PINNED && settled && with == OLD))
}

inline nothing_is_on_its_way()
{
	field = 0;
	from = 0;
	with = 0;
	token_key = 0;
	begun_at = 0
}

/* Only what scheme FOLLOWS does with it depends on that */
inline took(h, k)
{
	if
	:: scheme == FOLLOWS && step[h] >= 2 -> last[h] = k
	:: else
	fi
}

/* What Eve sends has the old key; with the new one she repeats what is accepted all the time */
inline eve_gets_in(h)
{
	assert(!((goal == RECORDED || goal == LEAKED) && step[h] == 3));
	took(h, OLD)
}

/* One loop, as Eve decides about each step. Scratch is zeroed after each. */
init {
	byte h;

	atomic {
		c_code {
			now.scheme = choice("SCHEME", SCHEMES);
			now.goal = choice("GOAL", GOALS);
			ask_rule();
		}
	};

	do
	/* A host does its next step */
	:: atomic {
		pick_bit(h);
		if
		:: scheme == AT_ONCE && !step[h] -> step[h] = 3
		:: scheme == TWO_STEPS && !step[h] -> step[h] = 2
		:: scheme != AT_ONCE && scheme != TWO_STEPS && step[h] < 2 && IN_ORDER(h) -> step[h]++
		:: step[h] == 2 && IN_ORDER(h) && (!field || with != OLD || scheme == NO_WAIT) ->
			step[h] = 3
		:: step[h] == 1 && step[other(h)] <= 1 -> step[h] = 0
		fi;
		printf("host %d has done step %d\n", h, step[h]);
		h = 0
	}

	/* Hosts hear the new key from each other: what is on its way is not older */
	:: d_step {
		!settled && step[0] >= 2 && step[1] >= 2 && !field;
		settled = 1;
		last[0] = (scheme == FOLLOWS -> NEW : 0);
		last[1] = last[0];
		printf("each host has the new key from the other one\n")
	}

	/* A host begins a join, or announces an address */
	:: atomic {
		!field;
		pick_bit(h);
		if
		:: send(h, T);
			token_key = with;
			begun_at = step[h]
		:: send(h, D)
		fi;
		h = 0
	}

	/* A packet arrives. What is refused of it is lost. */
	:: atomic {
		field;
		h = other(from);
		if
		:: (field == S && TAKES_IN_JOIN(h, begun_at, with)) ||
		   (field != S && TAKES_FIELD(h, field == T, with)) ->
			printf("host %d takes it\n", h);
			took(h, with);
			if
			:: field == T -> send(h, S)
			:: field == S -> send(h, A)
			:: field == A ->
				assert(!(goal == HONEST && step[0] == 3 && step[1] == 3));
				assert(!(goal == ACROSS && token_key == OLD && with == NEW));
				nothing_is_on_its_way()
			:: field == D -> nothing_is_on_its_way()
			fi
		:: else ->
			printf("host %d refuses it\n", h);
			assert(goal != LOST);
			nothing_is_on_its_way()
		fi;
		h = 0
	}

	/* Eve sends a SYN with the old key, recorded or made */
	:: atomic {
		seen_token || goal == LEAKED;
		pick_bit(h);
		!eves[h] && TAKES_FIELD(h, 1, OLD);
		printf("host %d answers a SYN of Eve's\n", h);
		eves[h] = 1;
		eves_at[h] = step[h];
		eve_gets_in(h);
		h = 0
	}

	/* Her ACK, in a join of hers; her answer, in one of the host's */
	:: atomic {
		goal == LEAKED;
		pick_bit(h);
		eves[h] && TAKES_IN_JOIN(h, eves_at[h], OLD);
		printf("host %d takes an ACK of Eve's\n", h);
		eve_gets_in(h);
		eves[h] = 0;
		eves_at[h] = 0;
		h = 0
	}
	:: atomic {
		goal == LEAKED;
		if
		:: field == T -> h = from
		:: field == S -> h = other(from)
		fi;
		TAKES_IN_JOIN(h, begun_at, OLD);
		printf("host %d takes an answer of Eve's\n", h);
		eve_gets_in(h);
		nothing_is_on_its_way();
		h = 0
	}

	/* Her ADD_ADDR or MP_FASTCLOSE */
	:: atomic {
		seen_notice || goal == LEAKED;
		pick_bit(h);
		TAKES_FIELD(h, 0, OLD);
		printf("host %d takes ADD_ADDR or MP_FASTCLOSE of Eve's\n", h);
		eve_gets_in(h);
		h = 0
	}
	:: break
	od
}
