#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Listeners that share an address by SO_REUSEPORT, with the same key; and a join at
# the port of one for plain TCP, whom it is nothing to.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

E2E_BYTES=20000

# How many of its answers have an option of MPTCP
tcp_answer() {
	tcpdump -nn -r "$TAP_TMP/tcp.pcap" "tcp src port $PORT and dst port 20001" 2>/dev/null |
		grep -F 'Flags [S.]' | grep -c mptcp
}

answered() {
	tcpdump -nn -r "$TAP_TMP/tcp.pcap" "tcp src port $PORT and dst port 20001" 2>/dev/null |
		grep -qF 'Flags [S.]'
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
spawn server in_cgroup "$CG_S" in_s build/extkey_server --reuseport \
	--listener "$NET1_S:$PORT,$KEY" --listener "$NET1_S:$PORT,$KEY" \
	--listener "$NET1_S:$PORT,$KEY" --listener "$NET1_S:$PORT,$KEY"
check "four listeners at one address" wait_for 20 listens 4
mib_snapshot "$NS_S"
client client --key-file "$KEY" --connections 40 --wait-subflows 2
check "40 connections, each with two subflows" client_ready client
is "$(mib_moved "$NS_S" MPJoinAckRx)" 40 "so says the server's kernel"
is "$(counter "$CG_S" join_synack_tx)" 40 "each SYN had a mask, and was known"
check "all data arrived" release client
stop server

# sin_zero of a TCP listener is no key
spawn server in_cgroup "$CG_S" in_s build/extkey_server --protocol tcp --listener "$NET1_S:$PORT,$KEY"
check "a listener for plain TCP" wait_for 20 listens 1
unmasked=$(counter "$CG_S" join_syn_rx)
mib_snapshot "$NS_S"
capture_start "$NS_S" s1 "$TAP_TMP/tcp.pcap"
check "nobody at 10.0.1.77" ip -n "$NS_S" neigh replace 10.0.1.77 lladdr 02:00:00:00:00:77 dev s1
mac=$(ip -n "$NS_S" -json link show s1 | jq -r '.[0].address')
check "a join for it" in_c build/extkey_rawsend dev=c1 mac="$mac" from=10.0.1.77/20001 \
	to="$NET1_S/$PORT" options=1e0c10010102030411223344
client client --protocol tcp
check "a client of TCP connects" client_ready client
check "its data arrives" release client
capture_stop
check "TCP has answered the join" answered
is "$(tcp_answer)" 0 "with no option of MPTCP"
is "$(counter "$CG_S" join_syn_rx)" "$unmasked" "nothing was unmasked"
is "$(dropped "$CG_S")" 0 "nothing was dropped"
is "$(counter "$CG_S" join_syn_rx_plain)" 0 "it counts as no join"
done_testing
