/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded symbolic model of what authenticates MPTCP subflows, for spin. An
 * attacker, Eve, plays against honest hosts that share one external key, and
 * spin tries all that she can do. SCHEME and GOAL come from the environment, so
 * that one compiled checker does for all; models/verdicts has the list.
 *
 * Assumed (docs/security.md says why):
 *  - Eve has all MPTCP keys, for she saw each first handshake. So she knows the
 *    RFC 8684 value of every field, and a field on the wire shows her its mask;
 *    she can send a field if and only if she knows its mask. XOR does the rest:
 *    the model needs no HMACs, and a mask stands for its message.
 *  - She sees every packet, can hold it back, send it to another connection or
 *    host, in the other direction, and from any address.
 *  - She does not have the external key, and the PRF is one: a mask is known
 *    once an honest host has sent it for the same message, and not before.
 *  - Nonces and MPTCP keys of honest hosts never repeat and are not guessed.
 *  - Eve has connections of her own, as a server to a keyed client and as a
 *    client of a keyed server. She picks her key there last: a fresh one, a copy
 *    of somebody's, or one ground until it has a token that she wants.
 *  - Fields have tags of their own in their messages, so ADD_ADDR and
 *    MP_FASTCLOSE are tried apart from joins.
 *
 * Bounded: INITIATIONS joins begun by honest hosts, RESPONSES answered by them,
 * one announcement or closure, four connections.
 */
#define INITIATIONS 2
#define RESPONSES 2
#define ANY_I(p) (p(0) || p(1))
#define ANY_R(p) (p(0) || p(1))

/* Each join begun or answered by an honest host has a nonce; Eve needs but one */
#define NONCE_OF_R(r) (INITIATIONS + (r))
#define EVES_NONCE (INITIATIONS + RESPONSES)

c_decl {
\#include <stdio.h>
\#include <stdlib.h>
\#include <string.h>
/* Position of the variable's value in a list of names */
static int choice(const char *variable, const char *names)
{
	const char *value = getenv(variable);
	char list[256], *name;
	int n = 0;

	snprintf(list, sizeof(list), "%s", names);
	for (name = strtok(list, " "); name && value; name = strtok(NULL, " "), n++)
		if (!strcmp(name, value))
			return n;
	fprintf(stderr, "%s must be one of: %s\n", variable, names);
	exit(2);
}
}

#define SCHEMES "plain xor xor-unseen siphash siphash-bound siphash-guessed no-connection token-only no-direction no-initiator-nonce no-responder-nonce"
#define PLAIN 0
#define XOR 1
#define XOR_UNSEEN 2 /* no honest host ever joins */
#define SIPHASH 3
#define SIPHASH_BOUND 4 /* --bind-addresses */
#define SIPHASH_GUESSED 5 /* Eve is given the mask of every token */
/* siphash with a part of the messages left out */
#define NO_CONNECTION 6
#define TOKEN_ONLY 7 /* the responder's token stands for the connection */
#define NO_DIRECTION 8
#define NO_INITIATOR_NONCE 9
#define NO_RESPONDER_NONCE 10
byte scheme;

#define GOALS "honest join answer relay flood half-open add-addr fastclose"
#define HONEST 0 /* a join of honest hosts succeeds: must be possible */
#define JOIN 1 /* a subflow is accepted that the peer has not opened */
#define ANSWER 2 /* a SYN/ACK is accepted that the peer has not sent */
#define RELAY 3 /* a subflow is accepted from addresses that Eve has changed */
#define FLOOD 4 /* a SYN is answered that comes from such addresses */
#define HALF_OPEN 5 /* a SYN is answered that the peer has not sent */
#define ADD_ADDR 6 /* it is accepted, and the peer has not announced that */
#define FASTCLOSE 7 /* it is accepted, and the peer has not closed */
byte goal;

/*
 * Ends of connections, 2 * connection + side: clients are even, servers odd.
 * Connections 0 and 1 have two honest ends. In 2 Eve is the server, in 3 the
 * client.
 */
#define ENDS 8
#define EVES_SERVER 5
#define EVES_CLIENT 6
#define peer(e) ((e) ^ 1)
#define honest(e) ((e) != EVES_SERVER && (e) != EVES_CLIENT)
#define home(e) ((e) % 2) /* honest hosts: one has all clients, one all servers */

/* MPTCP keys by name; the token of an honest key has the name of the key */
#define FRESH_KEY 9
byte key[ENDS], tok[ENDS];

#define IDLE 0
#define BEGUN 1
#define DONE 2

/* Joins begun by honest hosts: at which end, and the responder's nonce */
byte i_state[INITIATIONS], i_end[INITIATIONS], i_nr[INITIATIONS];
/* Joins answered by honest hosts: the initiator's nonce, addresses not theirs */
byte r_state[RESPONSES], r_end[RESPONSES], r_ni[RESPONSES], r_moved[RESPONSES];
/* Whether one of the honest ends has sent ADD_ADDR or MP_FASTCLOSE, and which */
byte notice_sent, notice_end;

/* What is left of a message besides its tag; @e is the end that sends the field */
#define KEYS(a, b) ((a) * 16 + (b))
#define CONNECTION(e, responder)                                             \
	(scheme == NO_CONNECTION -> 0 :                                       \
	(scheme == TOKEN_ONLY -> tok[responder] :                             \
	(scheme == NO_DIRECTION && key[e] > key[peer(e)] -> KEYS(key[peer(e)], key[e]) : \
	 KEYS(key[e], key[peer(e)]))))
#define ADDRESSES(moved) (scheme == SIPHASH_BOUND -> (moved) : 0)
#define T(ni, moved)                                                         \
	(scheme == XOR || scheme == XOR_UNSEEN -> 0 : (ni) * 2 + ADDRESSES(moved))
#define NONCES(ni, nr)                                                       \
	((scheme == NO_INITIATOR_NONCE -> 0 : (ni)) * 16 +                    \
	 (scheme == NO_RESPONDER_NONCE -> 0 : (nr)))
#define S(e, ni, nr, moved) \
	((CONNECTION(e, e) * 256 + NONCES(ni, nr)) * 2 + ADDRESSES(moved))
#define A(e, ni, nr, moved) \
	((CONNECTION(e, peer(e)) * 256 + NONCES(ni, nr)) * 2 + ADDRESSES(moved))
#define D_OR_F(e, address) \
	(CONNECTION(e, peer(e)) * 4 + (goal == ADD_ADDR -> (address) : 0))

/* Masks that Eve knows: an honest host has sent a field with this message */
#define UNMASKED (scheme == PLAIN || scheme == XOR || scheme == XOR_UNSEEN)
#define SENT_T(i) (i_state[i] && T(i, 0) == T(ni, moved))
#define KNOWS_T (scheme == PLAIN || scheme == SIPHASH_GUESSED || ANY_I(SENT_T))
#define SENT_S(r) (r_state[r] && S(r_end[r], r_ni[r], NONCE_OF_R(r), r_moved[r]) == \
				 S(peer(i_end[x]), x, nr, 0))
#define KNOWS_S (UNMASKED || ANY_R(SENT_S))
#define SENT_A(i) (i_state[i] == DONE && A(i_end[i], i, i_nr[i], 0) == \
		   A(peer(r_end[x]), r_ni[x], NONCE_OF_R(x), r_moved[x]))
#define KNOWS_A (UNMASKED || ANY_I(SENT_A))
#define KNOWS_D_OR_F (UNMASKED || (notice_sent && \
		      D_OR_F(notice_end, home(notice_end)) == D_OR_F(peer(e), address)))

/* Whether the honest peer has done its part, in just this join */
#define PEER_BEGAN(i) (i_state[i] && i_end[i] == peer(e) && ni == i)
#define PEER_ANSWERED(r) (r_state[r] && r_end[r] == peer(i_end[x]) && \
			  r_ni[r] == x && nr == NONCE_OF_R(r))
#define PEER_FINISHED(i) (i_state[i] == DONE && i_end[i] == peer(r_end[x]) && \
			  r_ni[x] == i && i_nr[i] == NONCE_OF_R(x))
#define PEER_SENT (notice_sent && notice_end == peer(e) && \
		   (goal == FASTCLOSE || address == home(notice_end)))

/* An attack on @g: @what has been taken, without the peer's part, from Eve */
#define attack(g, e, agreed) (goal == (g) && honest(peer(e)) && !(agreed))

inline pick_honest_end()
{
	if
	:: e = 0 :: e = 1 :: e = 2 :: e = 3 :: e = 4 :: e = 7
	fi
}

/* A nonce that exists by now, or Eve's */
inline pick_nonce(nonce)
{
	if
	:: i_state[0] -> nonce = 0
	:: i_state[1] -> nonce = 1
	:: r_state[0] -> nonce = NONCE_OF_R(0)
	:: r_state[1] -> nonce = NONCE_OF_R(1)
	:: nonce = EVES_NONCE
	fi
}

inline pick_eves_key(eve)
{
	if
	:: key[eve] = FRESH_KEY; tok[eve] = FRESH_KEY
	:: key[eve] = FRESH_KEY; tok[eve] = tok[0]
	:: key[eve] = FRESH_KEY; tok[eve] = tok[1]
	:: key[eve] = key[0]; tok[eve] = tok[0]
	:: key[eve] = key[1]; tok[eve] = tok[1]
	:: key[eve] = key[peer(eve)]; tok[eve] = tok[peer(eve)]
	fi
}

/* One loop, as Eve decides about each step. Scratch is zeroed after each. */
init {
	byte e, x, ni, nr, moved, address;

	atomic {
		c_code {
			now.scheme = choice("SCHEME", SCHEMES);
			now.goal = choice("GOAL", GOALS);
		};
		do
		:: x < ENDS -> key[x] = x; tok[x] = x; x++
		:: else -> x = 0; break
		od;
		pick_eves_key(EVES_SERVER);
		pick_eves_key(EVES_CLIENT);
		printf("Eve's keys: as a server %d with token %d, as a client %d with token %d\n",
		       key[EVES_SERVER], tok[EVES_SERVER], key[EVES_CLIENT], tok[EVES_CLIENT])
	};

	do
	/*
	 * An honest host begins a join: it sends an MP_JOIN SYN. All this comes
	 * first, as seeing a SYN early takes no step from Eve; and two joins are
	 * the same two in either order.
	 */
	:: atomic {
		goal <= HALF_OPEN && scheme != XOR_UNSEEN && !i_state[INITIATIONS - 1] &&
		i_state[0] != DONE && !r_state[0];
		pick_honest_end();
		e >= i_end[0];
		d_step {
			x = (i_state[0] -> 1 : 0);
			i_state[x] = BEGUN;
			i_end[x] = e;
			printf("side %d of connection %d begins to join, nonce %d: SYN\n", e % 2, e / 2, x);
			e = 0;
			x = 0
		}
	}

	/* Eve sends an honest host an MP_JOIN SYN: it sends a SYN/ACK */
	:: atomic {
		goal <= HALF_OPEN && !r_state[RESPONSES - 1];
		pick_honest_end();
		pick_nonce(ni);
		if
		:: moved = 0
		:: goal == RELAY || goal == FLOOD || scheme == SIPHASH_BOUND -> moved = 1
		fi;
		d_step {
			KNOWS_T;
			assert(!attack(HALF_OPEN, e, ANY_I(PEER_BEGAN)));
			assert(!attack(FLOOD, e, !moved));
			x = (r_state[0] -> 1 : 0);
			r_state[x] = BEGUN;
			r_end[x] = e;
			r_ni[x] = ni;
			r_moved[x] = moved;
			printf("side %d of connection %d gets a SYN, nonce %d, %d addresses changed; its nonce %d: SYN/ACK\n",
			       e % 2, e / 2, ni, moved, NONCE_OF_R(x));
			e = 0;
			x = 0;
			ni = 0;
			moved = 0
		}
	}

	/* Eve sends an MP_JOIN SYN/ACK to who has begun: they send the ACK */
	:: atomic {
		if
		:: i_state[0] == BEGUN -> x = 0
		:: i_state[1] == BEGUN -> x = 1
		fi;
		pick_nonce(nr);
		d_step {
			KNOWS_S;
			assert(!attack(ANSWER, i_end[x], ANY_R(PEER_ANSWERED)));
			i_state[x] = DONE;
			i_nr[x] = nr;
			printf("side %d of connection %d takes a SYN/ACK, nonces %d and %d: ACK\n",
			       i_end[x] % 2, i_end[x] / 2, x, nr);
			x = 0;
			nr = 0
		}
	}

	/* Eve sends an MP_JOIN ACK to who has answered: the subflow is there */
	:: atomic {
		if
		:: r_state[0] == BEGUN -> x = 0
		:: r_state[1] == BEGUN -> x = 1
		fi;
		d_step {
			KNOWS_A;
			printf("side %d of connection %d takes an ACK, nonces %d and %d: joined\n",
			       r_end[x] % 2, r_end[x] / 2, r_ni[x], NONCE_OF_R(x));
			assert(!(goal == HONEST && !r_moved[x] && ANY_I(PEER_FINISHED)));
			assert(!attack(JOIN, r_end[x], ANY_I(PEER_FINISHED)));
			assert(!attack(RELAY, r_end[x], !r_moved[x]));
			r_state[x] = DONE;
			x = 0
		}
	}

	/* An honest host announces its own address, or closes */
	:: atomic {
		goal >= ADD_ADDR && !notice_sent;
		pick_honest_end();
		d_step {
			notice_sent = 1;
			notice_end = e;
			printf("side %d of connection %d sends it\n", e % 2, e / 2);
			e = 0
		}
	}

	/* Eve sends the same; only whether it is taken matters */
	:: atomic {
		goal >= ADD_ADDR;
		pick_honest_end();
		if
		:: address = 0
		:: address = 1
		:: address = 2 /* Eve's */
		fi;
		d_step {
			KNOWS_D_OR_F;
			printf("side %d of connection %d takes it, address %d\n", e % 2, e / 2, address);
			assert(!attack(goal, e, PEER_SENT));
			e = 0;
			address = 0
		}
	}
	:: break
	od
}
