#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Commands at once wait for each other: each succeeds or says that there is nothing
# to detach, and what they leave is a state as if they had come one by one.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

# NAME CMD...: ten times, with nothing but the expected errors
repeat() {
	local i error=$TAP_TMP/error.$1
	shift

	for ((i = 0; i < 10; i++)); do
		"$@" >/dev/null 2>"$error" || grep -q "is not attached" "$error" || return
	done
}

faults_up
"${ATTACH[@]}" >/dev/null && "${ATTACH_S[@]}" >/dev/null
both=$(state)
for again in "detach $CG_C" "detach --all"; do
	spawn attach-c repeat attach-c "${ATTACH[@]}"
	spawn attach-s repeat attach-s "${ATTACH_S[@]}"
	# shellcheck disable=SC2086 # two words
	spawn detach repeat detach build/extkey_loader $again
	spawn detach-s repeat detach-s build/extkey_loader detach "$CG_S"
	spawn status repeat status build/extkey_loader status --json
	for name in attach-c attach-s detach detach-s status; do
		check "with $again: $name" reap $name 120 || diag "$(<"$TAP_TMP/error.$name")"
	done
	is "$(build/extkey_loader status --json | jq '[.cgroups[] | select(.linked | not)] | length')" 0 \
		"with $again: none has a policy without links"
	check "with $again: attach once more" "${ATTACH[@]}"
	check "with $again: both" "${ATTACH_S[@]}"
	check "with $again: as if one after the other" state_is "$both"
done
check "detach --all" build/extkey_loader detach --all
check "nothing is left" state_is "$NOTHING"
done_testing
