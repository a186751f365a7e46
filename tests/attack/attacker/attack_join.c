// SPDX-License-Identifier: GPL-2.0-only
/* Joins with an HMAC that is computed, learned, replayed, reflected or made up */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attacker.h"
#include "extkey_mask.h"

static void learned_ack_mask(const struct connection *connection,
			     uint8_t mask[ACK_HMAC_LEN])
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	int i;

	join_hmac(connection->keys[CLIENT], connection->keys[SERVER],
		  recorded.nonces[CLIENT], recorded.nonces[SERVER], hmac);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		mask[i] = recorded.ack[i] ^ hmac[i];
}

/* By scheme siphash, of an external key of 8 bytes that the attacker has */
static void own_ack_mask(const struct attempt *attempt,
			 const struct connection *target,
			 uint8_t mask[ACK_HMAC_LEN + 4])
{
	struct extkey_mask_input input = {
		.field = EXTKEY_FIELD_ACK,
		.nonce = { attempt->nonces[CLIENT], attempt->nonces[SERVER] },
		.sender_key = target->keys[CLIENT],
		.receiver_key = target->keys[SERVER],
	};
	uint8_t key[EXTKEY_KEY_MAX] = { 0 };
	struct extkey_secret secret;

	put64(key, strtoull(arg("key", "0"), NULL, 16));
	extkey_derive(key, EXTKEY_KEY_SHORT, &secret);
	for (input.word = 0; input.word < 3; input.word++)
		put64(mask + 8 * input.word,
		      extkey_mask(EXTKEY_SCHEME_SIPHASH, &secret, &input));
}

/*
 * ack=real	 RFC 8684's
 * ack=learned	 with the mask of the recorded join
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
	uint8_t mask[ACK_HMAC_LEN + 4] = { 0 };
	int i;

	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  attempt->nonces[CLIENT], attempt->nonces[SERVER], hmac);
	if (!strcmp(how, "learned"))
		learned_ack_mask(teacher, mask);
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
 * via=ADDR	 the ACK goes to that address, with a cookie of its listener
 */
bool cmd_join(void)
{
	const struct connection *target = arg_connection("conn");
	const struct connection *teacher = arg_connection("learn");
	in_addr_t via = arg_addr("via", "0.0.0.0");
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct attempt attempt, other;
	uint32_t cookie = 0;
	enum answer answer;

	if (!target || !teacher)
		return false;
	start_attempt(&attempt, target, teacher, 0);
	if (via) {
		other = attempt;
		other.to.addr = via;
		if (!ask_for_cookie(&other, &cookie))
			return false;
	}
	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;
	printf(" synack=%s", synack_hmac(target, &attempt) == attempt.synack ?
				     "plain" :
				     "masked");
	choose_ack(&attempt, target, teacher, hmac);
	if (via) {
		attempt.to.addr = via;
		attempt.peer_seq = cookie + 1;
	}
	end_join(&attempt, target, hmac);
	return true;
}
