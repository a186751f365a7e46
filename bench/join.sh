#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a join takes, from the request that has the SYN sent to the server's event
# that its ACK was accepted, both by the clock of one process (bench/join.c); and
# how many joins there are in a second when each CPU does nothing else. What any
# program on the interfaces would cost stands beside the engines.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-10}
JOINS=$((1000 / ${EXTKEY_SLOWNESS:-1}))

run_join() {
	local key=$1
	shift

	in_cgroup "$CG_C" in_c build/join --to "$NET1_S:$PORT" --from "$NET2_C" \
		--events "/run/netns/$NS_S" ${key:+--key-file "$key"} --joins "$JOINS" "$@"
}

joins() {
	local key

	key=$(bench_key "$1")
	bench_attach "$1"
	serve "$NET1_S:$PORT${key:+,$key}"
	{ run_join "$key" && run_join "$key" --workers "$(nproc)"; } |
		jq -cs 'add | {ns, per_second}' || return
	bench_end server extkey_server
}

bench_up
in_c sysctl -q net.mptcp.pm_type=1 || bail "no path manager to ask for subflows"
bench_turns "join" "$ROUNDS" "$(bench_settings xor siphash) empty-link" joins
bench_save join
