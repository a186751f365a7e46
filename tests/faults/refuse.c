// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: a kernel that refuses something, EXTKEY_REFUSE, with EPERM:
 *
 *	link_detach	to detach a link
 *	filter_delete	to delete a filter of an interface
 *	classifiers	to load programs for interfaces
 *	keys_map	to open the pinned map of the keys, once a program was loaded
 *	cgroup_links	to open pinned links to cgroups
 *
 * libbpf makes its calls of bpf() by syscall() of libc, and those of rtnetlink by
 * send().
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static bool loading;

static bool is_refused(const char *what)
{
	const char *refused = getenv("EXTKEY_REFUSE");

	return refused && !strcmp(refused, what);
}

static bool is_path_refused(const char *path)
{
	return (strstr(path, "/extkey/cgroups/") &&
		is_refused("cgroup_links")) ||
	       (strstr(path, "/extkey/keys") && loading &&
		is_refused("keys_map"));
}

static bool is_bpf_refused(long command, const union bpf_attr *attr)
{
	/* libbpf tries the kernel out before it loads what it was asked for */
	loading |= command == BPF_BTF_LOAD || command == BPF_PROG_LOAD;
	switch (command) {
	case BPF_OBJ_GET:
		return is_path_refused(
			(const char *)(unsigned long)attr->pathname);
	case BPF_LINK_DETACH:
		return is_refused("link_detach");
	case BPF_PROG_LOAD:
		return attr->prog_type == BPF_PROG_TYPE_SCHED_CLS &&
		       is_refused("classifiers");
	default:
		return false;
	}
}

long syscall(long number, ...)
{
	long (*next)(long number, ...) = dlsym(RTLD_NEXT, "syscall");
	long words[6];
	unsigned int i;
	va_list args;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf &&
	    is_bpf_refused(words[0], (const union bpf_attr *)words[1])) {
		errno = EPERM;
		return -1;
	}
	return next(number, words[0], words[1], words[2], words[3], words[4],
		    words[5]);
}

ssize_t send(int fd, const void *buf, size_t len, int flags)
{
	ssize_t (*next)(int fd, const void *buf, size_t len, int flags) =
		dlsym(RTLD_NEXT, "send");
	const struct nlmsghdr *nlh = buf;

	if (len >= sizeof(*nlh) && nlh->nlmsg_len == len &&
	    nlh->nlmsg_type == RTM_DELTFILTER && is_refused("filter_delete")) {
		errno = EPERM;
		return -1;
	}
	return next(fd, buf, len, flags);
}
