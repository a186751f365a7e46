// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "names.h"
#include "options.h"

enum {
	OPT_SCHEME = 256,
	OPT_REQUIRE_KEY,
	OPT_NO_REQUIRE_KEY,
	OPT_WAIT_KEY,
	OPT_NO_WAIT_KEY,
	OPT_BIND_ADDRESSES,
	OPT_NO_BIND_ADDRESSES,
	OPT_ENGINE,
	OPT_KEY_FILE,
	OPT_SOURCES,
	OPT_ADD,
	OPT_USE_NEW,
	OPT_DROP_OLD,
	OPT_DROP_NEW,
	OPT_MPTCP,
	OPT_TLS,
	OPT_NETNS,
	OPT_DEV,
	OPT_ALL,
};

static const struct option long_options[] = {
	{ "scheme", required_argument, NULL, OPT_SCHEME },
	{ "require-key", no_argument, NULL, OPT_REQUIRE_KEY },
	{ "no-require-key", no_argument, NULL, OPT_NO_REQUIRE_KEY },
	{ "wait-key", no_argument, NULL, OPT_WAIT_KEY },
	{ "no-wait-key", no_argument, NULL, OPT_NO_WAIT_KEY },
	{ "bind-addresses", no_argument, NULL, OPT_BIND_ADDRESSES },
	{ "no-bind-addresses", no_argument, NULL, OPT_NO_BIND_ADDRESSES },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "key-file", required_argument, NULL, OPT_KEY_FILE },
	{ "sources", required_argument, NULL, OPT_SOURCES },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "use-new", no_argument, NULL, OPT_USE_NEW },
	{ "drop-old", no_argument, NULL, OPT_DROP_OLD },
	{ "drop-new", no_argument, NULL, OPT_DROP_NEW },
	{ "mptcp", no_argument, NULL, OPT_MPTCP },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "dev", required_argument, NULL, OPT_DEV },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static bool goes_with(int opt, unsigned int takes)
{
	switch (opt) {
	case OPT_NETNS:
	case OPT_DEV:
		return takes & TAKES_DEVICES;
	case OPT_ADD:
	case OPT_USE_NEW:
	case OPT_DROP_OLD:
	case OPT_DROP_NEW:
		return takes & TAKES_KEY_STEP;
	case OPT_KEY_FILE:
		return takes & (TAKES_POLICY | TAKES_PROGRAM);
	case OPT_MPTCP:
	case OPT_TLS:
		return takes & TAKES_PROGRAM;
	case OPT_ALL:
		return takes & TAKES_CGROUP_OR_ALL;
	case 'j':
		return takes & TAKES_JSON;
	case 'h':
		return true;
	default:
		return takes & TAKES_POLICY;
	}
}

static int parse_engine(const char *word, struct options *options)
{
	options->engine_auto = !strcmp(word, "auto");
	options->engine = engine_number(word);
	if (options->engine < 0 && !options->engine_auto)
		return usage_error(
			"--engine takes 'auto', 'hook' or 'tc', not '%s'",
			word);
	return EXIT_OK;
}

static int parse_scheme(const char *word, struct options *options)
{
	options->scheme = scheme_number(word);
	if (options->scheme < 0)
		return usage_error(
			"--scheme takes 'siphash' or 'xor', not '%s'", word);
	return EXIT_OK;
}

static int parse_sources(const char *word, struct options *options)
{
	options->sources = sources_number(word);
	if (options->sources < 0)
		return usage_error(
			"--sources takes 'address', 'cgroup' or 'address,cgroup', not '%s'",
			word);
	return EXIT_OK;
}

static int parse_step(enum key_step step, const char *file,
		      struct options *options)
{
	if (options->key_step)
		return usage_error("%s: one step at a time",
				   options->verb->name);
	options->key_step = step;
	options->key_file = file;
	return EXIT_OK;
}

static int parse_dev(const char *word, struct device_choice *choice)
{
	if (choice->nr_devs == MAX_DEVS)
		return usage_error("--dev can be given %d times", MAX_DEVS);
	choice->devs[choice->nr_devs++] = word;
	return EXIT_OK;
}

static int parse_option(int opt, int index, char **argv,
			struct options *options)
{
	const struct verb *verb = options->verb;

	if (opt == ':')
		return usage_error("%s: '%s' needs a value", verb->name,
				   argv[optind - 1]);
	if (opt == '?')
		return usage_error(
			"%s: no option '%s'; usage: extkey_loader %s %s",
			verb->name, argv[optind - 1], verb->name, verb->args);
	if (!goes_with(opt, verb->takes))
		return usage_error(
			"'%s%s' does not go with %s; usage: extkey_loader %s %s",
			index < 0 ? "-j" : "--",
			index < 0 ? "" : long_options[index].name, verb->name,
			verb->name, verb->args);

	switch (opt) {
	case OPT_SCHEME:
		return parse_scheme(optarg, options);
	case OPT_ENGINE:
		return parse_engine(optarg, options);
	case OPT_NETNS:
		options->devices.netns = optarg;
		break;
	case OPT_DEV:
		return parse_dev(optarg, &options->devices);
	case OPT_REQUIRE_KEY:
	case OPT_NO_REQUIRE_KEY:
		options->require_key = opt == OPT_REQUIRE_KEY;
		break;
	case OPT_WAIT_KEY:
	case OPT_NO_WAIT_KEY:
		options->wait_key = opt == OPT_WAIT_KEY;
		break;
	case OPT_BIND_ADDRESSES:
	case OPT_NO_BIND_ADDRESSES:
		options->bind_addresses = opt == OPT_BIND_ADDRESSES;
		break;
	case OPT_KEY_FILE:
		options->key_file = optarg;
		break;
	case OPT_SOURCES:
		return parse_sources(optarg, options);
	case OPT_ADD:
		return parse_step(KEY_ADD, optarg, options);
	case OPT_USE_NEW:
		return parse_step(KEY_USE_NEW, NULL, options);
	case OPT_DROP_OLD:
		return parse_step(KEY_DROP_OLD, NULL, options);
	case OPT_DROP_NEW:
		return parse_step(KEY_DROP_NEW, NULL, options);
	case OPT_MPTCP:
		options->mptcp = true;
		break;
	case OPT_TLS:
		options->tls = true;
		break;
	case OPT_ALL:
		options->all = true;
		break;
	case 'h':
		options->help = true;
		break;
	default:
		options->json = true;
	}
	return EXIT_OK;
}

static int parse_verb(const char *word, const struct verb *verbs,
		      struct options *options)
{
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		word = "help";
	else if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		word = "version";

	for (; verbs->name; verbs++) {
		if (!strcmp(word, verbs->name)) {
			options->verb = verbs;
			return EXIT_OK;
		}
	}
	return usage_error("no command '%s'; see 'extkey_loader help'", word);
}

/* What is left of the words is the cgroup, a file, or a program */
static int parse_words(char **argv, struct options *options)
{
	const struct verb *verb = options->verb;
	unsigned int takes = verb->takes;

	if (takes & (TAKES_PROGRAM | TAKES_FILE) && !argv[optind])
		return usage_error("%s: give a %s; usage: extkey_loader %s %s",
				   verb->name,
				   takes & TAKES_FILE ? "FILE" : "PROGRAM",
				   verb->name, verb->args);
	if (takes & TAKES_PROGRAM) {
		options->program = argv + optind;
		return EXIT_OK;
	}
	if (takes & TAKES_FILE)
		options->key_file = argv[optind++];
	if (takes & (TAKES_CGROUP | TAKES_CGROUP_OR_NONE | TAKES_CGROUP_OR_ALL))
		options->cgroup = argv[optind] ? argv[optind++] : NULL;
	if (argv[optind])
		return usage_error(
			"%s: '%s' is one word too many; usage: extkey_loader %s %s",
			verb->name, argv[optind], verb->name, verb->args);
	if ((takes & TAKES_CGROUP && !options->cgroup) ||
	    (takes & TAKES_CGROUP_OR_ALL && !options->cgroup == !options->all))
		return usage_error(
			"%s: give a CGROUP%s; usage: extkey_loader %s %s",
			verb->name,
			takes & TAKES_CGROUP_OR_ALL ? " or --all" : "",
			verb->name, verb->args);
	if (takes & TAKES_KEY_STEP && !options->key_step)
		return usage_error(
			"%s: give a step; usage: extkey_loader %s %s",
			verb->name, verb->name, verb->args);
	return EXIT_OK;
}

int options_parse(int argc, char **argv, const struct verb *verbs,
		  struct options *options)
{
	int opt, err, index = -1;

	memset(options, 0, sizeof(*options));
	options->engine = options->scheme = -1;
	options->require_key = options->wait_key = -1;
	options->bind_addresses = options->sources = -1;
	err = parse_verb(argc < 2 ? "status" : argv[1], verbs, options);
	if (err || argc < 2)
		return err;

	argc--;
	argv++;
	optind = 0; /* glibc: start over, as the unit tests parse many times */
	/* Options behind the name of a program are its own */
	while ((opt = getopt_long(
			argc, argv,
			options->verb->takes & TAKES_PROGRAM ? "+:jh" : ":jh",
			long_options, &index)) != -1) {
		err = parse_option(opt, index, argv, options);
		if (err)
			return err;
		index = -1;
	}
	return options->help ? EXIT_OK : parse_words(argv, options);
}
