/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding the fields that authenticate something among the options of a TCP
 * header, as mptcp_get_options() in net/mptcp/options.c does. Pure: BPF programs,
 * unit tests and fuzzers compile the same lines; only what repeats the step is
 * their own, as the verifier wants a helper for it. Nothing in the options is
 * trusted: every length is checked, and there are no more steps than bytes.
 */
#ifndef EXTKEY_TCPOPT_H
#define EXTKEY_TCPOPT_H

#include <linux/types.h>

#include "extkey_mask.h"

#define EXTKEY_TCPOPT_MAX 40 /* bytes: 15 words of header, less 20 bytes */
/* As the verifier wants it: any masked offset plus one byte is inside */
#define EXTKEY_TCPOPT_BUF 64
#define EXTKEY_TCPOPT_MASK (EXTKEY_TCPOPT_BUF - 1)

#define EXTKEY_TCPOPT_EOL 0
#define EXTKEY_TCPOPT_NOP 1
#define EXTKEY_TCPOPT_MSS 2
#define EXTKEY_TCPOPT_WINDOW 3
#define EXTKEY_TCPOPT_SACK_PERM 4
#define EXTKEY_TCPOPT_TIMESTAMP 8
#define EXTKEY_TCPOPT_MPTCP 30

/* Subtypes, RFC 8684 section 8.2 */
#define EXTKEY_MPTCP_CAPABLE 0 /* section 3.1 */
#define EXTKEY_MPTCP_JOIN 1 /* section 3.2 */
#define EXTKEY_MPTCP_DSS 2 /* section 3.3 */
#define EXTKEY_MPTCP_ADD_ADDR 3 /* section 3.4.1 */
#define EXTKEY_MPTCP_FASTCLOSE 7 /* section 3.5 */
#define EXTKEY_ADD_ADDR_ECHO 1 /* flag: no HMAC in this one */

/* Lengths of the options */
#define EXTKEY_JOIN_SYN 12
#define EXTKEY_JOIN_SYNACK 16
#define EXTKEY_JOIN_ACK 24
#define EXTKEY_ADD_ADDR4 16 /* two more with a port */
#define EXTKEY_ADD_ADDR6 28
#define EXTKEY_FASTCLOSE 12
#define EXTKEY_CAPABLE_SYNACK 12
#define EXTKEY_CAPABLE_ACK 20 /* 22 or 24 with data */

#define EXTKEY_VALUE_AT \
	4 /* of the field in all but ADD_ADDR: behind the head */
#define EXTKEY_SENDER_KEY_AT 4 /* in MP_CAPABLE, but for that of a SYN */
#define EXTKEY_RECEIVER_KEY_AT 12 /* in that of an ACK */

/* An option with a field */
struct extkey_option {
	__u8 field; /* enum extkey_field */
	__u8 at; /* where the option begins */
	__u8 len;
};

#define EXTKEY_OPTIONS 2 /* Linux sends MP_JOIN and ADD_ADDR in one ACK */

/*
 * A walk over options. Those after a malformed one do not exist, for the kernel
 * does not read them either.
 */
struct extkey_walk {
	__u8 opts[EXTKEY_TCPOPT_BUF];
	__u32 len; /* bytes of options; more than can be are not read */
	__u32 pos; /* of the next option; 0 at the beginning */
	__u32 found; /* how many with a field, counting all; 0 at the beginning */
	struct extkey_option options[EXTKEY_OPTIONS];
	__u32 capables; /* how many MP_CAPABLE; 0 at the beginning */
	__u8 capable_at, capable_len; /* of the last of these */
};

/* The field in an MPTCP option of this length, or -1 */
static inline int extkey_option_field(__u8 subtype_flags, __u32 len)
{
	switch (subtype_flags >> 4) {
	case EXTKEY_MPTCP_JOIN:
		switch (len) {
		case EXTKEY_JOIN_SYN:
			return EXTKEY_FIELD_TOKEN;
		case EXTKEY_JOIN_SYNACK:
			return EXTKEY_FIELD_SYNACK;
		case EXTKEY_JOIN_ACK:
			return EXTKEY_FIELD_ACK;
		}
		return -1;
	case EXTKEY_MPTCP_ADD_ADDR:
		if (subtype_flags & EXTKEY_ADD_ADDR_ECHO)
			return -1;
		switch (len) {
		case EXTKEY_ADD_ADDR4:
		case EXTKEY_ADD_ADDR4 + 2:
		case EXTKEY_ADD_ADDR6:
		case EXTKEY_ADD_ADDR6 + 2:
			return EXTKEY_FIELD_ADD_ADDR;
		}
		return -1;
	case EXTKEY_MPTCP_FASTCLOSE:
		return len == EXTKEY_FASTCLOSE ? EXTKEY_FIELD_FASTCLOSE : -1;
	default:
		return -1;
	}
}

/* One option. Returns whether the walk is over: after len steps it is. */
static inline int extkey_walk_step(struct extkey_walk *walk)
{
	__u32 len = walk->len < EXTKEY_TCPOPT_MAX ? walk->len :
						    EXTKEY_TCPOPT_MAX;
	struct extkey_option option;
	__u32 pos = walk->pos, left, size;
	int field;

	if (pos >= len)
		return 1;
	left = len - pos;
	switch (walk->opts[pos & EXTKEY_TCPOPT_MASK]) {
	case EXTKEY_TCPOPT_EOL:
		return 1;
	case EXTKEY_TCPOPT_NOP:
		walk->pos = pos + 1;
		return 0;
	}
	if (left < 2)
		return 1;
	size = walk->opts[(pos + 1) & EXTKEY_TCPOPT_MASK];
	if (size < 2 || size > left)
		return 1;
	walk->pos = pos + size;
	if (walk->opts[pos & EXTKEY_TCPOPT_MASK] != EXTKEY_TCPOPT_MPTCP ||
	    size < 3)
		return 0;

	if (walk->opts[(pos + 2) & EXTKEY_TCPOPT_MASK] >> 4 ==
	    EXTKEY_MPTCP_CAPABLE) {
		walk->capables++;
		walk->capable_at = pos;
		walk->capable_len = size;
	}
	field = extkey_option_field(walk->opts[(pos + 2) & EXTKEY_TCPOPT_MASK],
				    size);
	if (field < 0)
		return 0;
	option.field = field;
	option.at = pos;
	option.len = size;
	if (!walk->found)
		walk->options[0] = option;
	else
		walk->options[1] = option;
	walk->found++;
	return 0;
}

#define EXTKEY_TIMESTAMPS 12 /* bytes: the option with its padding */
#define EXTKEY_SYN_OPTIONS 20

/* What Linux begins the options of a SYN with, tcp_options_write() */
static inline int extkey_syn_options(const __u8 *opts)
{
	return opts[0] == EXTKEY_TCPOPT_MSS && opts[1] == 4 &&
	       ((opts[4] == EXTKEY_TCPOPT_SACK_PERM && opts[5] == 2) ||
		(opts[4] == EXTKEY_TCPOPT_NOP &&
		 opts[5] == EXTKEY_TCPOPT_NOP)) &&
	       opts[6] == EXTKEY_TCPOPT_TIMESTAMP && opts[7] == 10 &&
	       opts[16] == EXTKEY_TCPOPT_NOP &&
	       opts[17] == EXTKEY_TCPOPT_WINDOW && opts[18] == 3;
}

/*
 * Whether what nearly all packets of a connection have is all that there is:
 * timestamps at most, or the options of a SYN, and DSS or MP_CAPABLE. @len > 0, in
 * words; reads nothing from @end on, which may be far behind the options. Says no
 * where it is not sure.
 */
static inline int extkey_only_data(const __u8 *opts, const void *end, __u32 len)
{
	__u8 subtype;

	if ((const void *)(opts + 4) > end)
		return 0;
	if (opts[0] == EXTKEY_TCPOPT_NOP && opts[1] == EXTKEY_TCPOPT_NOP &&
	    opts[2] == EXTKEY_TCPOPT_TIMESTAMP && opts[3] == 10) {
		if (len <= EXTKEY_TIMESTAMPS)
			return 1;
		opts += EXTKEY_TIMESTAMPS;
		len -= EXTKEY_TIMESTAMPS;
	} else if (len >= EXTKEY_SYN_OPTIONS &&
		   (const void *)(opts + EXTKEY_SYN_OPTIONS) <= end &&
		   extkey_syn_options(opts)) {
		if (len == EXTKEY_SYN_OPTIONS)
			return 1;
		opts += EXTKEY_SYN_OPTIONS;
		len -= EXTKEY_SYN_OPTIONS;
	}
	if ((const void *)(opts + 4) > end)
		return 0;
	subtype = opts[2] >> 4;
	/* Padding behind it is less than a word, too short for any option */
	return opts[0] == EXTKEY_TCPOPT_MPTCP &&
	       (subtype == EXTKEY_MPTCP_DSS ||
		subtype == EXTKEY_MPTCP_CAPABLE) &&
	       opts[1] >= 4 && opts[1] + 3u >= len;
}

#endif /* EXTKEY_TCPOPT_H */
