// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded: a kernel without tcx links, as before Linux 6.6. With EXTKEY_TCX_ERRNO=N
 * it has them, and refuses each with that error. libbpf makes its calls of bpf() by
 * syscall() of libc.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define TCX_INGRESS 46 /* Linux 6.6; older headers have no names for them */
#define TCX_EGRESS 47

static int is_tcx(const union bpf_attr *attr)
{
	return attr->link_create.attach_type == TCX_INGRESS ||
	       attr->link_create.attach_type == TCX_EGRESS;
}

long syscall(long number, ...)
{
	long (*next)(long number, ...) = dlsym(RTLD_NEXT, "syscall");
	const char *error = getenv("EXTKEY_TCX_ERRNO");
	long words[6];
	unsigned int i;
	va_list args;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && words[0] == BPF_LINK_CREATE &&
	    is_tcx((const union bpf_attr *)words[1])) {
		errno = error ? atoi(error) : EINVAL;
		return -1;
	}
	return next(number, words[0], words[1], words[2], words[3], words[4],
		    words[5]);
}
