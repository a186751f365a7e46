#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN of the join is lost below a bridge and its port. The retransmitted one,
# which the kernel builds anew, is masked anew, and once as well.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

bridge() {
	ip -n "$NS_C" link add br2 type bridge && ip -n "$NS_C" link set c2 master br2 &&
		move_path 2 c br2
}

syn_sent() {
	[[ $(counter "$CG_C" join_syn_tx) -ge 1 ]]
}

need_device try type bridge
e2e_up
check "a bridge on path 2" bridge
paths_settled
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
# tbf drops what is larger than its burst; not all kernels have netem
check "path 2 loses all" tc -n "$NS_C" qdisc replace dev c2 root \
	tbf rate 1kbit burst 30 limit 30
mib_snapshot "$NS_C"
mib_snapshot "$NS_S"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected" client_ready client
check "a SYN was sent" wait_for 30 syn_sent
is "$(mib "$NS_S" MPJoinSynRx)" 0 "it did not arrive"

check "path 2 loses nothing" net_rate "$E2E_RATE"
check "the join comes to an end" wait_for 60 join_is_over
retransmitted=$(mib_moved "$NS_C" TCPSynRetrans)
check "the client's kernel retransmitted" test "$retransmitted" -ge 1
is "$(counter "$CG_C" join_syn_tx)" $((1 + retransmitted)) "each SYN was masked, and once"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
both_subflows client
done_testing
