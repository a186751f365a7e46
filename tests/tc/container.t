#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Both ends are containers of one host, behind veth and bridges that have programs
# as well, and a listener of the host with the same key.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

bridges() {
	local n

	for n in 1 2; do
		ip -n "$NS_M" link add "br$n" type bridge &&
			ip -n "$NS_M" link set "mc$n" master "br$n" &&
			ip -n "$NS_M" link set "ms$n" master "br$n" &&
			ip -n "$NS_M" addr add "10.0.$n.254/24" dev "br$n" &&
			ip -n "$NS_M" link set "br$n" up || return
	done
}

need_device try type bridge
e2e_up
check "a host around the containers" middle_up
check "which has bridges" bridges
check "attached on all its interfaces" attach_middle
check "with a listener of its own" middle_serves
join_works container add_addr
middle_untouched
done_testing
