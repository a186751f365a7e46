/* SPDX-License-Identifier: GPL-2.0-only */
/* What is read from the kernel's sockets */
#ifndef EXTKEY_SOCKETS_BPF_H
#define EXTKEY_SOCKETS_BPF_H

#include "keys.bpf.h"
#include "memory.bpf.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "extkey_mask.h"

static __always_inline void read_addr(int family, const void *addr4,
				      const void *addr6, __u8 addr[16])
{
	if (family == AF_INET6) {
		__builtin_memcpy(addr, addr6, 16);
		return;
	}
	__builtin_memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	__builtin_memcpy(addr + 12, addr4, 4);
}

/*
 * The addresses of a socket or of a request, which begins like one, for bound
 * masks. @initiator: this host sent the SYN.
 */
static __always_inline void read_addresses(const struct sock_common *skc,
					   bool initiator,
					   struct extkey_mask_input *input)
{
	__u16 local_port = skc->skc_num;
	__u16 remote_port = bpf_ntohs(skc->skc_dport);
	int family = skc->skc_family;

	input->bind_addresses = 1;
	input->port = initiator ? local_port : remote_port;
	input->dst_port = initiator ? remote_port : local_port;
	read_addr(family, &skc->skc_rcv_saddr, &skc->skc_v6_rcv_saddr,
		  initiator ? input->addr : input->dst);
	read_addr(family, &skc->skc_daddr, &skc->skc_v6_daddr,
		  initiator ? input->dst : input->addr);
}

/*
 * The MPTCP keys of a connection; @is_server: this host has accepted it; @rx: the peer sends the
 * field
 */
static __always_inline void set_keys(__u64 local, __u64 remote, bool is_server,
				     bool rx, struct extkey_mask_input *input)
{
	input->sender_key = rx ? remote : local;
	input->receiver_key = rx ? local : remote;
	input->from_server = rx ? !is_server : is_server;
}

static __always_inline bool is_server(const struct mptcp_sock *msk)
{
	return msk->pm.server_side;
}

/* The subflow's side of a TCP socket that is one of MPTCP */
static __always_inline struct mptcp_subflow_context *subflow_of(void *sk)
{
	struct inet_connection_sock *icsk =
		kernel_cast(struct inet_connection_sock, sk);

	return kernel_cast(struct mptcp_subflow_context, icsk->icsk_ulp_data);
}

/* Has sent the SYN of a join, and is not established */
static __always_inline bool is_joining(void *sk, __u32 state)
{
	return (state == TCP_SYN_SENT || state == TCP_SYN_RECV) &&
	       BPF_CORE_READ_BITFIELD(subflow_of(sk), request_join);
}

/* Of MPTCP, or it was before it ended */
static __always_inline bool is_subflow(struct bpf_sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	return tcp && tcp->is_mptcp;
}

/*
 * The MPTCP socket of a subflow that is not locked; NULL if it has none. To read from, but
 * for helpers it is no socket. bpf_skc_to_mptcp_sock() is for the owner of the subflow
 * alone: it follows icsk_ulp_data, which is NULL as soon as another CPU has made the subflow
 * one of plain TCP, and which leads to freed memory when the subflow has ended and a packet
 * of it is still in a queue. icsk_ulp_ops is NULL then.
 */
static __always_inline struct mptcp_sock *msk_of(struct bpf_sock *sk)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	if (!tcp || !tcp->is_mptcp ||
	    !kernel_cast(struct inet_connection_sock, tcp)->icsk_ulp_ops)
		return NULL;
	return kernel_cast(struct mptcp_sock, subflow_of(tcp)->conn);
}

/*
 * Whether this host has announced an address of the connection (ADD_ADDR), and has not
 * taken it back
 */
static __always_inline bool has_announced(const struct mptcp_sock *msk)
{
	const struct list_head *announced = &msk->pm.anno_list;

	return announced->next && announced->next != announced;
}

/* The MPTCP socket of the listener that a request has come to */
static __always_inline struct sock *
listener_msk(const struct mptcp_subflow_request_sock *req)
{
	return subflow_of(((struct sock_common *)req)->skc_listener)->conn;
}

#endif /* EXTKEY_SOCKETS_BPF_H */
