// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines on stdin, "NUMBER COMMAND NAME=VALUE...": which command does what, and the
 * words of the one that runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attacker.h"

#define MAX_ARGS 16

static char *args[MAX_ARGS];
static int nr_args;

const char *arg(const char *name, const char *otherwise)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < nr_args; i++)
		if (!strncmp(args[i], name, len) && args[i][len] == '=')
			return args[i] + len + 1;
	return otherwise;
}

bool arg_is(const char *name, const char *value, const char *otherwise)
{
	return !strcmp(arg(name, otherwise), value);
}

unsigned int arg_number(const char *name, const char *otherwise)
{
	return (unsigned int)strtoul(arg(name, otherwise), NULL, 10);
}

in_addr_t arg_addr(const char *name, const char *otherwise)
{
	return inet_addr(arg(name, otherwise));
}

static bool cmd_reset(void)
{
	forget_seen();
	alter_nothing();
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} commands[] = {
	{ "join", cmd_join },
	{ "syns", cmd_syns },
	{ "oracle", cmd_oracle },
	{ "slot", cmd_slot },
	{ "answer", cmd_answer },
	{ "inject", cmd_inject },
	{ "race", cmd_race },
	{ "storm", cmd_storm },
	{ "hold", cmd_hold },
	{ "rewrite", cmd_rewrite },
	{ "strip", cmd_strip },
	{ "withhold", cmd_withhold },
	{ "seen", cmd_seen },
	{ "keep", cmd_keep },
	{ "reset", cmd_reset },
	{ "lure", cmd_lure },
	{ "cross", cmd_cross },
	{ "cross-lured", cmd_cross_lured },
	{ "cross-middle", cmd_cross_middle },
	{ "beside", cmd_beside },
	{ "open-named", cmd_open_named },
	{ "hear-named", cmd_hear_named },
	{ "misname", cmd_misname },
	{ "unproven", cmd_unproven },
	{ "other-syn", cmd_other_syn },
	{ "other-mask", cmd_other_mask },
	{ "other-ack", cmd_other_ack },
	{ "quote-join", cmd_quote_join },
	{ "quote-inject", cmd_quote_inject },
	{ "twin", cmd_twin },
	{ "early", cmd_early },
	{ "overtake", cmd_overtake },
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
		hold_joins = hold_firsts = hold_data = hold_synacks = watch =
			false;
		held.port = 0;
		printf(" end\n");
		return;
	}
	printf("reply %s error=no-such-command end\n", number);
}

/* False at the end of stdin */
bool read_commands(void)
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
