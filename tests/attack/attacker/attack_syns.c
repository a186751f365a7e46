// SPDX-License-Identifier: GPL-2.0-only
/* Many SYNs of joins: what the listener keeps of them, and which tokens it takes */
#include <stdio.h>

#include "attacker.h"

#define FLOOD_BURST 16
#define FLOOD_MAX 1024
#define FLOOD_PAUSE_MS 20
#define FLOOD_PORT 10000

/* SYNs alone, of ports that follow on each other, and what came back */
struct flood {
	in_addr_t from;
	unsigned int count, answered, refused;
	bool done[FLOOD_MAX];
};

/* Each port is counted once: a SYN/ACK comes again and again. True for the last */
static bool count_answers(struct flood *flood, int64_t until)
{
	struct segment segment;
	struct frame frame;
	unsigned int nr;

	while (pump(until, false, &frame)) {
		if (!parse_segment(&frame, &segment))
			continue;
		nr = ntohs(segment.to.port) - FLOOD_PORT;
		if (segment.to.addr != flood->from || nr >= flood->count ||
		    flood->done[nr])
			continue;
		flood->done[nr] = true;
		flood->answered += segment.tcp->syn;
		flood->refused += segment.tcp->rst;
		if (flood->answered + flood->refused == flood->count)
			return true;
	}
	return false;
}

/* count=N of them, again and again for ms=N */
bool cmd_syns(void)
{
	const struct connection *target = arg_connection("conn");
	const struct connection *teacher = arg_connection("learn");
	struct flood flood = { .count = arg_number("count", "1") };
	int64_t end = now_ms() + arg_number("ms", "0");
	struct attempt attempt;
	unsigned int i;

	if (!target || !teacher || flood.count > FLOOD_MAX)
		return false;
	do {
		for (i = 0; i < flood.count; i++) {
			start_attempt(&attempt, target, teacher, i);
			attempt.from.port = htons((uint16_t)(FLOOD_PORT + i));
			flood.from = attempt.from.addr;
			send_syn(&attempt);
			if (i % FLOOD_BURST == 0)
				count_answers(&flood, now_ms());
		}
		count_answers(&flood, now_ms() + FLOOD_PAUSE_MS);
	} while (now_ms() < end);
	count_answers(&flood, now_ms() + patience_ms / 2);
	printf(" sent=%u answered=%u refused=%u silent=%u", flood.count,
	       flood.answered, flood.refused,
	       flood.count - flood.answered - flood.refused);
	return true;
}
