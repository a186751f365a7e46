// SPDX-License-Identifier: GPL-2.0-only
/* Somebody else's program on an interface, for tests/tc/foreign.t */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_UNSPEC (-1) /* also TCX_NEXT */

char LICENSE[] SEC("license") = "GPL";

__u64 seen;

SEC("tc")
int foreign_tc(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&seen, 1);
	return TC_ACT_UNSPEC;
}
