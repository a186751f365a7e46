// SPDX-License-Identifier: GPL-2.0-only
/* Somebody else's cgroup program, for tests/e2e/other-programs.t */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup/connect4")
int foreign_connect4(struct bpf_sock_addr *ctx)
{
	return 1;
}
