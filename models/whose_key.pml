/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose external key masks a field: that of the listener, of the connection, or none
 * (docs/protocol.md, "Whose external key"). An attacker, Eve, plays against one connection of
 * honest hosts, and spin tries all that she can do. SCHEME and GOAL come from the environment,
 * models/verdicts has the list.
 *
 * What a field is sent with and accepted with is not written down here: it comes from
 * include/extkey_choice.h, the code of both engines. The rules around that are here.
 *
 * mp_join.pml has the messages, so they are left out here. A field is a key: that of its mask.
 * Eve makes one with no mask and with each key that she has. With another key she makes T, once
 * an honest host has sent one, as T binds no connection. By mp_join.pml, goals join, answer,
 * add-addr and fastclose, she makes no other.
 *
 * The keys are
 *  - L, the listener key. In the schemes "insider" Eve has it, as another client does
 *  - C, the connection key, which comes to each end at some time. Until then the end waits
 *  - B, of Eve's. One listener has it, and one no key, as those of the path manager
 *
 * Bounded: one connection, one join of its honest ends at a time, one of Eve's. Either end
 * announces an address, and takes it back.
 */
c_decl {
\#include "choice.h"
\#include "rule.h"
}

#define SCHEMES                                                              \
	"listener-key connection-key both-keys insider insider-both-keys "    \
	"plain-token ever-announced token-of-listener always-masked "         \
	"listener-decides plain-fields token-too listener-key-too no-waiting"
#define LISTENER_KEY 0
#define CONNECTION_KEY 1
#define BOTH_KEYS 2
#define INSIDER 3 /* LISTENER_KEY, and Eve has it */
#define INSIDER_BOTH_KEYS 4 /* the same of BOTH_KEYS */
/* LISTENER_KEY with a rule left out */
#define PLAIN_TOKEN 5 /* each connection takes a plain T */
#define EVER_ANNOUNCED 6 /* one that has taken all addresses back still does */
#define TOKEN_OF_LISTENER 7 /* T with a key of the listener leads to each connection */
#define ALWAYS_MASKED 8 /* T is masked in joins to announced addresses, too: version 1 */
#define LISTENER_DECIDES 9 /* the key of an A is that of the listener which it comes to */
#define PLAIN_FIELDS 10 /* who takes a plain T takes all fields plain */
#define TOKEN_TOO 11 /* BOTH_KEYS: C masks T as well */
/* INSIDER_BOTH_KEYS with a rule left out */
#define LISTENER_KEY_TOO 12 /* a connection with a key accepts that of its listener, too */
#define NO_WAITING 13 /* until C comes it is a connection with L */
#define HAS_L (scheme != CONNECTION_KEY)
#define HAS_C (scheme == CONNECTION_KEY || scheme == BOTH_KEYS || \
	       scheme == INSIDER_BOTH_KEYS || scheme >= TOKEN_TOO)
#define IS_INSIDER (scheme == INSIDER || scheme == INSIDER_BOTH_KEYS || scheme >= LISTENER_KEY_TOO)
byte scheme;

#define GOALS "honest announced half-open join answer add-addr fastclose half-open-announced"
#define HONEST 0 /* a join to the address of the first subflow succeeds: must be possible */
#define ANNOUNCED 1 /* one to an announced address, whose listener has no key: the same */
#define HALF_OPEN 2 /* Eve's SYN is answered, of a connection that announces no address */
#define JOIN 3 /* a subflow is accepted that the peer has not opened */
#define ANSWER 4 /* as initiator, one that the peer has not answered */
#define ADD_ADDR 5 /* one of Eve's is taken */
#define FASTCLOSE 6 /* the same */
#define HALF_OPEN_ANNOUNCED 7 /* HALF_OPEN, of one that does; in both no honest host joins */
byte goal;

#define PLAIN 0 /* NO_MASK */
#define L 1
#define C 2
#define B 3
#define KEYS 4
#define NOT_SENT 255 /* as in rule.h */
#define HAS(k) ((k) == PLAIN || (k) == B || ((k) == L && IS_INSIDER))

/* Who has which keys: an end of the connection, or a listener */
#define WITH_NONE 0
#define WITH_L 1
#define WITH_C 2
#define WITH_BOTH 3
#define WITH_B 4
#define HOLDERS 5

/* The rule, for each holder: of T, of T with an address that was announced, of S, A, D and F */
#define T 0
#define T_ANNOUNCED 1
#define OTHER 2
#define FIELDS 3
hidden byte rule_sends[HOLDERS * FIELDS];
hidden byte rule_accepts[HOLDERS * FIELDS * KEYS];
#define sends(holder, field) rule_sends[(holder) * FIELDS + (field)]
#define accepts(holder, field, k) rule_accepts[((holder) * FIELDS + (field)) * KEYS + (k)]

c_code {
static void ask_rule(void)
{
	static const struct { int sending, connection; } holders[HOLDERS] = {
		[WITH_L] = { L, 0 }, [WITH_C] = { 0, C }, [WITH_BOTH] = { L, C }, [WITH_B] = { B, 0 },
	};
	struct extkey_keys keys;
	int holder, field, k;

	for (holder = 0; holder < HOLDERS; holder++)
		for (field = 0; field < FIELDS; field++) {
			keys = keys_of(holders[holder].sending, 0, holders[holder].connection);
			rule_sends[holder * FIELDS + field] =
				rule_sent(keys, field != OTHER, field == T_ANNOUNCED);
			for (k = 0; k < KEYS; k++)
				rule_accepts[(holder * FIELDS + field) * KEYS + k] =
					rule_accepted(keys, field != OTHER, field == T_ANNOUNCED, k);
		}
}
}

/* The end has got C. One that waits has no key at all. */
bit got[2];
#define waits(e) (HAS_C && !got[e] && scheme != NO_WAITING)
#define holder(e)                                                            \
	(waits(e) -> WITH_NONE : (got[e] -> (HAS_L -> WITH_BOTH : WITH_C) :    \
				 WITH_L))
#define peer(e) (1 - (e))

/* The end has announced an address. The other one has learnt that. */
#define YES 1
#define TAKEN_BACK 2
byte announced[2], learnt[2];
#define shows(e) \
	(announced[e] == YES || (announced[e] == TAKEN_BACK && scheme == EVER_ANNOUNCED))

/* T at a listener: that takes it, and the connection to which it leads does */
#define CONNECTION_TAKES(e, k)                                               \
	(accepts(holder(e), (shows(e) -> T_ANNOUNCED : T), k) ||               \
	 (scheme == PLAIN_TOKEN && (k) == PLAIN) ||                           \
	 (scheme == TOKEN_OF_LISTENER && (k) != PLAIN))
#define ANSWERS(l, e, k) (accepts(l, T_ANNOUNCED, k) && CONNECTION_TAKES(e, k))

/* S, D or F at an end, and A, which comes to a listener */
#define TAKES(e, k)                                                          \
	(accepts(holder(e), OTHER, k) ||                                      \
	 (scheme == PLAIN_FIELDS && (k) == PLAIN && shows(e)) ||              \
	 (scheme == LISTENER_KEY_TOO && (k) == L && !waits(e)))
#define TAKES_A(l, e, k)                                                     \
	(scheme == LISTENER_DECIDES ->                                        \
	 ((l) == WITH_NONE -> (k) == PLAIN : accepts(l, OTHER, k)) : TAKES(e, k))
#define TAKES_OF_PEER(e) TAKES(e, sends(holder(peer(e)), OTHER))

/* The join of an honest host: the end that has begun it, where its packets go, the key of T */
#define BEGUN 1
#define ANSWERED 2
#define FINISHED 3
byte j_state, j_end, j_listener, j_key;
bit j_announced;
#define LISTENER_OF_APPLICATION (HAS_L -> WITH_L : WITH_NONE)

/* Eve's, answered by which end. T with L has been seen. */
#define NOBODY 2
byte e_end = NOBODY;
bit seen;

inline pick_bit(b)
{
	if
	:: b = 0
	:: b = 1
	fi
}

inline pick_listener(l)
{
	if
	:: l = LISTENER_OF_APPLICATION
	:: l = WITH_NONE
	:: l = WITH_B
	fi
}

inline pick_eves_key(k)
{
	if
	:: k = PLAIN
	:: k = B
	:: IS_INSIDER -> k = L
	fi
}

inline join_is_over()
{
	j_state = 0;
	j_end = 0;
	j_listener = 0;
	j_key = 0;
	j_announced = 0
}

/* One loop, as Eve decides about each step. Scratch is zeroed after each. */
init {
	byte e, l, k;

	atomic {
		c_code {
			now.scheme = choice("SCHEME", SCHEMES);
			now.goal = choice("GOAL", GOALS);
			ask_rule();
		}
	};

	do
	/* C comes to an end, once */
	:: atomic {
		HAS_C;
		pick_bit(e);
		!got[e];
		got[e] = 1;
		printf("end %d has its connection key\n", e);
		e = 0
	}

	/* An end announces an address, its peer takes that, the end takes it back */
	:: atomic {
		pick_bit(e);
		if
		:: announced[e] != YES && sends(holder(e), OTHER) != NOT_SENT ->
			announced[e] = YES;
			printf("end %d announces an address\n", e)
		:: announced[e] == YES && !learnt[peer(e)] && TAKES_OF_PEER(peer(e)) ->
			learnt[peer(e)] = 1;
			printf("end %d knows that address\n", peer(e))
		:: announced[e] == YES ->
			announced[e] = TAKEN_BACK;
			learnt[peer(e)] = 0;
			printf("end %d takes it back\n", e)
		fi;
		e = 0
	}

	/* An honest end begins a join: it sends a SYN */
	:: atomic {
		goal != HALF_OPEN && goal != HALF_OPEN_ANNOUNCED && !j_state;
		pick_bit(e);
		if
		:: l = LISTENER_OF_APPLICATION;
			k = (scheme == TOKEN_TOO -> C : sends(holder(e), T))
		:: learnt[e];
			j_announced = 1;
			pick_listener(l);
			l != WITH_B;
			k = sends(holder(e), (scheme == ALWAYS_MASKED -> T : T_ANNOUNCED))
		fi;
		!waits(e) && k != NOT_SENT;
		j_state = BEGUN;
		j_end = e;
		j_listener = l;
		j_key = k;
		if
		:: k == L -> seen = 1
		:: else
		fi;
		printf("end %d begins to join, announced %d, listener %d, T with key %d\n",
		       e, j_announced, l, k);
		e = 0;
		l = 0;
		k = 0
	}

	/* It is answered */
	:: d_step {
		j_state == BEGUN && ANSWERS(j_listener, peer(j_end), j_key);
		j_state = ANSWERED;
		printf("end %d answers\n", peer(j_end))
	}

	/* The answer is taken, and A sent */
	:: d_step {
		j_state == ANSWERED && TAKES_OF_PEER(j_end);
		j_state = FINISHED;
		printf("end %d takes the answer\n", j_end)
	}

	/* A is taken */
	:: d_step {
		j_state == FINISHED &&
		TAKES_A(j_listener, peer(j_end), sends(holder(j_end), OTHER));
		printf("end %d takes the ACK: joined\n", peer(j_end));
		assert(goal != (j_announced -> ANNOUNCED : HONEST) ||
		       (j_announced && j_listener != WITH_NONE));
		join_is_over()
	}

	/* It is lost */
	:: d_step {
		j_state;
		printf("that join is lost\n");
		join_is_over()
	}

	/* Eve sends a SYN to some listener */
	:: atomic {
		e_end == NOBODY;
		pick_bit(e);
		pick_listener(l);
		if
		:: pick_eves_key(k)
		:: seen -> k = L
		fi;
		ANSWERS(l, e, k);
		printf("end %d answers a SYN of Eve's at listener %d, T with key %d\n", e, l, k);
		assert(goal != (announced[e] == YES -> HALF_OPEN_ANNOUNCED : HALF_OPEN));
		e_end = e;
		e = 0;
		l = 0;
		k = 0
	}

	/* And an ACK, for her join or for that of the peer, who has not finished it */
	:: atomic {
		if
		:: e_end != NOBODY -> e = e_end
		:: j_state == ANSWERED -> e = peer(j_end)
		fi;
		pick_listener(l);
		pick_eves_key(k);
		TAKES_A(l, e, k);
		printf("end %d takes an ACK of Eve's at listener %d, with key %d: joined\n", e, l, k);
		assert(goal != JOIN);
		e = 0;
		l = 0;
		k = 0
	}

	/* Or an answer */
	:: atomic {
		j_state == BEGUN || j_state == ANSWERED;
		pick_eves_key(k);
		TAKES(j_end, k);
		printf("end %d takes an answer of Eve's, with key %d\n", j_end, k);
		assert(goal != ANSWER);
		k = 0
	}

	/* Or ADD_ADDR or MP_FASTCLOSE, which the rule treats alike */
	:: atomic {
		pick_bit(e);
		pick_eves_key(k);
		TAKES(e, k);
		printf("end %d takes it from Eve, with key %d\n", e, k);
		assert(goal != ADD_ADDR && goal != FASTCLOSE);
		e = 0;
		k = 0
	}
	:: break
	od
}
