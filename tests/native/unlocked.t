#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bpf_skc_to_mptcp_sock() is for programs that the owner of the subflow runs: those at
# connect() and bind(), and those at the beginning and the end of a handshake. On a subflow that another CPU
# is closing it may follow NULL, or lead to freed memory: docs/decisions.md.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Of that helper, by number (196): a call (0x85) with no source register
calls() { # OBJECT [SECTION]
	llvm-objdump-19 -d ${2:+-j "$2"} "$1" | grep -cE $'\t?85 00 00 00 c4 00 00 00'
}

is "$(calls build/tc.bpf.o sockops)" 1 "tc: called at the end of a handshake"
is "$(calls build/tc.bpf.o)" 1 "and nowhere else: not on packets"
for section in cgroup/{connect,bind}{4,6}; do
	is "$(calls build/extkey.bpf.o "$section")" 1 "extkey: called at $section"
done
is "$(calls build/extkey.bpf.o sockops)" 1 "extkey: called where the SYN of a join is sent"
is "$(calls build/extkey.bpf.o)" 5 "and nowhere else"
is "$(calls build/hook.bpf.o)" 0 "hook: not called, as the kernel hands over the connection"
done_testing
