#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The three capabilities are enough for all that the command does.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

three=+bpf,+net_admin,+perfmon
confined() {
	setpriv --inh-caps "-all,$three" --bounding-set "-all,$three" "$@"
}

e2e_up
check "the capabilities are those three" \
	bash -c "confined() { $(declare -f confined | sed 1,2d | sed '$d'); }; three=$three
		[[ \$(confined grep CapEff /proc/self/status) == *c000001000 ]]"
check "attach" confined build/extkey_loader attach "$CG_C"
check "attach with another policy" confined build/extkey_loader attach "$CG_C" --require-key
check "status" confined build/extkey_loader status
check "detach" confined build/extkey_loader detach "$CG_C"
check "attach again" confined build/extkey_loader attach "$CG_S"
check "detach --all" confined build/extkey_loader detach --all
is "$(ls /sys/fs/bpf)" "" "nothing is pinned"
done_testing
