#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Macvlans, and programs on the devices below them as well. On path 1 the client
# has its address below one: there ADD_ADDR arrives. On path 2, where the join
# does, both have it on one; that of the client is in mode passthru, in which all
# packets are the macvlan's, and it has the same link address.
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
check "a macvlan on c2, mode passthru" macvlan c 2 passthru
check "it gets the address" move_path 2 c mac2
check "a macvlan on s2" macvlan s 2 bridge
check "it gets the address" move_path 2 s mac2
join_works macvlan add_addr
done_testing
