// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which key masks a field, and which ones are accepted: the rule of docs/protocol.md, "Whose
 * external key", for all combinations. And what a field has to be without a mask, by the
 * vectors there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_choice.h"
#include "extkey_expected.h"

#define SIPHASH EXTKEY_SCHEME_SIPHASH
#define XOR EXTKEY_SCHEME_XOR

/* A letter for each attempt: P plain, S sending, A accepted, C connection */
static const char *accepted(const struct extkey_keys *keys, int scheme,
			    int field, int announced)
{
	static char letters[8];
	unsigned int i;

	memset(letters, 0, sizeof(letters));
	for (i = 0; i < sizeof(letters) - 1; i++)
		letters[i] = "\0PSAC"[extkey_accept(keys, scheme, field,
						    announced, i)];
	/* Nothing comes behind the end, and loops go on to the end */
	assert_true(strlen(letters) <= EXTKEY_ATTEMPTS);
	for (i = strlen(letters); i < sizeof(letters) - 1; i++)
		assert_int_equal(letters[i], 0);
	return letters;
}

static char chosen(const struct extkey_keys *keys, int scheme, int field,
		   int announced)
{
	return "-PSAC"[extkey_choose(keys, scheme, field, announced)];
}

static const struct {
	struct extkey_keys keys;
	int scheme, announced;
	char token; /* sent */
	const char *tokens; /* accepted */
	char other;
	const char *others;
} rules[] = {
	{ { .has_sending = 1 }, SIPHASH, 0, 'S', "S", 'S', "S" },
	{ { .has_sending = 1 }, SIPHASH, 1, 'P', "SP", 'S', "S" },
	{ { .has_sending = 1 }, XOR, 0, 'S', "S", 'S', "S" },
	{ { .has_sending = 1 }, XOR, 1, 'S', "S", 'S', "S" },
	{ { .has_sending = 1, .has_accepted = 1 },
	  SIPHASH,
	  0,
	  'S',
	  "SA",
	  'S',
	  "SA" },
	{ { .has_sending = 1, .has_accepted = 1 },
	  SIPHASH,
	  1,
	  'P',
	  "SAP",
	  'S',
	  "SA" },
	{ { .has_sending = 1, .has_accepted = 1 }, XOR, 1, 'S', "SA", 'S', "SA" },
	{ { .has_connection = 1 }, SIPHASH, 0, 'P', "P", 'C', "C" },
	{ { .has_connection = 1 }, SIPHASH, 1, 'P', "P", 'C', "C" },
	{ { .has_connection = 1 }, XOR, 0, 'P', "P", 'C', "C" },
	{ { .has_sending = 1, .has_connection = 1 },
	  SIPHASH,
	  0,
	  'S',
	  "S",
	  'C',
	  "C" },
	{ { .has_sending = 1, .has_accepted = 1, .has_connection = 1 },
	  SIPHASH,
	  1,
	  'P',
	  "SAP",
	  'C',
	  "C" },
	/*
	 * No key at all: nothing is sent or accepted, but at a listener the T of connections that
	 * have got one
	 */
	{ { .has_sending = 0 }, SIPHASH, 0, '-', "", '-', "" },
	{ { .has_sending = 0 }, SIPHASH, 1, 'P', "P", '-', "" },
	{ { .has_sending = 0 }, XOR, 0, '-', "", '-', "" },
	{ { .has_sending = 0 }, XOR, 1, '-', "", '-', "" },
};

static void test_rules(void **state)
{
	static const int others[] = { EXTKEY_FIELD_SYNACK, EXTKEY_FIELD_ACK,
				      EXTKEY_FIELD_ADD_ADDR,
				      EXTKEY_FIELD_FASTCLOSE };
	const struct extkey_keys *keys;
	unsigned int i, field;
	int scheme, announced;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		keys = &rules[i].keys;
		scheme = rules[i].scheme;
		announced = rules[i].announced;
		assert_int_equal(chosen(keys, scheme, EXTKEY_FIELD_TOKEN,
					announced),
				 rules[i].token);
		assert_string_equal(accepted(keys, scheme, EXTKEY_FIELD_TOKEN,
					     announced),
				    rules[i].tokens);
		for (field = 0; field < 4; field++) {
			assert_int_equal(chosen(keys, scheme, others[field],
						announced),
					 rules[i].other);
			assert_string_equal(accepted(keys, scheme,
						     others[field], announced),
					    rules[i].others);
		}
	}
}

/* What is sent is accepted by who has the same keys: else nobody could join */
static void test_agree(void **state)
{
	struct extkey_keys keys;
	unsigned int bits, field;
	const char *letters;
	char letter;

	(void)state;
	for (bits = 1; bits < 64; bits++) {
		memset(&keys, 0, sizeof(keys));
		keys.has_sending = bits & 1;
		keys.has_accepted = bits >> 1 & 1;
		keys.has_connection = bits >> 2 & 1;
		for (field = 0; field <= EXTKEY_FIELD_FASTCLOSE; field++) {
			letter = chosen(&keys, bits >> 3 & 1, field,
					bits >> 4 & 1);
			letters = accepted(&keys, bits >> 3 & 1, field,
					   bits >> 4 & 1);
			if (letter != '-')
				assert_non_null(strchr(letters, letter));
			else
				assert_string_equal(letters, "");
		}
	}
}

static void test_secrets(void **state)
{
	const struct extkey_keys keys = {
		.has_sending = 1,
		.has_accepted = 1,
		.has_connection = 1,
		.connection.mask_key[15] = 1,
	};
	const struct extkey_keys unwritten = { .has_connection = 1 };
	const struct extkey_keys none = { .has_sending = 0 };

	(void)state;
	assert_ptr_equal(extkey_secret_of(&keys, EXTKEY_CHOICE_SENDING),
			 &keys.sending);
	assert_ptr_equal(extkey_secret_of(&keys, EXTKEY_CHOICE_ACCEPTED),
			 &keys.accepted);
	assert_ptr_equal(extkey_secret_of(&keys, EXTKEY_CHOICE_CONNECTION),
			 &keys.connection);
	assert_null(extkey_secret_of(&unwritten, EXTKEY_CHOICE_CONNECTION));
	assert_null(extkey_secret_of(&keys, EXTKEY_CHOICE_PLAIN));
	assert_null(extkey_secret_of(&keys, EXTKEY_CHOICE_NONE));
	assert_null(extkey_secret_of(&none, EXTKEY_CHOICE_SENDING));
	assert_null(extkey_secret_of(&none, EXTKEY_CHOICE_ACCEPTED));
	assert_null(extkey_secret_of(&none, EXTKEY_CHOICE_CONNECTION));
}

#define KEY_I 0xa0a1a2a3a4a5a6a7
#define KEY_R 0x2a

/* docs/protocol.md, "A worked example" */
static void test_expected(void **state)
{
	struct extkey_mask_input input = {
		.sender_key = KEY_R,
		.receiver_key = KEY_I,
		.nonce = { 0x11223344, 0x55667788 },
		.addr_id = 1,
	};
	struct extkey_sha256 ctx;

	(void)state;
	input.field = EXTKEY_FIELD_SYNACK;
	assert_true(extkey_expected(&ctx, &input) == 0x9642a326856a1f20);
	input.field = EXTKEY_FIELD_FASTCLOSE;
	assert_true(extkey_expected(&ctx, &input) == KEY_I);
	input.field = EXTKEY_FIELD_ADD_ADDR;
	input.family = 4;
	input.port = 8080;
	memcpy(input.addr, "\x0a\x00\x02\x02", 4);
	assert_true(extkey_expected(&ctx, &input) == 0x3f9ae7897d8147ee);
	input.family = 6;
	input.port = 0;
	memcpy(input.addr, "\xfd\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	assert_true(extkey_expected(&ctx, &input) == 0xb320025cd219d6ae);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_expected),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
