// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masks all five fields, out of all that the hook's arguments carry: if they
 * did not say the same on both ends, nothing would fit. For tests/e2e/hook.t.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fmod_ret/mptcp_auth_mask")
__u64 BPF_PROG(all_fields, struct mptcp_sock *msk, struct sock_common *skc,
	       struct mptcp_auth *auth)
{
	const struct mptcp_addr_info *addr = auth->addr;
	__u64 seed = 0x9e3779b97f4a7c15ULL * (auth->field + 1);

	switch (auth->field) {
	case MPTCP_AUTH_TOKEN:
		seed ^= auth->nonce[0];
		break;
	case MPTCP_AUTH_SYNACK:
	case MPTCP_AUTH_ACK:
		seed ^= auth->token ^ ((__u64)auth->nonce[0] << 32) ^
			auth->nonce[1] ^ ((__u64)auth->word << 16);
		break;
	case MPTCP_AUTH_ADD_ADDR:
		seed ^= addr->id ^ ((__u64)addr->addr.s_addr << 8) ^ addr->port;
		break;
	case MPTCP_AUTH_FASTCLOSE:
		seed ^= msk->local_key ^ msk->remote_key;
		break;
	default:
		return 0;
	}
	return seed * 0xff51afd7ed558ccdULL;
}
