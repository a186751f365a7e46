// SPDX-License-Identifier: GPL-2.0-only
/* One table of verbs, which the help is made of as well */
#include <stdio.h>

#include "error.h"
#include "names.h"
#include "verbs.h"

static int cmd_help(const struct options *options)
{
	const struct verb *verb;

	(void)options;
	printf("usage: extkey_loader VERB [ARGUMENTS]\n\n"
	       "Authenticates MPTCP subflows with an external key. With no VERB, status.\n\n");
	for (verb = verbs; verb->name; verb++)
		printf("  %-11s %s\n", verb->name, verb->help);
	printf("\n"
	       "'extkey_loader VERB --help' tells the rest. CGROUP is a directory of cgroup2.\n"
	       "An application gives the key with the address to connect() or bind(), or by an option\n"
	       "of the socket, see extkey.h. Programs, maps and links stay in /sys/fs/bpf/extkey until\n"
	       "detach --all or a reboot.\n\n"
	       "Needs root; or CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and the right to write to\n"
	       "/sys/fs/bpf and /run/extkey, and for other network namespaces CAP_SYS_ADMIN.\n\n"
	       "exit status: 0  done; check: both engines work\n"
	       "             1  failed\n"
	       "             2  wrong usage\n"
	       "             3  privileges are missing\n"
	       "             4  the kernel or the system lacks something; check: no engine works\n"
	       "             5  status: protection is incomplete\n"
	       "             6  check: engine tc works, hook does not\n"
	       "             7  check: engine hook works, tc does not\n");
	return EXIT_OK;
}

static int cmd_version(const struct options *options)
{
	(void)options;
	printf("extkey_loader %s\n", EXTKEY_VERSION);
	return EXIT_OK;
}

const struct verb verbs[] = {
	{ "attach",
	  "CGROUP [--key-file FILE|-] [--sources LIST] [--scheme siphash|xor]\n"
	  "         [--[no-]require-key | --[no-]wait-key] [--[no-]bind-addresses]\n"
	  "         [--engine auto|hook|tc] [--netns NAME|PATH] [--dev DEV]...",
	  "give the sockets of a cgroup a key, or take theirs; again, to change its policy",
	  "For a cgroup that is attached already, what is not given stays as it is. Programs\n"
	  "of another build are replaced while they run.\n\n"
	  "  --key-file FILE    the key of all MPTCP sockets that are created in the cgroup from now\n"
	  "                     on; hex digits, as 'openssl rand -hex 32' prints them; - is\n"
	  "                     standard input. Another one takes the place of the first at once:\n"
	  "                     see the verb key\n"
	  "  --sources LIST     where keys come from: address, cgroup or address,cgroup. By default\n"
	  "                     from the key file if there is one, else from addresses\n"
	  "  --scheme siphash   all five fields are masked, each with a mask of its own (default)\n"
	  "  --scheme xor       the token alone, for study\n"
	  "  --require-key      MPTCP sockets that give no key get EPERM\n"
	  "  --wait-key         they may connect and listen, but a connection has no further subflow\n"
	  "                     until it gets a key of its own, by an option of the socket\n"
	  "  --bind-addresses   nobody can move a join; does not go with address translation\n"
	  "  --engine auto      hook where this kernel has it, else tc (default)\n"
	  "  --netns, --dev     engine tc: the interfaces; all that are up but lo, if no DEV is\n"
	  "                     given. By others no join with a key gets in.\n",
	  TAKES_CGROUP | TAKES_POLICY | TAKES_DEVICES, cmd_attach },
	{ "key", "CGROUP --add FILE|- | --use-new | --drop-old | --drop-new",
	  "change the key of a cgroup in three steps, while joins go on",
	  "Each step has to be done on all hosts before the next one on any.\n\n"
	  "  --add FILE   the key in this file is accepted as well\n"
	  "  --use-new    it is the one that is sent; the old one is still accepted\n"
	  "  --drop-old   it is the only one; not before three minutes after --use-new\n"
	  "  --drop-new   takes --add back\n",
	  TAKES_CGROUP | TAKES_KEY_STEP, cmd_key },
	{ "detach", "CGROUP | --all",
	  "take no more keys in a cgroup; --all removes every trace of extkey",
	  "Sockets that hold a key keep it, and the engine stays for them. --all takes the keys\n"
	  "away as well, and finds links and filters whose pins are lost.\n",
	  TAKES_CGROUP_OR_ALL, cmd_detach },
	{ "status", "[CGROUP] [-j|--json]",
	  "show policies, counters and the sockets that hold a key",
	  "If something is not protected, the reason comes first and the exit status is 5. With\n"
	  "CGROUP, that one has to be attached.\n",
	  TAKES_CGROUP_OR_NONE | TAKES_JSON, cmd_status },
	{ "check", "[-j|--json]", "tell what extkey can do on this host",
	  "Attaches nothing. Tries what each engine needs, and says what is missing, what is lost\n"
	  "without it and what to do. The exit status is 0 if both engines work, 6 if only tc\n"
	  "does, 7 if only hook does, 4 if none does.\n",
	  TAKES_JSON, cmd_check },
	{ "upgrade", "",
	  "replace the programs by those of this build, while they run",
	  "Policies, counters and the keys of live sockets stay, and there is no moment without\n"
	  "programs. attach does the same first.\n",
	  0, cmd_upgrade },
	{ "watch", "[--netns NAME|PATH] [--dev DEV]...",
	  "engine tc: attach to interfaces as they come up, until it is ended",
	  "Also forgets those that went away. May be started before the first attach.\n",
	  TAKES_DEVICES, cmd_watch },
	{ "run",
	  "[--key-file FILE | --tls] [--mptcp] [--] PROGRAM [ARGUMENT]...",
	  "run a program with a key for its MPTCP sockets",
	  "Needs no privileges; the cgroup has to be attached. The program gets its key from a\n"
	  "library: if it is static, setuid or written in Go, give its cgroup a key instead.\n\n"
	  "  --key-file FILE   its key; without, that of the cgroup\n"
	  "  --tls             each connection gets the key of the TLS session on it, of OpenSSL 3;\n"
	  "                    the cgroup is attached with --wait-key\n"
	  "  --mptcp           its TCP sockets become MPTCP sockets, as by mptcpize\n\n"
	  "exit status: that of the program; 1 if it could not be run\n",
	  TAKES_PROGRAM, cmd_run },
	{ "genkey", "", "print a new key of 32 bytes",
	  "For example: (umask 077; extkey_loader genkey >/etc/myservice/extkey)\n",
	  0, cmd_genkey },
	{ "fingerprint", "FILE|-", "print the fingerprint of the key in a file",
	  "The same as status shows, and on both hosts the same if the key is.\n",
	  TAKES_FILE, cmd_fingerprint },
	{ "version", "", "print the version", "", 0, cmd_version },
	{ "help", "", "print this text", "", 0, cmd_help },
	{ 0 },
};

void print_verb_help(const struct verb *verb)
{
	printf("usage: extkey_loader %s %s\n\n%s\n%s%s", verb->name, verb->args,
	       verb->help, *verb->more ? "\n" : "", verb->more);
}
