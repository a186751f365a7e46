#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The number of a network namespace that is gone goes to the next one, and so do the
# numbers of its interfaces. What was attached to the first is none of the second's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh
. tests/lib/net.sh
. tests/lib/kernel.sh

FIRST=extkey-c-$TAP_PID SECOND=extkey-s-$TAP_PID

remove_both() {
	net_remove "$FIRST"
	net_remove "$SECOND"
}

# NS: with an interface that is up
namespace() {
	ip netns add "$1" && ip -n "$1" link add v1 type veth peer name v2 && ip -n "$1" link set v1 up
}

number() {
	stat -L -c %i "/run/netns/$1"
}

# Until it has the number of the one that is gone, which takes the kernel a moment
second_namespace() {
	namespace "$SECOND" && [[ $(number "$SECOND") == "$1" ]] && return
	net_remove "$SECOND"
	return 1
}

# Attached to a namespace that goes, and whose number the next one gets. A test beside
# this one may get it instead: then once more.
successor() {
	local i was

	for ((i = 0; i < 10; i++)); do
		namespace "$FIRST" && build/extkey_loader attach "$cgroup" --engine tc --netns "$FIRST" &&
			[[ $(devices) == '[["v1"],[]]' ]] || return
		was=$(number "$FIRST")
		ip netns del "$FIRST"
		! wait_for 2 second_namespace "$was" || return 0
		build/extkey_loader detach --all
	done
	return 1
}

entries() {
	bpftool -j map dump pinned "$BPFFS/extkey/devices" | jq length
}

devices() {
	build/extkey_loader status -j | jq -c '[[.devices[].device], [.uncovered[].device]]'
}

bpffs_ready
on_exit remove_both
on_exit build/extkey_loader detach --all
build/extkey_loader detach --all
cgroup=$(cgroup_make next) || bail "no cgroup"

for how in links filters; do
	[[ $how == links ]] || export LD_PRELOAD=$PWD/build/no_tcx.so
	check "$how: the network namespace that is attached goes, and the next one has its number" successor
	check "$how: its interface has a clsact of its own" in_ns "$SECOND" tc qdisc add dev v1 clsact
	check "$how: status is complete" build/extkey_loader status
	is "$(devices)" '[[],[]]' "$how: and has nothing of the next one"
	check "$how: attach again, with another policy" build/extkey_loader attach "$cgroup" --require-key
	is "$(devices) $(entries)" '[[],[]] 0' "$how: the first one is forgotten, and the next one is not attached"
	is "$(filters "$SECOND" v1)" "" "$how: it has no filter"
	check "$how: attach to it" build/extkey_loader attach "$cgroup" --netns "$SECOND" --dev v1
	is "$(devices)" '[["v1"],[]]' "$how: then it is"
	check "$how: detach --all" build/extkey_loader detach --all
	check "$how: its clsact stays" has_clsact "$SECOND" v1
	is "$(filters "$SECOND" v1)" "" "$how: without a filter of ours"
	net_remove "$SECOND"
done
done_testing
