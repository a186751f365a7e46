#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two listeners with different keys at one address (SO_REUSEPORT), and the kernel hands over
# the requests of one of them to the other one when it is closed (net.ipv4.tcp_migrate_req).
# Which key applies: docs/protocol.md. The attacker holds back what ends a handshake. A whole
# connection that waits for accept() is reset by MPTCP, in any case.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/lib/sockets.sh

PIN=$BPFFS/slow-synack-$TAP_PID

# A request that is handed over when its SYN/ACK is sent again loses MPTCP's references in
# kernels without mptcp_subflow_reqsk_clone(): here it waits, and nothing is sent again
slow_synack() {
	on_exit rm -f "$PIN"
	bpftool prog load build/slow_synack.bpf.o "$PIN" type sockops &&
		bpftool cgroup attach "$CG_S" sock_ops pinned "$PIN" multi
}

# KEY: a listener at the same address as the other one
listener() {
	does server socket "$1"
	does server bind "$1" "$NET1_S" "$PORT" "$2"
	does server listen "$1"
}

# PATH: from now on, until the next command
hold() {
	check "the attacker holds what ends a handshake on path $1" attack_begin hold path="$1"
}

half_open() {
	[[ $(in_s ss -tnH state syn-recv) ]]
}

# What waits is handed over to $b, with KEY, by the first packet
hands_over() {
	check "$1: a request waits" wait_for 20 half_open
	listener b "$2"
	does server close a
	mib_snapshot "$NS_S"
	attack seen >/dev/null
	wait_for 20 has_migrated
	is "$(mib_moved "$NS_S" TcpExtTCPMigrateReqSuccess)" "${3:-1}" "$1: it was handed over"
}

has_migrated() {
	[[ ! $(in_s ss -tnH state syn-recv) ]]
}

# DESC KEY: of the only connection, at the server
has_key() {
	is "$(fingerprint server local "$NET1_S:$PORT")" "$2" "$1: which key the connection has"
}

e2e_up
net_rate 1gbit
e2e_attach
check "what waits, waits for long" slow_synack
check "requests are handed over" in_s sysctl -q net.ipv4.tcp_migrate_req=1
sockets_up
listener b "$OTHER_HEX"
OTHER_FINGERPRINT=$(fingerprint listener local "$NET1_S:$PORT")
does server close b

# A first handshake: the key is that of the listener which ends it
listener a "$KEY_HEX"
hold 1
does client socket c
does client connect c "$NET1_S" "$PORT" "$KEY_HEX"
hands_over first "$OTHER_HEX"
does server accept b x
lives first c x
has_key first "$OTHER_FINGERPRINT"
joins "first: of the client with the other key" refused
does client abort c
does server close x
does server close b

listener a "$KEY_HEX"
hold 1
does client socket c
does client connect c "$NET1_S" "$PORT" "$KEY_HEX"
hands_over "first, same key" "$KEY_HEX"
does server accept b x
lives "first, same key" c x
joins "first, same key" accepted
does client abort c
does server close x
does server close b

# A join: the connection decides, not the listener
for key in "$KEY_HEX" "$OTHER_HEX" ""; do
	listener a "$KEY_HEX"
	does client socket c
	does client connect c "$NET1_S" "$PORT" "$KEY_HEX"
	does server accept a x
	lives "join" c x
	hold 2
	endpoint_c "$NET2_C" subflow
	hands_over "join, listener with '$key'" "$key" 0
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "join, listener with '$key': accepted"
	lives "join" c x
	ip -n "$NS_C" mptcp endpoint flush
	does client abort c
	does server close x
	does server close b
done
done_testing
