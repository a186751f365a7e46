#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# In nested cgroups the nearest attached ancestor of the process decides.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

connect() { # CGROUP ARG...
	local cgroup=$1
	shift
	in_cgroup "$cgroup" in_c build/extkey_client --connect "$NET1_S:$PORT" "$@"
}

e2e_up
outer=$CG_C
mkdir -p "$outer/middle/inner" || bail "cannot make nested cgroups"
check "attach the server's cgroup" loader attach "$CG_S"
serve "$NET1_S:$PORT,$KEY"

check "outer: a key is required" loader attach "$outer" --require-key
exits 3 "outer decides for inner" connect "$outer/middle/inner"
is "$(counter "$outer" keys_missing)" 1 "counted for outer"

check "inner: a policy of its own" loader attach "$outer/middle/inner"
exits 3 "is no reason to do without a key" connect "$outer/middle/inner"
check "inner is detached again" loader detach "$outer/middle/inner"
check "middle: a key is optional" loader attach "$outer/middle" --no-require-key
exits 0 "middle decides for inner" connect "$outer/middle/inner"
exits 0 "and for itself" connect "$outer/middle"
exits 3 "outer decides for itself" connect "$outer"
is "$(counter "$outer" keys_missing)" 2 "counted for outer"
is "$(counter "$outer/middle" keys_missing)" 0 "and not for middle"

exits 0 "a key given in inner" connect "$outer/middle/inner" --key-file "$KEY"
is "$(counter "$outer/middle" keys_taken)" 1 "is taken once, for middle"
is "$(counter "$outer" keys_taken)" 0 "and not for outer"

check "the other way round: outer optional" loader attach "$outer" --no-require-key
check "middle required" loader attach "$outer/middle" --require-key
exits 3 "middle decides for inner" connect "$outer/middle/inner"
is "$(counter "$outer/middle" keys_missing)" 1 "counted once, for middle"
exits 0 "outer decides for itself" connect "$outer"

check "detach middle" loader detach "$outer/middle"
exits 0 "outer decides for inner again" connect "$outer/middle/inner"

check "attach inner" loader attach "$outer/middle/inner" --require-key
check "remove inner" rmdir "$outer/middle/inner"
gone() { # the kernel lets go of it in the background
	[[ $(loader status --json | jq -r --arg c "$outer/middle/inner" \
		'.cgroups[] | select(.cgroup == $c) | .linked') == false ]]
}
check "status tells that it is gone" wait_for 20 gone
check "another attach clears it away" loader attach "$outer/middle"
is "$(loader status --json | jq '.cgroups | length')" 3 "three cgroups are attached"
is "$(ls /sys/fs/bpf/extkey/cgroups | wc -l)" 3 "and pinned"
done_testing
