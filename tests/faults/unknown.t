#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the command cannot read, it must not take for missing: a pinned map, the links of a
# cgroup, a directory that is somebody else's. Nothing of a policy or of a key is lost.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh
. tests/lib/kernel.sh

# WHAT CMD...: on a kernel that refuses it, see tests/faults/refuse.c
refusing() {
	EXTKEY_REFUSE=$1 LD_PRELOAD=$PWD/build/refuse.so "${@:2}"
}

keys_id() {
	bpftool -j map show pinned "$BPFFS/extkey/keys" | jq .id
}

faults_up
check "attach, a key is required" "${ATTACH[@]}"
check "attach another cgroup" "${ATTACH_S[@]}"
before=$(state) keys=$(keys_id)

refusing cgroup_links "${ATTACH_S[@]}" >"$TAP_TMP/refused" 2>&1
check "links cannot be read: policies are as before" eval \
	'[[ $(cgroups_now) == *"$CG_C\",\"tc\",\"siphash\",true"* ]]'
is "$(bind_in "$CG_C")" EPERM "and a key is required"
check "the next attach" "${ATTACH_S[@]}"
check "has all as before" state_is "$before"

check "pins of the links are lost" rm -r "$BPFFS/extkey/cgroups/$(stat -c %i "$CG_C")"
exits 5 "status says so" build/extkey_loader status
check "attach again, with no word of a key" "${ATTACH[@]:0:${#ATTACH[@]}-1}"
is "$(bind_in "$CG_C")" EPERM "a key is required as before"
check "and all is as before" state_is "$before"

refuses 3 "Operation not permitted" "an upgrade that cannot open the keys" refusing keys_map "$NEXT" upgrade
is "$(keys_id)" "$keys" "has left them where they are"
check "status has nothing to complain of" build/extkey_loader status
check "the upgrade" "$NEXT" upgrade
is "$(keys_id)" "$keys" "has the same keys"
check "detach --all" build/extkey_loader detach --all

foreign() {
	mkdir "$BPFFS/$1" && mkdir "$BPFFS/$1/d" && chown -R 65534:65534 "$BPFFS/$1"
}
check "somebody else makes a directory in our place" foreign extkey
refuses 3 "belongs to somebody else" "which attach does not use" "${ATTACH[@]}"
check "it is gone" rm -r "$BPFFS/extkey"
check "and one in that of what is being removed" foreign extkey_removed
refuses 3 "belongs to somebody else" "which attach does not follow" "${ATTACH[@]}"
check "it is there still" test -d "$BPFFS/extkey_removed/d"
check "it is gone" rm -r "$BPFFS/extkey_removed"
check "nothing is left" state_is "$NOTHING"
done_testing
