#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One connection with nothing attached, in which each field that authenticates
# something goes over the wire: for nothing-attached.t, which compares kernels.
# Leaves in build/wire/NAME.*: what tcpdump prints, and the counters that moved.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh
. tests/lib/net.sh
. tests/lib/e2e.sh

out=build/wire/$1
mkdir -p build/wire
net_up
mib_snapshot "$NS_C"
mib_snapshot "$NS_S"
capture_start "$NS_S" any "$TAP_TMP/wire.pcap" || exit 1
CG_S=$(cgroup_make server)
serve "0.0.0.0:$PORT"

# A close() with SO_LINGER 0 sends MP_FASTCLOSE; 262 is IPPROTO_MPTCP
spawn client in_c perl -e 'use Socket; $| = 1;
	socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
	connect(S, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die "connect: $!";
	syswrite(S, "x"); print "sent\n"; <STDIN>;
	setsockopt(S, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close S;' "$NET1_S" "$PORT"
# The server has nothing to say before, or its packet would decide by chance whether
# the byte goes with MP_CAPABLE
wait_for 60 grep -q sent "$TAP_TMP/client.out" || exit 1
endpoint_s "$NET2_S" signal || exit 1
wait_for 60 mib_is "$NS_S" MPJoinAckRx 1 || exit 1
tell client
closed() { (($(mib_moved "$NS_S" MPFastcloseRx) >= 1)); }
wait_for 60 closed || exit 1
capture_stop || exit 1

tcpdump -nn -r "$TAP_TMP/wire.pcap" 2>/dev/null | grep -F 'Flags [' >"$out.txt"
# Which of two RSTs that cross still finds a subflow is a matter of time
{ mib_diff "$NS_C" | sed 's/^/client /' && mib_diff "$NS_S" | sed 's/^/server /'; } |
	grep ' MPTcpExt' | grep -vE 'MPFastcloseRx|MPRst[RT]x' |
	sed -E 's/(MPFastcloseTx) .*/\1 moved/' >"$out.mib"
pass "captured"
done_testing
