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
 *  - She may be a peer of the same hosts under another external key, too. The masks of
 *    that are of no use elsewhere; what she gains is a listener whose T she can make.
 *  - One external key stands for all that honest hosts have: with more of them, whose are
 *    apart, a mask is known less often. whose_key.pml and rotation.pml have more of them.
 *  - In the schemes "crossed" she sends the last ACK of a first handshake in the client's
 *    place. So the server has the client's key as she names it (docs/security.md, "Crossed
 *    keys"). In all others the two ends of an honest connection have the same keys.
 *  - Fields have tags of their own in their messages, so ADD_ADDR and
 *    MP_FASTCLOSE are tried apart from joins.
 *
 * Bounded: INITIATIONS joins begun by honest hosts, RESPONSES answered by them,
 * one announcement or closure, four connections. Joins go on in this order: all are begun, then
 * all SYNs of Eve's are answered, then all SYN/ACKs taken. Another order gives her no more:
 * what a host refuses at a SYN depends on what was begun, at a SYN/ACK on what was
 * answered; an ACK changes nothing. And two of a kind are the same two in either order.
 */
#define INITIATIONS 2
#define RESPONSES 2
#define ANY_I(p) (p(0) || p(1))
#define ANY_R(p) (p(0) || p(1))

/* Each join begun or answered by an honest host has a nonce; Eve needs but one */
#define NONCE_OF_R(r) (INITIATIONS + (r))
#define EVES_NONCE (INITIATIONS + RESPONSES)

c_decl {
\#include "choice.h"
}

#define SCHEMES                                                              \
	"plain xor xor-unseen siphash siphash-unseen siphash-bound siphash-mixed " \
	"siphash-guessed no-connection token-only no-direction no-initiator-nonce " \
	"no-responder-nonce named-key bare-syn any-listener xor-any-listener " \
	"siphash-old-key no-order crossed crossed-client crossed-bound "      \
	"crossed-bound-path crossed-middle no-side"
#define PLAIN 0
#define XOR 1
#define XOR_UNSEEN 2 /* no honest host ever joins */
#define SIPHASH 3
#define SIPHASH_UNSEEN 4 /* the same */
#define SIPHASH_BOUND 5 /* --bind-addresses */
#define SIPHASH_MIXED 6 /* that at the clients alone */
#define SIPHASH_GUESSED 7 /* Eve is given the mask of every token */
/* siphash with a part of the messages left out */
#define NO_CONNECTION 8
#define TOKEN_ONLY 9 /* the responder's token stands for the connection */
#define NO_DIRECTION 10 /* neither the order of the keys nor the side */
#define NO_INITIATOR_NONCE 11
#define NO_RESPONDER_NONCE 12
/* and with a rule left out */
#define NAMED_KEY 13 /* a server takes its own MPTCP key from the client: SYN cookies */
#define BARE_SYN 14 /* a join is there without S: by a SYN, as in a simultaneous open */
#define ANY_LISTENER 15 /* one without a key, or with a key of Eve's; and SIPHASH_UNSEEN */
#define XOR_ANY_LISTENER 16 /* the same, and XOR_UNSEEN */
#define SIPHASH_OLD_KEY 17 /* Eve has a key that initiators accept, for S, and all for T */
#define NO_ORDER 18 /* NO_DIRECTION, but the side is there */
/* Eve crosses keys */
#define CROSSED 19
#define CROSSED_CLIENT 20 /* and a client has connected to her */
#define CROSSED_BOUND 21 /* to an address of hers; --bind-addresses */
#define CROSSED_BOUND_PATH 22 /* to the server's, and she is in the middle of its path */
#define CROSSED_MIDDLE 23 /* CROSSED, and Eve names the server's key to the client, too */
#define NO_SIDE 24 /* CROSSED, and the order of the keys alone says who has sent a field */
#define CROSSES (scheme >= CROSSED)
#define HAS_CLIENT (!CROSSES || (scheme >= CROSSED_CLIENT && scheme <= CROSSED_BOUND_PATH))
#define BINDS (scheme == SIPHASH_BOUND || scheme == CROSSED_BOUND || scheme == CROSSED_BOUND_PATH)
byte scheme;

#define GOALS "honest reverse join answer relay flood half-open add-addr fastclose"
#define HONEST 0 /* a join that the client begins succeeds: must be possible */
#define REVERSE 1 /* one that the server begins: the same */
#define JOIN 2 /* a subflow is accepted that the peer has not opened */
#define ANSWER 3 /* as initiator, one that the peer has not answered */
#define RELAY 4 /* a subflow is accepted from addresses that Eve has changed */
#define FLOOD 5 /* a SYN is answered that comes from such addresses */
#define HALF_OPEN 6 /* a SYN is answered that the peer has not sent */
#define ADD_ADDR 7 /* it is accepted, and the peer has not announced that */
#define FASTCLOSE 8 /* it is accepted, and the peer has not closed */
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

/* The key of its peer, as an end has it from the first handshake */
byte seen[ENDS];

/* Eve has named the key of the server that is her peer: so that one has no masks */
byte named;
#define has_masks(e) ((e) != peer(EVES_CLIENT) || !named || scheme == NAMED_KEY)

#define IDLE 0
#define BEGUN 1
#define DONE 2

/* Joins begun by honest hosts: at which end, and the responder's nonce */
byte i_state[INITIATIONS], i_end[INITIATIONS], i_nr[INITIATIONS];
#define IS_DONE(i) (i_state[i] == DONE)
/* Joins answered by honest hosts: the initiator's nonce, addresses not theirs */
byte r_state[RESPONSES], r_end[RESPONSES], r_ni[RESPONSES], r_moved[RESPONSES];
/* Whether one of the honest ends has sent ADD_ADDR or MP_FASTCLOSE, and which */
byte notice_sent, notice_end;

/*
 * What is left of a message besides its tag: first the keys of who sends and who receives the
 * field, and the side of the sender, as that end has them, and as the end @e expects them
 */
#define KEYS(s, r)                                                           \
	((scheme == NO_DIRECTION || scheme == NO_ORDER) && (s) > (r) ->       \
	 (r) * 16 + (s) : (s) * 16 + (r))
#define SIDE(e) (scheme == NO_DIRECTION || scheme == NO_SIDE -> 0 : home(e))
#define CONNECTION(s, r, side, responder)                                    \
	((scheme == NO_CONNECTION -> 0 :                                      \
	 (scheme == TOKEN_ONLY -> tok[responder] : KEYS(s, r))) * 2 + (side))
#define SENT(e, responder) CONNECTION(key[e], seen[e], SIDE(e), responder)
#define EXPECTED(e, responder) CONNECTION(seen[e], key[e], SIDE(peer(e)), responder)
/* As the end @by sees them; an end that binds none has another message */
#define ADDRESSES(by, moved)                                                 \
	(BINDS || (scheme == SIPHASH_MIXED && !home(by)) -> 1 + (moved) : 0)
/* Those of a join that the end @e begins */
#define BEGINS(e) (scheme == CROSSED_BOUND && (e) == peer(EVES_SERVER) -> 2 : 0)
#define UNSEEN (scheme == XOR_UNSEEN || scheme == SIPHASH_UNSEEN || scheme == ANY_LISTENER || \
		scheme == XOR_ANY_LISTENER)
#define XORED (scheme == XOR || scheme == XOR_UNSEEN || scheme == XOR_ANY_LISTENER)
#define T(by, ni, moved) (XORED -> 0 : (ni) * 4 + ADDRESSES(by, moved))
#define NONCES(ni, nr)                                                       \
	((scheme == NO_INITIATOR_NONCE -> 0 : (ni)) * 16 +                    \
	 (scheme == NO_RESPONDER_NONCE -> 0 : (nr)))
#define S_OR_A(connection, ni, nr, addresses) \
	(((connection) * 256 + NONCES(ni, nr)) * 4 + (addresses))
#define D_OR_F(connection, address) \
	((connection) * 4 + (goal == ADD_ADDR -> (address) : 0))

/* Masks that Eve knows: an honest host has sent a field with this message */
#define UNMASKED (scheme == PLAIN || XORED)
#define SENT_T(i) (i_state[i] && T(i_end[i], i, BEGINS(i_end[i])) == T(e, ni, moved))
#define KNOWS_T (scheme == PLAIN || scheme == SIPHASH_GUESSED || scheme == SIPHASH_OLD_KEY || \
		 scheme == ANY_LISTENER || scheme == XOR_ANY_LISTENER || ANY_I(SENT_T))
#define SENT_S(r)                                                            \
	(r_state[r] && S_OR_A(SENT(r_end[r], r_end[r]), r_ni[r], NONCE_OF_R(r), \
			      ADDRESSES(r_end[r], r_moved[r])) ==             \
		       S_OR_A(EXPECTED(i_end[x], peer(i_end[x])), x, nr,      \
			      ADDRESSES(i_end[x], BEGINS(i_end[x]))))
#define KNOWS_S (UNMASKED || scheme == SIPHASH_OLD_KEY || ANY_R(SENT_S))
#define SENT_A(i)                                                            \
	(i_state[i] == DONE &&                                                \
	 S_OR_A(SENT(i_end[i], peer(i_end[i])), i, i_nr[i],                   \
		ADDRESSES(i_end[i], BEGINS(i_end[i]))) ==                     \
	 S_OR_A(EXPECTED(r_end[x], r_end[x]), r_ni[x], NONCE_OF_R(x),         \
		ADDRESSES(r_end[x], r_moved[x])))
#define KNOWS_A (UNMASKED || ANY_I(SENT_A))
#define KNOWS_D_OR_F                                                         \
	(UNMASKED || (notice_sent &&                                          \
		      D_OR_F(SENT(notice_end, peer(notice_end)), home(notice_end)) == \
		      D_OR_F(EXPECTED(e, e), address)))

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
	:: e = 0 :: e = 1 :: e = 2 :: e = 3
	:: HAS_CLIENT -> e = peer(EVES_SERVER)
	:: has_masks(peer(EVES_CLIENT)) -> e = peer(EVES_CLIENT)
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
	:: scheme == TOKEN_ONLY -> key[eve] = FRESH_KEY; tok[eve] = tok[0]
	:: scheme == TOKEN_ONLY -> key[eve] = FRESH_KEY; tok[eve] = tok[1]
	:: key[eve] = key[0]; tok[eve] = tok[0]
	:: key[eve] = key[1]; tok[eve] = tok[1]
	:: key[eve] = key[peer(eve)]; tok[eve] = tok[peer(eve)]
	fi
}

/* Under SYN cookies */
inline name_key_of_server()
{
	if
	:: true
	:: scheme >= SIPHASH && scheme < SIPHASH_OLD_KEY -> key[peer(EVES_CLIENT)] = key[0]; named = 1
	:: scheme >= SIPHASH && scheme < SIPHASH_OLD_KEY -> key[peer(EVES_CLIENT)] = key[1]; named = 1
	fi;
	tok[peer(EVES_CLIENT)] = tok[key[peer(EVES_CLIENT)]]
}

/* What servers have for their client's key, and a client for its server's */
inline cross_keys()
{
	if
	:: true
	:: seen[1] = key[peer(EVES_CLIENT)]
	:: HAS_CLIENT -> seen[1] = key[peer(EVES_SERVER)]
	:: seen[1] = key[3]; seen[3] = key[1]
	:: seen[1] = key[1]
	fi;
	if
	:: true
	:: scheme == CROSSED_MIDDLE -> seen[0] = key[peer(EVES_CLIENT)]
	fi;
	printf("server %d has %d for its client's key, server %d has %d; client 0 has %d for its server's\n",
	       key[1], seen[1], key[3], seen[3], seen[0])
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
		name_key_of_server();
		if
		:: has_masks(peer(EVES_CLIENT)) -> pick_eves_key(EVES_CLIENT)
		:: else
		fi;
		printf("Eve's keys: as a server %d with token %d, as a client %d with token %d, whose server has key %d\n",
		       key[EVES_SERVER], tok[EVES_SERVER], key[EVES_CLIENT], tok[EVES_CLIENT],
		       key[peer(EVES_CLIENT)]);
		do
		:: x < ENDS -> seen[x] = key[peer(x)]; x++
		:: else -> x = 0; break
		od;
		if
		:: CROSSES -> cross_keys()
		:: else
		fi
	};

	do
	/* An honest host begins a join: it sends an MP_JOIN SYN */
	:: atomic {
		goal <= HALF_OPEN && !UNSEEN && !i_state[INITIATIONS - 1] && !r_state[0] &&
		!ANY_I(IS_DONE);
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
		goal <= HALF_OPEN && !r_state[RESPONSES - 1] && !ANY_I(IS_DONE);
		pick_honest_end();
		pick_nonce(ni);
		e >= r_end[0] || ni == NONCE_OF_R(0);
		scheme != SIPHASH_OLD_KEY || ni < INITIATIONS;
		if
		:: moved = 0
		:: goal == RELAY || goal == FLOOD || BINDS || scheme == SIPHASH_MIXED -> moved = 1
		fi;
		d_step {
			KNOWS_T;
			assert(!attack(HALF_OPEN, e, ANY_I(PEER_BEGAN)));
			assert(!attack(FLOOD, e, !moved));
			x = (r_state[0] -> 1 : 0);
			r_state[x] = 1;
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
		:: i_state[0] == BEGUN && i_state[1] != DONE -> x = 0
		:: i_state[1] == BEGUN -> x = 1
		fi;
		pick_nonce(nr);
		/* For another one nobody asks for A */
		scheme != SIPHASH_OLD_KEY || (nr >= NONCE_OF_R(0) && nr < EVES_NONCE);
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

	/* Or Eve sends them a SYN. They send no ACK then, so it gives her nothing more. */
	:: atomic {
		scheme == BARE_SYN;
		if
		:: i_state[0] == BEGUN -> x = 0
		:: i_state[1] == BEGUN -> x = 1
		fi;
		printf("side %d of connection %d takes a SYN, nonce %d: joined\n",
		       i_end[x] % 2, i_end[x] / 2, x);
		assert(!attack(ANSWER, i_end[x], false));
		x = 0
	}

	/* Eve sends an MP_JOIN ACK to who has answered: the subflow is there */
	:: atomic {
		if
		:: r_state[0] -> x = 0
		:: r_state[1] -> x = 1
		fi;
		d_step {
			KNOWS_A;
			printf("side %d of connection %d takes an ACK, nonces %d and %d: joined\n",
			       r_end[x] % 2, r_end[x] / 2, r_ni[x], NONCE_OF_R(x));
			assert(!(goal == (r_end[x] % 2 -> HONEST : REVERSE) && !r_moved[x] &&
				 ANY_I(PEER_FINISHED)));
			assert(!attack(JOIN, r_end[x], ANY_I(PEER_FINISHED)));
			assert(!attack(RELAY, r_end[x], !r_moved[x]));
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
