#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# attach of a cgroup that is attached: what is not given stays, what is given changes
# and is printed, and what does not go together changes nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/kernel.sh

# Without what e2e.sh adds
attach() {
	build/extkey_loader attach "$@"
}

# Of the client's cgroup, without the counters
policy() {
	build/extkey_loader status -j | jq -c --arg cgroup "$CG_C" '.cgroups[] | select(.cgroup == $cgroup) |
		[.engine, .scheme, .require_key, .bind_addresses]'
}

devices() {
	build/extkey_loader status -j | jq -r '[.devices[] | select(.in_place) |
		(.netns | sub(".*/"; "")) + " " + .device] | sort | join(",")'
}

# All that there is, but for counters
all() {
	build/extkey_loader status -j | jq -c '.loaded, (.cgroups[] | del(.counters)), .devices, .uncovered'
	pinned_links
}

# ARG...: changes the policy to WANT, says CHANGE, and leaves interfaces and links
changes() {
	local want=$1 change=$2 before links
	shift 2

	before=$(devices) links=$(pinned_links)
	is "$(attach "$CG_C" "$@" 2>&1)" "$CG_C: policy updated, $change" "$*: it says what has changed"
	is "$(policy)" "$want" "$*: that, and nothing else"
	is "$(devices)" "$before" "$*: the interfaces are the same"
	is "$(pinned_links)" "$links" "$*: and all links"
}

# STATUS TEXT ARG...: is refused
changes_nothing() {
	local status=$1 text=$2 before
	shift 2

	before=$(all)
	refuses "$status" "$text" "${*:-no arguments}: exit status $status" attach "$CG_C" "$@"
	is "$(all)" "$before" "${*:-no arguments}: nothing has changed"
}

bound() {
	in_cgroup "$CG_C" perl -MSocket -e 'socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		exit !bind $s, pack_sockaddr_in 0, INADDR_LOOPBACK'
}

[[ "$ENGINE_C $ENGINE_S" == "tc tc" ]] || skip_all "this is about engine tc"
e2e_up
first=(attach "$CG_C" --engine tc --netns "$NS_C" --dev c1 --require-key --bind-addresses)
is "$("${first[@]}")" "c1: attached
$CG_C: attached, engine tc, scheme siphash, key required, from address, addresses bound" "the first attach says all"
is "$(policy)" '["tc","siphash",true,true]' "and status as well"
is "$(devices)" "$NS_C c1" "one interface was chosen"
exits 1 "a key is required" bound

nothing="$CG_C: attached already, nothing changed in its policy"
same=$(all)
is "$(attach "$CG_C" 2>&1)" "$nothing" "attach again with nothing given"
is "$(all)" "$same" "changes nothing"
is "$("${first[@]}" 2>&1)" "$nothing" "the same as at first"
is "$(all)" "$same" "changes nothing"
is "$(attach "$CG_C" --require-key 2>&1)" "$nothing" "what it has already"
is "$(attach "$CG_C/../${CG_C##*/}" 2>&1)" "$nothing" "by another name"
is "$(all)" "$same" "changes nothing"
exits 1 "a key is required" bound

changes '["tc","siphash",false,true]' "key required -> optional" --no-require-key
check "no key is required" bound
changes '["tc","siphash",false,false]' "addresses bound -> free" --no-bind-addresses
changes '["tc","xor",false,false]' "scheme siphash -> xor" --scheme xor
changes '["tc","xor",true,false]' "key optional -> required" --require-key
exits 1 "a key is required" bound
changes '["tc","siphash",true,false]' "scheme xor -> siphash" --scheme siphash
changes '["tc","siphash",false,true]' "key required -> optional, addresses free -> bound" \
	--no-require-key --bind-addresses
changes '["tc","siphash",true,true]' "key optional -> required" --require-key --engine tc

changes_nothing 2 "goes with --scheme siphash" --scheme xor
changes_nothing 2 "goes with --scheme siphash" --scheme xor --bind-addresses
changes_nothing 2 "'rot13'" --scheme rot13 --no-require-key
changes_nothing 2 "'ebpf'" --engine ebpf --no-require-key
changes_nothing 2 "one word too many" --no-require-key more
changes_nothing 1 "no interface 'none'" --no-require-key --netns "$NS_C" --dev none
changes_nothing 1 "cannot enter the network namespace" --no-require-key --netns extkey-none
build/extkey_loader check >/dev/null
[[ $? == [07] ]] && skip "engine hook" "this kernel has it" ||
	changes_nothing 4 "has no hook" --no-require-key --engine hook

# Other interfaces, if they are asked for. The one that has programs already is listed
# before the one that has none: once that led out of the namespace.
check "another cgroup" attach "$CG_S" --engine tc --netns "$NS_S" --dev s2
is "$(devices)" "$NS_C c1,$NS_S s2" "has its interface as well"
is "$(policy)" '["tc","siphash",true,true]' "which is none of the first one's business"
is "$(attach "$CG_C" --netns "$NS_C" --dev c2 2>&1)" "c2: attached
$nothing" "another interface"
is "$(devices)" "$NS_C c1,$NS_C c2,$NS_S s2" "is attached, and c1 stays"
is "$(policy)" '["tc","siphash",true,true]' "with the same policy"
check "c2 goes down" ip -n "$NS_C" link set c2 down
check "detach --all" build/extkey_loader detach --all
check "attached to all that are up" attach "$CG_C" --engine tc --netns "$NS_C"
is "$(devices)" "$NS_C c1" "which is one"
check "c2 comes up" ip -n "$NS_C" link set c2 up
check "attached again, with nothing given" attach "$CG_C"
is "$(devices)" "$NS_C c1,$NS_C c2" "that is covered as well"
check "a link is lost" rm "$BPFFS"/extkey/tc/links/*_"$(ip -n "$NS_C" -j link show c1 | jq ".[].ifindex")"/ingress
exits 5 "status says so" build/extkey_loader status
check "attached again" attach "$CG_C"
check "status is complete" build/extkey_loader status
is "$(devices)" "$NS_C c1,$NS_C c2" "all are in place"
done_testing
