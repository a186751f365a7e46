// SPDX-License-Identifier: GPL-2.0-only
/* The words of the command line, right and wrong */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "verbs.h"

/* Has a macro fail() */
#include <cmocka.h>

/* The message of the last error, instead of stderr */
static char message[512];

int usage_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return EXIT_USAGE;
}

/* The table of verbs is the real one; what they do is not */
#define VERB(name)                                    \
	int cmd_##name(const struct options *options) \
	{                                             \
		(void)options;                        \
		return EXIT_OK;                       \
	}

VERB(attach)
VERB(check)
VERB(detach)
VERB(fingerprint)
VERB(genkey)
VERB(key)
VERB(run)
VERB(status)
VERB(upgrade)
VERB(watch)

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
	return options_parse(argc, argv, verbs, options);
}

static void right_words(void **unused)
{
	struct options options;

	(void)unused;
	assert_int_equal(parse("attach /cg", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_attach);
	assert_string_equal(options.cgroup, "/cg");
	/* What was not given is for the policy that there is */
	assert_int_equal(options.require_key, -1);
	assert_int_equal(options.bind_addresses, -1);
	assert_int_equal(options.scheme, -1);
	assert_int_equal(options.engine, -1);
	assert_false(options.engine_auto);

	assert_int_equal(
		parse("attach --require-key --scheme xor /cg", &options), 0);
	assert_int_equal(options.require_key, 1);
	assert_int_equal(options.scheme, EXTKEY_SCHEME_XOR);
	assert_string_equal(options.cgroup, "/cg");
	assert_int_equal(parse("attach --no-require-key /cg", &options), 0);
	assert_int_equal(options.require_key, 0);
	assert_int_equal(parse("attach /cg --engine tc", &options), 0);
	assert_int_equal(options.engine, EXTKEY_ENGINE_TC);
	assert_int_equal(parse("attach /cg --engine auto", &options), 0);
	assert_int_equal(options.engine, -1);
	assert_true(options.engine_auto);

	assert_int_equal(parse("attach /cg --scheme=xor", &options), 0);
	assert_int_equal(parse("detach /cg", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_detach);
	assert_false(options.all);
	assert_int_equal(parse("detach --all", &options), 0);
	assert_true(options.all);
	assert_null(options.cgroup);
	assert_int_equal(parse("", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_status);
	assert_int_equal(parse("status", &options), 0);
	assert_false(options.json);
	assert_null(options.cgroup);
	assert_int_equal(parse("status /cg -j", &options), 0);
	assert_true(options.json);
	assert_string_equal(options.cgroup, "/cg");
	assert_int_equal(parse("status --json", &options), 0);
	assert_int_equal(parse("check -j", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_check);
	assert_int_equal(parse("upgrade", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_upgrade);
	assert_int_equal(parse("attach /cg --bind-addresses", &options), 0);
	assert_int_equal(options.bind_addresses, 1);
	assert_int_equal(parse("watch --netns blue --dev a --dev b", &options),
			 0);
	assert_ptr_equal(options.verb->run, cmd_watch);
	assert_string_equal(options.devices.netns, "blue");
	assert_int_equal(options.devices.nr_devs, 2);
	assert_int_equal(parse("version", &options), 0);
	assert_string_equal(options.verb->name, "version");
	assert_int_equal(parse("help", &options), 0);
	assert_int_equal(parse("--help", &options), 0);
	assert_string_equal(options.verb->name, "help");
	/* Options of the program are its own */
	assert_int_equal(
		parse("run --key-file k --mptcp prog --all -x", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_run);
	assert_string_equal(options.key_file, "k");
	assert_true(options.mptcp);
	assert_false(options.all);
	assert_string_equal(options.program[0], "prog");
	assert_string_equal(options.program[2], "-x");
	assert_null(options.program[3]);
	assert_int_equal(parse("run -- -prog", &options), 0);
	assert_string_equal(options.program[0], "-prog");
	assert_int_equal(parse("fingerprint -", &options), 0);
	assert_ptr_equal(options.verb->run, cmd_fingerprint);
	assert_string_equal(options.key_file, "-");
	/* The help of a verb needs no more words */
	assert_int_equal(parse("attach --help", &options), 0);
	assert_true(options.help);
	assert_int_equal(parse("detach -h", &options), 0);
	assert_true(options.help);
}

static void wrong_words(void **unused)
{
	static const struct {
		const char *line;
		const char *says; /* the message must name what is wrong */
	} wrong[] = {
		{ "atach /cg", "atach" },
		{ "run --mptcp", "PROGRAM" },
		{ "run --require-key prog", "require-key" },
		{ "fingerprint", "FILE" },
		{ "fingerprint a b", "b" },
		{ "attach /cg --mptcp", "mptcp" },
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
		{ "status /cg /cg2", "/cg2" },
		{ "upgrade /cg", "/cg" },
		{ "check --all", "--all" },
		{ "attach /cg --engine ebpf", "ebpf" },
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
