/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the fields that the program on the interface has unmasked, for the
 * gate to know them by
 */
#ifndef EXTKEY_VOUCHED_BPF_H
#define EXTKEY_VOUCHED_BPF_H

#include "cookies.bpf.h"
#include "packet.bpf.h"

#define VOUCHED 32768 /* far more than the fields on their way up at a time */

struct vouched_key {
	struct tuple_key tuple;
	__u64 value; /* without its mask, see field_value() */
	__u32 field; /* enum extkey_field */
	__u32 unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VOUCHED);
	__type(key, struct vouched_key);
	__type(value, __u32);
} vouched SEC(".maps");

static __always_inline void vouch(struct __sk_buff *skb,
				  const struct packet *packet, __u8 field,
				  __u64 value)
{
	struct vouched_key key = { .value = value, .field = field };
	__u32 yes = 1;

	tuple_of(skb, packet, false, &key.tuple);
	bpf_map_update_elem(&vouched, &key, &yes, BPF_ANY);
}

static __always_inline bool is_vouched(struct __sk_buff *skb,
				       const struct packet *packet,
				       const struct extkey_option *option)
{
	struct vouched_key key = {
		.value = field_value(packet, option),
		.field = option->field,
	};

	tuple_of(skb, packet, false, &key.tuple);
	/* Left there: to send the same once more is no more than that */
	return bpf_map_lookup_elem(&vouched, &key);
}

#endif /* EXTKEY_VOUCHED_BPF_H */
