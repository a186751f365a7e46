/* SPDX-License-Identifier: GPL-2.0-only */
/* The key of a socket that was found in another one's members */
#ifndef EXTKEY_STORED_BPF_H
#define EXTKEY_STORED_BPF_H

#include "keys.bpf.h"
#include "memory.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define STORAGES 16 /* of other people's, on the same socket */

/*
 * What bpf_sk_storage_get() would find: to that helper a socket that was found
 * in another one's members is not trusted. The storage of a socket is a list,
 * with an element for each map.
 */
static __noinline bool read_stored(struct sock *sk, struct extkey_sock *stored)
{
	struct bpf_map *map = (struct bpf_map *)&keys;
	struct bpf_local_storage_elem *elem;
	struct hlist_node *node;
	__u32 i, id = map->id;

	if (!sk)
		return false;
	node = sk->sk_bpf_storage->list.first;
	for (i = 0; i < STORAGES && node; i++) {
		elem = kernel_container(struct bpf_local_storage_elem, snode,
					node);
		if (elem->sdata.smap->map.id == id) {
			/* To the kernel a value has a size, and no members */
			read_bytes(stored, elem->sdata.data, sizeof(*stored));
			return true;
		}
		node = node->next;
	}
	return false;
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
