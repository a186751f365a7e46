/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding MP_JOIN among the options of a TCP header, as mptcp_get_options() in
 * net/mptcp/options.c does. Pure: BPF programs, unit tests and fuzzers compile
 * the same lines; only what repeats the step is their own, as the verifier wants
 * a helper for it. Nothing in the options is trusted: every length is checked,
 * and there are no more steps than bytes.
 */
#ifndef EXTKEY_TCPOPT_H
#define EXTKEY_TCPOPT_H

#include <linux/types.h>

#define EXTKEY_TCPOPT_MAX 40 /* bytes: 15 words of header, less 20 bytes */
/* As the verifier wants it: any masked offset plus one byte is inside */
#define EXTKEY_TCPOPT_BUF 64
#define EXTKEY_TCPOPT_MASK (EXTKEY_TCPOPT_BUF - 1)

#define EXTKEY_TCPOPT_EOL 0
#define EXTKEY_TCPOPT_NOP 1
#define EXTKEY_TCPOPT_MPTCP 30
#define EXTKEY_MPTCP_JOIN 1 /* subtype, RFC 8684 section 3.2 */

/* Lengths of MP_JOIN in the SYN, the SYN/ACK and the ACK */
#define EXTKEY_JOIN_SYN 12
#define EXTKEY_JOIN_SYNACK 16
#define EXTKEY_JOIN_ACK 24

/*
 * A walk over options, looking for MP_JOIN of one length. There may be several:
 * the first one is what the kernel goes by. Options after a malformed one do not
 * exist, for the kernel does not read them either.
 */
struct extkey_walk {
	__u8 opts[EXTKEY_TCPOPT_BUF];
	__u32 len; /* bytes of options; more than can be are not read */
	__u32 join_len; /* EXTKEY_JOIN_* */
	__u32 pos; /* of the next option; 0 at the beginning */
	__u32 found; /* how many MP_JOIN; 0 at the beginning */
	__u32 offset; /* where the first one begins */
};

/* One option. Returns whether the walk is over: after len steps it is. */
static inline int extkey_walk_step(struct extkey_walk *walk)
{
	__u32 len = walk->len < EXTKEY_TCPOPT_MAX ? walk->len :
						    EXTKEY_TCPOPT_MAX;
	__u32 pos = walk->pos, left, size;

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
	if (walk->opts[pos & EXTKEY_TCPOPT_MASK] == EXTKEY_TCPOPT_MPTCP &&
	    size == walk->join_len &&
	    walk->opts[(pos + 2) & EXTKEY_TCPOPT_MASK] >> 4 ==
		    EXTKEY_MPTCP_JOIN) {
		if (!walk->found)
			walk->offset = pos;
		walk->found++;
	}
	walk->pos = pos + size;
	return 0;
}

#endif /* EXTKEY_TCPOPT_H */
