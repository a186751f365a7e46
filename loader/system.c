// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "error.h"
#include "extkey_maps.h"
#include "system.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
#define MPTCP_SYSCTL "/proc/sys/net/mptcp/enabled"

static bool has_capability(unsigned int cap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	/* Not to be able to ask is not to have it */
	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

bool has_sys_admin(void)
{
	return has_capability(CAP_SYS_ADMIN);
}

int check_privileges(void)
{
	static const struct {
		unsigned int cap;
		const char *name;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_PERFMON, "CAP_PERFMON" },
	};
	unsigned int i;

	/* It stands in for all three, as it does in the kernel */
	if (has_sys_admin())
		return 0;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has_capability(needed[i].cap))
			return fail(
				-EPERM,
				"%s is missing; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
				needed[i].name);
	return 0;
}

int check_bpffs(void)
{
	struct statfs fs;
	struct stat st;

	if (statfs(BPFFS, &fs) || stat(BPFFS, &st))
		return fail(
			-EOPNOTSUPP,
			"cannot look at %s: %s; is this kernel built with CONFIG_BPF_SYSCALL?",
			BPFFS, strerror(errno));
	if (fs.f_type != BPF_FS_MAGIC)
		return fail(
			-EOPNOTSUPP,
			"%s is no BPF file system; mount one with 'mount -t bpf -o mode=0700 bpf %s'",
			BPFFS, BPFFS);
	if (fs.f_flags & ST_RDONLY)
		return fail(
			-EOPNOTSUPP,
			"%s is mounted read-only; remount it with 'mount -o remount,rw %s'",
			BPFFS, BPFFS);
	if (access(BPFFS, W_OK | X_OK))
		return fail(
			-EPERM,
			"cannot write to %s: %s; run as its owner, usually root",
			BPFFS, strerror(errno));
	/* Others can put there what they like, and with no sticky bit rename ours */
	if (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX))
		return fail(
			-EPERM,
			"others may rename what is in %s; run 'chmod 0700 %s'",
			BPFFS, BPFFS);
	return 0;
}

int check_btf(void)
{
	if (access(VMLINUX_BTF, R_OK))
		return fail(
			-EOPNOTSUPP,
			"no BTF in %s: %s; use a kernel with CONFIG_DEBUG_INFO_BTF",
			VMLINUX_BTF, strerror(errno));
	return 0;
}

int check_mptcp(void)
{
	if (access(MPTCP_SYSCTL, F_OK))
		return fail(
			-EOPNOTSUPP,
			"this kernel has no MPTCP (no %s); use one with CONFIG_MPTCP",
			MPTCP_SYSCTL);
	return 0;
}

int check_system(void)
{
	int err;

	err = check_privileges();
	if (!err)
		err = check_btf();
	if (!err)
		err = check_mptcp();
	if (!err)
		err = check_bpffs();
	return err;
}

static bool has_member(const struct btf *btf, const char *name,
		       const char *member_name)
{
	const struct btf_member *member;
	const struct btf_type *type;
	int id, i;

	id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	if (id < 0)
		return false;
	type = btf__type_by_id(btf, id);
	member = btf_members(type);
	for (i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, member[i].name_off),
			    member_name))
			return true;
	return false;
}

/* To read the kernel's BTF takes longer than all the rest of most commands */
static const struct features {
	bool hook;
	bool verified_keys;
	bool address_length;
	bool request_migration;
} *features(void)
{
	static struct features found;
	static bool known;
	struct btf *btf;

	if (known)
		return &found;
	known = true;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return &found;
	found.hook = btf__find_by_name_kind(btf, EXTKEY_HOOK, BTF_KIND_FUNC) >
		     0;
	found.verified_keys = btf__find_by_name_kind(btf, EXTKEY_KEY_CHECK,
						     BTF_KIND_FUNC) > 0;
	found.address_length =
		has_member(btf, "bpf_sock_addr_kern", "uaddrlen");
	found.request_migration =
		btf__find_by_name_kind(btf, "mptcp_subflow_reqsk_clone",
				       BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return &found;
}

bool has_hook(void)
{
	return features()->hook;
}

bool has_verified_keys(void)
{
	return features()->verified_keys;
}

bool has_address_length(void)
{
	return features()->address_length;
}

bool is_realtime(void)
{
	return !access("/sys/kernel/realtime", F_OK);
}

#define LATE 5 /* seconds */

bool has_late_announcements(void)
{
	FILE *file = fopen("/proc/sys/net/mptcp/add_addr_timeout", "re");
	int seconds = 0;

	if (file) {
		if (fscanf(file, "%d", &seconds) != 1)
			seconds = 0;
		fclose(file);
	}
	/* 0: never again */
	return seconds <= 0 || seconds > LATE;
}

bool has_request_migration(void)
{
	return features()->request_migration;
}
