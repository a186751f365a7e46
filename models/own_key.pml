/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The own MPTCP key of a host with engine tc and SYN cookies: the kernel takes it from the
 * ACK, and engine tc finds out whether the host has chosen it (bpf/own_key.bpf.h). An
 * attacker, Eve, names the key of connection X of an honest client, and spin tries all that
 * she can do. SCHEME and GOAL come from the environment, models/verdicts has the list.
 *
 * A handshake is four things: network namespace, addresses and ports, the sequence number of
 * the SYN, that of the SYN/ACK. Each is 0 in the handshake of X, and 0 or 1 in those of Eve:
 * she repeats the SYN of X, or waits for a cookie that is the same. But she does not have all
 * four alike: that is the ACK of X again, from the client's address, within two minutes
 * (docs/security.md). The written key is a PRF of what the scheme has of them, so two of them
 * are the same if all of that is. Eve sees all written keys.
 *
 * mp_join.pml has what is lost with it, scheme named-key.
 */
c_decl {
\#include "choice.h"
}

#define SCHEMES "siphash unproven no-netns no-addresses no-syn-seq no-synack-seq flag any-request flag-any-request"
#define SIPHASH 0
/* siphash with a rule left out */
#define UNPROVEN 1 /* a connection needs no proof */
#define NO_NETNS 2 /* a part of the handshake that the written key does not have */
#define NO_ADDRESSES 3
#define NO_SYN_SEQ 4
#define NO_SYNACK_SEQ 5
#define FLAG 6 /* that a key was proven counts, not which */
#define ANY_REQUEST 7 /* a request counts, whatever the ACK acknowledges */
#define FLAG_ANY_REQUEST 8 /* both */
byte scheme;

#define GOALS "honest request named"
#define HONEST 0 /* a connection with a cookie has a proof: must be possible */
#define REQUEST 1 /* the same with a request */
#define NAMED 2 /* a connection of Eve's has a proof, and the key of X */
byte goal;

/* Keys: those that are written, the one of a request, one that Eve makes up */
#define WRITTEN(netns, addresses, syn, synack) \
	((scheme == NO_NETNS -> 0 : (netns)) + (scheme == NO_ADDRESSES -> 0 : 2 * (addresses)) + \
	 (scheme == NO_SYN_SEQ -> 0 : 4 * (syn)) + (scheme == NO_SYNACK_SEQ -> 0 : 8 * (synack)))
#define KEY_OF_X WRITTEN(0, 0, 0, 0)
#define KEY_OF_REQUEST 16
#define MADE_UP 17
#define NOTHING 18

inline pick_bit(b)
{
	if
	:: b = 0
	:: b = 1
	fi
}

/* One ACK of Eve's: to the gate, and to TCP */
init {
	byte netns, addresses, syn, synack, request, acks, named, proven, taken;

	atomic {
		c_code {
			now.scheme = choice("SCHEME", SCHEMES);
			now.goal = choice("GOAL", GOALS);
		};
		pick_bit(netns);
		pick_bit(addresses);
		pick_bit(syn);
		pick_bit(synack);
		netns || addresses || syn || synack;
		pick_bit(request); /* there is one at these addresses */
		pick_bit(acks); /* and the ACK acknowledges its SYN/ACK, not a cookie */
		if
		:: named = KEY_OF_X
		:: named = WRITTEN(netns, addresses, syn, synack)
		:: named = MADE_UP
		fi;
		printf("Eve's ACK: network namespace %d, addresses %d, sequence numbers %d and %d, request %d, acknowledges it %d, names key %d; key of X is %d\n",
		       netns, addresses, syn, synack, request, acks, named, KEY_OF_X)
	}

	/* The gate */
	d_step {
		if
		:: request && (acks || scheme == ANY_REQUEST || scheme == FLAG_ANY_REQUEST) ->
			proven = KEY_OF_REQUEST
		:: else ->
			proven = (named == WRITTEN(netns, addresses, syn, synack) -> named : NOTHING)
		fi;
		printf("the gate has a proof of key %d\n", proven)
	}

	/* A RST of hers, or time */
	if
	:: request = 0
	:: true
	fi;

	/* TCP, and then extkey_established */
	atomic {
		if
		:: request && acks -> taken = KEY_OF_REQUEST
		:: !acks -> taken = named
		fi;
		printf("the kernel takes key %d\n", taken);
		taken == proven || scheme == UNPROVEN ||
			(proven != NOTHING && (scheme == FLAG || scheme == FLAG_ANY_REQUEST));
		printf("the connection has a proof\n");
		assert(!(goal == HONEST && !acks && taken != KEY_OF_X));
		assert(!(goal == REQUEST && acks));
		assert(!(goal == NAMED && taken == KEY_OF_X))
	}
}
