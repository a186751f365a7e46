#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN/ACK of the join is lost, and then, of another connection, its ACK. Each is
# sent again, and has the same mask again.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# NS DEV BURST: tbf drops what is larger than its burst; not all kernels have netem
loses() {
	tc -n "$1" qdisc replace dev "$2" root tbf rate 1mbit burst "$3" limit 10000
}

began() {
	[[ $(counter "$CG_S" join_syn_rx) -ge 1 ]]
}

answered() {
	[[ $(counter "$CG_C" join_synack_rx) -ge 1 ]]
}

# NS DEV N
dropped() {
	(($(tc -n "$1" -s -j qdisc show dev "$2" | jq '.[] | select(.root) | .drops') >= $3))
}

# NAME NS DEV BURST
begin() {
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$TAP_TMP/$1-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$1-s2.pcap"
	check "$1: path 2 loses it" loses "$2" "$3" "$4"
	serve "$NET1_S:$PORT,$KEY"
	client client --key-file "$KEY"
	check "$1: connected" client_ready client
}

finish() {
	check "$1: path 2 loses nothing" net_rate "$E2E_RATE"
	check "$1: the join comes to an end" wait_for 60 join_is_over
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$1: the join was accepted"
	both_subflows client
	capture_stop
	check_masks "$1" "$1"
	stop server
	loader detach --all
}

e2e_up
check "endpoint of the second path" endpoint_c "$NET2_C" subflow

e2e_attach
begin synack "$NS_S" s2 30
check "synack: the SYN arrived" wait_for 30 began
is "$(counter "$CG_C" join_synack_rx)" 0 "synack: its answer did not"
check "synack: it was sent again" wait_for 30 dropped "$NS_S" s2 2
finish synack

# With Ethernet's header the SYN of a join has 86 bytes, and its ACK has 90
e2e_attach
begin ack "$NS_C" c2 88
check "ack: the SYN/ACK arrived" wait_for 30 answered
check "ack: the ACK was sent again" wait_for 30 dropped "$NS_C" c2 2
is "$(counter "$CG_S" join_ack_rx)" 0 "ack: it did not arrive"
finish ack
done_testing
