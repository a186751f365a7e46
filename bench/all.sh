#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# All benchmarks, on the running kernel with the engines that it has, and on the
# patched kernel in the virtual machine with both. Leaves figures, report.md and
# plots in build/bench/. Without rounds given, all of it takes about 20 minutes.
#
#	all.sh [host|vm] [NAME]...	only there, only these
#
#	EXTKEY_BENCH_ROUNDS	how often each setting has its turn, in all of them
cd "$(dirname "$0")/.." || exit 1

WHERE=(host vm)
[[ ${1:-} != host && ${1:-} != vm ]] || { WHERE=("$1"); shift; }
NAMES=("$@")
((${#NAMES[@]})) || NAMES=(connect join throughput flood growth programs)
FAILED=()

# What is slow there is done less often
run_vm() {
	local rounds

	case $1 in
	connect | join)	rounds=5 ;;
	throughput)	rounds=3 ;;
	*)		rounds=1 ;;
	esac
	EXTKEY_BENCH_ROUNDS=${EXTKEY_BENCH_ROUNDS:-$rounds} \
		EXTKEY_BENCH_CONNECTIONS="${EXTKEY_BENCH_CONNECTIONS:-1 10 100 1000 5000}" \
		EXTKEY_BENCH_WHERE=vm tests/run --vm --timeout 900 -- "bench/$1.sh"
}

run_host() {
	EXTKEY_BENCH_WHERE=host tests/run -- "bench/$1.sh"
}

mkdir -p build/bench
for name in "${NAMES[@]}"; do
	for where in "${WHERE[@]}"; do
		echo "== $name, $where" >&2
		begun=$SECONDS
		"run_$where" "$name" || FAILED+=("$name-$where")
		echo "== $name, $where: $((SECONDS - begun)) s" >&2
	done
done
bench/report.sh || FAILED+=(report)
((${#FAILED[@]} == 0)) || { echo "failed: ${FAILED[*]}" >&2; exit 1; }
