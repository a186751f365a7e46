/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding MP_JOIN among the options of a TCP header, as mptcp_get_options() in
 * net/mptcp/options.c does. Pure: BPF programs, unit tests and fuzzers compile
 * the same lines. Nothing in the options is trusted: every length is checked,
 * and the loop ends after as many steps as there can be bytes.
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
 * Looks for MP_JOIN options of @join_len bytes in the @len bytes of options at
 * @opts, a buffer of EXTKEY_TCPOPT_BUF bytes. Returns how many there are, and in
 * @offset where the first one begins: that is the one the kernel goes by. Options
 * after a malformed one do not exist, for the kernel does not read them either.
 */
static inline __attribute__((always_inline)) int
extkey_find_join(const __u8 *opts, unsigned int len, unsigned int join_len,
		 unsigned int *offset)
{
	unsigned int pos = 0, step, size;
	int found = 0;

	if (len > EXTKEY_TCPOPT_MAX)
		len = EXTKEY_TCPOPT_MAX;

	for (step = 0; step < EXTKEY_TCPOPT_MAX; step++) {
		if (pos >= len ||
		    opts[pos & EXTKEY_TCPOPT_MASK] == EXTKEY_TCPOPT_EOL)
			break;
		if (opts[pos & EXTKEY_TCPOPT_MASK] == EXTKEY_TCPOPT_NOP) {
			pos++;
			continue;
		}
		if (len - pos < 2)
			break;
		size = opts[(pos + 1) & EXTKEY_TCPOPT_MASK];
		if (size < 2 || size > len - pos)
			break;
		if (opts[pos & EXTKEY_TCPOPT_MASK] == EXTKEY_TCPOPT_MPTCP &&
		    size == join_len &&
		    opts[(pos + 2) & EXTKEY_TCPOPT_MASK] >> 4 ==
			    EXTKEY_MPTCP_JOIN) {
			if (!found)
				*offset = pos;
			found++;
		}
		pos += size;
	}
	return found;
}

#endif /* EXTKEY_TCPOPT_H */
