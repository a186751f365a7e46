#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Bridges have the addresses, what the hosts are connected by are their ports.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

# END and N: interface $END$N becomes the port of a bridge
bridge() {
	local end=$1 n=$2 ns=$NS_C

	[[ $end == c ]] || ns=$NS_S
	ip -n "$ns" link add "br$n" type bridge &&
		ip -n "$ns" link set "$end$n" master "br$n" &&
		move_path "$n" "$end" "br$n"
}

need_device try type bridge
e2e_up
for path in "c 1" "c 2" "s 1" "s 2"; do
	# shellcheck disable=SC2086 # END and N
	check "a bridge on $path" bridge $path
done
join_works bridge
done_testing
