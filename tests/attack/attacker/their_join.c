// SPDX-License-Identifier: GPL-2.0-only
/* Joins of the hosts', in which the attacker has a part */
#include "attacker.h"

/* The next MP_JOIN of this length that pump() returns: see the flags in attacker.h */
uint8_t *next_join(uint8_t len, int64_t until, struct frame *frame,
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

/* To who has sent this SYN, as if it were from where the SYN went */
void send_synack(int path, enum side to, const struct segment *syn,
		 uint64_t hmac, uint32_t nonce)
{
	struct plan plan = {
		.flags = TH_SYN | TH_ACK,
		.from = syn->to,
		.to = syn->from,
		.seq = random32(),
		.ack = syn->seq + 1,
		.from_mac = links[path][!to].peer_mac,
		.to_mac = links[path][to].peer_mac,
		.options = { MPTCP_KIND, JOIN_SYNACK_LEN, MP_JOIN << 4 },
		.options_len = JOIN_SYNACK_LEN,
	};
	struct frame frame;

	put32(put64(plan.options + 4, hmac), nonce);
	make_segment(&frame, &plan);
	send_frame(&links[path][to], &frame);
}
