#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Macvlans, and programs on the devices below them as well. On path 1 the server
# has its address on a macvlan, the client below one: there ADD_ADDR arrives. On
# path 2, where the join does, both are in mode passthru, in which all packets are
# the macvlan's, and it has the same link address.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

macvlan() {
	local end=$1 n=$2 mode=$3 ns=$NS_C

	[[ $end == c ]] || ns=$NS_S
	ip -n "$ns" link add link "$end$n" name "mac$n" type macvlan mode "$mode" &&
		ip -n "$ns" link set "mac$n" up
}

need_device link base name try type macvlan
e2e_up
check "a macvlan on c1" macvlan c 1 bridge
check "a macvlan on s1" macvlan s 1 bridge
check "it gets the address" move_path 1 s mac1
for end in c s; do
	check "a macvlan on ${end}2, mode passthru" macvlan $end 2 passthru
	check "it gets the address" move_path 2 $end mac2
done
join_works macvlan add_addr
done_testing
