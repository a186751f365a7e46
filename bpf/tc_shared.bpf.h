/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: what its programs share.
 *
 * One packet can meet these programs on several devices, one above the other.
 * On its way out what is written does not depend on what a program before has
 * written: the kernel's sockets have the value without a mask; only that of
 * ADD_ADDR they have not kept. On its way in, only the device from which the
 * network layer takes the packet may act.
 */
#ifndef EXTKEY_TC_SHARED_BPF_H
#define EXTKEY_TC_SHARED_BPF_H

#include "cookies.bpf.h"
#include "keys.bpf.h"
#include "memory.bpf.h"
#include "packet.bpf.h"
#include "sockets.bpf.h"
#include "stored.bpf.h"

#include "extkey_expected.h"

#define VLAN_VID 0x0fff
#define UPPER_DEVICES 64 /* that are searched for a macvlan */

/* Too much for the stack; softirqs are off, and nothing of ours nests */
struct scratch {
	struct packet packet;
	/* Not on the stack: there the verifier would go through all values that meet */
	struct extkey_facts facts;
	struct extkey_mask_input input;
	struct extkey_sock stored, other;
	struct extkey_secret secret; /* of these keys the one in use */
	struct extkey_sha256 sha256;
	struct cookie_join join; /* or no more of it than a connection's keys */
	__u8 hmac[FIELD_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *get_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* A map can be dumped, and what it holds now, it holds until the next packet */
static __always_inline void forget_secrets(struct scratch *s)
{
	__builtin_memset(&s->stored.keys, 0, sizeof(s->stored.keys));
	__builtin_memset(&s->other.keys, 0, sizeof(s->other.keys));
	__builtin_memset(&s->secret, 0, sizeof(s->secret));
}

static __always_inline struct bpf_sock *
find_socket(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, bool ipv6)
{
	/* A constant size in each call, for the verifier */
	if (ipv6)
		return bpf_skc_lookup_tcp(skb, tuple, sizeof(tuple->ipv6),
					  BPF_F_CURRENT_NETNS, 0);
	return bpf_skc_lookup_tcp(skb, tuple, sizeof(tuple->ipv4),
				  BPF_F_CURRENT_NETNS, 0);
}

/*
 * Who answers a SYN: of a group with SO_REUSEPORT the one that the kernel takes.
 * Where one of the past (TIME-WAIT) is in the way, a listener that would do.
 */
static __always_inline struct bpf_sock *
find_listener(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, bool ipv6)
{
	__be16 *sport = ipv6 ? &tuple->ipv6.sport : &tuple->ipv4.sport;
	struct bpf_sock *sk = find_socket(skb, tuple, ipv6);
	__be16 port = *sport;

	if (!sk || sk->state == TCP_LISTEN)
		return sk;
	bpf_sk_release(sk);
	*sport = 0;
	sk = find_socket(skb, tuple, ipv6);
	*sport = port;
	return sk;
}

/* A listener with a key, which is in @s then */
static __always_inline bool is_keyed(struct scratch *s, struct bpf_sock *sk)
{
	return is_ours(key_of_listener(msk_of(sk), &s->stored));
}

/* Whether this is the device of the route, and not one below it */
static __always_inline bool leaves_here(struct __sk_buff *skb)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct dst_entry *dst;

	dst = kernel_cast(struct dst_entry, kskb->_skb_refdst & ~1UL);
	return dst && dst->dev == kskb->dev;
}

#define is_macvlan(dev, flag)                      \
	(BPF_CORE_READ_BITFIELD(dev, priv_flags) & \
	 bpf_core_enum_value(enum netdev_priv_flags, flag))

/*
 * A macvlan has an address of its own, so what comes for that of the device
 * below it is not the macvlan's. But in mode passthru both have the same.
 */
static __noinline bool below_passthru(struct net_device *dev)
{
	__u8 addr[6], upper_addr[6];
	struct netdev_adjacent *adj;
	struct list_head *head, *at;
	struct net_device *upper;
	__u32 i;

	head = &dev->adj_list.upper;
	at = head->next;
	read_bytes(addr, dev->dev_addr, sizeof(addr));
	for (i = 0; i < UPPER_DEVICES; i++) {
		if (at == head)
			return false;
		adj = kernel_container(struct netdev_adjacent, list, at);
		upper = adj->dev;
		if (is_macvlan(upper, IFF_MACVLAN)) {
			read_bytes(upper_addr, upper->dev_addr,
				   sizeof(upper_addr));
			if (!__builtin_memcmp(addr, upper_addr, sizeof(addr)))
				return true;
		}
		at = at->next;
	}
	return true; /* too many to know */
}

/* Whether the packet is for what is above: a bridge, a bond, a team, a macvlan */
static __always_inline bool taken_from(struct net_device *dev)
{
	return dev->rx_handler &&
	       (!is_macvlan(dev, IFF_MACVLAN_PORT) || below_passthru(dev));
}

/* Whether the network layer of this host takes the packet, from this device */
static __always_inline bool delivered_here(struct __sk_buff *skb,
					   const struct packet *packet)
{
	struct sk_buff *kskb = bpf_cast_to_kern_ctx(skb);
	struct bpf_fib_lookup fib = {
		.family = packet->ipv6 ? AF_INET6 : AF_INET,
		.l4_protocol = IPPROTO_TCP,
		.ifindex = skb->ifindex,
	};

	if (skb->pkt_type != PACKET_HOST || taken_from(kskb->dev))
		return false;
	/* For a VLAN above this device; identifier 0 is a priority alone */
	if (skb->vlan_present && skb->vlan_tci & VLAN_VID)
		return false;

	if (packet->ipv6) {
		__builtin_memcpy(fib.ipv6_src, packet->tuple.ipv6.saddr, 16);
		__builtin_memcpy(fib.ipv6_dst, packet->tuple.ipv6.daddr, 16);
	} else {
		fib.ipv4_src = packet->tuple.ipv4.saddr;
		fib.ipv4_dst = packet->tuple.ipv4.daddr;
	}
	switch (bpf_fib_lookup(skb, &fib, sizeof(fib), 0)) {
	case BPF_FIB_LKUP_RET_NOT_FWDED:
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return true;
	default:
		return false; /* goes on to another host, or nowhere */
	}
}

/* The two values of a policy that binds addresses, in the SYN's direction */
static __always_inline void packet_addresses(const struct packet *packet,
					     bool from_initiator,
					     struct extkey_mask_input *input)
{
	__u8 *src = from_initiator ? input->addr : input->dst;
	__u8 *dst = from_initiator ? input->dst : input->addr;
	__u16 sport = (__u16)packet->tcp[0] << 8 | packet->tcp[1];
	__u16 dport = (__u16)packet->tcp[2] << 8 | packet->tcp[3];

	input->bind_addresses = 1;
	input->port = from_initiator ? sport : dport;
	input->dst_port = from_initiator ? dport : sport;
	read_addr(packet->ipv6 ? AF_INET6 : AF_INET, &packet->tuple.ipv4.saddr,
		  packet->tuple.ipv6.saddr, src);
	read_addr(packet->ipv6 ? AF_INET6 : AF_INET, &packet->tuple.ipv4.daddr,
		  packet->tuple.ipv6.daddr, dst);
}

static __always_inline void
join_of(const struct mptcp_subflow_request_sock *req, struct cookie_join *join)
{
	const struct mptcp_sock *msk = req->msk;

	join->local_key = msk->local_key;
	join->remote_key = msk->remote_key;
	join->is_server = is_server(msk);
	join->nonce[0] = req->remote_nonce;
	join->nonce[1] = req->local_nonce;
}

/* Starts anew with what is the same for all fields of the packet */
static __always_inline void new_input(struct scratch *s, __u8 field,
				      bool bind_addresses, bool from_initiator)
{
	__builtin_memset(&s->input, 0, sizeof(s->input));
	s->input.field = field;
	if (bind_addresses && field <= EXTKEY_FIELD_ACK)
		packet_addresses(&s->packet, from_initiator, &s->input);
}

/* False if it is none of a key */
static __always_inline bool use_key(struct scratch *s,
				    enum extkey_choice choice)
{
	const struct extkey_secret *secret =
		extkey_secret_of(&s->stored.keys, choice);

	if (!secret)
		return false;
	s->secret = *secret;
	return true;
}

/* For a field that is sent, but T */
static __always_inline bool use_sending_key(struct scratch *s, __u8 field)
{
	return use_key(s, extkey_choose(&s->stored.keys, s->stored.scheme,
					field, 0));
}

/* For one that is received, but T */
static __always_inline bool use_accepted_key(struct scratch *s, __u8 field,
					     __u32 attempt)
{
	return use_key(s, extkey_accept(&s->stored.keys, s->stored.scheme,
					field, 0, attempt));
}

/* By use_key(). A global function, as join_hmac() */
__noinline __u64 mask_of(struct scratch *s)
{
	if (!s)
		return 0;
	return extkey_mask(s->stored.scheme, &s->secret, &s->input);
}

/* What the field in s->input is without a mask. A global function, as join_hmac() */
__noinline __u64 expected_of(struct scratch *s)
{
	if (!s)
		return 0;
	return extkey_expected(&s->sha256, &s->input);
}

/* What the address of ADD_ADDR is, which stands at @at */
static __always_inline void add_addr_input(struct scratch *s, __u32 at,
					   __u32 len)
{
	struct extkey_mask_input *input = &s->input;
	struct packet *packet = &s->packet;
	__u32 i, size;

	input->family = len >= EXTKEY_ADD_ADDR6 ? 6 : 4;
	size = input->family == 6 ? 16 : 4;
	input->addr_id = opt(packet, at + 3);
	for (i = 0; i < 16; i++)
		input->addr[i] = i < size ? opt(packet, at + 4 + i) : 0;
	if (len == EXTKEY_ADD_ADDR4 + 2 || len == EXTKEY_ADD_ADDR6 + 2)
		input->port = (__u16)opt(packet, at + 4 + size) << 8 |
			      opt(packet, at + 5 + size);
}

/* Writes 64 bits in the place of a field of that size; false if it cannot */
static __always_inline bool write_64(struct __sk_buff *skb, struct scratch *s,
				     const struct extkey_option *option,
				     __u64 value)
{
	__u32 at = option->at + EXTKEY_VALUE_AT;
	__u8 field[8];

	if (option->field == EXTKEY_FIELD_ADD_ADDR)
		at = option->at + option->len - 8;
	extkey_put_be64(field, value);
	return write_field(skb, &s->packet, at, field, sizeof(field));
}

/* XORs the three words of the ACK's mask onto s->hmac */
static __always_inline void mask_hmac(struct scratch *s)
{
	__u32 word, i;
	__u64 mask;

	for (word = 0; word < 3; word++) {
		s->input.word = word;
		mask = mask_of(s);
		for (i = 0; i < 8 && word * 8 + i < FIELD_MAX; i++)
			s->hmac[word * 8 + i] ^= mask >> (56 - 8 * i);
	}
}

static __always_inline bool write_hmac(struct __sk_buff *skb, struct scratch *s,
				       __u32 at)
{
	__u8 hmac[FIELD_MAX];

	__builtin_memcpy(hmac, s->hmac, sizeof(hmac));
	return write_field(skb, &s->packet, at, hmac, sizeof(hmac));
}

#endif /* EXTKEY_TC_SHARED_BPF_H */
