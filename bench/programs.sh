#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each BPF program: nanoseconds a run, by the kernel's bpf_stats, and how many
# instructions the verifier went through. Data and joins are measured apart, as
# programs on interfaces do nearly nothing with data. The time of a program that
# does nothing at all, which is that of the measurement, stands beside them.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-1}
TIMES=$((2000 / ${EXTKEY_SLOWNESS:-1}))
EMPTY=$BPFFS/extkey-bench-empty
LONG_KEY=$(key long "$(openssl rand -hex 32)") # IPv6 has room for no other

says_listening() {
	grep -q listening "$TAP_TMP/$1.out"
}

# The programs start counting when they are loaded
anew() {
	BENCH_ATTACHED=
	bench_attach "$1"
}

run_join() {
	in_cgroup "$CG_C" in_c build/join --to "$NET1_S:$PORT" --from "$NET2_C" \
		--events "/run/netns/$NS_S" --key-file "$KEY" --joins "$TIMES"
}

joins() {
	serve "$NET1_S:$PORT,$KEY"
	run_join || return
	bench_end server extkey_server
}

data() {
	spawn pour in_cgroup "$CG_S" in_s build/pour --serve "$NET1_S:$PORT" --key-file "$KEY"
	wait_for 20 says_listening pour || return
	in_cgroup "$CG_C" in_c build/pour --to "$NET1_S:$PORT" --key-file "$KEY" \
		--seconds "$SECONDS_EACH" --subflows 1 || return
	bench_end pour pour
}

# Within the client's host
connects() {
	spawn loop in_cgroup "$CG_C" in_c build/connect_loop --serve "$1:$PORT" --key-file "$LONG_KEY"
	wait_for 20 says_listening loop || return
	in_cgroup "$CG_C" in_c build/connect_loop --to "$1:$PORT" --key-file "$LONG_KEY" \
		--times "$TIMES" || return
	bench_end loop connect_loop || return
}

binds() {
	in_cgroup "$CG_C" in_c build/connect_loop --bind "$1:$PORT" --key-file "$LONG_KEY" \
		--times "$TIMES"
}

bench_up
in_c sysctl -q net.mptcp.pm_type=1 || bail "no path manager to ask for subflows"
for engine in $(bench_engines); do
	anew "$engine-siphash"
	bench_programs "data, engine $engine" data
	anew "$engine-siphash"
	bench_programs "joins, engine $engine" joins
done
for address in 127.0.0.1 '[::1]'; do
	anew "$engine-siphash"
	bench_programs "bind() to $address" binds "$address"
	anew "$engine-siphash"
	bench_programs "connect() to $address" connects "$address"
done
bpftool prog load build/foreign.bpf.o "$EMPTY" || bail "cannot load the empty program"
on_exit rm -f "$EMPTY"
bench_attach plain
bpftool cgroup attach "$CG_C" connect4 pinned "$EMPTY"
bench_programs "connect() to 127.0.0.1" connects 127.0.0.1
bench_save programs
