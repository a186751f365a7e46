// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls bpf_probe_read_kernel(), which a kernel under lockdown=confidentiality
 * refuses: tests/native/lockdown.t is to see it, tests/vm/lockdown.t to be refused.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/ingress")
int reads_kernel(struct __sk_buff *skb)
{
	char byte;

	return !bpf_probe_read_kernel(&byte, sizeof(byte), skb);
}
