#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each path is a bond of two links, one of them active. There is no such test of a
# team: to be of use it wants a mode, which only a daemon (teamd) gives it. To the
# programs it is the same as a bond, a device whose ports hand on what they receive
# (rx_handler).
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

# N: a second link beside c$N and s$N
second_link() {
	ip link add "c${1}b" netns "$NS_C" type veth peer name "s${1}b" netns "$NS_S"
}

bond() {
	local end=$1 n=$2 ns=$NS_C port

	[[ $end == c ]] || ns=$NS_S
	ip -n "$ns" link add "bond$n" type bond mode active-backup miimon 100 || return
	for port in "$end$n" "$end${n}b"; do
		ip -n "$ns" link set "$port" down &&
			ip -n "$ns" link set "$port" master "bond$n" || return
	done
	move_path "$n" "$end" "bond$n"
}

need_device try type bond
e2e_up
check "a second link on path 1" second_link 1
check "a second link on path 2" second_link 2
for path in "c 1" "c 2" "s 1" "s 2"; do
	# shellcheck disable=SC2086 # END and N
	check "a bond on $path" bond $path
done
join_works bond
done_testing
