// SPDX-License-Identifier: GPL-2.0-only
/* What can be learned from passing packets: connections, their keys, and joins */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

#define MAX_CONNECTIONS 256

struct recorded recorded, kept;
uint32_t recorded_seq;
struct seen_masks seen_masks;

static struct connection connections[MAX_CONNECTIONS];
static int nr_connections;
static int nr_joins;

static struct connection *find_connection(const struct segment *segment,
					  enum side side)
{
	int i;

	for (i = 0; i < nr_connections && i < MAX_CONNECTIONS; i++)
		if (same_endpoint(&connections[i].ends[side], &segment->from) &&
		    same_endpoint(&connections[i].ends[!side], &segment->to))
			return &connections[i];
	return NULL;
}

struct connection *add_connection(void)
{
	struct connection *connection =
		&connections[nr_connections++ % MAX_CONNECTIONS];

	memset(connection, 0, sizeof(*connection));
	return connection;
}

/* What masks the HMAC of an ADD_ADDR with an address of IPv4; 0 as well if it is none */
uint64_t add_addr_mask(const uint8_t *option,
		       const struct connection *connection, enum side from)
{
	struct endpoint address = { 0 };
	bool with_port = option[1] == ADD_ADDR_PORT_LEN;

	if (!with_port && option[1] != ADD_ADDR_LEN)
		return 0;
	memcpy(&address.addr, option + 4, sizeof(address.addr));
	if (with_port)
		address.port = htons(get16(option + 8));
	return get64(option + option[1] - 8) ^
	       add_addr_hmac(connection->keys[from], connection->keys[!from],
			     option[3], &address, with_port);
}

/* Of what authenticates something on a subflow that is established */
static void learn_masks(const struct connection *connection, enum side from,
			const struct segment *segment)
{
	const uint8_t *fastclose = find_mptcp(segment, MP_FASTCLOSE);
	const uint8_t *add_addr = find_mptcp(segment, MP_ADD_ADDR);

	if (fastclose) {
		note_fastclose(fastclose, connection->keys[!from]);
		seen_masks.fastclose = get64(fastclose + 4) ^
				       connection->keys[!from];
		seen_masks.nr_fastcloses++;
	}
	if (add_addr && !(add_addr[2] & ADD_ADDR_ECHO)) {
		seen_masks.add_addr = add_addr_mask(add_addr, connection, from);
		seen_masks.nr_add_addrs++;
	}
}

/* NULL if it is of none */
struct connection *learn_connection(int path, enum side side,
				    const struct segment *segment)
{
	const uint8_t *capable = find_mptcp(segment, MP_CAPABLE);
	const uint8_t *stamps;
	struct connection *connection = find_connection(segment, side);
	struct sender *sender;

	if (!connection && capable && side == CLIENT && segment->tcp->syn)
		connection = add_connection();
	if (!connection)
		return NULL;
	if (segment->tcp->syn && side == CLIENT) {
		connection->path = path;
		connection->ends[CLIENT] = segment->from;
		connection->ends[SERVER] = segment->to;
	}

	if (capable && side == CLIENT && capable[1] >= CAPABLE_ACK_LEN) {
		connection->keys[CLIENT] = get64(capable + 4);
		connection->keys[SERVER] = get64(capable + 12);
		connection->has_keys = true;
	}
	learn_masks(connection, side, segment);
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
	return connection;
}

void learn_join(enum side side, const struct segment *segment)
{
	const uint8_t *join = find_mptcp(segment, MP_JOIN);

	if (!join)
		return;
	if (side == CLIENT && segment->tcp->syn && join[1] == JOIN_SYN_LEN) {
		memset(&recorded, 0, sizeof(recorded));
		recorded_seq = segment->seq;
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

struct connection *arg_connection(const char *name)
{
	unsigned int nr = arg_number(name, "0");

	if (nr >= (unsigned int)nr_connections || nr >= MAX_CONNECTIONS ||
	    !connections[nr].has_keys)
		return NULL;
	return &connections[nr];
}

/* What a join is to, conn=N, and what masks were learned of, learn=N */
bool arg_connections(const struct connection **target,
		     const struct connection **teacher)
{
	*target = arg_connection("conn");
	*teacher = arg_connection("learn");
	return *target && *teacher;
}

struct connection *last_connection(void)
{
	struct connection *last =
		&connections[(nr_connections + MAX_CONNECTIONS - 1) %
			     MAX_CONNECTIONS];

	return last->has_keys ? last : NULL;
}

int count_connections(void)
{
	return nr_connections;
}

void forget_seen(void)
{
	memset(connections, 0, sizeof(connections));
	memset(&recorded, 0, sizeof(recorded));
	memset(&kept, 0, sizeof(kept));
	memset(&seen_masks, 0, sizeof(seen_masks));
	nr_connections = nr_joins = 0;
	told_as = "none";
}

bool cmd_seen(void)
{
	int i, with_keys = 0;

	for (i = 0; i < nr_connections && i < MAX_CONNECTIONS; i++)
		with_keys += connections[i].has_keys;
	printf(" connections=%d joins=%d id=%u stripped=%d fastclose=%s add_addrs=%d add_addr=%s fastcloses=%d",
	       with_keys, nr_joins, recorded.id, nr_stripped, told_as,
	       seen_masks.nr_add_addrs,
	       seen_masks.add_addr ? "masked" : "plain",
	       seen_masks.nr_fastcloses);
	return true;
}

/* The join that was seen last stays known when there are others */
bool cmd_keep(void)
{
	kept = recorded;
	printf(" kept=%d", kept.seen);
	return kept.seen == 3;
}
