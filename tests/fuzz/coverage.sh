#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: coverage.sh FUZZER CORPUS
#
# What of the code under test the inputs of CORPUS and the seeds reach: a line for
# each file of include/ and bpf/ that has a part in it. FUZZER-coverage is built to
# count that.
set -euo pipefail
fuzzer=$1 corpus=$2
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

LLVM_PROFILE_FILE=$out/raw "$fuzzer-coverage" -runs=0 "$corpus" "$fuzzer.seeds" >"$out/log" 2>&1 || {
	tail -n 20 "$out/log"
	exit 1
}
llvm-profdata-19 merge -o "$out/profile" "$out/raw"
llvm-cov-19 export -summary-only -instr-profile "$out/profile" "$fuzzer-coverage" |
	jq -r --arg fuzzer "${fuzzer##*/}" '
		def share: "\(.covered) of \(.count)";
		.data[].files[] | select((.filename | test("(^|/)(include|bpf)/[^/]*$")) and
			.summary.lines.covered > 0) |
		"\($fuzzer): \(.filename | sub(".*/(?<f>(include|bpf)/)"; "\(.f)")): " +
		"lines \(.summary.lines | share), branches \(.summary.branches | share)"'
