// SPDX-License-Identifier: GPL-2.0-only
/* The words of the command line, right and wrong */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loader.h"

/* The message of the last error, instead of stderr */
static char message[512];

int report(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return status;
}

/* Splits @line at its blanks and parses it */
static int parse(const char *line, struct options *options)
{
	static char words[256];
	char *argv[16] = { "extkey_loader" };
	int argc = 1;
	char *word;

	message[0] = '\0';
	snprintf(words, sizeof(words), "%s", line);
	for (word = strtok(words, " "); word && argc < 15;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return parse_options(argc, argv, options);
}

static void right_words(void **unused)
{
	struct options options;

	(void)unused;
	assert_int_equal(parse("attach /cg", &options), 0);
	assert_int_equal(options.command, CMD_ATTACH);
	assert_string_equal(options.cgroup, "/cg");
	assert_int_equal(options.policy.require_key, 0);
	assert_int_equal(options.policy.scheme, EXTKEY_SCHEME_SIPHASH);

	assert_int_equal(
		parse("attach --require-key --scheme xor /cg", &options), 0);
	assert_int_equal(options.policy.require_key, 1);
	assert_string_equal(options.cgroup, "/cg");

	assert_int_equal(parse("attach /cg --scheme=xor", &options), 0);
	assert_int_equal(parse("detach /cg", &options), 0);
	assert_int_equal(options.command, CMD_DETACH);
	assert_false(options.all);
	assert_int_equal(parse("detach --all", &options), 0);
	assert_true(options.all);
	assert_null(options.cgroup);
	assert_int_equal(parse("status", &options), 0);
	assert_false(options.json);
	assert_int_equal(parse("status -j", &options), 0);
	assert_true(options.json);
	assert_int_equal(parse("status --json", &options), 0);
	assert_int_equal(parse("attach /cg --bind-addresses", &options), 0);
	assert_int_equal(options.policy.bind_addresses, 1);
	assert_int_equal(parse("watch --netns blue --dev a --dev b", &options),
			 0);
	assert_int_equal(options.command, CMD_WATCH);
	assert_string_equal(options.netns, "blue");
	assert_int_equal(options.nr_devs, 2);
	assert_int_equal(parse("version", &options), 0);
	assert_int_equal(options.command, CMD_VERSION);
	assert_int_equal(parse("help", &options), 0);
	assert_int_equal(parse("--help", &options), 0);
	assert_int_equal(options.command, CMD_HELP);
}

static void wrong_words(void **unused)
{
	static const struct {
		const char *line;
		const char *says; /* the message must name what is wrong */
	} wrong[] = {
		{ "", "no command" },
		{ "atach /cg", "atach" },
		{ "attach", "CGROUP" },
		{ "attach /cg /cg2", "/cg2" },
		{ "attach /cg --scheme", "--scheme" },
		{ "attach /cg --scheme rot13", "rot13" },
		{ "attach /cg --all", "--all" },
		{ "attach /cg --nonsense", "--nonsense" },
		{ "attach /cg -x", "-x" },
		{ "detach", "CGROUP | --all" },
		{ "detach /cg --all", "CGROUP | --all" },
		{ "detach --require-key /cg", "--require-key" },
		{ "status /cg", "/cg" },
		{ "status --all", "--all" },
		{ "status --netns x", "--netns" },
		{ "watch --require-key", "--require-key" },
		{ "watch /cg", "/cg" },
		{ "version now", "now" },
	};
	struct options options;
	unsigned int i;

	(void)unused;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i].line, &options), EXIT_USAGE);
		if (!strstr(message, wrong[i].says))
			fail_msg("'%s': '%s' does not name '%s'", wrong[i].line,
				 message, wrong[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_words),
		cmocka_unit_test(wrong_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
