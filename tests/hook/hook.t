#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The hook by itself: a program that masks all five fields, out of all that the
# arguments tell it. Both ends come to the same masks, and the wire to others.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

verdicts() {
	tcpdump -nn -r "$TAP_TMP/$1.pcap" 2>/dev/null | tests/lib/rfc8684.pl | sort | uniq -c |
		awk '{ print $2, $3 }' | xargs
}

# NAME: a connection with a join after ADD_ADDR, ended by MP_FASTCLOSE
connection() {
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" any "$TAP_TMP/$1.pcap"
	serve "0.0.0.0:$PORT"
	spawn client in_c perl -e 'use Socket;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		connect(S, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die "connect: $!";
		syswrite(S, "x"); <STDIN>;
		setsockopt(S, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close S;' "$NET1_S" "$PORT"
	joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
	check "$1: the join was accepted" wait_for 60 joined
	is "$(mib_moved "$NS_C" AddAddr)" 1 "$1: so was ADD_ADDR"
	tell client
	closed() { (($(mib_moved "$NS_S" MPFastcloseRx) >= 1)); }
	check "$1: so was MP_FASTCLOSE" wait_for 60 closed
	capture_stop
	stop server
}

bpffs_ready
CG_S=$(cgroup_make server)
net_up
check "the server announces its second address" endpoint_s "$NET2_S" signal

spawn masks build/hold_programs build/all_fields.bpf.o
check "attach the program" wait_for 20 grep -q attached "$TAP_TMP/masks.out"
connection masked
is "$(verdicts masked)" \
	"ack differs add_addr differs fastclose differs synack differs token differs" \
	"no field is that of RFC 8684"

stop masks
unhooked() { [[ -z $(bpftool -j prog show | jq -r '.[].name // empty' | grep all_fields) ]]; }
check "detach the program" wait_for 20 unhooked
connection plain
is "$(verdicts plain)" "ack ok add_addr ok fastclose ok synack ok token ok" \
	"all fields are those of RFC 8684"
done_testing
