/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's memory. Kernels under lockdown=confidentiality refuse the helper
 * bpf_probe_read_kernel(), and so BPF_CORE_READ() and all that is made of it. What
 * they let programs do is to follow a pointer of a type that the verifier knows.
 * A pointer that leads nowhere does no harm there either: it reads as 0.
 */
#ifndef EXTKEY_MEMORY_BPF_H
#define EXTKEY_MEMORY_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym;

/* For an address whose type, or whose true one, the verifier does not know */
#define kernel_cast(type, address)                  \
	((type *)bpf_rdonly_cast((void *)(address), \
				 bpf_core_type_id_kernel(type)))

/* As container_of() */
#define kernel_container(type, member, address) \
	kernel_cast(type,                       \
		    (void *)(address) - bpf_core_field_offset(type, member))

/*
 * For memory that is of no type, or of one that is not in the kernel's BTF: takes it
 * for a row of struct in6_addr. That is 16 bytes of nothing but bytes, in which the
 * verifier lets programs read any number of them at any place. @len is a constant.
 */
static __always_inline void read_bytes(void *to, const void *from, __u32 len)
{
	const __u32 size = sizeof(struct in6_addr);
	__u32 at;

#pragma unroll
	for (at = 0; at < len; at += size)
		__builtin_memcpy(to + at,
				 kernel_cast(struct in6_addr, from + at),
				 len - at < size ? len - at : size);
}

#endif /* EXTKEY_MEMORY_BPF_H */
