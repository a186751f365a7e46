// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs of extkey. Those at cgroups take the key (keys.bpf.h), those at
 * the kernel's hook (hook.bpf.h), or on the interfaces and before TCP (tc.bpf.h),
 * turn it into masks, and an iterator shows who holds one.
 */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hook.bpf.h"
#include "keys.bpf.h"
#include "maps.bpf.h"
#include "tc.bpf.h"

char LICENSE[] SEC("license") = "GPL";

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
	return scheme == EXTKEY_SCHEME_XOR ? "xor" : "siphash";
}

/* One line a socket; loader/status.c reads them */
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
	BPF_SEQ_PRINTF(seq, "%llx %u %s ", bpf_get_socket_cookie(sk),
		       skc->skc_net.net->ns.inum, role(sk, stored));
	if (skc->skc_family == AF_INET6)
		BPF_SEQ_PRINTF(seq, "[%pI6c]:%u [%pI6c]:%u",
			       &skc->skc_v6_rcv_saddr, skc->skc_num,
			       &skc->skc_v6_daddr, bpf_ntohs(skc->skc_dport));
	else
		BPF_SEQ_PRINTF(seq, "%pI4:%u %pI4:%u", &skc->skc_rcv_saddr,
			       skc->skc_num, &skc->skc_daddr,
			       bpf_ntohs(skc->skc_dport));
	BPF_SEQ_PRINTF(seq, " %llu %s %08x\n", stored->cgroup_id,
		       scheme_name(stored->scheme),
		       stored->secret.fingerprint);
	return 0;
}
