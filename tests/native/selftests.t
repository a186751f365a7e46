#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A small part of "make selftests": subtests of the kernel's mptcp_join.sh pass with
# engine tc and a key on every MPTCP socket. There is one for each field that has a
# mask. Without extkey they pass as well, so they are not run that way here.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

subtests=(
	"single subflow"
	"single subflow IPv6"
	"signal address"
	"remove subflow and signal IPv6"
	"single subflow with syn cookies"
	"fastclose test"
	"fastclose server test"
	"single subflow, backup"
)

[[ -r ${EXTKEY_KERNEL_SOURCE:-/usr/src/linux-source-6.12.tar.xz} ]] ||
	skip_all "no sources of the kernel; install the package linux-source-6.12"
[[ -x build/extkey_loader ]] || bail "no build/extkey_loader; run make first"

outcome() {
	sed -n 's/ [0-9].*//p' "$TAP_TMP/results/$1/mptcp_join=${2// /_}.tap"
}

completed() {
	jq -s 'map(.join_ack_rx) | add' "$TAP_TMP"/results/host-tc/*.json
}

args=()
for subtest in "${subtests[@]}"; do
	args+=(--test "$subtest")
done
check "they come to their end" tests/selftests/run.sh --results "$TAP_TMP/results" "${args[@]}" host-tc
for subtest in "${subtests[@]}"; do
	is "$(outcome host-tc "$subtest")" ok "$subtest"
done
check "their joins had a mask" test "$(completed)" -ge $((${#subtests[@]} - 2)) # fastclose has none
done_testing
