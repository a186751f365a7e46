// SPDX-License-Identifier: GPL-2.0-only
/* The words of the command line. One table of subcommands makes the help too. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

static const char *const schemes[] = {
	[EXTKEY_SCHEME_SIPHASH] = "siphash",
	[EXTKEY_SCHEME_XOR] = "xor",
};

static const char *const engines[] = {
	[EXTKEY_ENGINE_HOOK] = "hook",
	[EXTKEY_ENGINE_TC] = "tc",
};

static const struct command {
	const char *name;
	const char *args;
	const char *help;
} commands[] = {
	[CMD_ATTACH] = { "attach",
			 "CGROUP [--scheme siphash|xor] [--require-key] [--bind-addresses]\n"
			 "         [--engine auto|hook|tc [--netns NAME|PATH] [--dev DEV]...]",
			 "take keys from the sockets of CGROUP; again, to change its policy" },
	[CMD_DETACH] = { "detach", "CGROUP | --all",
			 "take no more keys in CGROUP; --all removes every trace of extkey" },
	[CMD_STATUS] = { "status", "[-j|--json]",
			 "show policies, counters and the sockets that hold a key" },
	[CMD_WATCH] = { "watch", "[--netns NAME|PATH] [--dev DEV]...",
			"engine tc: attach to interfaces as they come up, until it is ended" },
	[CMD_VERSION] = { "version", "", "print the version" },
	[CMD_HELP] = { "help", "", "print this text" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define NR_SCHEMES (sizeof(schemes) / sizeof(schemes[0]))
#define NR_ENGINES (sizeof(engines) / sizeof(engines[0]))

enum {
	OPT_SCHEME = 256,
	OPT_REQUIRE_KEY,
	OPT_BIND_ADDRESSES,
	OPT_ENGINE,
	OPT_NETNS,
	OPT_DEV,
	OPT_ALL
};

static const struct option long_options[] = {
	{ "scheme", required_argument, NULL, OPT_SCHEME },
	{ "require-key", no_argument, NULL, OPT_REQUIRE_KEY },
	{ "bind-addresses", no_argument, NULL, OPT_BIND_ADDRESSES },
	{ "engine", required_argument, NULL, OPT_ENGINE },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "dev", required_argument, NULL, OPT_DEV },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "json", no_argument, NULL, 'j' },
	{ 0 },
};

static bool goes_with(int opt, int command)
{
	switch (opt) {
	case OPT_SCHEME:
	case OPT_REQUIRE_KEY:
	case OPT_BIND_ADDRESSES:
	case OPT_ENGINE:
		return command == CMD_ATTACH;
	case OPT_NETNS:
	case OPT_DEV:
		return command == CMD_ATTACH || command == CMD_WATCH;
	case OPT_ALL:
		return command == CMD_DETACH;
	default:
		return command == CMD_STATUS;
	}
}

const char *scheme_name(unsigned int scheme)
{
	return scheme < NR_SCHEMES ? schemes[scheme] : "unknown";
}

const char *engine_name(unsigned int engine)
{
	return engine < NR_ENGINES ? engines[engine] : "unknown";
}

void print_help(void)
{
	unsigned int i;

	printf("usage: extkey_loader COMMAND [ARGUMENTS]\n\n"
	       "MPTCP subflows that only who knows an external key can join.\n\n");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %s %s\n        %s\n", commands[i].name,
		       commands[i].args, commands[i].help);
	printf("\n"
	       "CGROUP is a directory of cgroup2. An application gives the key in or behind the\n"
	       "address to connect() or bind(), see include/extkey.h. With --require-key an\n"
	       "MPTCP socket of CGROUP that gives none gets EPERM; with --bind-addresses, which\n"
	       "does not go with address translation, nobody can move a join.\n\n"
	       "Engine tc works on the interfaces that are there: on each DEV, or on all that\n"
	       "are up but lo. By others no join with a key gets in. watch covers those to come,\n"
	       "and forgets those that went away. It may be started before the first attach.\n\n"
	       "Programs, maps and links stay pinned in /sys/fs/bpf/extkey until detach --all or\n"
	       "a reboot. Needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON and a writable\n"
	       "/sys/fs/bpf; CAP_SYS_ADMIN for another network namespace.\n\n"
	       "exit status: 0 done, 1 failed, 2 wrong usage, 3 privileges are missing,\n"
	       "             4 the kernel or the system lacks something\n");
}

static int parse_scheme(const char *word, __u32 *scheme)
{
	unsigned int i;

	for (i = 0; i < NR_SCHEMES; i++) {
		if (!strcmp(word, schemes[i])) {
			*scheme = i;
			return 0;
		}
	}
	return report(EXIT_USAGE, "--scheme takes 'siphash' or 'xor', not '%s'",
		      word);
}

static int parse_engine(const char *word, struct options *options)
{
	unsigned int i;

	options->engine_auto = !strcmp(word, "auto");
	if (options->engine_auto)
		return 0;
	for (i = 0; i < NR_ENGINES; i++) {
		if (!strcmp(word, engines[i])) {
			options->policy.engine = i;
			return 0;
		}
	}
	return report(EXIT_USAGE,
		      "--engine takes 'auto', 'hook' or 'tc', not '%s'", word);
}

static int parse_command(const char *word, struct options *options)
{
	unsigned int i;

	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		word = "help";
	else if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		word = "version";

	for (i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(word, commands[i].name)) {
			options->command = i;
			return 0;
		}
	}
	return report(EXIT_USAGE, "no command '%s'; see 'extkey_loader help'",
		      word);
}

static int parse_option(int opt, int index, char **argv,
			struct options *options)
{
	const struct command *command = &commands[options->command];

	if (opt == ':')
		return report(EXIT_USAGE, "%s: '%s' needs a value",
			      command->name, argv[optind - 1]);
	if (opt == '?')
		return report(EXIT_USAGE,
			      "%s: no option '%s'; usage: extkey_loader %s %s",
			      command->name, argv[optind - 1], command->name,
			      command->args);
	if (!goes_with(opt, options->command))
		return report(
			EXIT_USAGE,
			"'%s%s' does not go with %s; usage: extkey_loader %s %s",
			index < 0 ? "-j" : "--",
			index < 0 ? "" : long_options[index].name,
			command->name, command->name, command->args);

	switch (opt) {
	case OPT_SCHEME:
		return parse_scheme(optarg, &options->policy.scheme);
	case OPT_ENGINE:
		return parse_engine(optarg, options);
	case OPT_NETNS:
		options->netns = optarg;
		return 0;
	case OPT_DEV:
		if (options->nr_devs == EXTKEY_MAX_DEVS)
			return report(EXIT_USAGE, "--dev can be given %d times",
				      EXTKEY_MAX_DEVS);
		options->devs[options->nr_devs++] = optarg;
		return 0;
	case OPT_REQUIRE_KEY:
		options->policy.require_key = 1;
		return 0;
	case OPT_BIND_ADDRESSES:
		options->policy.bind_addresses = 1;
		return 0;
	case OPT_ALL:
		options->all = true;
		return 0;
	default:
		options->json = true;
		return 0;
	}
}

int parse_options(int argc, char **argv, struct options *options)
{
	const struct command *command;
	int opt, err, index = -1;

	memset(options, 0, sizeof(*options));
	options->engine_auto = true;
	if (argc < 2)
		return report(EXIT_USAGE,
			      "no command given; see 'extkey_loader help'");
	err = parse_command(argv[1], options);
	if (err)
		return err;

	command = &commands[options->command];
	argc--;
	argv++;
	optind = 0; /* glibc: start over, as the unit tests parse many times */
	while ((opt = getopt_long(argc, argv, ":j", long_options, &index)) !=
	       -1) {
		err = parse_option(opt, index, argv, options);
		if (err)
			return err;
		index = -1;
	}

	if (options->command == CMD_ATTACH || options->command == CMD_DETACH)
		options->cgroup = argv[optind] ? argv[optind++] : NULL;
	if (argv[optind])
		return report(
			EXIT_USAGE,
			"%s: '%s' is one word too many; usage: extkey_loader %s %s",
			command->name, argv[optind], command->name,
			command->args);
	if (options->policy.bind_addresses &&
	    options->policy.scheme == EXTKEY_SCHEME_XOR)
		return report(EXIT_USAGE,
			      "--bind-addresses goes with --scheme siphash");
	if ((options->command == CMD_ATTACH && !options->cgroup) ||
	    (options->command == CMD_DETACH &&
	     !options->cgroup == !options->all))
		return report(EXIT_USAGE,
			      "%s: give a CGROUP%s; usage: extkey_loader %s %s",
			      command->name,
			      options->command == CMD_DETACH ? " or --all" : "",
			      command->name, command->args);
	return 0;
}
