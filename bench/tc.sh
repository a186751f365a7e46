#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What engine tc costs those whose packets pass its programs: throughput between two
# network namespaces with nothing attached, with programs on both ends, and with
# programs in the same places that do nothing, in turn, so that what else the machine
# does meets all of them. Then the time of a run of each program, by the kernel's
# bpf_stats. Leaves build/bench/tc-host.json.
#
#	EXTKEY_BENCH_ROUNDS (9), EXTKEY_BENCH_SECONDS (2) for each measurement
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh
. bench/paths.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-9}
SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-2}
PACKETS=$((100000 * SECONDS_EACH))

# One TCP connection, not of MPTCP; each end stays on its CPU, as with paths_pour
tcp() {
	bench_attach "$1"
	in_c iperf3 -A 0,1 -c "$NET1_S" -t "$SECONDS_EACH" -J |
		jq -c '{mbit: (.end.sum_received.bits_per_second / 1e6)}'
}

bench_up
in_s iperf3 -s -D -I "$TAP_TMP/iperf.pid" >/dev/null || bail "no iperf3 server"
on_exit pkill -KILL -F "$TAP_TMP/iperf.pid"
settings="plain empty-filter empty-link tc-siphash"
places="plain empty-gate empty-netfilter" # of the gate

# What a packet costs in CPU time, whatever else this machine does
udp() {
	bench_attach "$1"
	in_c taskset 1 build/udp_send "$NET1_S" "$NET_DISCARD_PORT" "$PACKETS"
}

bench_turns "UDP, ns of CPU a packet" "$ROUNDS" "$settings" udp
bench_turns "UDP, one program before TCP alone" "$ROUNDS" "$places" udp
for size in "segments of 64 KiB" "a packet each"; do
	paths_offloads "$([[ $size == segments* ]] && echo on || echo off)" ||
		bail "cannot set offloads"
	bench_turns "TCP, $size" "$ROUNDS" "$settings" tcp
	bench_turns "MPTCP on two subflows, $size" "$ROUNDS" "$settings" paths_pour
done
BENCH_ATTACHED= # for programs that have not counted yet
bench_attach tc-siphash
bench_programs "data" in_c iperf3 -c "$NET1_S" -t "$SECONDS_EACH"
bench_save tc
jq -r -s -f bench/report.jq build/bench/tc-host.json
