#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# More and more connections at once, both ends of them in this kernel: how long a
# join takes when there are so many (as in join.sh), and how much of the kernel's
# memory one end has that cannot be reclaimed. With keys less without is ours.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-3}
STEPS=${EXTKEY_BENCH_CONNECTIONS:-1 10 100 1000 10000 50000}
JOINS=$((400 / ${EXTKEY_SLOWNESS:-1}))

# TIME-WAIT has no socket
all_closed() {
	[[ $(in_c ss -tnH; in_s ss -tnH) == "" ]]
}

SERVERS=$((${STEPS##* } / 15000 + 1)) # as many connections as join.c has at a port

servers() {
	local key=$1 i

	for ((i = 0; i < SERVERS; i++)); do
		spawn "server$i" in_cgroup "$CG_S" in_s build/extkey_server \
			--listener "$NET1_S:$((PORT + i))${key:+,$key}"
		wait_for 20 grep -q listening "$TAP_TMP/server$i.out" || return
	done
}

growth() {
	local key step i args=()

	key=$(bench_key "$1")
	bench_attach "$1"
	for step in $STEPS; do
		args+=(--connections "$step")
	done
	servers "$key" || return
	in_cgroup "$CG_C" in_c build/join --to "$NET1_S:$PORT" --from "$NET2_C" --events "/run/netns/$NS_S" \
		${key:+--key-file "$key"} --joins "$JOINS" "${args[@]}" |
		jq -cs '(map({key: "ns_at_\(.connections)", value: .ns}) | from_entries) + {
			last_to_first: (last.ns / first.ns),
			fallbacks: last.fallbacks,
			bytes: ((last.unreclaimable_kib - first.unreclaimable_kib) * 1024 /
				([last.connections - first.connections, 1] | max) / 2)}' || return
	for ((i = 0; i < SERVERS; i++)); do
		bench_end "server$i" extkey_server >&2 || return
	done
	wait_for 120 all_closed >&2
}

bench_up
in_c sysctl -q net.mptcp.pm_type=1 || bail "no path manager to ask for subflows"
bench_turns "growth" "$ROUNDS" "$(bench_settings siphash)" growth
bench_save growth
