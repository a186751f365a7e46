/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc and SYN cookies (RFC 4987). With cookies the kernel keeps no request,
 * so no socket tells what the SYN/ACK and the ACK of a join are about; what it
 * keeps of joins (join_entries in net/mptcp/syncookies.c) is its own. Here it is
 * kept anew, and not a single forged SYN can push it out: only what the kernel
 * has answered is. For tc.bpf.h.
 */
#ifndef EXTKEY_COOKIES_BPF_H
#define EXTKEY_COOKIES_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"

#define CONNECTIONS 16384 /* accepted ones that can be found by their token */
#define COOKIE_JOINS 65536 /* answered ones whose ACK may still come */

/* Of the MPTCP keys an eavesdropper knows as much; of the external key, nothing */
struct connection {
	__u64 local_key;
	__u64 remote_key;
	__u64 cgroup_id;
	__u32 fingerprint;
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNECTIONS);
	__type(key, __u32); /* token */
	__type(value, struct connection);
} connections SEC(".maps");

struct tuple_key {
	struct bpf_sock_tuple tuple; /* of the SYN; zeros behind that of IPv4 */
};

struct cookie_join {
	struct connection connection;
	__u32 nonce[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COOKIE_JOINS);
	__type(key, struct tuple_key);
	__type(value, struct cookie_join);
} cookie_joins SEC(".maps");

/* The SYN of a join that is going up just now; its answer comes down at once */
struct joining {
	struct tuple_key tuple;
	__u32 token;
	__u32 nonce;
	__u32 valid;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct joining);
} joining SEC(".maps");

static __always_inline struct joining *get_joining(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&joining, &zero);
}

static __always_inline void tuple_of(const struct packet *packet, bool reverse,
				     struct tuple_key *key)
{
	const struct bpf_sock_tuple *from = &packet->tuple;
	struct bpf_sock_tuple *to = &key->tuple;

	__builtin_memset(key, 0, sizeof(*key));
	if (packet->ipv6) {
		__builtin_memcpy(to->ipv6.saddr,
				 reverse ? from->ipv6.daddr : from->ipv6.saddr,
				 16);
		__builtin_memcpy(to->ipv6.daddr,
				 reverse ? from->ipv6.saddr : from->ipv6.daddr,
				 16);
		to->ipv6.sport = reverse ? from->ipv6.dport : from->ipv6.sport;
		to->ipv6.dport = reverse ? from->ipv6.sport : from->ipv6.dport;
	} else {
		to->ipv4.saddr = reverse ? from->ipv4.daddr : from->ipv4.saddr;
		to->ipv4.daddr = reverse ? from->ipv4.saddr : from->ipv4.daddr;
		to->ipv4.sport = reverse ? from->ipv4.dport : from->ipv4.sport;
		to->ipv4.dport = reverse ? from->ipv4.sport : from->ipv4.dport;
	}
}

static __always_inline void syn_goes_up(const struct packet *packet,
					__u32 token)
{
	struct joining *j = get_joining();

	if (!j)
		return;
	tuple_of(packet, false, &j->tuple);
	j->token = token;
	j->nonce = opt_be32(packet, packet->walk.options[0].at + 8);
	j->valid = 1;
}

SEC("sockops")
int extkey_accepted(struct bpf_sock_ops *ctx)
{
	struct connection connection = {};
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	__u32 token;

	if (ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB || !ctx->sk)
		return 1;
	msk = bpf_skc_to_mptcp_sock(ctx->sk);
	if (!msk)
		return 1;
	stored = bpf_sk_storage_get(&keys, msk, NULL, 0);
	if (!stored || stored->engine != EXTKEY_ENGINE_TC)
		return 1;
	token = msk->token;
	connection.local_key = msk->local_key;
	connection.remote_key = msk->remote_key;
	connection.cgroup_id = stored->cgroup_id;
	connection.fingerprint = stored->secret.fingerprint;
	bpf_map_update_elem(&connections, &token, &connection, BPF_ANY);
	return 1;
}

#endif /* EXTKEY_COOKIES_BPF_H */
