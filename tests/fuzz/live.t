#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that mutator.c makes of those of live connections with a key, for 10
# seconds, or EXTKEY_FUZZ_SECONDS: joins, announced addresses, aborted connections, a
# listener that answers with SYN cookies half of the time. Must hold: nothing crashes
# (the virtual machine tells), both ends go on to make connections, nobody joins who
# has another key, and afterwards all is as if nothing had been.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh

SEED=${EXTKEY_FUZZ_SEED:-$RANDOM}
FUZZ_SECONDS=${EXTKEY_FUZZ_SECONDS:-10}
E2E_BYTES=20000
ATTACKER=(build/mutator "$SEED")

# Connects and aborts, which is an MP_FASTCLOSE
# shellcheck disable=SC2016 # of perl
abort() {
	in_c timeout 5 perl -MSocket -e 'open my $f, "<", $ARGV[2] or die; chomp(my $k = <$f>);
		socket my $s, PF_INET, SOCK_STREAM, 262 or die;
		connect $s, pack("S n a4 H16", AF_INET, $ARGV[1], inet_aton($ARGV[0]), $k) or die;
		syswrite $s, "x";
		setsockopt $s, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0);' "$NET1_S" "$PORT" "$1"
}

# Without end. Connections may be lost in this: then there is another one
connections() { # KEY
	while :; do
		in_c build/extkey_client --connect "$NET1_S:$PORT" --key-file "$1" --connections 4 \
			--bytes 5000 --timeout 3
		abort "$1"
		in_s sysctl -q net.ipv4.tcp_syncookies=$((RANDOM % 2 + 1))
	done >/dev/null 2>&1
}

fuzzed() {
	(($(now_us) >= FUZZ_END))
}

e2e_up
# Nothing is lost to the limit of a rate
net_rate 1gbit || bail "cannot limit the rate of the paths"
diag "seed $SEED, for $FUZZ_SECONDS s"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "which the server announces as well" endpoint_s "$NET2_S" signal
e2e_attach
serve "0.0.0.0:$PORT,$KEY"
mib_snapshot "$NS_S"
FUZZ_END=$(($(now_us) + FUZZ_SECONDS * 1000000))
for name in 1 2 3 4; do
	spawn "clients-$name" in_cgroup "$CG_C" connections "$KEY"
done
until fuzzed; do
	running server || bail "the server has ended: $(<"$TAP_TMP/server.err")"
	wait_for 1 fuzzed >/dev/null
done
for name in 1 2 3 4; do
	stop "clients-$name"
done
tell attacker quiet
check "packets were passed on, and others sent" wait_for 10 grep "^quiet: [1-9].* [1-9][0-9]* others" "$TAP_TMP/attacker.out"
diag "$(tail -n 1 "$TAP_TMP/attacker.out")"
for name in join_syn_rx join_synack_tx join_ack_rx; do
	got=$(counter "$CG_S" "$name")
	check "server: $name, $got" test "$got" -gt 0
done
check "some joins were accepted" test "$(mib_moved "$NS_S" MPJoinAckRx)" -gt 0
check "and some refused" test "$(mib_moved "$NS_S" MPJoinNoTokenFound)" -gt 0
mib_diff "$NS_S" | grep MPTcpExt | while read -r line; do diag "$line"; done

check "the server runs" running server
in_s sysctl -q net.ipv4.tcp_syncookies=1
mib_snapshot "$NS_S"
client after --key-file "$KEY" --wait-subflows 2
check "a connection has its two subflows" client_ready after
check "its data arrives whole" release after
client other --key-file "$OTHER_KEY"
check "a connection with another key" client_ready other
refused() { (($(mib_moved "$NS_S" MPJoinNoTokenFound) > 0)); }
check "cannot join" wait_for 20 refused
check "its data arrives whole" release other
done_testing
