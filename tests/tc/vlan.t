#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 802.1Q: VLANs over what the hosts are connected by, with the tag in the packet's
# metadata, as a device with offload has it, and in the frame itself. The join is
# to an announced address: on a second device its mask could be taken off again.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

vlan() {
	local end=$1 n=$2 ns=$NS_C

	[[ $end == c ]] || ns=$NS_S
	ip -n "$ns" link add link "$end$n" name "vlan$n" type vlan id "1$n" &&
		move_path "$n" "$end" "vlan$n"
}

offload() {
	local end

	for end in c1 c2; do
		in_c ethtool -K "$end" rxvlan "$1" txvlan "$1" || return
	done
	for end in s1 s2; do
		in_s ethtool -K "$end" rxvlan "$1" txvlan "$1" || return
	done
}

need_device link base name try type vlan id 5
for tag in on off; do
	e2e_up
	for path in "c 1" "c 2" "s 1" "s 2"; do
		# shellcheck disable=SC2086 # END and N
		check "a VLAN on $path" vlan $path
	done
	check "offload of the tag is $tag" offload "$tag"
	join_works vlan add_addr
	check "the hosts go" hosts_down
done
done_testing
