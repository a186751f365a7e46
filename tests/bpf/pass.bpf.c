// SPDX-License-Identifier: GPL-2.0-only
/* Lets all packets pass by whoever comes behind it, for tests/tc/gate.t */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TCX_PASS 0

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int pass_tc(struct __sk_buff *skb)
{
	return TCX_PASS;
}
