#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What engine tc costs those whose packets pass its programs: throughput between two
# network namespaces with nothing attached (A) and with programs on both ends (B),
# in turn, ABAB, so that what else the machine does meets both. The figure is B/A
# of each pair. Then the time of a run of each program, by the kernel's bpf_stats.
# Leaves build/bench/tc.json.
#
#	EXTKEY_BENCH_PAIRS (9), EXTKEY_BENCH_SECONDS (2) for each measurement
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

PAIRS=${EXTKEY_BENCH_PAIRS:-9}
SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-2}
E2E_BYTES=$((192 << 20))

offloads() {
	local end

	for end in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		# shellcheck disable=SC2086 # namespace and device
		in_ns ${end% *} ethtool -K "${end#* }" tso "$1" gso "$1" gro "$1" || return
	done
}

programs() {
	loader detach --all || bail "cannot detach"
	[[ $1 == A ]] || { loader attach "$CG_C" && loader attach "$CG_S"; } >/dev/null ||
		bail "cannot attach"
}

# Mbit/s of one TCP connection
tcp_throughput() {
	programs "$1"
	in_c iperf3 -c "$NET1_S" -t "$SECONDS_EACH" -J | jq '.end.sum_received.bits_per_second / 1e6'
}

# Mbit/s of an MPTCP connection with two subflows, with a key if there are programs
mptcp_throughput() {
	local key='' begun

	programs "$1"
	[[ $1 == A ]] || key=$KEY
	serve "$NET1_S:$PORT${key:+,$key}"
	client client ${key:+--key-file "$key"} --wait-subflows 2
	client_ready client || bail "no two subflows"
	begun=$EPOCHREALTIME
	release client || bail "the data did not arrive"
	perl -e 'printf "%.1f\n", $ARGV[0] * 8 / ($ARGV[1] - $ARGV[2]) / 1e6' \
		"$E2E_BYTES" "$EPOCHREALTIME" "$begun"
	stop server
}


bench_up
in_s iperf3 -s -D -I "$TAP_TMP/iperf.pid" >/dev/null || bail "no iperf3 server"
on_exit pkill -KILL -F "$TAP_TMP/iperf.pid"
endpoint_c "$NET2_C" subflow || bail "no second path"

offloads on || bail "cannot set offloads"
bench_pairs "TCP, segments of 64 KiB" "$PAIRS" tcp_throughput
bench_pairs "MPTCP on two subflows, segments of 64 KiB" "$PAIRS" mptcp_throughput
offloads off || bail "cannot set offloads"
bench_pairs "TCP, a packet each" "$PAIRS" tcp_throughput
bench_pairs "MPTCP on two subflows, a packet each" "$PAIRS" mptcp_throughput

programs B
bench_program_stats ingress egress -- in_c iperf3 -c "$NET1_S" -t "$SECONDS_EACH"
bench_table build/bench/tc.json
TAP_LEFT=bench
