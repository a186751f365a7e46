#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Joins of one family on a connection of the other: the server announces an address
# of the other family, and the client joins there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# NAME CONNECT ANNOUNCED FROM, from where the client joins
join() {
	local name=$1

	check "$name: the server announces $3" endpoint_s "$3" signal
	check "$name: the join comes to an end" \
		experiment "$name" "$KEY" "$KEY" "[::]" --connect "[$2]:$PORT"
	is "$(mib_moved "$NS_C" AddAddr)" 1 "$name: the client took ADD_ADDR for genuine"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$name: the join was accepted"
	data_on_both "$name"
	capture_stop
	is "$(join_tokens "$TAP_TMP/$name-s2.pcap" | sed -E 's/:[0-9]+ / /g; s/ [^ ]+ [^ ]+$//')" \
		"$4 $3" "$name: the join is one of the other family"
	check_masks "$name" "$name" add_addr
	stop server
	ip -n "$NS_S" mptcp endpoint flush
}

e2e_up
e2e_attach
check "addresses of IPv6" net_ipv6

# One that IPv6 has room for
KEY=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
KEY_PAD=00000020 KEY_MASK=597a53deb3f338eb0b1c9bb9e213d988
join "IPv4-on-IPv6" "$NET1_S6" "$NET2_S" "$NET2_C"
# A socket of AF_INET takes no subflow of IPv6, so this is one of AF_INET6
join "IPv6-on-IPv4" "::ffff:$NET1_S" "$NET2_S6" "$NET2_C6"
done_testing
