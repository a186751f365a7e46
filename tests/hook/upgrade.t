#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another build takes the place of the program at the hook: the new one is attached
# before the old one goes. Killed in between, both run, and a join has the masks of
# docs/protocol.md as before and after. The next command finishes it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

NEXT=build/next/extkey_loader
HOOK=$BPFFS/extkey/hook

# To name a link at its place is the third time that it renames something: before, the
# new programs of the hook and of the cgroups were made whole
killed_with_both() {
	(strace -f -qq -o /dev/null -e trace=rename -e inject=rename:signal=KILL:when=3 \
		"$NEXT" upgrade >/dev/null) 2>/dev/null
	(($? == 137))
}

# Numbers of the programs of the links that are pinned at the hook
programs_at_hook() {
	local link

	for link in "$HOOK"/link*; do
		bpftool -j link show pinned "$link" | jq .prog_id
	done | sort -u
}

joins() { # NAME
	check "$1: the join comes to an end" experiment "$1" "$KEY" "$KEY"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$1: it was accepted"
	both_subflows client
	capture_stop
	check_masks "$1" "$1"
	stop server
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
joins before
old=$(programs_at_hook)
check "a command is killed while it replaces the program" killed_with_both
is "$(programs_at_hook | wc -l)" 2 "two programs are at the hook"
exits 5 "status says that it is not complete" "$NEXT" status
joins both
check "the next command finishes it" "$NEXT" upgrade
is "$(programs_at_hook | wc -l)" 1 "one program is at the hook"
isnt "$(programs_at_hook)" "$old" "it is the new one"
is "$("$NEXT" status --json | jq -r '[.loaded[]] | unique | join(" ")')" \
	"$("$NEXT" status --json | jq -r .build)" "status has the new build alone"
joins after
check "back to the other build" build/extkey_loader upgrade
is "$(programs_at_hook | wc -l)" 1 "one program is at the hook"
joins back
is "$(counter "$CG_S" join_syn_rx)" 4 "the counters are those of all the time"
done_testing
