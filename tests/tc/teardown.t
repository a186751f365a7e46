#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN of a join waits for ARP, and leaves when its connection has been aborted and the
# kernel has freed what MPTCP had of the subflow. The program on the interface must not
# follow that: a kernel with KASAN tells if it does (make check-debug). It does not know then
# whether there was a key, so the SYN does not leave.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

# Connects, and aborts when a line comes
# shellcheck disable=SC2016 # of perl
abort_later() {
	in_cgroup "$CG_C" in_c perl -MSocket -e '$| = 1;
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		connect $s, pack("S n a4 H16", AF_INET, $ARGV[1], inet_aton($ARGV[0]),
			"0102030405060708") or die $!;
		syswrite $s, "x"; print "connected\n"; <STDIN>;
		setsockopt $s, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0); close $s; <STDIN>' \
		"$NET1_S" "$PORT"
}

# For longer than the test takes
no_arp() {
	ip -n "$NS_S" link set s2 arp off && in_c sysctl -q net.ipv4.neigh.c2.retrans_time_ms=60000 &&
		ip -n "$NS_C" neigh del "$NET2_S" dev c2
}

waits() {
	[[ $(ip -n "$NS_C" neigh show to "$NET2_S" dev c2 nud incomplete) ]] &&
		[[ $(in_c ss -tnH state syn-sent src "$NET2_C") ]]
}

gone() {
	[[ ! $(in_c ss -tnaH src "$NET2_C") && ! $(in_c ss -MnaH) ]]
}

dropped_late() {
	(($(counter "$CG_C" drop_unmasked) > unmasked))
}

e2e_up
e2e_attach
serve "$NET1_S:$PORT,$KEY"
check "an endpoint on the second path" endpoint_c "$NET2_C" subflow
check "nobody answers to ARP there" no_arp
spawn client abort_later
check "the SYN of a join waits" wait_for 20 waits
tell client
check "its connection and its subflow are gone" wait_for 20 gone
capture_start "$NS_S" s2 "$TAP_TMP/s2.pcap" # which takes longer than a grace period of RCU
unmasked=$(counter "$CG_C" drop_unmasked)
check "the link address is known" ip -n "$NS_C" neigh replace "$NET2_S" dev c2 \
	lladdr "$(ip -n "$NS_S" -json link show s2 | jq -r '.[0].address')"
check "the SYN is dropped" wait_for 20 dropped_late
capture_stop
is "$(join_tokens "$TAP_TMP/s2.pcap")" "" "it does not leave"
done_testing
