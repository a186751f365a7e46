#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What connect() and close() of an MPTCP socket take: with an empty cgroup program
# (which the others are compared with), with nothing attached, with extkey and no
# key, and with a key on both ends. What any programs on the interfaces and before TCP
# would cost stands beside engine tc. Client and server have a CPU each.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-15}
TIMES=$((1000 / ${EXTKEY_SLOWNESS:-1}))
EMPTY=/sys/fs/bpf/extkey-bench-empty

listens_now() {
	grep -q listening "$TAP_TMP/loop.out"
}

# empty, nothing, empty-link, or ENGINE-nokey, ENGINE-key
connects() {
	local key='' engine=${1%-*}

	case $1 in
	empty | empty-link)
		bench_attach "$([[ $1 == empty ]] && echo plain || echo empty-link)"
		bpftool cgroup attach "$CG_C" connect4 pinned "$EMPTY" ;;
	nothing)
		bench_attach plain ;;
	*)
		bench_attach "$engine-siphash"
		[[ $1 != *-key ]] || key=$KEY ;;
	esac || return
	spawn loop in_cgroup "$CG_S" in_s build/connect_loop --serve "$NET1_S:$PORT" \
		${key:+--key-file "$key"} --cpu 1
	wait_for 20 listens_now || return
	in_cgroup "$CG_C" in_c build/connect_loop --to "$NET1_S:$PORT" \
		${key:+--key-file "$key"} --times "$TIMES" --cpu 0 || return
	bench_end loop connect_loop || return
	[[ $1 != empty* ]] || bpftool cgroup detach "$CG_C" connect4 pinned "$EMPTY"
}

bench_up
bpftool prog load build/foreign.bpf.o "$EMPTY" || bail "cannot load the empty program"
on_exit rm -f "$EMPTY"
settings='empty nothing empty-link'
for engine in $(bench_engines); do
	settings+=" $engine-nokey $engine-key"
done
bench_turns "connect() and close()" "$ROUNDS" "$settings" connects
bench_save connect
