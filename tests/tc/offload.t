#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checksums stay right, computed by the device and before it. Between veths none
# is computed with offload; without it the receiver's kernel checks each.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

offload() {
	local n

	for n in 1 2; do
		in_c ethtool -K "c$n" tx "$1" tso "$1" gso "$1" gro "$1" &&
			in_s ethtool -K "s$n" tx "$1" tso "$1" gso "$1" gro "$1" || return
	done
}

# Only the packets that are whole in the capture: those of the handshakes are
checksums() {
	local file

	for file in "$TAP_TMP/offload"-s{1,2}.pcap; do
		tcpdump -nn -vv -r "$file" 'tcp[tcpflags] & (tcp-syn|tcp-ack) != 0' 2>/dev/null
	done | grep -oE 'cksum 0x[0-9a-f]+ \((in)?correct' | sed 's/.*(//' | sort -u
}

for set in on off; do
	e2e_up
	check "offload is $set" offload "$set"
	join_works offload add_addr
	for ns in "$NS_C" "$NS_S"; do
		is "$(mib_moved "$ns" TcpInCsumErrors)" 0 "all checksums were right in $ns"
	done
	[[ $set == on ]] || is "$(checksums)" correct "and on the wire"
	check "the hosts go" hosts_down
done
done_testing
