/* SPDX-License-Identifier: GPL-2.0-only */
/* What is read from the kernel's sockets. For the other *.bpf.h. */
#ifndef EXTKEY_SOCKETS_BPF_H
#define EXTKEY_SOCKETS_BPF_H

#include "maps.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "extkey_mask.h"

static __always_inline void read_addr(int family, const void *addr4,
				      const void *addr6, __u8 addr[16])
{
	if (family == AF_INET6) {
		bpf_probe_read_kernel(addr, 16, addr6);
		return;
	}
	__builtin_memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	bpf_probe_read_kernel(addr + 12, 4, addr4);
}

/*
 * The addresses of a socket or of a request, which begins like one, for bound
 * masks. @initiator: this host sent the SYN.
 */
static __always_inline void read_addresses(const struct sock_common *skc,
					   bool initiator,
					   struct extkey_subject *subject)
{
	__u16 local_port = BPF_CORE_READ(skc, skc_num);
	__u16 remote_port = bpf_ntohs(BPF_CORE_READ(skc, skc_dport));
	int family = BPF_CORE_READ(skc, skc_family);

	subject->bound = 1;
	subject->port = initiator ? local_port : remote_port;
	subject->dst_port = initiator ? remote_port : local_port;
	read_addr(family, &skc->skc_rcv_saddr, &skc->skc_v6_rcv_saddr,
		  initiator ? subject->addr : subject->dst);
	read_addr(family, &skc->skc_daddr, &skc->skc_v6_daddr,
		  initiator ? subject->dst : subject->addr);
}

/* The MPTCP keys of a connection; @rx: the peer sends the field */
static __always_inline void set_keys(__u64 local, __u64 remote, bool rx,
				     struct extkey_subject *subject)
{
	subject->sender_key = rx ? remote : local;
	subject->receiver_key = rx ? local : remote;
}

/* The subflow's side of a TCP socket that is one of MPTCP */
static __always_inline struct mptcp_subflow_context *subflow_of(void *sk)
{
	struct inet_connection_sock *icsk;

	icsk = bpf_rdonly_cast(
		sk, bpf_core_type_id_kernel(struct inet_connection_sock));
	return bpf_rdonly_cast(
		icsk->icsk_ulp_data,
		bpf_core_type_id_kernel(struct mptcp_subflow_context));
}

/* The MPTCP socket of the listener that a request has come to */
static __always_inline struct sock *
listener_msk(const struct mptcp_subflow_request_sock *req)
{
	return subflow_of(((struct sock_common *)req)->skc_listener)->conn;
}

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
	struct bpf_local_storage_map *smap;
	struct hlist_node *node;
	__u32 i, id = map->id;

	if (!sk)
		return false;
	node = BPF_CORE_READ(sk, sk_bpf_storage, list.first);
	for (i = 0; i < STORAGES && node; i++) {
		elem = (void *)node -
		       bpf_core_field_offset(struct bpf_local_storage_elem,
					     snode);
		smap = BPF_CORE_READ(elem, sdata.smap);
		if (BPF_CORE_READ(smap, map.id) == id)
			return !bpf_probe_read_kernel(stored, sizeof(*stored),
						      &elem->sdata.data);
		node = BPF_CORE_READ(node, next);
	}
	return false;
}

/* As the hook compares them: of scheme xor nothing counts but the pad */
static __always_inline bool same_key(const struct extkey_sock *a,
				     const struct extkey_sock *b)
{
	if (a->scheme != b->scheme || a->engine != b->engine)
		return false;
	if (a->scheme == EXTKEY_SCHEME_XOR)
		return a->secret.pad == b->secret.pad;
	return a->bound == b->bound &&
	       !__builtin_memcmp(&a->secret, &b->secret, sizeof(a->secret));
}

#endif /* EXTKEY_SOCKETS_BPF_H */
