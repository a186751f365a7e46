// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps by which the key of a cgroup changes: each one from each state. And two hosts, which
 * do them in any order: at no moment does one send what the other does not accept.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cgroup_keys.h"

static const struct extkey_secret first = { .fingerprint = 1 };
static const struct extkey_secret second = { .fingerprint = 2 };

enum { STEP_ADD, STEP_USE_NEW, STEP_DROP_OLD, STEP_DROP_NEW, NR_STEPS };

static int step(struct extkey_keys *keys, int nr)
{
	switch (nr) {
	case STEP_ADD:
		return keys_add(keys, &second);
	case STEP_USE_NEW:
		return keys_use_new(keys);
	case STEP_DROP_OLD:
		return keys_drop_old(keys);
	default:
		return keys_drop_new(keys);
	}
}

/* After so many steps of a rotation */
static void state(int nr, struct extkey_keys *keys)
{
	int i;

	keys_set(keys, &first);
	for (i = 0; i < nr; i++)
		assert_int_equal(step(keys, i), 0);
}

static const struct {
	int results[NR_STEPS];
	unsigned int sending, accepted; /* fingerprints */
	const char *name;
} states[] = {
	{ { 0, -EINVAL, -EALREADY, -EALREADY }, 1, 0, "in use" },
	{ { -EBUSY, 0, -EINVAL, 0 },
	  1,
	  2,
	  "the old one is sent, the new one accepted" },
	{ { -EBUSY, -EALREADY, 0, -EINVAL },
	  2,
	  1,
	  "the new one is sent, the old one accepted" },
	{ { -EEXIST, -EINVAL, -EALREADY, -EALREADY }, 2, 0, "in use" },
};

static void test_steps(void **unused)
{
	struct extkey_keys keys, before;
	int nr, i;

	(void)unused;
	for (nr = 0; nr < 4; nr++) {
		for (i = 0; i < NR_STEPS; i++) {
			state(nr, &keys);
			before = keys;
			assert_int_equal(step(&keys, i), states[nr].results[i]);
			/* An error changes nothing */
			if (states[nr].results[i])
				assert_memory_equal(&keys, &before,
						    sizeof(keys));
		}
		state(nr, &keys);
		assert_int_equal(keys.sending.fingerprint, states[nr].sending);
		assert_int_equal(keys.accepted.fingerprint,
				 states[nr].accepted);
		assert_int_equal(keys.has_accepted, states[nr].accepted != 0);
		assert_string_equal(keys_step(&keys), states[nr].name);
	}
}

static void test_taken_back(void **unused)
{
	struct extkey_keys keys, before;

	(void)unused;
	state(0, &before);
	state(1, &keys);
	assert_int_equal(keys_drop_new(&keys), 0);
	assert_memory_equal(&keys, &before, sizeof(keys));
}

/* One host may be a step ahead of the other */
static void test_two_hosts(void **unused)
{
	struct extkey_keys a, b;
	int nr, ahead;

	(void)unused;
	for (nr = 0; nr < 4; nr++) {
		for (ahead = 0; ahead < 2 && nr + ahead < 4; ahead++) {
			state(nr, &a);
			state(nr + ahead, &b);
			assert_true(a.sending.fingerprint ==
					    b.sending.fingerprint ||
				    a.sending.fingerprint ==
					    b.accepted.fingerprint);
			assert_true(b.sending.fingerprint ==
					    a.sending.fingerprint ||
				    b.sending.fingerprint ==
					    a.accepted.fingerprint);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_taken_back),
		cmocka_unit_test(test_two_hosts),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
