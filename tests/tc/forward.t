#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A router between the hosts has programs on all its interfaces, and on the same
# port a listener on 0.0.0.0 with the same key: what it forwards is not for that.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

# It answers for the hosts, who believe to be on one link (ARP proxy)
routes() {
	in_m sysctl -q net.ipv4.ip_forward=1 net.ipv4.conf.all.proxy_arp=1 \
		net.ipv4.conf.all.rp_filter=0 &&
		ip -n "$NS_M" addr add 192.0.2.1/32 dev lo &&
		ip -n "$NS_M" route add "$NET1_C" dev mc1 &&
		ip -n "$NS_M" route add "$NET2_C" dev mc2 &&
		ip -n "$NS_M" route add "$NET1_S" dev ms1 &&
		ip -n "$NS_M" route add "$NET2_S" dev ms2
}

e2e_up
check "a host in the middle" middle_up
check "which routes" routes
check "attached on all its interfaces" attach_middle
check "with a listener of its own" middle_serves
join_works forward add_addr
middle_untouched
done_testing
