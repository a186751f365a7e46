#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The key of a cgroup, and each step of its change, killed by SIGKILL at system calls that change
# something. The cgroup has the old key or the new one, at the step before or after, and joins
# of the peer, which is one step behind or at the same, go on.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

NEW_KEY=$(key new 202122232425262728292a2b2c2d2e2f30313233)

nothing() {
	build/extkey_loader detach --all
}

old_key() {
	nothing && "${ATTACH[@]}" --key-file "$KEY"
}

keys_of() {
	loader status --json | jq -r --arg cgroup "$1" '.cgroups[] | select(.cgroup == $cgroup) | .key |
		"\(.sending) \(.accepted) \(.step)"'
}

# The client's cgroup is where the command is killed; the server's is as in the step before
steps_to() { # NR CGROUP: from a new key on
	# attach leaves a key alone that is one of two
	loader attach "$2" --key-file "$OTHER_KEY" 2>"$TAP_TMP/steps" &&
		loader attach "$2" --key-file "$KEY" 2>"$TAP_TMP/steps" || return
	(($1 < 1)) || loader key "$2" --add "$NEW_KEY" || return
	(($1 < 2)) || loader key "$2" --use-new
}

joins() {
	in_cgroup "$CG_C" in_c build/extkey_client --connect "$NET1_S:$PORT" --wait-subflows 2 \
		--bytes 1000 --timeout 20 >/dev/null
}

kill_step() { # NR ARG...
	local nr=$1 old new now call at problems="" killed=0 calls
	shift

	steps_to "$nr" "$CG_C" >/dev/null && steps_to "$nr" "$CG_S" >/dev/null || { fail "step $nr: ready"; return; }
	old=$(keys_of "$CG_C")
	calls=$(calls_of build/extkey_loader key "$CG_C" "$@") || { fail "$*: undisturbed"; return; }
	new=$(keys_of "$CG_C")
	now=$new
	while read -r call at; do
		[[ $now == "$old" ]] || steps_to "$nr" "$CG_C" >/dev/null || problems+="cannot go back"$'\n'
		killed_at "$call" "$at" build/extkey_loader key "$CG_C" "$@"
		(($? != 137)) || ((killed++))
		now=$(keys_of "$CG_C")
		[[ $now == "$old" || $now == "$new" ]] || problems+="$call $at: $now"$'\n'
		joins 2>"$TAP_TMP/joins" || problems+="$call $at, $now: $(<"$TAP_TMP/joins")"$'\n'
	done <<<"$calls"
	isnt "$old" "$new" "$1: it changes something"
	is "$problems" "" "$1: killed at $killed system calls, each leaves the old state or the new"
	check "$1: there were some" test "$killed" -gt 2
}

faults_up
ATTACH=(build/extkey_loader attach "$CG_C" --engine tc --netns "$NS_C")
serve "$NET1_S:$PORT"
kill_each "attach with a key" nothing "${ATTACH[@]}" --key-file "$KEY"
kill_each "attach with another key" old_key "${ATTACH[@]}" --key-file "$NEW_KEY"
stop server

check "attach both" steps_to 0 "$CG_C"
check "attach both" steps_to 0 "$CG_S"
serve "$NET1_S:$PORT"
kill_step 0 --add "$NEW_KEY"
kill_step 1 --use-new
kill_step 2 --drop-old
done_testing
