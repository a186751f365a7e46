/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of a socket, which may have been found in another one's members */
#ifndef EXTKEY_STORED_BPF_H
#define EXTKEY_STORED_BPF_H

#include "keys.bpf.h"
#include "memory.bpf.h"
#include "sockets.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "extkey_verdict.h"

#define STORAGES 16 /* of other people's, on the same socket or cgroup */

enum read {
	READ_UNKNOWN, /* nobody can tell whether there is a key */
	READ_NOTHING,
	READ_KEY,
};

/*
 * What bpf_sk_storage_get() and bpf_cgrp_storage_get() would find: those want what is there
 * to stay, and what was found in another one's members may go at any time. A storage is a
 * list, with an element for each map. @value: where it is; 0 if there is none.
 */
static __always_inline bool find_value(struct bpf_local_storage *storage,
				       const void *map, __u64 *value)
{
	__u32 id = ((const struct bpf_map *)map)->id, i;
	struct bpf_local_storage_elem *elem;
	struct hlist_node *node;

	*value = 0;
	node = storage->list.first;
	for (i = 0; i < STORAGES && node; i++) {
		elem = kernel_container(struct bpf_local_storage_elem, snode,
					node);
		if (elem->sdata.smap->map.id == id) {
			*value = (__u64)elem->sdata.data;
			return true;
		}
		node = node->next;
	}
	return !node;
}

struct key_search {
	__u64 id; /* of the cgroup that has the policy, and the key */
	__u64 cgroup; /* a number, as the verifier would lose a pointer's type here */
	__u64 value;
};

static long search_key(__u64 index, struct key_search *search)
{
	struct cgroup_subsys_state *parent;
	struct cgroup *cgroup;

	cgroup = kernel_cast(struct cgroup, search->cgroup);
	if (cgroup->kn->id == search->id) {
		find_value(cgroup->bpf_cgrp_storage, &cgroup_keys,
			   &search->value);
		return 1;
	}
	parent = cgroup->self.parent;
	search->cgroup = parent ? (__u64)parent->cgroup : 0;
	return !search->cgroup;
}

/*
 * Those of the cgroup @id, which is one around the socket at @address; 0 if nobody knows them. A
 * global function: the verifier goes through it once, and not for each way to it. It takes no
 * pointer to a socket, but one to the number that it is.
 */
__noinline int read_cgroup_keys_at(const __u64 *address, __u64 id,
				   struct extkey_keys *found)
{
	struct key_search search = { .id = id };
	struct sock *sk;

	if (!address || !*address || !found)
		return 0;
	sk = kernel_cast(struct sock, *address);
	search.cgroup = (__u64)sk->sk_cgrp_data.cgroup;
	if (!search.cgroup)
		return 0;
	bpf_loop(CGROUP_LEVELS, search_key, &search, 0);
	if (!search.value)
		return 0;
	/* To the kernel a value has a size, and no members */
	read_bytes(found, (void *)search.value, sizeof(*found));
	return 1;
}

/* Of the own MPTCP key, which stays when the connection ends, as the token does not */
static __always_inline __u32 key_part(const struct mptcp_sock *msk)
{
	return msk->local_key;
}

/* Whether a socket that waits has got a key for the connection that it has now */
static __always_inline bool has_connection_key(const struct mptcp_sock *msk,
					       const struct extkey_sock *stored)
{
	return stored->flags & EXTKEY_SOCK_WAITS && stored->connection_key_of &&
	       stored->connection_key_of == key_part(msk);
}

/* What was stored of a socket that waits, as it is of its connection */
static __always_inline void see_connection_key(const struct mptcp_sock *msk,
					       struct extkey_sock *stored)
{
	if (!has_connection_key(msk, stored))
		return;
	stored->keys.has_connection = 1;
	stored->flags &= ~EXTKEY_SOCK_KEYLESS;
}

/* enum read of the socket at @address; a global function as read_cgroup_keys_at() */
__noinline int read_stored_at(const __u64 *address, struct extkey_sock *stored)
{
	struct sock *sk;
	__u64 value;

	if (!address || !*address || !stored)
		return READ_UNKNOWN;
	sk = kernel_cast(struct sock, *address);
	if (!find_value(sk->sk_bpf_storage, &keys, &value))
		return READ_UNKNOWN;
	if (!value)
		return READ_NOTHING;
	read_bytes(stored, (void *)value, sizeof(*stored));
	see_connection_key(kernel_cast(struct mptcp_sock, *address), stored);
	if (stored->flags & EXTKEY_SOCK_CGROUP &&
	    !read_cgroup_keys_at(address, stored->cgroup_id, &stored->keys))
		return READ_UNKNOWN;
	return READ_KEY;
}

static __always_inline enum read read_stored(const void *sk,
					     struct extkey_sock *stored)
{
	__u64 address = (__u64)sk;

	return read_stored_at(&address, stored);
}

/* With a key of scheme xor; without the key that it should have, a socket sends no field at all */
static __always_inline bool masks_token_alone(const struct extkey_sock *stored)
{
	return stored->scheme == EXTKEY_SCHEME_XOR &&
	       !(stored->flags & EXTKEY_SOCK_KEYLESS);
}

/* What kind of key this is */
static __always_inline enum extkey_key key_in(const struct extkey_sock *stored)
{
	if (engine_of(stored) != EXTKEY_ENGINE_TC)
		return EXTKEY_KEY_HOOK;
	if (stored->flags & EXTKEY_SOCK_KEYLESS &&
	    stored->flags & EXTKEY_SOCK_WAITS)
		return EXTKEY_KEY_WAITING;
	return masks_token_alone(stored) ? EXTKEY_KEY_TOKEN : EXTKEY_KEY_FIELDS;
}

/* What kind of key a listener has, and the key in @stored */
static __always_inline enum extkey_key
key_of_listener(const struct mptcp_sock *msk, struct extkey_sock *stored)
{
	stored->cgroup_id = 0; /* of nobody, as long as nothing is read */
	if (!msk)
		return EXTKEY_KEY_UNKNOWN;
	switch (read_stored(msk, stored)) {
	case READ_KEY:
		return key_in(stored);
	case READ_NOTHING:
		return EXTKEY_KEY_ABSENT;
	default:
		return EXTKEY_KEY_UNKNOWN;
	}
}

/*
 * The same of a connection. Masks are bound to the MPTCP keys of both ends: without the
 * proof that this host has chosen its own, they might be those of another connection.
 */
static __always_inline enum extkey_key key_of(const struct mptcp_sock *msk,
					      struct extkey_sock *stored)
{
	enum extkey_key key = key_of_listener(msk, stored);

	if (key == EXTKEY_KEY_FIELDS &&
	    (!stored->proven || stored->proven != key_part(msk)))
		return EXTKEY_KEY_UNKNOWN;
	return key;
}

/* Whether connections of a listener with this @key have masks, now or later */
static __always_inline bool has_masks(enum extkey_key key)
{
	return key == EXTKEY_KEY_FIELDS || key == EXTKEY_KEY_WAITING;
}

static __always_inline bool is_ours(enum extkey_key key)
{
	return key == EXTKEY_KEY_FIELDS || key == EXTKEY_KEY_TOKEN;
}

/* As the kernel compares the masks of T: of scheme xor nothing counts but the pad */
static __always_inline bool same_secret(__u8 scheme,
					const struct extkey_secret *a,
					const struct extkey_secret *b)
{
	return scheme == EXTKEY_SCHEME_XOR ?
		       a->pad == b->pad :
		       !__builtin_memcmp(a, b, sizeof(*a));
}

/* Whether @connection accepts a T that was masked with @secret, which is one of @listener's */
static __always_inline bool takes_token(const struct extkey_sock *connection,
					const struct extkey_sock *listener,
					const struct extkey_secret *secret)
{
	const struct extkey_keys *keys = &connection->keys;
	__u8 scheme = connection->scheme;

	if (scheme != listener->scheme || !keys->has_sending ||
	    engine_of(connection) != engine_of(listener) ||
	    (scheme != EXTKEY_SCHEME_XOR &&
	     connection->bind_addresses != listener->bind_addresses))
		return false;
	return same_secret(scheme, &keys->sending, secret) ||
	       (keys->has_accepted &&
		same_secret(scheme, &keys->accepted, secret));
}

/* Whether it accepts a plain T */
static __always_inline bool takes_plain_token(const struct mptcp_sock *msk,
					      const struct extkey_sock *stored)
{
	return !(stored->flags & EXTKEY_SOCK_KEYLESS) &&
	       extkey_plain_token(&stored->keys, stored->scheme,
				  has_announced(msk));
}

#endif /* EXTKEY_STORED_BPF_H */
