/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc and SYN cookies (RFC 4987). With cookies the kernel keeps no request,
 * so no socket tells what the SYN/ACK and the ACK of a join are about. It keeps
 * what it has answered in a table for all listeners (join_entries in
 * net/mptcp/syncookies.c), with 1024 slots by a hash of ports and sequence number,
 * where a later join takes the place of an earlier one.
 *
 * Here answered joins are kept anew, by address and port; forged SYNs get no
 * answer and push nothing out. But the kernel may find another join in its slot
 * than the one that the ACK was unmasked for. That must not be one of another
 * key: see order_of_answers. For tc.bpf.h.
 */
#ifndef EXTKEY_COOKIES_BPF_H
#define EXTKEY_COOKIES_BPF_H

#include "maps.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"

#define CONNECTIONS 65536 /* with a key, that can be found by their token */
#define COOKIE_JOINS 65536 /* answered ones whose ACK may still come */
#define JOINING 8192 /* on their way up; far more than the packets of a batch */
#define COOKIE_NETNS 1024 /* network namespaces that have such joins */

/* Of the MPTCP keys an eavesdropper knows as much; of the external key, nothing */
struct connection {
	__u64 local_key;
	__u64 remote_key;
	__u64 cgroup_id;
	__u64 key_id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNECTIONS);
	__type(key, __u32); /* token */
	__type(value, struct connection);
} connections SEC(".maps");

/* More than CONNECTIONS: some may have been pushed out, and not be known here */
static __u64 connections_seen;

struct tuple_key {
	struct bpf_sock_tuple tuple; /* of the SYN; zeros behind that of IPv4 */
	__u32 unused;
	__u64 netns; /* its cookie */
};

struct cookie_join {
	struct connection connection; /* zeros if it has no key */
	__u64 at; /* ns: before the kernel has put it into its slot */
	__u32 nonce[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COOKIE_JOINS);
	__type(key, struct tuple_key);
	__type(value, struct cookie_join);
} cookie_joins SEC(".maps");

/*
 * When a join with a key was answered for the last time, and when the last time
 * with another key than that. An ACK is let through if after its SYN no join of a
 * key that its listener does not have was answered: then none can be in the slot
 * that it finds. Who sends an ACK to be taken for such a join needs the nonce of
 * the answer, so the time of the answer, as it leaves, is early enough.
 */
struct order_of_answers {
	struct bpf_spin_lock lock;
	__u32 unused;
	__u64 cgroup_id; /* of the last one */
	struct {
		__u64 key_id;
		__u64 at;
	} last[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, COOKIE_NETNS);
	__type(key, __u64); /* cookie of the network namespace */
	__type(value, struct order_of_answers);
} answers SEC(".maps");

/*
 * SYNs of joins that go up, until they are answered. The answer comes at once, but
 * a device hands its packets on in batches: each of those goes through the
 * programs before the first one is answered.
 */
struct joining {
	__u64 at;
	__u32 token;
	__u32 nonce;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, JOINING);
	__type(key, struct tuple_key);
	__type(value, struct joining);
} joining SEC(".maps");

static __always_inline __u64 netns_of(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);

	return BPF_CORE_READ(kskb, dev, nd_net.net, net_cookie);
}

static __always_inline void tuple_of(struct __sk_buff *skb,
				     const struct packet *packet, bool reverse,
				     struct tuple_key *key)
{
	const struct bpf_sock_tuple *from = &packet->tuple;
	struct bpf_sock_tuple *to = &key->tuple;

	__builtin_memset(key, 0, sizeof(*key));
	key->netns = netns_of(skb);
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

static __always_inline __u64 key_id(const struct extkey_sock *stored)
{
	if (!stored)
		return 0;
	return stored->secret.id << 3 | stored->scheme << 2 |
	       stored->bound << 1 | 1;
}

static __always_inline struct order_of_answers *
get_answers(struct __sk_buff *skb, bool create)
{
	struct order_of_answers *order, none = {};
	__u64 netns = netns_of(skb);

	order = bpf_map_lookup_elem(&answers, &netns);
	if (order || !create)
		return order;
	bpf_map_update_elem(&answers, &netns, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&answers, &netns);
}

/* False if that cannot be kept: then the answer must not leave */
static __always_inline bool note_answer(struct __sk_buff *skb,
					const struct extkey_sock *stored)
{
	struct order_of_answers *order = get_answers(skb, true);
	__u64 id = key_id(stored), now = bpf_ktime_get_ns();

	if (!order)
		return false;
	bpf_spin_lock(&order->lock);
	if (order->last[0].key_id != id) {
		order->last[1] = order->last[0];
		order->last[0].key_id = id;
	}
	order->last[0].at = now;
	order->cgroup_id = stored->cgroup_id;
	bpf_spin_unlock(&order->lock);
	return true;
}

/* Whether the kernel can find but @join, or one of the same key or of none */
static __always_inline bool in_order(struct order_of_answers *order,
				     const struct cookie_join *join, __u64 id)
{
	__u64 other;

	if (!order)
		return !id || join; /* none was answered yet */
	bpf_spin_lock(&order->lock);
	other = order->last[order->last[0].key_id == id].at;
	bpf_spin_unlock(&order->lock);
	return join && join->connection.key_id == id && join->at > other;
}

static __always_inline void
syn_goes_up(struct __sk_buff *skb, const struct packet *packet, __u32 token)
{
	struct joining j = {
		.at = bpf_ktime_get_ns(),
		.token = token,
		.nonce = opt_be32(packet, packet->walk.options[0].at + 8),
	};
	struct tuple_key key;

	tuple_of(skb, packet, false, &key);
	bpf_map_update_elem(&joining, &key, &j, BPF_ANY);
}

SEC("sockops")
int extkey_accepted(struct bpf_sock_ops *ctx)
{
	struct connection connection = {};
	struct extkey_sock *stored;
	struct mptcp_sock *msk;
	__u32 token;

	if ((ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB &&
	     ctx->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) ||
	    !ctx->sk)
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
	connection.key_id = key_id(stored);
	bpf_map_update_elem(&connections, &token, &connection, BPF_ANY);
	__sync_fetch_and_add(&connections_seen, 1);
	return 1;
}

#endif /* EXTKEY_COOKIES_BPF_H */
