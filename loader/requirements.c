// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cgroups.h"
#include "devices.h"
#include "error.h"
#include "extkey_maps.h"
#include "programs.h"
#include "requirements.h"
#include "sockets.h"
#include "system.h"

/* Adds one; @why is printed only if it is not met */
static void add(struct requirements *found, const char *name,
		enum requirement_level level, const char *engines, bool met,
		const char *why, ...)
{
	struct requirement *requirement = &found->list[found->nr++];
	va_list args;

	requirement->name = name;
	requirement->level = level;
	requirement->for_hook = strstr(engines, "hook");
	requirement->for_tc = strstr(engines, "tc");
	requirement->met = met;
	requirement->why[0] = 0;
	if (met)
		return;
	va_start(args, why);
	vsnprintf(requirement->why, sizeof(requirement->why), why, args);
	va_end(args);
}

/* One that has left its reason with fail() */
static bool add_result(struct requirements *found, const char *name,
		       const char *engines, int err)
{
	add(found, name, REQUIRED, engines, !err, "%s", failure());
	return !err;
}

static int check_cgroup2(void)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	bool mounted = false;
	char line[4096];

	while (file && !mounted && fgets(line, sizeof(line), file))
		mounted = strstr(line, " cgroup2 ");
	if (file)
		fclose(file);
	return mounted ?
		       0 :
		       fail(-EOPNOTSUPP,
			    "no cgroup2 file system is mounted; mount one with 'mount -t cgroup2 none /sys/fs/cgroup'");
}

/* A program that does nothing, to ask the kernel about interfaces with */
static int load_empty(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "extkey_empty", "GPL",
			     insns, 2, NULL);
}

/* In a network namespace that goes with the process: EXIT_OK if there is clsact */
static void try_clsact(int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = 1,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog);

	if (unshare(CLONE_NEWNET) || bpf_tc_hook_create(&hook) ||
	    bpf_tc_attach(&hook, &opts))
		_exit(EXIT_FAILED);
	_exit(EXIT_OK);
}

static bool has_clsact(int prog)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		try_clsact(prog);
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && !WEXITSTATUS(status);
}

static void add_interfaces(struct requirements *found)
{
	int prog = load_empty(), links = -1;

	if (prog >= 0)
		links = devices_have_links(prog);
	if (links < 0)
		add(found, "programs on interfaces", REQUIRED, "tc", false,
		    "%s",
		    prog < 0 ?
			    "the kernel loads no programs of type SCHED_CLS; does it have CONFIG_NET_CLS_ACT?" :
			    failure());
	else
		add(found, "programs on interfaces", REQUIRED, "tc",
		    links || has_clsact(prog),
		    "the kernel has neither tcx links (Linux 6.6) nor clsact with BPF (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF), or root is needed to find out");
	add(found, "tcx links", OPTIONAL, "tc", links > 0,
	    "without them (Linux 6.6) filters of clsact do the same, but anybody with CAP_NET_ADMIN can remove those, and a packet costs more");
	if (prog >= 0)
		close(prog);
}

/* The first line of a file, or "" */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	line[0] = 0;
	if (file && fgets(line, size, file))
		line[strcspn(line, "\n")] = 0;
	if (file)
		fclose(file);
}

static void add_programs(struct requirements *found)
{
	int root, err;
	char lockdown[64];

	read_line("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	add_result(found, "programs at cgroups", "hook tc",
		   programs_try(SET_CGROUP));
	err = has_hook() ?
		      0 :
		      fail(-EOPNOTSUPP,
			   "this kernel has no hook '%s'; boot one with kernel/mptcp_join_bpf_hook.patch",
			   EXTKEY_HOOK);
	if (add_result(found, "hook in the kernel", "hook", err))
		add_result(found, "program at the hook", "hook",
			   programs_try(SET_HOOK));
	err = cgroup_open_root(&root);
	if (!err)
		close(root);
	add_result(found, "root of all cgroups", "tc", err);
	add_result(found, "programs of engine tc", "tc", programs_try(SET_TC));
	add(found, "no PREEMPT_RT", OPTIONAL, "tc", !is_realtime(),
	    "this kernel has PREEMPT_RT: from Linux 6.18 on, and without CONFIG_PREEMPT_RT_NEEDS_BH_LOCK, engine tc may judge a packet by the facts about another; use engine hook there");
	add(found, "no lockdown", OPTIONAL, "hook tc",
	    !strstr(lockdown, "[confidentiality]"),
	    "the kernel is in lockdown (confidentiality): programs may not read all of its memory; what was tried above says what works");
}

/* The first line of what "ip mptcp WORDS" prints; false if it cannot be run */
static bool ask_ip(const char *words, char *line, size_t size)
{
	char command[128];
	FILE *pipe;

	line[0] = 0;
	snprintf(command, sizeof(command), "ip mptcp %s 2>/dev/null", words);
	pipe = popen(command, "re");
	if (!pipe)
		return false;
	if (!fgets(line, size, pipe))
		line[0] = 0;
	return !pclose(pipe);
}

/* Of this network namespace. By itself MPTCP opens no further subflow. */
static void add_settings(struct requirements *found)
{
	char enabled[16], migrate[16], line[256];
	const char *subflows;

	read_line("/proc/sys/net/mptcp/enabled", enabled, sizeof(enabled));
	add(found, "net.mptcp.enabled", SETTING, "hook tc",
	    !strcmp(enabled, "1"),
	    "MPTCP is switched off in this network namespace; 'sysctl net.mptcp.enabled=1'");
	read_line("/proc/sys/net/ipv4/tcp_migrate_req", migrate,
		  sizeof(migrate));
	add(found, "net.ipv4.tcp_migrate_req", SETTING, "hook tc",
	    strcmp(migrate, "1") || has_request_migration(),
	    "this kernel may crash when it hands a half-open MPTCP connection over to another listener (it has no mptcp_subflow_reqsk_clone()), with extkey or without; 'sysctl net.ipv4.tcp_migrate_req=0'");
	add(found, "net.mptcp.add_addr_timeout", SETTING, "hook tc",
	    !has_late_announcements(), "for 'attach --wait-key' alone: %s",
	    LATE_ANNOUNCEMENTS);
	if (!ask_ip("limits show", line, sizeof(line))) {
		add(found, "limits and endpoints of MPTCP", SETTING, "hook tc",
		    false,
		    "'ip mptcp' tells nothing; install the package iproute2");
		return;
	}
	subflows = strstr(line, "subflows ");
	add(found, "limits of MPTCP", SETTING, "hook tc",
	    subflows && atoi(subflows + strlen("subflows ")) > 0,
	    "no connection may have a second subflow in this network namespace; 'ip mptcp limits set subflow 2 add_addr_accepted 2'");
	ask_ip("endpoint show", line, sizeof(line));
	add(found, "endpoints of MPTCP", SETTING, "hook tc", *line,
	    "this network namespace has no endpoint, so it opens no second subflow by itself; 'ip mptcp endpoint add ADDRESS dev DEV subflow' on the client, or 'signal' on the server");
}

void requirements_find(struct requirements *found)
{
	bool privileged;
	int err;

	found->nr = 0;
	privileged =
		add_result(found, "privileges", "hook tc", check_privileges());
	add_result(found, "types of the kernel (BTF)", "hook tc", check_btf());
	add_result(found, "MPTCP", "hook tc", check_mptcp());
	add_result(found, "bpf file system", "hook tc", check_bpffs());
	add_result(found, "cgroup2", "hook tc", check_cgroup2());
	/* Without them nothing that is tried says anything about the kernel */
	if (!privileged)
		return;
	add_programs(found);
	add_interfaces(found);
	add(found, "length of addresses", OPTIONAL, "hook tc",
	    has_address_length(),
	    "before Linux 6.7 programs do not see keys behind an address: those of 16 to 32 bytes, and all of IPv6");
	err = sockets_try();
	add(found, "list of sockets", OPTIONAL, "hook tc", !err,
	    "status cannot show who holds a key: %s", failure());
	add_settings(found);
}

bool requirements_met(const struct requirements *found, unsigned int engine)
{
	const struct requirement *requirement;
	unsigned int i;

	for (i = 0; i < found->nr; i++) {
		requirement = &found->list[i];
		if (requirement->level == REQUIRED && !requirement->met &&
		    (engine == EXTKEY_ENGINE_HOOK ? requirement->for_hook :
						    requirement->for_tc))
			return false;
	}
	return true;
}

void requirements_explain(unsigned int engine)
{
	static struct requirements found;
	const struct requirement *requirement;
	unsigned int i;

	requirements_find(&found);
	for (i = 0; i < found.nr; i++) {
		requirement = &found.list[i];
		if (requirement->level == REQUIRED && !requirement->met &&
		    (engine == EXTKEY_ENGINE_HOOK ? requirement->for_hook :
						    requirement->for_tc))
			say("missing: %s: %s", requirement->name,
			    requirement->why);
	}
	say("'extkey_loader check' tells all that was tried");
}
