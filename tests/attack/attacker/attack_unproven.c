// SPDX-License-Identifier: GPL-2.0-only
/*
 * On the path of a join of the client's, which is held back: answers to its SYN that have no
 * HMAC at all. One of them wants nothing of the SYN but its port, which can be guessed.
 */
#include <stdio.h>

#include "attacker.h"

#define BYTES 100

/* As from the server of the join */
static void answer_join(int path, const struct segment *syn, struct plan *plan)
{
	struct frame frame;

	plan->from = syn->to;
	plan->to = syn->from;
	plan->from_mac = links[path][SERVER].peer_mac;
	plan->to_mac = links[path][CLIENT].peer_mac;
	make_segment(&frame, plan);
	send_frame(&links[path][CLIENT], &frame);
}

/* What the client sends next on that subflow; its SYN again is no answer */
static enum answer hear_client(const struct segment *syn)
{
	int64_t until = now_ms() + patience_ms;
	struct segment segment;
	struct frame frame;

	while (pump(until, false, &frame)) {
		if (!parse_segment(&frame, &segment) ||
		    !same_endpoint(&segment.from, &syn->from))
			continue;
		if (segment.tcp->rst)
			return REFUSED;
		if (segment.tcp->ack)
			return ANSWERED;
	}
	return SILENT;
}

/* Data for the client's application, when the client has answered a SYN of theirs */
static void send_first_bytes(int path, const struct connection *connection,
			     const struct segment *syn)
{
	static const uint8_t bytes[BYTES] = { 'A' };
	struct plan plan = {
		.flags = TH_ACK,
		.seq = 1, /* MPTCP counts from 0 here */
		.ack = syn->seq + 1,
		.options_len = MAPPING_LEN,
		.payload = bytes,
		.payload_len = sizeof(bytes),
	};

	put_mapping(plan.options, key_first_dsn(connection->keys[CLIENT]),
		    key_first_dsn(connection->keys[SERVER]), BYTES);
	answer_join(path, syn, &plan);
	printf(" data=%s", answers[hear_client(syn)]);
}

/* A SYN of their own, as in a simultaneous open */
static void open_as_well(int path, const struct connection *connection,
			 const struct segment *syn)
{
	struct plan plan = { .flags = TH_SYN };
	enum answer answer;

	answer_join(path, syn, &plan);
	answer = hear_client(syn);
	printf(" syn=%s", answers[answer]);
	if (answer == ANSWERED)
		send_first_bytes(path, connection, syn);
}

/*
 * The same to each port that the client's SYN may come from, which nobody has seen: count=N of
 * them from port=N on, at to=ADDR. The answer has the sequence number.
 */
static void open_at_ports(int path, const struct connection *connection)
{
	unsigned int port = arg_number("port", "0"),
		     end = port + arg_number("count", "0");
	int64_t until = now_ms() + patience_ms;
	struct plan plan = { .flags = TH_SYN };
	struct segment syn = { 0 }, segment;
	struct frame frame;

	syn.from.addr = arg_addr("to", "0.0.0.0");
	syn.to = connection->ends[SERVER];
	watch = true;
	for (; port < end; port++) {
		syn.from.port = htons((uint16_t)port);
		answer_join(path, &syn, &plan);
	}
	while (next_join(JOIN_SYN_LEN, until, &frame, &segment)) {
		if (!segment.tcp->ack)
			continue;
		held = syn.from = segment.from;
		syn.seq = segment.seq;
		printf(" syn=answered");
		send_first_bytes(path, connection, &syn);
		return;
	}
	printf(" syn=silent");
}

/* A RST with the sequence number that begins a stream, where a refusal has 0 */
static void reset_as_stream(int path, const struct segment *syn)
{
	struct plan plan = { .flags = TH_RST | TH_ACK,
			     .seq = 1,
			     .ack = syn->seq + 1 };

	answer_join(path, syn, &plan);
	printf(" sent=1");
}

/* what=syn, what=rst or what=ports */
bool cmd_unproven(void)
{
	int path = (int)arg_number("path", "2") - 1;
	const struct connection *connection;
	struct segment segment;
	struct frame frame;

	if (arg_is("what", "ports", "syn")) {
		connection = arg_connection("conn");
		if (connection)
			open_at_ports(path, connection);
		return connection;
	}
	if (!hold_syn(&frame, &segment))
		return true;
	connection = arg_connection("conn");
	if (!connection)
		return false;
	held = segment.from;
	if (arg_is("what", "syn", "syn"))
		open_as_well(path, connection, &segment);
	else
		reset_as_stream(path, &segment);
	return true;
}
