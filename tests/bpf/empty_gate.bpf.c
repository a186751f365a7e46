// SPDX-License-Identifier: GPL-2.0-only
/* Does nothing where engine tc has its gate, for what that alone costs: bench/lib.sh */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/ingress")
int empty_gate(struct __sk_buff *skb)
{
	return 1;
}
