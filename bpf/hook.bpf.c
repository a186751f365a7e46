// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engine hook: the kernel with kernel/mptcp_join_bpf_hook.patch asks for the mask
 * of each field.
 */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "extkey_mask.h"
#include "keys.bpf.h"
#include "memory.bpf.h"
#include "sockets.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline void
count_keyed(__u64 cgroup_id, const struct mptcp_auth *auth, bool listener)
{
	switch ((enum extkey_field)auth->field) {
	case EXTKEY_FIELD_TOKEN:
		if (!auth->rx)
			count(cgroup_id, join_syn_tx);
		else if (listener)
			count(cgroup_id, join_syn_rx);
		break;
	case EXTKEY_FIELD_SYNACK:
		if (auth->rx)
			count(cgroup_id, join_synack_rx);
		else
			count(cgroup_id, join_synack_tx);
		break;
	case EXTKEY_FIELD_ACK:
		if (auth->rx && !auth->word)
			count(cgroup_id, join_ack_rx);
		break;
	default:
		break;
	}
}

static __always_inline void hook_input(struct mptcp_sock *msk,
				       struct sock_common *skc,
				       struct mptcp_auth *auth,
				       bool bind_addresses,
				       struct extkey_mask_input *input)
{
	const struct mptcp_addr_info *addr = auth->addr;

	input->field = auth->field;
	input->word = auth->word;
	input->nonce[0] = auth->nonce[0];
	input->nonce[1] = auth->nonce[1];
	set_keys(msk->local_key, msk->remote_key, auth->rx, input);
	if (input->field == EXTKEY_FIELD_ADD_ADDR) {
		input->addr_id = addr->id;
		input->port = bpf_ntohs(addr->port);
		input->family = addr->family == AF_INET6 ? 6 : 4;
		if (input->family == 6)
			read_bytes(input->addr, &addr->addr6, 16);
		else
			read_bytes(input->addr, &addr->addr, 4);
	} else if (input->field != EXTKEY_FIELD_FASTCLOSE && bind_addresses) {
		/* The SYN/ACK comes to who sent the SYN and the ACK */
		read_addresses(
			skc, (input->field == EXTKEY_FIELD_SYNACK) == auth->rx,
			input);
	}
}

SEC("fmod_ret/mptcp_auth_mask")
__u64 BPF_PROG(extkey_hook, struct mptcp_sock *msk, struct sock_common *skc,
	       struct mptcp_auth *auth)
{
	bool listener = msk_sock(msk)->__sk_common.skc_state == TCP_LISTEN;
	struct extkey_mask_input input = { 0 };
	struct extkey_sock *stored;
	__u64 mask;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		/* The kernel asks for a received token twice, see patch */
		if (auth->field == MPTCP_AUTH_TOKEN && (!auth->rx || listener))
			count_plain(msk, EXTKEY_ENGINE_HOOK, auth->rx);
		return 0;
	}
	/* Said, for 0 is what the kernel gets if this program is gone */
	if (engine_of(stored) != EXTKEY_ENGINE_HOOK)
		return MPTCP_AUTH_PLAIN;

	/* With the hook, a connection's own MPTCP key is the kernel's affair */
	if (!listener)
		stored->proven = msk->local_key;
	count_keyed(stored->cgroup_id, auth, listener);
	hook_input(msk, skc, auth, stored->bind_addresses, &input);
	mask = extkey_mask(stored->scheme, &stored->secret, &input);
	if (!mask)
		return MPTCP_AUTH_PLAIN;
	if (!listener)
		stored->flags |= EXTKEY_SOCK_HOOKED;
	return mask;
}
