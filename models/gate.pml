/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What engine tc lets through at listeners: the ACK that ends a join, with SYN cookies and
 * without. An attacker, Eve, plays against one host with engine tc, and spin tries all that
 * she can do. SCHEME and GOAL come from the environment, models/verdicts has the list.
 *
 * mp_join.pml has the masks. Here an ACK is two things: the join whose HMAC it has when its
 * mask is off, and the join whose mask a program has taken off. The host has
 *  - connections 0 and 1 with key A, of an honest peer. Eve has seen their handshakes, so she
 *    knows the HMAC of each join whose SYN/ACK she sees. The peer begins one join, to 0.
 *  - connections of Eve's: 2 with key B, which she has, and 3 without a key.
 *  - listeners with key A, with key B, and without a key, as those of the path manager are.
 *    A SYN or an ACK may come to any of them, and a SYN may ask for any connection, as if it had
 *    announced an address: T keeps nobody out here.
 *  - once, connection 3 ends and connection 1 begins, with the same token and MPTCP keys, which
 *    Eve has named for hers (row 22 of the attacks). Not between the gate and TCP.
 *  - interfaces with programs and without.
 *
 * From the kernel: with a cookie it keeps the join in a slot, by a hash of ports and sequence
 * number. Two joins with different ones may fall into the same slot, and the later one takes
 * it. It looks neither at addresses nor at the listener, but compares the HMAC with that of
 * the join in the slot. An ACK that does not acknowledge the SYN/ACK of a request is looked up
 * in the slots as well, and Eve can have a cookie from each listener.
 *
 * An ACK takes four steps: interface, TCP's look-up, gate, TCP's verdict. All else may happen
 * in between: on other CPUs, or as Eve sends again later what a program has vouched for.
 *
 * Bounded: one join begun by the honest peer, RESPONSES answered by the host, one ACK at a
 * time, two sets of ports and sequence number which fall into the same slot.
 */
#define RESPONSES 2

c_decl {
\#include "choice.h"
}

#define SCHEMES "plain siphash listener-decides listener-unmasks stale-record passes-unknown no-hmac unverified any-join any-request no-request-hmac any-request-no-hmac"
#define PLAIN 0
#define SIPHASH 1
/* siphash with a rule of engine tc left out */
#define LISTENER_DECIDES 2 /* the key is of the listener, not of the join's connection */
#define LISTENER_UNMASKS 3 /* the mask is taken off with the listener's key */
#define STALE_RECORD 4 /* the key is the one that the connection had when the join was answered */
#define PASSES_UNKNOWN 5 /* an ACK whose join is not on record: the listener decides */
#define NO_HMAC 6 /* it need not have the HMAC of the join on record, or of the request */
#define UNVERIFIED 7 /* a program need not have taken its mask off */
#define ANY_JOIN 8 /* or it has taken off that of another join */
#define ANY_REQUEST 9 /* a request counts, whatever the ACK acknowledges */
#define NO_REQUEST_HMAC 10 /* NO_HMAC for those of requests alone */
#define ANY_REQUEST_NO_HMAC 11 /* both */
byte scheme;

#define GOALS "honest request keyless join"
#define HONEST 0 /* the honest peer's join is accepted, with a cookie: must be possible */
#define REQUEST 1 /* the same without a cookie */
#define KEYLESS 2 /* a join of a connection without a key is accepted: the same */
#define JOIN 3 /* a subflow is accepted that the honest peer has not opened */
byte goal;

/* External keys; a listener has the name of its key */
#define NONE 0
#define A 1
#define B 2
#define honest(c) ((c) < 2)
#define key_of(c) (scheme == PLAIN || (c) == 3 -> NONE : (honest(c) -> A : B))

/* What was connection 3 is connection 1 now */
bit turned;

/*
 * Joins that the host has answered. @r_conn: of which connection. @r_ports: ports and sequence
 * number, of a request. @r_seen: Eve has the SYN/ACK. @r_right: the peer waits for it. In all
 * that follows, joins are named by 1 + their number, and 0 is none.
 */
#define COOKIE 1
#define WAITING 2 /* there is a request */
#define OVER 3
byte r_state[RESPONSES], r_conn[RESPONSES], r_listener[RESPONSES], r_ports[RESPONSES];
byte r_seen[RESPONSES], r_right[RESPONSES], r_key[RESPONSES]; /* the key that was recorded */
#define conn_of_join(r) (turned && r_conn[(r) - 1] == 3 -> 1 : r_conn[(r) - 1])
#define key_of_join(r) key_of(conn_of_join(r))

/* The join for which the peer has sent the ACK */
byte finished;

/* The kernel's slot, of both sets of ports; engine tc's record of each */
byte slot, record[2];
#define IS_CURRENT(r) (r_key[(r) - 1] == key_of_join(r) || scheme == STALE_RECORD)
#define recorded_key(r) r_key[(r) - 1]

/*
 * The ACK that is on its way. @hmac: of which join, when its mask is off. @verified: the join
 * whose mask a program has taken off. @acks: the request whose SYN/ACK it acknowledges, or 0,
 * a cookie. @found: the request that TCP has found.
 */
#define ARRIVED 1
#define LOOKED_UP 2
#define PASSED 3
byte stage, listener, ports, hmac, verified, acks, found;

#define WAITS(i, l, p) (r_state[i] == WAITING && r_listener[i] == (l) && r_ports[i] == (p))
#define request_at(l, p) (WAITS(0, l, p) -> 1 : (WAITS(1, l, p) -> 2 : 0))
#define request_of_ack request_at(listener, ports)

/* What the program on the interface does: with a request the key is of its connection */
#define KNOWS_A(r, k) ((k) == B || ((k) == A && finished == (r)))
#define UNMASKS_REQUEST(r) KNOWS_A(r, key_of_join(r))
#define UNMASKS_RECORDED(r) \
	(recorded_key(r) != NONE && key_of_join(r) != NONE && \
	 (scheme == LISTENER_UNMASKS -> listener != NONE && KNOWS_A(r, listener) : \
					KNOWS_A(r, key_of_join(r))))

/* What the gate asks, as in include/extkey_verdict.h; @k: key of the join @r that it found */
#define COUNTS(r) \
	((r) && ((r) == acks || scheme == ANY_REQUEST || scheme == ANY_REQUEST_NO_HMAC))
#define HAS_HMAC(r) (hmac == (r) || scheme == NO_HMAC)
#define HAS_HMAC_OF_REQUEST(r) \
	(HAS_HMAC(r) || scheme == NO_REQUEST_HMAC || scheme == ANY_REQUEST_NO_HMAC)
#define VERIFIED(k, r) \
	((scheme == LISTENER_DECIDES -> listener : (k)) == NONE || verified == (r) || \
	 (verified && scheme == ANY_JOIN) || scheme == UNVERIFIED)

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
	:: l = NONE
	:: scheme != PLAIN -> l = A
	:: scheme != PLAIN -> l = B
	fi
}

inline accepted(r, with)
{
	printf("join %d is accepted, of connection %d\n", r, r_conn[r - 1]);
	assert(!(goal == with && finished == r));
	assert(!(goal == KEYLESS && key_of_join(r) == NONE));
	assert(!(goal == JOIN && honest(conn_of_join(r)) && finished != r));
	join_is_over(r)
}

inline join_is_over(r)
{
	r_state[r - 1] = OVER;
	r_seen[r - 1] = 0;
	r_ports[r - 1] = 0;
	r_listener[r - 1] = NONE
}

inline ack_is_gone()
{
	stage = 0;
	listener = 0;
	ports = 0;
	hmac = 0;
	verified = 0;
	acks = 0;
	found = 0
}

/* One loop, as Eve decides about each step. Scratch is zeroed after each. */
init {
	byte r, l, c, p, programs, request;

	atomic {
		c_code {
			now.scheme = choice("SCHEME", SCHEMES);
			now.goal = choice("GOAL", GOALS);
		}
	};

	do
	/*
	 * A SYN comes to a listener, and the kernel answers. By an interface with programs the
	 * answer is recorded.
	 */
	:: atomic {
		!r_state[RESPONSES - 1];
		pick_listener(l);
		select (c : 0 .. 3);
		pick_bit(p);
		pick_bit(programs);
		pick_bit(request);
		!request_at(l, p) && (r_state[0] || !p);
		d_step {
			r = (r_state[0] -> 1 : 0);
			r_state[r] = (request -> WAITING : COOKIE);
			r_conn[r] = c;
			r_listener[r] = (request -> l : NONE);
			r_ports[r] = (request -> p : 0);
			r_seen[r] = 1;
			r_right[r] = programs && c == 0;
			r_key[r] = key_of(turned && c == 3 -> 1 : c);
			if
			:: !request -> slot = r + 1
			:: else
			fi;
			if
			:: !request && programs -> record[p] = r + 1
			:: else
			fi;
			printf("Eve's SYN: listener %d, connection %d, ports %d, programs %d: join %d, request %d, answer %d\n",
			       l, c, p, programs, r + 1, request, r_seen[r]);
			r = 0;
			l = 0;
			c = 0;
			p = 0;
			programs = 0;
			request = 0
		}
	}

	/* Eve ends her connection, and the honest one with its token begins */
	:: atomic {
		!turned && stage != PASSED;
		turned = 1;
		if
		:: r_state[0] == WAITING && r_conn[0] == 3 -> join_is_over(1)
		:: else
		fi;
		if
		:: r_state[1] == WAITING && r_conn[1] == 3 -> join_is_over(2)
		:: else
		fi;
		printf("connection 3 is connection 1 now\n")
	}

	/* Eve passes the answer on to the peer, who sends the ACK */
	:: atomic {
		!finished && !stage;
		if
		:: r_right[0] -> finished = 1
		:: r_right[1] -> finished = 2
		fi;
		printf("Eve has the peer finish join %d\n", finished)
	}

	/* Eve pushes a record out */
	:: atomic {
		stage < PASSED;
		pick_bit(p);
		record[p];
		record[p] = 0;
		printf("Eve pushes the record of ports %d out\n", p);
		p = 0
	}

	/* By a RST of hers, or by time */
	:: atomic {
		if
		:: r_state[0] == WAITING -> r = 1
		:: r_state[1] == WAITING -> r = 2
		fi;
		printf("Eve removes the request of join %d\n", r);
		join_is_over(r);
		r = 0
	}

	/* An ACK of Eve's on an interface with programs; she puts on what mask she has */
	:: atomic {
		!stage;
		pick_listener(listener);
		pick_bit(ports);
		if
		:: r_seen[0] -> hmac = 1
		:: r_seen[1] -> hmac = 2
		fi;
		if
		:: acks = 0
		:: r_state[0] == WAITING && r_seen[0] -> acks = 1
		:: r_state[1] == WAITING && r_seen[1] -> acks = 2
		fi;
		d_step {
			r = request_of_ack;
			if
			:: r && UNMASKS_REQUEST(r) -> verified = r
			:: !r && record[ports] && UNMASKS_RECORDED(record[ports]) ->
				verified = record[ports]
			:: else
			fi;
			stage = ARRIVED;
			printf("Eve's ACK: listener %d, ports %d, HMAC of join %d, mask taken off of join %d, acknowledges %d\n",
			       listener, ports, hmac, verified, acks);
			r = 0
		}
	}

	:: d_step {
		stage == ARRIVED;
		stage = LOOKED_UP;
		found = request_of_ack
	}

	/* The gate */
	:: d_step {
		stage == LOOKED_UP;
		r = request_of_ack;
		if
		:: COUNTS(r) && HAS_HMAC_OF_REQUEST(r) && VERIFIED(key_of_join(r), r) ->
			stage = PASSED
		:: !COUNTS(r) && record[ports] && HAS_HMAC(record[ports]) &&
		   IS_CURRENT(record[ports]) && VERIFIED(recorded_key(record[ports]), record[ports]) ->
			stage = PASSED
		:: !COUNTS(r) && !record[ports] && scheme == PASSES_UNKNOWN && listener == NONE ->
			stage = PASSED
		:: !COUNTS(r) && !record[ports] && scheme == PLAIN ->
			stage = PASSED
		:: else -> ack_is_gone()
		fi;
		r = 0
	}

	/* The kernel compares the HMAC with that of the request, or of the join in the slot */
	:: d_step {
		stage == PASSED;
		if
		:: found && found == acks && r_state[found - 1] == WAITING && hmac == found ->
			accepted(found, REQUEST)
		:: !acks && slot ->
			r = slot;
			slot = 0;
			if
			:: hmac == r -> accepted(r, HONEST)
			:: else
			fi;
			r = 0
		:: else
		fi;
		ack_is_gone()
	}
	:: break
	od
}
