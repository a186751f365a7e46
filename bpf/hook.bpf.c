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
#include "stored.bpf.h"

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
	set_keys(msk->local_key, msk->remote_key, is_server(msk), auth->rx,
		 input);
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

/* Whether the SYN of a join goes to an address that the peer has announced */
static __always_inline bool goes_to_announced(struct sock_common *skc)
{
	return subflow_of(skc)->remote_id;
}

static __always_inline enum extkey_choice
choice_of(const struct extkey_keys *known, __u8 scheme, struct mptcp_sock *msk,
	  struct sock_common *skc, const struct mptcp_auth *auth, bool listener)
{
	bool is_token = auth->field == MPTCP_AUTH_TOKEN;

	if (!auth->rx)
		return extkey_choose(known, scheme, auth->field,
				     is_token && goes_to_announced(skc));
	return extkey_accept(known, scheme, auth->field,
			     listener || has_announced(msk), auth->attempt);
}

/* False if nobody knows them */
static __always_inline bool find_keys(struct mptcp_sock *msk,
				      const struct extkey_sock *stored,
				      struct extkey_keys *known)
{
	__u64 address = (__u64)msk;

	if (stored->flags & EXTKEY_SOCK_CGROUP)
		return read_cgroup_keys_at(&address, stored->cgroup_id, known);
	*known = stored->keys;
	known->has_connection = has_connection_key(msk, stored);
	return true;
}

/* For a field of a socket that has a key, but none for this one: a mask that no peer has */
static __always_inline __u64 no_mask(const struct mptcp_auth *auth)
{
	/* At a further attempt, 0 is the end of them */
	return auth->attempt ? 0 :
			       (__u64)bpf_get_prandom_u32() << 32 |
				       bpf_get_prandom_u32() | 1;
}

/* For a field of a connection that has no key, and was to have one: nobody joins */
static __always_inline __u64 mask_without_key(const struct extkey_sock *stored,
					      const struct mptcp_auth *auth)
{
	if (stored->flags & EXTKEY_SOCK_WAITS) {
		if (auth->field == MPTCP_AUTH_FASTCLOSE)
			return auth->attempt ? 0 : MPTCP_AUTH_PLAIN;
		/* The peer may have its key already, and would not try again after a RST */
		if (auth->field == MPTCP_AUTH_TOKEN && auth->rx)
			return MPTCP_AUTH_LATER;
		/* Held at the cgroup; if the key comes just now it leaves, as it should */
		if (auth->field == MPTCP_AUTH_TOKEN)
			return MPTCP_AUTH_PLAIN;
	}
	return no_mask(auth);
}

SEC("fmod_ret/mptcp_auth_mask")
__u64 BPF_PROG(extkey_hook, struct mptcp_sock *msk, struct sock_common *skc,
	       struct mptcp_auth *auth)
{
	bool listener = msk_sock(msk)->__sk_common.skc_state == TCP_LISTEN;
	struct extkey_mask_input input = { 0 };
	const struct extkey_secret *found;
	struct extkey_keys known = { 0 };
	struct extkey_secret secret;
	struct extkey_sock *stored;
	enum extkey_choice choice;
	__u64 mask;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		/* The kernel asks for a received token twice, see patch */
		if (auth->field == MPTCP_AUTH_TOKEN && !auth->attempt &&
		    (!auth->rx || listener))
			count_plain(msk, EXTKEY_ENGINE_HOOK, auth->rx);
		return 0;
	}
	/* Said, for 0 is what the kernel gets if this program is gone */
	if (engine_of(stored) != EXTKEY_ENGINE_HOOK)
		return auth->attempt ? 0 : MPTCP_AUTH_PLAIN;

	/* With the hook, a connection's own MPTCP key is the kernel's affair */
	if (!listener)
		stored->proven = msk->local_key;
	if (auth->field == MPTCP_AUTH_CAPABLE) {
		if (!(stored->flags & EXTKEY_SOCK_KEYLESS) ||
		    stored->flags & EXTKEY_SOCK_WAITS)
			return MPTCP_AUTH_PLAIN;
		count(stored->cgroup_id, capable_declined);
		return no_mask(auth);
	}
	if (stored->flags & EXTKEY_SOCK_KEYLESS && !listener &&
	    !has_connection_key(msk, stored))
		return mask_without_key(stored, auth);
	if (!auth->attempt)
		count_keyed(stored->cgroup_id, auth, listener);
	if (!find_keys(msk, stored, &known))
		return no_mask(auth);
	choice = choice_of(&known, stored->scheme, msk, skc, auth, listener);
	if (choice == EXTKEY_CHOICE_PLAIN)
		return MPTCP_AUTH_PLAIN;
	found = extkey_secret_of(&known, choice);
	if (!found)
		return no_mask(auth);
	/* In one place, so that the verifier goes through the rest once, not for each key */
	secret = *found;
	hook_input(msk, skc, auth, stored->bind_addresses, &input);
	mask = extkey_mask(stored->scheme, &secret, &input);
	if (!mask)
		return MPTCP_AUTH_PLAIN;
	if (!listener)
		stored->flags |= EXTKEY_SOCK_HOOKED;
	return mask;
}
