#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server's address is on a bridge that does not know where the client is. So each answer
# goes to all ports, as copies that belong to no socket, like the SYN/ACK of a SYN cookie:
# nothing is written into those.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

flooding() {
	ip -n "$NS_S" link add br1 type bridge &&
		ip -n "$NS_S" link add other type veth peer name otherp &&
		ip -n "$NS_S" link set other master br1 up &&
		ip -n "$NS_S" link set otherp up &&
		ip -n "$NS_S" link set s1 master br1 &&
		bridge -n "$NS_S" link set dev s1 learning off &&
		move_path 1 s br1
}

need_device try type bridge
e2e_up
check "a bridge that floods" flooding
paths_settled
for cookies in 1 2; do
	check "SYN cookies: $cookies" in_s sysctl -q net.ipv4.tcp_syncookies=$cookies
	for key in "" "$KEY"; do
		((cookies == 2)) || [[ ! $key ]] || e2e_attach
		serve "0.0.0.0:$PORT${key:+,$key}"
		client client ${key:+--key-file "$key"}
		desc="cookies $cookies, ${key:+with a key}"
		check "$desc: a connection" client_ready client
		is "$(event client connected .fallback)" false "$desc: of MPTCP"
		check "$desc: the data arrives whole" release client
		stop server
	done
done
done_testing
