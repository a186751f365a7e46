#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: run.sh FUZZER CORPUS LIBFUZZER-OPTION...
#
# Runs a fuzzer from its seeds and from what CORPUS has, which it adds to. Prints
# one line of how far it came; or, with exit status 1, what it found.
set -u
fuzzer=$1 corpus=$2
shift 2

mkdir -p "$corpus"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "$fuzzer" -max_len=256 -timeout=10 -print_final_stats=1 \
	-artifact_prefix="$fuzzer-found-" "$@" "$corpus" "$fuzzer.seeds" >"$log" 2>&1; then
	tail -n 60 "$log"
	exit 1
fi
runs=$(awk '$1 == "stat::number_of_executed_units:" { print $2 }' "$log")
coverage=$(awk '{ for (i = 1; i < NF; i++) if ($i == "cov:") at = $(i + 1) } END { print at }' "$log")
echo "${fuzzer##*/}: $runs runs, coverage $coverage, $(find "$corpus" -type f | wc -l) inputs kept"
