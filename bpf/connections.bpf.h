/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the connections by their token, in the network namespaces that have had a key.
 * With SYN cookies a packet says no more than a token, and these tell whose it is: the
 * kernel finds it in a table of its own (net/mptcp/token.c), which programs cannot read.
 *
 * That one is what bounds this one: it has at most 65536 buckets, by the low bits of
 * the token, and gives no token away whose bucket has 4 already, those of all
 * network namespaces included. So there is room for every connection, and as nobody
 * tells of the end of one, a place is taken over where the connection is found to be
 * gone.
 */
#ifndef EXTKEY_CONNECTIONS_BPF_H
#define EXTKEY_CONNECTIONS_BPF_H

#include "keys.bpf.h"
#include "memory.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"

#define TOKEN_BUCKETS 65536
#define TOKEN_MAX_CHAIN_LEN 4

/* The pointer may be of memory that is somebody else's by now: see is_alive() */
struct connection {
	__u64 msk;
	__u32 token;
	__u32 key_part; /* the low half of the local MPTCP key */
};

struct connection_bucket {
	struct bpf_spin_lock lock;
	__u32 unused;
	struct connection connections[TOKEN_MAX_CHAIN_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TOKEN_BUCKETS);
	__type(key, __u32);
	__type(value, struct connection_bucket);
} connections SEC(".maps");

static __always_inline struct connection_bucket *bucket_of(__u32 token)
{
	__u32 at = token & (TOKEN_BUCKETS - 1);

	return bpf_map_lookup_elem(&connections, &at);
}

static __always_inline bool same_connection(const struct connection *a,
					    const struct connection *b)
{
	return a->msk == b->msk && a->token == b->token &&
	       a->key_part == b->key_part;
}

static __always_inline struct mptcp_sock *
socket_of(const struct connection *connection)
{
	return kernel_cast(struct mptcp_sock, connection->msk);
}

/* The kernel takes the token away at the end, and gives the memory to others then */
static __always_inline bool is_alive(const struct connection *connection)
{
	const struct mptcp_sock *msk = socket_of(connection);

	return connection->msk && msk->token == connection->token &&
	       key_part(msk) == connection->key_part;
}

static __always_inline void add_connection(struct mptcp_sock *msk)
{
	struct connection connection = {
		.msk = (__u64)msk,
		.token = msk->token,
		.key_part = key_part(msk),
	};
	struct connection_bucket *bucket = bucket_of(connection.token);
	struct connection seen, *at;
	bool taken = false;
	__u32 i;

	if (!bucket || !connection.token)
		return;
	for (i = 0; i < TOKEN_MAX_CHAIN_LEN; i++)
		if (same_connection(&bucket->connections[i], &connection))
			return; /* this is a further subflow */
	for (i = 0; i < TOKEN_MAX_CHAIN_LEN; i++) {
		at = &bucket->connections[i];
		seen = *at;
		if (is_alive(&seen))
			continue;
		bpf_spin_lock(&bucket->lock);
		if (same_connection(at, &seen)) {
			*at = connection;
			taken = true;
		}
		bpf_spin_unlock(&bucket->lock);
		if (taken)
			return;
	}
	/* None is free: with SYN cookies, joins of this one are dropped */
}

/* As find_connection(), and a global function as read_stored_at() */
__noinline __u64 find_connection_at(const __u64 *net, __u32 token,
				    struct extkey_sock *stored, __u32 *key)
{
	struct connection_bucket *bucket = bucket_of(token);
	struct connection seen;
	struct mptcp_sock *msk;
	__u32 i;

	if (!bucket || !net || !stored || !key)
		return 0;
	for (i = 0; i < TOKEN_MAX_CHAIN_LEN; i++) {
		seen = bucket->connections[i];
		if (seen.token != token || !is_alive(&seen))
			continue;
		msk = socket_of(&seen);
		if ((__u64)msk_sock(msk)->__sk_common.skc_net.net != *net)
			continue;
		*key = key_of(msk, stored);
		return seen.msk;
	}
	return 0;
}

/*
 * Whose token this is in the network namespace @net, with its @key and what is stored of
 * that. To read from, but for helpers it is no socket. NULL if nobody knows.
 */
static __always_inline struct mptcp_sock *
find_connection(const struct net *net, __u32 token, struct extkey_sock *stored,
		enum extkey_key *key)
{
	__u32 found = EXTKEY_KEY_UNKNOWN;
	__u64 address = (__u64)net, msk;

	msk = find_connection_at(&address, token, stored, &found);
	*key = found;
	return msk ? kernel_cast(struct mptcp_sock, msk) : NULL;
}

#endif /* EXTKEY_CONNECTIONS_BPF_H */
