// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "loader.h"
#include "system.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
#define MPTCP_SYSCTL "/proc/sys/net/mptcp/enabled"

static int check_privileges(void)
{
	static const struct {
		unsigned int cap;
		const char *name;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_PERFMON, "CAP_PERFMON" },
	};
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	unsigned int i;

	if (syscall(SYS_capget, &header, data))
		return report(EXIT_FAILED,
			      "cannot read this process's capabilities: %s",
			      strerror(errno));

	/* CAP_SYS_ADMIN stands in for all three, as it does in the kernel */
	if (data[0].effective & CAP_TO_MASK(CAP_SYS_ADMIN))
		return EXIT_OK;
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!(data[CAP_TO_INDEX(needed[i].cap)].effective &
		      CAP_TO_MASK(needed[i].cap)))
			return report(
				EXIT_PRIVILEGE,
				"%s is missing; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
				needed[i].name);
	}
	return EXIT_OK;
}

static int check_bpffs(void)
{
	struct statfs fs;

	if (statfs(BPFFS, &fs))
		return report(
			EXIT_UNSUPPORTED,
			"cannot look at %s: %s; is this kernel built with CONFIG_BPF_SYSCALL?",
			BPFFS, strerror(errno));
	if (fs.f_type != BPF_FS_MAGIC)
		return report(
			EXIT_UNSUPPORTED,
			"%s is no BPF file system; mount one with 'mount -t bpf bpf %s'",
			BPFFS, BPFFS);
	if (fs.f_flags & ST_RDONLY)
		return report(
			EXIT_UNSUPPORTED,
			"%s is mounted read-only; remount it with 'mount -o remount,rw %s'",
			BPFFS, BPFFS);
	if (access(BPFFS, W_OK | X_OK))
		return report(
			EXIT_PRIVILEGE,
			"cannot write to %s: %s; run as its owner, usually root",
			BPFFS, strerror(errno));
	return EXIT_OK;
}

static int check_kernel(void)
{
	if (access(VMLINUX_BTF, R_OK))
		return report(
			EXIT_UNSUPPORTED,
			"no BTF in %s: %s; use a kernel with CONFIG_DEBUG_INFO_BTF",
			VMLINUX_BTF, strerror(errno));
	if (access(MPTCP_SYSCTL, F_OK))
		return report(
			EXIT_UNSUPPORTED,
			"this kernel has no MPTCP (no %s); use one with CONFIG_MPTCP",
			MPTCP_SYSCTL);
	return EXIT_OK;
}

int check_system(void)
{
	int err;

	err = check_privileges();
	if (!err)
		err = check_kernel();
	if (!err)
		err = check_bpffs();
	return err;
}

bool has_hook(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found;

	found = btf &&
		btf__find_by_name_kind(btf, EXTKEY_HOOK, BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return found;
}

bool has_address_length(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	const struct btf_member *member;
	bool found = false;
	int id, i;

	id = btf ? btf__find_by_name_kind(btf, "bpf_sock_addr_kern",
					  BTF_KIND_STRUCT) :
		   -1;
	if (id > 0) {
		type = btf__type_by_id(btf, id);
		member = btf_members(type);
		for (i = 0; i < btf_vlen(type) && !found; i++)
			found = !strcmp(btf__name_by_offset(btf,
							    member[i].name_off),
					"uaddrlen");
	}
	btf__free(btf);
	return found;
}

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int open_cgroup(const char *cgroup, int *fd, __u64 *id, char *path)
{
	char real[PATH_MAX];
	struct stat st;

	*fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return report(
			EXIT_FAILED,
			"cannot open cgroup '%s': %s; give a directory of cgroup2",
			cgroup, strerror(errno));
	if (!is_cgroup2(*fd)) {
		close(*fd);
		return report(
			EXIT_FAILED,
			"'%s' is not in a cgroup2 file system; see 'findmnt -t cgroup2' for where one is",
			cgroup);
	}
	if (fstat(*fd, &st) || !realpath(cgroup, real)) {
		close(*fd);
		return report(EXIT_FAILED, "cannot look at cgroup '%s': %s",
			      cgroup, strerror(errno));
	}

	/* On 64-bit hosts the inode number of a cgroup is its id */
	*id = st.st_ino;
	/* Only people read it: the beginning of a long one will do */
	memset(path, 0, EXTKEY_PATH_SIZE);
	memcpy(path, real, strnlen(real, EXTKEY_PATH_SIZE - 1));
	return EXIT_OK;
}

int open_root_cgroup(int cgroup_fd, int *root)
{
	struct stat st, up_st;
	int up;

	*root = openat(cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (*root >= 0) {
		up = openat(*root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* It is its own parent where the root of all files is */
		if (up < 0 || !is_cgroup2(up) || fstat(*root, &st) ||
		    fstat(up, &up_st) || st.st_ino == up_st.st_ino) {
			if (up >= 0)
				close(up);
			return EXIT_OK;
		}
		close(*root);
		*root = up;
	}
	return report(EXIT_FAILED, "cannot open the root of cgroup2: %s",
		      strerror(errno));
}
