#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know nothing of keys have one by libextkey_preload.so.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

keyed=(env EXTKEY_KEY_FILE="$KEY" LD_PRELOAD="$PWD/build/libextkey_preload.so")

# 262 is IPPROTO_MPTCP
perl_server() {
	spawn server in_cgroup "$CG_S" in_s "${keyed[@]}" perl -e 'use Socket; $| = 1;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		bind(S, pack_sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!";
		listen(S, 8) or die "listen: $!"; print "listening\n";
		accept(C, S); $sum += length $_ while read C, $_, 65536; print "$sum\n"' "$PORT"
	wait_for 20 grep -q listening "$TAP_TMP/server.out"
}

start_client() {
	spawn client in_cgroup "$CG_C" in_c "${keyed[@]}" perl -e 'use Socket; $| = 1;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		connect(S, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die "connect: $!";
		print "connected\n"; syswrite(S, "x"); <STDIN>; print S "x" x 99999; close S' "$NET1_S" "$PORT"
}

perl_client() {
	start_client
	wait_for 20 grep -q connected "$TAP_TMP/client.out"
}

joined() {
	[[ $(mib_moved "$NS_S" MPJoinAckRx) == 1 ]]
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
for file in "$KEY" "$(key long 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f)"; do
	keyed[1]=EXTKEY_KEY_FILE=$file
	mib_snapshot "$NS_S"
	taken=$(counter "$CG_S" keys_taken)
	check "a server listens" perl_server
	is "$(counter "$CG_S" keys_taken)" $((taken + 1)) "with a key"
	check "a client connects" perl_client
	check "the join is accepted" wait_for 30 joined
	tell client
	check "the client ends" reap client 20
	check "the server ends" reap server 20
	is "$(tail -n 1 "$TAP_TMP/server.out")" 100000 "all data arrived"
done
is "$(counter "$CG_S" join_ack_rx)" 2 "both joins had a mask"

client_failed() {
	grep -q 'connect: Invalid argument' "$TAP_TMP/client.err" &&
		grep -q 'empty.key: Invalid argument' "$TAP_TMP/client.err"
}

keyed[1]=EXTKEY_KEY_FILE=$(key empty "")
start_client
check "no key, no connection, and it says why" wait_for 20 client_failed
done_testing
