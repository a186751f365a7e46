/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own types, as far as the BPF programs touch them. Kept by hand:
 * only the members in use are listed, and CO-RE finds their place in the BTF of
 * the kernel that runs. What is UAPI comes from <linux/...>.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct cgroup;
struct bpf_local_storage;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct bpf_local_storage *bpf_cgrp_storage;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct ns_common {
	unsigned int inum;
};

typedef struct {
	__u32 val;
} kuid_t;

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
};

struct netns_ipv4 {
	int sysctl_tcp_rto_max_ms; /* Linux 6.15 */
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
	struct user_namespace *user_ns;
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct sock *skc_listener; /* of a request */
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct bpf_map {
	__u32 id;
};

/* include/linux/bpf_local_storage.h */
struct bpf_local_storage_map {
	struct bpf_map map;
};

struct bpf_local_storage_data {
	struct bpf_local_storage_map *smap;
	__u8 data[];
};

struct bpf_local_storage_elem {
	struct hlist_node snode;
	struct bpf_local_storage_data sdata;
};

struct bpf_local_storage {
	struct hlist_head list;
};

struct dst_entry;

struct sock {
	struct sock_common __sk_common;
	struct bpf_local_storage *sk_bpf_storage;
	struct dst_entry *sk_dst_cache;
	__u8 sk_kern_sock : 1;
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
};

struct tcp_ulp_ops;

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u32 icsk_rto;
	const struct tcp_ulp_ops *icsk_ulp_ops;
	void *icsk_ulp_data;
};

struct tcp_sock {
	bool is_mptcp;
};

struct tcp_request_sock {
	__u32 snt_isn;
};

struct list_head {
	struct list_head *next;
};

enum netdev_priv_flags {
	IFF_MACVLAN_PORT = 1 << 8,
	IFF_MACVLAN = 1 << 16,
};

struct net_device {
	possible_net_t nd_net;
	int ifindex;
	void *rx_handler;
	unsigned long priv_flags;
	unsigned char *dev_addr;
	struct {
		struct list_head upper;
	} adj_list;
};

/* net/core/dev.h */
struct netdev_adjacent {
	struct net_device *dev;
	struct list_head list;
};

struct dst_entry {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned long _skb_refdst;
	__u16 network_header;
	__u16 transport_header;
	__u16 mac_header;
	unsigned char *head;
	unsigned char *data;
};

/* net/mptcp/protocol.h */
struct mptcp_pm_data {
	struct list_head anno_list;
	__u8 server_side;
};

struct mptcp_sock {
	struct inet_connection_sock sk;
	__u64 local_key;
	__u64 remote_key;
	__u32 token;
	unsigned long flags;
	struct mptcp_pm_data pm;
	struct sock *first;
};

#define MPTCP_FALLBACK_DONE 2 /* net/mptcp/protocol.h: bit of flags */

struct mptcp_subflow_context {
	__u32 request_join : 1;
	__u32 mp_join : 1;
	__u32 remote_nonce;
	__u32 local_nonce;
	__u32 remote_token;
	__u8 remote_id;
	__u8 hmac[20];
	struct sock *conn;
};

struct mptcp_subflow_request_sock {
	__u16 mp_join : 1;
	__u64 local_key;
	__u64 thmac;
	__u32 local_nonce;
	__u32 remote_nonce;
	struct mptcp_sock *msk;
};

/* net/mptcp/protocol.h with kernel/mptcp_join_bpf_hook.patch */
enum mptcp_auth_field {
	MPTCP_AUTH_TOKEN,
	MPTCP_AUTH_SYNACK,
	MPTCP_AUTH_ACK,
	MPTCP_AUTH_ADD_ADDR,
	MPTCP_AUTH_FASTCLOSE,
	MPTCP_AUTH_CAPABLE,
};

struct mptcp_addr_info {
	__u8 id;
	unsigned short family;
	__be16 port;
	struct in_addr addr;
	struct in6_addr addr6;
};

struct mptcp_auth {
	enum mptcp_auth_field field;
	bool rx;
	__u8 word;
	__u8 attempt;
	__u32 token;
	__u32 nonce[2];
	const struct mptcp_addr_info *addr;
};

#define MPTCP_AUTH_PLAIN (~0ULL)
#define MPTCP_AUTH_LATER (~0ULL - 1)

/* include/linux/filter.h */
struct bpf_sock_addr_kern {
	struct sock *sk;
	struct sockaddr *uaddr;
	__u32 uaddrlen;
};

#pragma clang attribute pop

/* Linux 6.2: of enum bpf_map_type */
#define BPF_MAP_TYPE_CGRP_STORAGE 32

/* include/linux/socket.h, include/uapi/linux/if_packet.h */
#define AF_INET 2
#define AF_INET6 10
#define PACKET_HOST 0

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT = 2,
	TCP_SYN_RECV = 3,
	TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8,
	TCP_LISTEN = 10,
	TCP_NEW_SYN_RECV = 12,
};

#endif /* __VMLINUX_H__ */
