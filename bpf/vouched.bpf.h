/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the fields that the program on the interface has unmasked, for the
 * gate to know them by. What is vouched for stays, and the socket at these addresses
 * may be another one by then: so there is more to it than the value. Whose mask was
 * removed is told by the own MPTCP key, and in A by the nonces as well.
 */
#ifndef EXTKEY_VOUCHED_BPF_H
#define EXTKEY_VOUCHED_BPF_H

#include "cookies.bpf.h"
#include "packet.bpf.h"
#include "tc_shared.bpf.h"

#define VOUCHED 32768 /* far more than the fields on their way up at a time */

struct vouched_key {
	struct tuple_key tuple;
	__u64 value; /* without its mask, see field_value() */
	__u64 local_key; /* 0 with a T of which nobody knows whose it is */
	__u32 nonce[2]; /* 0 but with A */
	__u32 field; /* enum extkey_field */
	__u32 fingerprint; /* of the key whose mask was removed; 0 if there was none */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VOUCHED);
	__type(key, struct vouched_key);
	__type(value, __u32);
} vouched SEC(".maps");

/* Of the connection or join in s->join, and the key in s->secret */
static __always_inline void vouched_key(struct __sk_buff *skb,
					const struct scratch *s, __u8 field,
					__u64 value, struct vouched_key *key)
{
	__builtin_memset(key, 0, sizeof(*key));
	tuple_of(skb, &s->packet, false, &key->tuple);
	key->field = field;
	key->value = value;
	key->local_key = s->join.local_key;
	key->fingerprint = s->secret.fingerprint;
	if (field == EXTKEY_FIELD_ACK)
		__builtin_memcpy(key->nonce, s->join.nonce, sizeof(key->nonce));
}

static __always_inline void
vouch(struct __sk_buff *skb, const struct scratch *s, __u8 field, __u64 value)
{
	struct vouched_key key;
	__u32 yes = 1;

	vouched_key(skb, s, field, value, &key);
	bpf_map_update_elem(&vouched, &key, &yes, BPF_ANY);
}

/*
 * With a key that is accepted now, which is in s->stored: what a dropped key had vouched for is
 * worth nothing.
 */
static __always_inline bool is_vouched(struct __sk_buff *skb,
				       const struct scratch *s,
				       const struct extkey_option *option)
{
	bool is_token = option->field == EXTKEY_FIELD_TOKEN;
	const struct extkey_secret *secret;
	struct vouched_key key;
	__u32 i;

	vouched_key(skb, s, option->field, field_value(&s->packet, option),
		    &key);
	/* Used once: sent again, it comes past the interface again */
	key.fingerprint = 0;
	if (is_token && !key.local_key && !bpf_map_delete_elem(&vouched, &key))
		return true;
	for (i = 0; i < EXTKEY_ATTEMPTS; i++) {
		secret = extkey_secret_of(
			&s->stored.keys,
			extkey_accept(&s->stored.keys, s->stored.scheme,
				      option->field, is_token, i));
		if (!secret)
			continue;
		key.fingerprint = secret->fingerprint;
		if (!bpf_map_delete_elem(&vouched, &key))
			return true;
	}
	return false;
}

#endif /* EXTKEY_VOUCHED_BPF_H */
