#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The client announces its second address, and the server joins there. For that
# somebody has to listen on the port that the client has connected from.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

CLIENT_PORT=5003

# NAME HEXKEY. 262 is IPPROTO_MPTCP; both sockets are bound before either listens
start_client() {
	capture_start "$NS_S" s1 "$TAP_TMP/$1-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$1-s2.pcap"
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	spawn client in_cgroup "$CG_C" in_c perl -e 'use Socket; $| = 1;
		my ($addr, $port, $to, $to_port, $key, $bytes) = @ARGV;
		sub at { pack("S n a4 a8", AF_INET, $_[1], inet_aton($_[0]), pack("H*", $key)) }
		for ([*L, "0.0.0.0"], [*S, $addr]) {
			socket($_->[0], PF_INET, SOCK_STREAM, 262) or die "socket: $!";
			setsockopt($_->[0], SOL_SOCKET, SO_REUSEADDR, 1) or die "SO_REUSEADDR: $!";
			bind($_->[0], at($_->[1], $port)) or die "bind: $!";
		}
		listen(L, 8) or die "listen: $!";
		connect(S, at($to, $to_port)) or die "connect: $!";
		syswrite(S, "x"); print "connected\n"; <STDIN>;
		select S; $| = 1; print "x" x ($bytes - 1); shutdown(S, 1); read(S, $_, 16) == 16 or die "no answer"' \
		"$NET1_C" "$CLIENT_PORT" "$NET1_S" "$PORT" "$2" "$E2E_BYTES"
	wait_for 20 grep -q connected "$TAP_TMP/client.out"
}

# Announced when the server is sure to be able to join
announces() {
	wait_for 20 established && endpoint_c "$NET2_C" signal
}

established() {
	(($(mib_moved "$NS_S" MPCapableACKRX) > 0))
}

joined() {
	(($(mib_moved "$NS_C" MPJoinAckRx) + $(mib_moved "$NS_C" MPJoinNoTokenFound) > 0))
}

announced() {
	(($(mib_moved "$NS_C" AddAddrTx) > 0))
}

ends() {
	tell client
	check "$1: the client ends" reap client 60
	wait_for 20 grep -q '"event":"closed"' "$TAP_TMP/server.out"
	is "$(event server closed .bytes)" "$E2E_BYTES" "$1: all data arrived"
	capture_stop
}

e2e_up
e2e_attach
serve "$NET1_S:$PORT,$KEY"
check "same key: connected" start_client same 0102030405060708
check "same key: the client announces its second address" announces
check "same key: the join comes to an end" wait_for 60 joined ||
	mib_diff "$NS_S" | while read -r line; do diag "$line"; done
is "$(mib_moved "$NS_S" AddAddr)" 1 "same key: the server took ADD_ADDR for genuine"
is "$(mib_moved "$NS_C" MPJoinAckRx)" 1 "same key: the client accepted the join"
is "$(counter "$CG_S" join_syn_tx)" 1 "same key: the server masked it"
is "$(counter "$CG_C" join_syn_rx)" 1 "and the client unmasked it"
ends "same key"
check "same key: data on the first subflow" test "$(received "$NET1_C")" -gt 0
check "same key: data on the second subflow" test "$(received "$NET2_C")" -gt 0
want="ack masked add_addr masked synack masked token ok"
[[ $SCHEME == siphash ]] || want="ack ok add_addr ok synack ok token differs"
is "$(wire_fields same)" "$want" "same key: all fields on the wire are as by docs/protocol.md"
stop server

check "no address to announce" ip -n "$NS_C" mptcp endpoint flush
serve "$NET1_S:$PORT,$KEY"
check "other key: connected" start_client other 1112131415161799
check "other key: the client announces its second address" announces
if [[ $SCHEME == siphash ]]; then
	check "other key: the client sent ADD_ADDR" wait_for 20 announced
	ends "other key"
	is "$(mib_moved "$NS_S" AddAddr)" 0 "other key: the server did not take it for genuine"
else
	check "other key: the join comes to an end" wait_for 60 joined
	is "$(mib_moved "$NS_C" MPJoinNoTokenFound)" 1 "other key: the client refused the join"
	ends "other key"
fi
is "$(received "$NET2_C")" 0 "other key: nothing on a second subflow"
done_testing
