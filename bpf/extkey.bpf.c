// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs and maps of extkey. cgroup programs take the key out of the
 * address of connect() and bind() and keep it on the MPTCP socket; the program
 * at the kernel's hook or those on the interfaces (tc.bpf.h) turn it into masks;
 * an iterator shows who holds one.
 */
#include "vmlinux.h"

#include <asm/errno.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "extkey_addr.h"
#include "maps.bpf.h"
#include "tc.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Return values of the cgroup programs */
#define CALL_REFUSED 0
#define CALL_ALLOWED 1

static __always_inline int take_key(struct bpf_sock_addr *ctx, __u8 flags)
{
	struct bpf_sock_addr_kern *kctx;
	struct extkey_policy *policy;
	__u8 sin_zero[EXTKEY_KEY_BYTES], key[EXTKEY_KEY_BYTES];
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	__u64 cgroup_id;
	int state;

	if (!ctx->sk)
		return CALL_ALLOWED;
	msk = bpf_skc_to_mptcp_sock(ctx->sk);
	if (!msk)
		return CALL_ALLOWED;

	/*
	 * Further subflows come from the path manager, with zeros; and once the
	 * socket listens or is connected, the call is going to fail anyway.
	 * mptcp_connect() enters TCP_SYN_SENT before it comes here.
	 */
	kctx = bpf_cast_to_kern_ctx(ctx);
	state = msk_sock(msk)->__sk_common.skc_state;
	if (msk->first != kctx->sk ||
	    (state != TCP_CLOSE && state != TCP_SYN_SENT))
		return CALL_ALLOWED;

	/* Nested cgroups each run this; one of them has refused already */
	if (bpf_get_retval() < 0)
		return CALL_ALLOWED;

	policy = find_policy(msk, &cgroup_id);
	if (!policy)
		return CALL_ALLOWED;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);

	/* Both callers have checked that there is a whole sockaddr_in */
	if (bpf_probe_read_kernel(sin_zero, sizeof(sin_zero),
				  (__u8 *)kctx->uaddr +
					  offsetof(struct sockaddr_in,
						   sin_zero)) ||
	    !extkey_from_sin_zero(sin_zero, key)) {
		/* The path manager's own listeners are the kernel's sockets */
		if (stored || !policy->require_key ||
		    BPF_CORE_READ_BITFIELD(msk_sock(msk), sk_kern_sock))
			return CALL_ALLOWED;
		count(cgroup_id, keys_missing);
		return CALL_REFUSED; /* EPERM */
	}

	if (stored && !__builtin_memcmp(stored->key, key, sizeof(key)) &&
	    stored->scheme == policy->scheme &&
	    stored->engine == policy->engine &&
	    stored->cgroup_id == cgroup_id) {
		stored->flags |= flags;
		return CALL_ALLOWED;
	}

	if (!stored)
		stored = bpf_sk_storage_get(&keys, msk, NULL,
					    BPF_SK_STORAGE_GET_F_CREATE);
	if (!stored) {
		/* Going on would be the plain MPTCP that was not asked for */
		count(cgroup_id, keys_failed);
		bpf_set_retval(-ENOMEM);
		return CALL_REFUSED;
	}

	__builtin_memcpy(stored->key, key, sizeof(key));
	stored->cgroup_id = cgroup_id;
	stored->fingerprint = extkey_fingerprint(key);
	stored->scheme = policy->scheme;
	stored->engine = policy->engine;
	stored->flags |= flags;
	count(cgroup_id, keys_taken);
	if (policy->scheme == EXTKEY_SCHEME_XOR && !extkey_xor_pad(key))
		count(cgroup_id, keys_weak);
	return CALL_ALLOWED;
}

SEC("cgroup/connect4")
int extkey_connect4(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, EXTKEY_SOCK_CLIENT);
}

SEC("cgroup/bind4")
int extkey_bind4(struct bpf_sock_addr *ctx)
{
	return take_key(ctx, 0);
}

static __always_inline void
count_keyed(__u64 cgroup_id, const struct mptcp_auth *auth, bool listener)
{
	switch ((enum extkey_field)auth->field) {
	case EXTKEY_FIELD_TOKEN:
		if (!auth->rx)
			count(cgroup_id, joins_masked);
		else if (listener)
			count(cgroup_id, joins_unmasked);
		break;
	case EXTKEY_FIELD_SYNACK:
		if (auth->rx)
			count(cgroup_id, joins_answered);
		else
			count(cgroup_id, joins_known);
		break;
	case EXTKEY_FIELD_ACK:
		if (auth->rx && !auth->word)
			count(cgroup_id, joins_completed);
		break;
	default:
		break;
	}
}

SEC("fmod_ret/mptcp_auth_mask")
__u64 BPF_PROG(extkey_hook, struct mptcp_sock *msk, struct sock_common *skc,
	       struct mptcp_auth *auth)
{
	bool listener = msk_sock(msk)->__sk_common.skc_state == TCP_LISTEN;
	struct extkey_sock *stored;

	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored) {
		/* The kernel asks for a received token twice, see patch */
		if (auth->field == MPTCP_AUTH_TOKEN && (!auth->rx || listener))
			count_plain(msk, EXTKEY_ENGINE_HOOK, auth->rx);
		return 0;
	}
	if (stored->engine != EXTKEY_ENGINE_HOOK)
		return 0;

	count_keyed(stored->cgroup_id, auth, listener);
	return extkey_mask(stored->scheme, stored->key,
			   (enum extkey_field)auth->field);
}

static __always_inline const char *role(const struct sock *sk,
					const struct extkey_sock *stored)
{
	if (sk->__sk_common.skc_state == TCP_LISTEN)
		return "listener";
	if (stored->flags & EXTKEY_SOCK_CLIENT)
		return "client";
	return sk->__sk_common.skc_state == TCP_CLOSE ? "bound" : "server";
}

static __always_inline const char *scheme_name(__u8 scheme)
{
	return scheme == EXTKEY_SCHEME_XOR ? "xor" : "?";
}

/* One line a socket; docs/status.md tells the columns, status reads them */
SEC("iter/bpf_sk_storage_map")
int extkey_sockets(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct extkey_sock *stored = ctx->value;
	struct seq_file *seq = ctx->meta->seq;
	struct sock *sk = ctx->sk;
	struct sock_common *skc;

	if (!sk || !stored)
		return 0;

	skc = &sk->__sk_common;
	BPF_SEQ_PRINTF(seq, "%llx %u %s %pI4:%u %pI4:%u %llu %s %08x\n",
		       bpf_get_socket_cookie(sk), skc->skc_net.net->ns.inum,
		       role(sk, stored), &skc->skc_rcv_saddr, skc->skc_num,
		       &skc->skc_daddr, bpf_ntohs(skc->skc_dport),
		       stored->cgroup_id, scheme_name(stored->scheme),
		       stored->fingerprint);
	return 0;
}
