#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The fuzzers, for a few seconds: they find nothing in what there is, and do find
# a bug that is put in.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

RUNS=100000
unset MAKEFLAGS MFLAGS MAKELEVEL

fuzz() { # FUZZER
	tests/fuzz/run.sh "$1" "$TAP_TMP/${1##*/}" -runs="$RUNS" -seed=1
}

covers() { # FUZZER
	tests/fuzz/coverage.sh "$1" "$TAP_TMP/${1##*/}" >"$TAP_TMP/covered" &&
		grep -q ": lines [1-9]" "$TAP_TMP/covered"
}

for name in tcpopt addr packet; do
	check "$name: builds" make "build/fuzz/$name"
	check "$name: finds nothing" fuzz "build/fuzz/$name"
	diag "$(<"$TAP_TMP/check")"
	check "$name: has run that often" \
		test "$(sed -nE 's/.*: ([0-9]+) runs.*/\1/p' "$TAP_TMP/check")" -ge "$RUNS"
	check "$name: what it has reached is counted" covers "build/fuzz/$name"
	diag "$(<"$TAP_TMP/covered")"
done

# NAME FILE SED DESC: a copy with a bug
finds() {
	local tree=$TAP_TMP/tree

	rm -rf "$tree" "$TAP_TMP/${1:?}"
	mkdir "$tree" && cp -r --parents Makefile include bpf loader tests/fuzz "$tree" &&
		sed -i "$3" "$tree/$2" && ! cmp -s "$2" "$tree/$2" &&
		make -C "$tree" "build/fuzz/$1" >"$TAP_TMP/make" 2>&1 ||
		{ fail "$1: cannot build with a bug: $4"; diag "$(<"$TAP_TMP/make")"; return; }
	refuses 1 "libFuzzer" "$1: finds a bug: $4" fuzz "$tree/build/fuzz/$1"
}
finds tcpopt include/extkey_tcpopt.h 's/ || size > left//' "options longer than the header are read"
finds addr include/extkey_addr.h 's/tail_len != EXTKEY_HEAD_SIZE + size/0/' \
	"the two lengths may differ"
finds packet bpf/packet.bpf.h 's/odd = at & 1;/odd = 0;/' "the checksum is wrong at odd bytes"
done_testing
