// SPDX-License-Identifier: GPL-2.0-only
/*
 * extkey_loader: attaches external keys for MPTCP to cgroups. What it loads stays
 * pinned in bpffs and works without it; only "watch" stays, for interfaces to come.
 * The verbs are in a file each, and their table in verbs.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "error.h"
#include "verbs.h"

int main(int argc, char **argv)
{
	struct options options;
	int status;

	/* What went wrong is for us to say */
	libbpf_set_print(NULL);
	status = options_parse(argc, argv, verbs, &options);
	if (status)
		return status;
	if (options.help)
		print_verb_help(options.verb);
	else
		status = options.verb->run(&options);
	if (fflush(stdout) || ferror(stdout)) {
		say("cannot write the output: %s", strerror(errno));
		return status ? status : EXIT_FAILED;
	}
	return status;
}
