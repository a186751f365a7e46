// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masks of an external key that the attacker has, key=HEX: by scheme siphash, or scheme=xor,
 * and with addresses in them if bound=1
 */
#include <stdlib.h>
#include <string.h>

#include "attacker.h"
#include "extkey_mask.h"

static uint64_t own_mask(const struct extkey_mask_input *input)
{
	const char *hex = arg("key", "0000000000000000");
	uint8_t key[EXTKEY_KEY_MAX] = { 0 };
	struct extkey_secret secret;
	char digits[3] = { 0 };
	unsigned int len;

	for (len = 0; len < sizeof(key) && hex[2 * len] && hex[2 * len + 1];
	     len++) {
		memcpy(digits, hex + 2 * len, 2);
		key[len] = (uint8_t)strtoul(digits, NULL, 16);
	}
	extkey_derive(key, len, &secret);
	return extkey_mask(arg_is("scheme", "xor", "siphash") ?
				   EXTKEY_SCHEME_XOR :
				   EXTKEY_SCHEME_SIPHASH,
			   &secret, input);
}

static void put_mapped(uint8_t at[16], in_addr_t addr)
{
	memset(at + 10, 0xff, 2);
	memcpy(at + 12, &addr, sizeof(addr));
}

/* @attempt has sent the SYN */
static void bind_addresses(struct extkey_mask_input *input,
			   const struct attempt *attempt)
{
	input->bind_addresses = arg_number("bound", "0") != 0;
	put_mapped(input->addr, attempt->from.addr);
	put_mapped(input->dst, attempt->to.addr);
	input->port = ntohs(attempt->from.port);
	input->dst_port = ntohs(attempt->to.port);
}

uint32_t own_token_mask(const struct attempt *attempt)
{
	struct extkey_mask_input input = {
		.field = EXTKEY_FIELD_TOKEN,
		.nonce = { attempt->nonces[CLIENT] },
	};

	bind_addresses(&input, attempt);
	return (uint32_t)own_mask(&input);
}

void own_ack_mask(const struct attempt *attempt,
		  const struct connection *target,
		  uint8_t mask[OWN_ACK_MASK_LEN])
{
	struct extkey_mask_input input = {
		.field = EXTKEY_FIELD_ACK,
		.nonce = { attempt->nonces[CLIENT], attempt->nonces[SERVER] },
		.sender_key = target->keys[CLIENT],
		.receiver_key = target->keys[SERVER],
	};

	bind_addresses(&input, attempt);
	for (input.word = 0; input.word < 3; input.word++)
		put64(mask + 8 * input.word, own_mask(&input));
}

/* Of what @from says on this connection */
uint64_t own_fastclose_mask(const struct connection *target, enum side from)
{
	struct extkey_mask_input input = {
		.field = EXTKEY_FIELD_FASTCLOSE,
		.from_server = from == SERVER,
		.sender_key = target->keys[from],
		.receiver_key = target->keys[!from],
	};

	return own_mask(&input);
}

/* The port is 0 if the option has none */
uint64_t own_add_addr_mask(const struct connection *target, enum side from,
			   uint8_t id, const struct endpoint *address)
{
	struct extkey_mask_input input = {
		.field = EXTKEY_FIELD_ADD_ADDR,
		.from_server = from == SERVER,
		.sender_key = target->keys[from],
		.receiver_key = target->keys[!from],
		.addr_id = id,
		.family = 4,
		.port = ntohs(address->port),
	};

	memcpy(input.addr, &address->addr, sizeof(address->addr));
	return own_mask(&input);
}
