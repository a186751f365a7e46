#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --bind-addresses: addresses and ports of the subflow are in the masks, so that
# a join through address translation is refused; without it, it is accepted.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
[[ $SCHEME == siphash ]] || skip_all "only siphash binds addresses"

# NAME LISTENER CONNECT ENDPOINT
bound() {
	local name=$1

	check "$name: endpoint $4" endpoint_c "$4" subflow
	check "$name: the join comes to an end" \
		experiment "$name" "$KEY" "$KEY" "$2" --connect "$3:$PORT"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$name: the join was accepted"
	data_on_both "$name"
	capture_stop
	EXTKEY_BOUND=bound
	is "$(wire_fields "$name")" "ack masked synack masked token masked" \
		"$name: the addresses are in the masks"
	EXTKEY_BOUND=
	is "$(wire_fields "$name")" "ack differs synack differs token differs" \
		"$name: without them there are others"
	stop server
	ip -n "$NS_C" mptcp endpoint flush
}

e2e_up
check "attach the client's cgroup" loader attach "$CG_C" --bind-addresses
check "attach the server's cgroup" loader attach "$CG_S" --bind-addresses
check "addresses of IPv6" net_ipv6
short=$KEY short_mask=$KEY_MASK
long=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
long_mask=597a53deb3f338eb0b1c9bb9e213d988
for cookies in 1 2; do
	check "tcp_syncookies=$cookies" in_s sysctl -q net.ipv4.tcp_syncookies=$cookies
	before=$(mib "$NS_S" SyncookiesRecv)
	KEY=$short KEY_MASK=$short_mask
	bound "IPv4-$cookies" 0.0.0.0 "$NET1_S" "$NET2_C"
	KEY=$long KEY_MASK=$long_mask
	bound "IPv6-$cookies" "[::]" "[$NET1_S6]" "$NET2_C6"
	is $(($(mib "$NS_S" SyncookiesRecv) - before)) $((cookies == 2 ? 4 : 0)) \
		"tcp_syncookies=$cookies: so many subflows came with a cookie"
done
# Addresses are those of the packets, not those of the socket
bound "v4-mapped" "[::]" "[::ffff:$NET1_S]" "$NET2_C"
KEY=$short KEY_MASK=$short_mask
check "no cookies" in_s sysctl -q net.ipv4.tcp_syncookies=1
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the client binds no more" loader attach "$CG_C" --no-bind-addresses
check "the join comes to an end" experiment half "$KEY" "$KEY"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "one end bound: the join was refused"
first_subflow_alone client
done_testing
