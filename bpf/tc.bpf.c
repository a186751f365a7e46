// SPDX-License-Identifier: GPL-2.0-only
/*
 * Engine tc: masks go on and off in the packets, on the interfaces of a kernel
 * without the hook; and a gate before TCP refuses what came past these programs.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <linux/pkt_cls.h>

#include "connections.bpf.h"
#include "gate.bpf.h"
#include "keys.bpf.h"
#include "namespaces.bpf.h"
#include "own_key.bpf.h"
#include "packet.bpf.h"
#include "tc_shared.bpf.h"
#include "tc_egress.bpf.h"
#include "tc_ingress.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int extkey_ingress(struct __sk_buff *skb)
{
	struct scratch *s;

	if (is_data(skb, link_header(skb)))
		return TC_ACT_UNSPEC; /* on to other people's filters */
	s = get_scratch();
	if (!s)
		return TC_ACT_UNSPEC;
	arrives(skb, s);
	forget_secrets(s);
	return TC_ACT_UNSPEC;
}

SEC("tc")
int extkey_egress(struct __sk_buff *skb)
{
	struct scratch *s;
	int action;

	if (!is_of_cookie(skb) && !is_request(skb) && !is_fast_open(skb) &&
	    is_data(skb, link_header(skb)))
		return TC_ACT_UNSPEC; /* on to other people's filters */
	s = get_scratch();
	if (!s)
		return TC_ACT_UNSPEC;
	action = leaves(skb, s);
	forget_secrets(s);
	return action;
}

SEC("cgroup_skb/ingress")
int extkey_gate(struct __sk_buff *skb)
{
	return judge(skb);
}

/* Each subflow, on either end, when its handshake is over */
SEC("sockops")
int extkey_established(struct bpf_sock_ops *ctx)
{
	struct extkey_sock *stored;
	struct mptcp_sock *msk;

	if ((ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
	     ctx->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) ||
	    !ctx->sk)
		return 1;
	msk = bpf_skc_to_mptcp_sock(ctx->sk);
	if (!msk)
		return 1;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	/* In any case: what is there may be cloned from a listener that was a client once */
	if (stored && is_first_subflow(ctx))
		stored->proven = key_in(stored) == EXTKEY_KEY_HOOK ||
						 has_proven_key(ctx, msk) ?
					 key_part(msk) :
					 0;
	/* Those of the other engine as well: their policy may change */
	if (stored || has_had_key(msk_sock(msk)->__sk_common.skc_net.net))
		add_connection(msk);
	return 1;
}
