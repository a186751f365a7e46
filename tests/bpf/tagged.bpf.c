// SPDX-License-Identifier: GPL-2.0-only
/* Counts packets that have a tag of 802.1Q in the frame, for tests/tc/vlan.t */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TC_ACT_UNSPEC (-1)

char LICENSE[] SEC("license") = "GPL";

__u64 tagged;

SEC("tc")
int count_tagged(struct __sk_buff *skb)
{
	__be16 type;

	/* A tag in the packet's metadata is in skb->vlan_tci, and not here */
	if (!bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &type,
				sizeof(type)) &&
	    type == bpf_htons(ETH_P_8021Q))
		__sync_fetch_and_add(&tagged, 1);
	return TC_ACT_UNSPEC;
}
