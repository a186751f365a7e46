#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# attach and detach among what is not extkey's: other people's clsact, ingress qdisc
# and filters stay, and network namespaces are found again, by whatever name or none. As
# on a kernel without tcx links, which have nobody beside them.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

export LD_PRELOAD=$PWD/build/no_tcx.so

attach() {
	build/extkey_loader attach "$CG_C" --engine tc "$@"
}

detach_all() {
	build/extkey_loader detach --all
}

# NS: what it has of filters and clsact
filters() {
	local dev

	for dev in $(ip -n "$1" -json link show | jq -r '.[].ifname'); do
		in_ns "$1" tc qdisc show dev "$dev" | grep -E 'clsact|ingress'
		in_ns "$1" tc filter show dev "$dev" ingress
		in_ns "$1" tc filter show dev "$dev" egress
	done
	true
}

# The kernel frees a socket, and its key with it, some time after its process has ended
no_socket() {
	[[ $(build/extkey_loader status --json | jq '.sockets | length') == 0 ]]
}

devices() {
	build/extkey_loader status --json | jq -r '.devices[] | "\(.device) \(.in_place)"' | sort | xargs
}

e2e_up

check "c1 has a clsact with nothing in it" in_c tc qdisc add dev c1 clsact
before=$(filters "$NS_C")
check "attach" attach --netns "$NS_C"
is "$(devices)" "c1 true c2 true" "both interfaces"
check "detach --all" detach_all
is "$(filters "$NS_C")" "$before" "that clsact is there, and nothing else"

check "somebody else's filter with our priority" in_c tc filter add dev c1 ingress \
	prio 49 handle 1 bpf da bytecode "1,6 0 0 0"
before=$(filters "$NS_C")
refuses 1 "somebody else's filter" "is not overwritten" attach --netns "$NS_C" --dev c1
is "$(filters "$NS_C")" "$before" "and nothing is half attached"
check "the other interface" attach --netns "$NS_C" --dev c2
check "detach --all" detach_all
is "$(filters "$NS_C")" "$before" "does not remove it either"

check "a qdisc ingress" eval 'in_c tc qdisc del dev c1 clsact && in_c tc qdisc add dev c1 ingress'
before=$(filters "$NS_C")
refuses 1 "needs 'clsact' in its place" "is no place for both" attach --netns "$NS_C" --dev c1
is "$(filters "$NS_C")" "$before" "and stays as it was"
check "it is gone" in_c tc qdisc del dev c1 ingress

# Namespaces: from within and from without, two at a time, without a name
check "attach within one" in_s build/extkey_loader attach "$CG_S" --engine tc
check "and to another" attach --netns "$NS_C"
is "$(devices)" "c1 true c2 true s1 true s2 true" "status has all of it"
is "$(in_s build/extkey_loader status --json | jq '[.devices[].in_place] | all')" true "from there, too"
check "detach --all" in_c build/extkey_loader detach --all
is "$(filters "$NS_C")$(filters "$NS_S")" "" "removes all of it"
check "by a relative path" eval "(cd /run/netns && \"$PWD/build/extkey_loader\" attach '$CG_C' --engine tc --netns ./$NS_C)"
is "$(devices)" "c1 true c2 true" "status finds it"
check "detach --all" detach_all
is "$(filters "$NS_C")" "" "does as well"

# shellcheck disable=SC2016 # of sh
spawn unnamed unshare --net sh -c 'ip link add u1 type veth peer name u2 && ip link set u1 up &&
	build/extkey_loader attach "$1" --engine tc >&2 && echo attached && read -r line &&
	tc qdisc show dev u1' - "$CG_C"
check "attach in one without a name" wait_for 20 grep -q attached "$TAP_TMP/unnamed.out"
is "$(devices)" "u1 true" "status finds it by its process"
check "detach --all" detach_all
tell unnamed
check "its process ends" reap unnamed 20
is "$(grep -c clsact "$TAP_TMP/unnamed.out")" 0 "nothing was left there"

refuses 1 "is no network namespace" "a file that is none" attach --netns "$PWD/Makefile"

# The programs go with the last policy, and the last socket that has a key
check "attach" attach --netns "$NS_C"
check "the server" loader attach "$CG_S"
serve "$NET1_S:$PORT,$KEY"
check "detach the client's cgroup" loader detach "$CG_C"
check "detach the server's" loader detach "$CG_S"
is "$(devices)" "c1 true c2 true s1 true s2 true" "programs stay, for the listener has a key"
stop server
check "its socket goes" wait_for 20 no_socket
check "attach again" attach --netns "$NS_C"
check "detach, with no socket left" loader detach "$CG_C"
is "$(devices)" "" "the programs are gone"
is "$(filters "$NS_C")$(filters "$NS_S")" "" "from all interfaces"
is "$(build/extkey_loader status --json | jq .gate)" false "and the gate"
done_testing
