#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A router between two hosts without a key forwards by a table that a mark selects, and has a
# listener with a key on 0.0.0.0 and the same port: their joins are not for that.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

mac() { ip -n "$1" -json link show "$2" | jq -r '.[0].address'; }

# NS DEV ADDR NS DEV: where that address is
neighbour() {
	ip -n "$1" neigh replace "$3" dev "$2" lladdr "$(mac "$4" "$5")" nud permanent
}

routes() {
	in_m sysctl -q net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv4.conf.mc1.rp_filter=0 \
		net.ipv4.conf.mc2.rp_filter=0 net.ipv4.conf.ms1.rp_filter=0 \
		net.ipv4.conf.ms2.rp_filter=0 &&
		ip -n "$NS_M" addr add 192.0.2.1/32 dev lo &&
		ip -n "$NS_M" rule add fwmark 1 table 100 &&
		ip -n "$NS_M" route add "$NET1_C" dev mc1 table 100 &&
		ip -n "$NS_M" route add "$NET2_C" dev mc2 table 100 &&
		ip -n "$NS_M" route add "$NET1_S" dev ms1 table 100 &&
		ip -n "$NS_M" route add "$NET2_S" dev ms2 table 100 &&
		neighbour "$NS_C" c1 "$NET1_S" "$NS_M" mc1 && neighbour "$NS_C" c2 "$NET2_S" "$NS_M" mc2 &&
		neighbour "$NS_C" c2 "$NET1_S" "$NS_M" mc2 &&
		neighbour "$NS_S" s1 "$NET1_C" "$NS_M" ms1 && neighbour "$NS_S" s2 "$NET2_C" "$NS_M" ms2 &&
		neighbour "$NS_M" mc1 "$NET1_C" "$NS_C" c1 && neighbour "$NS_M" mc2 "$NET2_C" "$NS_C" c2 &&
		neighbour "$NS_M" ms1 "$NET1_S" "$NS_S" s1 && neighbour "$NS_M" ms2 "$NET2_S" "$NS_S" s2 &&
		neighbour "$NS_M" ms2 "$NET1_S" "$NS_S" s2 &&
		in_m nft -f - <<-RULES
		table ip mark_all {
			chain pre {
				type filter hook prerouting priority mangle
				meta mark set 1
			}
		}
		RULES
}

e2e_up
check "a host in the middle" middle_up
check "which routes by a mark" routes
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "without a key, no programs in the middle: a join" experiment before "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted it"
release client
stop server
check "attached on all interfaces of the middle" attach_middle
check "with a listener of its own" middle_serves
check "without a key: a join" experiment after "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted it"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 0 "and refused no token"
release client
# A program that knows no mark takes the SYN for one to this host, and leaves it as it is
is "$(loader status --json | jq -c --arg cgroup "$CG_M" '.cgroups[] | select(.cgroup == $cgroup) |
	.counters | with_entries(select(.value > 0)) | del(.join_syn_rx)')" \
	'{"keys_taken":1}' "the middle counted nothing but its own key"
done_testing
