// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict of engine tc: every combination of facts, against the table in
 * docs/security.md, of which the first row that fits decides. And what a segment is taken
 * for. Runs in the top directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "extkey_verdict.h"

#define DOC "docs/security.md"
#define MARK "<!-- the verdict"
#define MAX_ROWS 64
#define NR_COLUMNS 10 /* the last one is the verdict */

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const keys[] = { "unknown", "none",	  "fields", "token",
				    "hook",    "waiting", NULL };
static const char *const sockets[] = { "orphan",  "other",	"listener",
				       "joining", "connection", NULL };
static const char *const segments[] = {
	"unreadable", "strange", "plain", "T", "S", "A", "D F", NULL
};
static const char *const verdicts[] = {
	[EXTKEY_DROP_UNREADABLE] = "drop: unreadable",
	[EXTKEY_DROP_STRANGE] = "drop: strange",
	[EXTKEY_DROP_UNKNOWN] = "drop: unknown",
	[EXTKEY_DROP_UNVERIFIED] = "drop: unverified",
	[EXTKEY_DROP_UNPROVEN] = "drop: unproven",
	[EXTKEY_DROP_NO_JOIN] = "drop: no join",
	[EXTKEY_DROP_HMAC] = "drop: HMAC",
	[EXTKEY_DROP_WAITING] = "drop: waiting",
	[EXTKEY_PASS] = "pass",
	NULL,
};

/* In the order of the table's columns: a value is a place in its list */
static const char *const *const columns[NR_COLUMNS] = {
	no_yes, sockets, segments, keys,   no_yes,
	no_yes, no_yes,	 no_yes,   no_yes, verdicts,
};

static unsigned int rows[MAX_ROWS][NR_COLUMNS]; /* a bit for each value */
static unsigned int hits[MAX_ROWS], nr_rows;

static unsigned int bit_of(const char *const *list, const char *word)
{
	unsigned int i;

	for (i = 0; list[i]; i++)
		if (!strcmp(list[i], word))
			return 1u << i;
	fail_msg("%s: the table has '%s', which is no such value", DOC, word);
	return 0;
}

/* "*", or values with commas between them */
static unsigned int bits_of(const char *const *list, char *cell)
{
	unsigned int bits = 0;
	char *word, *rest;

	if (!strcmp(cell, "*"))
		return ~0u;
	for (word = strtok_r(cell, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest))
		bits |= bit_of(list, word + strspn(word, " "));
	return bits;
}

/* Less the blanks around it; the line is changed */
static char *next_cell(char **line)
{
	char *cell = strsep(line, "|"), *end;

	if (!cell || !*line)
		return NULL;
	cell += strspn(cell, " ");
	for (end = cell + strlen(cell); end > cell && end[-1] == ' '; end--)
		end[-1] = 0;
	return cell;
}

static void read_row(char *line)
{
	unsigned int i;
	char *cell;

	assert_true(nr_rows < MAX_ROWS);
	line++;
	for (i = 0; i < NR_COLUMNS; i++) {
		cell = next_cell(&line);
		assert_non_null(cell);
		rows[nr_rows][i] = bits_of(columns[i], cell);
	}
	nr_rows++;
}

static int read_table(void **state)
{
	FILE *doc = fopen(DOC, "r");
	unsigned int nr = 0; /* of the lines from the mark on; two are head */
	char line[512];

	(void)state;
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc)) {
		if (!strncmp(line, MARK, strlen(MARK)))
			nr = 1;
		else if (nr && *line != '|')
			break;
		else if (nr)
			nr++;
		if (nr > 3)
			read_row(line);
	}
	fclose(doc);
	return 0;
}

static enum extkey_verdict by_table(const unsigned int *values)
{
	unsigned int row, i;

	for (row = 0; row < nr_rows; row++) {
		for (i = 0; i < NR_COLUMNS - 1; i++)
			if (!(rows[row][i] & 1u << values[i]))
				break;
		if (i < NR_COLUMNS - 1)
			continue;
		hits[row]++;
		for (i = 0; verdicts[i]; i++)
			if (rows[row][NR_COLUMNS - 1] == 1u << i)
				return i;
	}
	fail_msg("%s: no row of the table fits", DOC);
	return EXTKEY_PASS;
}

/* The next combination; false after the last one */
static int advance(unsigned int *values)
{
	unsigned int i;

	for (i = 0; i < NR_COLUMNS - 1; i++) {
		values[i]++;
		if (columns[i][values[i]])
			return 1;
		values[i] = 0;
	}
	return 0;
}

static void test_all(void **state)
{
	unsigned int values[NR_COLUMNS - 1] = { 0 }, row, nr = 0;
	enum extkey_verdict got, want;

	(void)state;
	assert_true(nr_rows > 10);
	do {
		const struct extkey_facts facts = {
			.no_key_here = !values[0],
			.to = values[1],
			.segment = values[2],
			.key = values[3],
			.refusal = values[4],
			.join = values[5],
			.hmac = values[6],
			.verified = values[7],
			.plain = values[8],
		};

		got = extkey_judge(&facts);
		want = by_table(values);
		if (got != want)
			fail_msg(
				"%s, %s, %s, key %s, refusal %u join %u hmac %u verified %u plain %u: '%s', the table has '%s'",
				no_yes[values[0]], sockets[values[1]],
				segments[values[2]], keys[values[3]], values[4],
				values[5], values[6], values[7], values[8],
				verdicts[got], verdicts[want]);
		nr++;
	} while (advance(values));
	assert_int_equal(nr, 2 * 5 * 7 * 6 * 2 * 2 * 2 * 2 * 2);
	for (row = 0; row < nr_rows; row++)
		if (!hits[row])
			fail_msg("%s: row %u of the table never decides", DOC,
				 row + 1);
}

/* What nobody has set is not let through */
static void test_nothing_known(void **state)
{
	const struct extkey_facts facts = { 0 };

	(void)state;
	assert_int_not_equal(extkey_judge(&facts), EXTKEY_PASS);
}

#define T EXTKEY_FIELD_TOKEN
#define S EXTKEY_FIELD_SYNACK
#define A EXTKEY_FIELD_ACK
#define D EXTKEY_FIELD_ADD_ADDR
#define F EXTKEY_FIELD_FASTCLOSE

/* found == 0: the fields do not count, and nor do more than two */
static const struct {
	int syn, ack, found, fields[2], want;
} segments_of[] = {
	{ 1, 0, 0, { T, T }, EXTKEY_SEGMENT_PLAIN },
	{ 0, 1, 0, { A, A }, EXTKEY_SEGMENT_PLAIN },
	{ 1, 0, 1, { T }, EXTKEY_SEGMENT_TOKEN },
	{ 1, 1, 1, { T }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 1, { T }, EXTKEY_SEGMENT_STRANGE },
	{ 1, 0, 2, { T, D }, EXTKEY_SEGMENT_STRANGE },
	{ 1, 0, 2, { T, T }, EXTKEY_SEGMENT_STRANGE },
	{ 1, 1, 1, { S }, EXTKEY_SEGMENT_SYNACK },
	{ 1, 0, 1, { S }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 1, { S }, EXTKEY_SEGMENT_STRANGE },
	{ 1, 1, 2, { S, D }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 1, { A }, EXTKEY_SEGMENT_ACK },
	{ 1, 1, 1, { A }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 2, { A, D }, EXTKEY_SEGMENT_ACK },
	{ 0, 1, 2, { A, F }, EXTKEY_SEGMENT_ACK },
	{ 0, 1, 2, { D, A }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 2, { A, A }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 2, { A, T }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 3, { A, D }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 1, { D }, EXTKEY_SEGMENT_SIGNAL },
	{ 0, 0, 1, { F }, EXTKEY_SEGMENT_SIGNAL },
	{ 1, 0, 1, { F }, EXTKEY_SEGMENT_STRANGE },
	{ 0, 1, 2, { D, F }, EXTKEY_SEGMENT_SIGNAL },
	{ 0, 1, 2, { F, D }, EXTKEY_SEGMENT_SIGNAL },
	{ 0, 1, 2, { D, D }, EXTKEY_SEGMENT_STRANGE },
};

static void test_segments(void **state)
{
	struct extkey_walk walk;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(segments_of) / sizeof(segments_of[0]); i++) {
		memset(&walk, 0, sizeof(walk));
		walk.found = segments_of[i].found;
		walk.options[0].field = segments_of[i].fields[0];
		walk.options[1].field = segments_of[i].fields[1];
		if ((int)extkey_segment_of(segments_of[i].syn,
					   segments_of[i].ack,
					   &walk) != segments_of[i].want)
			fail_msg("case %u", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_segments),
	};

	return cmocka_run_group_tests_name("verdict", tests, read_table, NULL);
}
