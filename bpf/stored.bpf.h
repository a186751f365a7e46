/* SPDX-License-Identifier: GPL-2.0-only */
/* The key of a socket that was found in another one's members */
#ifndef EXTKEY_STORED_BPF_H
#define EXTKEY_STORED_BPF_H

#include "keys.bpf.h"
#include "memory.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "extkey_verdict.h"

#define STORAGES 16 /* of other people's, on the same socket */

enum read {
	READ_UNKNOWN, /* nobody can tell whether there is a key */
	READ_NOTHING,
	READ_KEY,
};

/*
 * What bpf_sk_storage_get() would find: that helper wants a socket that is there to stay,
 * and one that was found in another one's members may go at any time. The storage of a socket is a list,
 * with an element for each map.
 */
static __noinline enum read read_stored(struct sock *sk,
					struct extkey_sock *stored)
{
	struct bpf_map *map = (struct bpf_map *)&keys;
	struct bpf_local_storage_elem *elem;
	struct hlist_node *node;
	__u32 i, id = map->id;

	if (!sk || !stored)
		return READ_UNKNOWN;
	node = sk->sk_bpf_storage->list.first;
	for (i = 0; i < STORAGES && node; i++) {
		elem = kernel_container(struct bpf_local_storage_elem, snode,
					node);
		if (elem->sdata.smap->map.id == id) {
			/* To the kernel a value has a size, and no members */
			read_bytes(stored, elem->sdata.data, sizeof(*stored));
			return READ_KEY;
		}
		node = node->next;
	}
	return node ? READ_UNKNOWN : READ_NOTHING;
}

/* What kind of key this is */
static __always_inline enum extkey_key key_in(const struct extkey_sock *stored)
{
	if (engine_of(stored) != EXTKEY_ENGINE_TC)
		return EXTKEY_KEY_HOOK;
	return stored->scheme == EXTKEY_SCHEME_XOR ? EXTKEY_KEY_TOKEN :
						     EXTKEY_KEY_FIELDS;
}

/* Of the own MPTCP key, which stays when the connection ends, as the token does not */
static __always_inline __u32 key_part(const struct mptcp_sock *msk)
{
	return msk->local_key;
}

/* What kind of key a listener has, and the key in @stored */
static __always_inline enum extkey_key
key_of_listener(const struct mptcp_sock *msk, struct extkey_sock *stored)
{
	stored->cgroup_id = 0; /* of nobody, as long as nothing is read */
	switch (read_stored((struct sock *)msk, stored)) {
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

static __always_inline bool is_ours(enum extkey_key key)
{
	return key == EXTKEY_KEY_FIELDS || key == EXTKEY_KEY_TOKEN;
}

/* As the hook compares them: of scheme xor nothing counts but the pad */
static __always_inline bool same_key(const struct extkey_sock *a,
				     const struct extkey_sock *b)
{
	if (a->scheme != b->scheme || engine_of(a) != engine_of(b))
		return false;
	if (a->scheme == EXTKEY_SCHEME_XOR)
		return a->secret.pad == b->secret.pad;
	return a->bind_addresses == b->bind_addresses &&
	       !__builtin_memcmp(&a->secret, &b->secret, sizeof(a->secret));
}

#endif /* EXTKEY_STORED_BPF_H */
