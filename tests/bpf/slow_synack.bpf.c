// SPDX-License-Identifier: GPL-2.0-only
/* The first SYN/ACK is not sent again before a minute or so, for tests/e2e/migrated.t */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define JIFFIES 30000

char LICENSE[] SEC("license") = "GPL";

SEC("sockops")
int slow_synack(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_TIMEOUT_INIT)
		ctx->reply = JIFFIES;
	return 1;
}
