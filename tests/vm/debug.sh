#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: debug.sh build/runs/vm-.../TEST...
#
# Runs tests for a virtual machine on the kernel with all its checks of itself: those
# of one directory in one machine, for that takes a minute to start and to look for
# leaks. If its kernel complains, the test that ran then is the last one shown.
cd "$(dirname "$0")/../.." || exit 1

# Seconds for each test; those that fuzz say how long they want beside that
EACH=$((400 + ${EXTKEY_FUZZ_SECONDS:-10}))
declare -A tests
failed=()

(($#)) || { echo "usage: tests/vm/debug.sh build/runs/vm-.../TEST..." >&2; exit 1; }
for test; do
	tests[$(dirname "$test")]+=" $test"
done
for dir in $(printf '%s\n' "${!tests[@]}" | sort); do
	read -ra list <<<"${tests[$dir]}"
	echo "== ${dir##*/}: ${#list[@]} tests"
	EXTKEY_DEBUG=1 tests/vm/run.sh --debug --timeout $((EACH * ${#list[@]})) -- \
		prove --timer --failures --comments --exec tests/exec.sh "${list[@]}" ||
		failed+=("${dir##*/}")
done
((!${#failed[@]})) || { echo "failed: ${failed[*]}" >&2; exit 1; }
