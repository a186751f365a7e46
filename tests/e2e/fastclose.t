#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# MP_FASTCLOSE: who has the key ends the connection, who has not does not.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# NAME HEXKEY: connects, sends a byte, and aborts
abort() {
	capture_start "$NS_S" s1 "$TAP_TMP/$1-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$1-s2.pcap"
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	in_cgroup "$CG_C" in_c perl -e 'use Socket;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		connect(S, pack("S n a4 a8", AF_INET, $ARGV[1], inet_aton($ARGV[0]),
			pack("H*", $ARGV[2]))) or die "connect: $!";
		syswrite(S, "x"); sysread(S, $_, 1) if 0;
		select(undef, undef, undef, 0.5);
		setsockopt(S, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close S;' \
		"$NET1_S" "$PORT" "$2"
	sent() { (($(mib_moved "$NS_C" MPFastcloseTx) == 1)); }
	check "$1: MP_FASTCLOSE was sent" wait_for 20 sent
	capture_stop
}

e2e_up
e2e_attach
serve "$NET1_S:$PORT,$KEY"
abort same 0102030405060708
closed() { (($(mib_moved "$NS_S" MPFastcloseRx) == 1)); }
check "same key: the server took it for genuine" wait_for 20 closed
if [[ $SCHEME == siphash ]]; then
	is "$(wire_fields same)" "fastclose masked" "its key on the wire is masked"
	abort other 1112131415161799
	is "$(wire_fields other)" "fastclose differs" "other key: it is on the wire"
	is "$(mib_moved "$NS_S" MPFastcloseRx)" 0 "the server did not take it for genuine"
else
	is "$(wire_fields same)" "fastclose ok" "its key on the wire is the real one"
fi
done_testing
