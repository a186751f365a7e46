// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes of the kernel one that lets nobody load programs of BPF that trace, be it
 * root, as some hosts do: tests/vm/run.sh --no-tracing. All others load.
 */
#include "vmlinux.h"

#include <asm/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("lsm/bpf")
int BPF_PROG(refuse_tracing, int cmd, union bpf_attr *attr)
{
	if (cmd != BPF_PROG_LOAD)
		return 0;
	switch (attr->prog_type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_LSM:
		return -EPERM;
	default:
		return 0;
	}
}
