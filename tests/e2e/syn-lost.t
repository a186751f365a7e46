#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN of the join is lost. The retransmitted one, which the kernel builds
# anew, is masked as well.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

syn_sent() {
	[[ $(counter "$CG_C" join_syn_tx) -ge 1 ]]
}

capture_both() {
	capture_start "$NS_S" s1 "$TAP_TMP/lost-s1.pcap" &&
		capture_start "$NS_S" s2 "$TAP_TMP/lost-s2.pcap"
}

# Not all kernels have netem. With tbf, which drops what is larger than its burst, the
# sender's kernel knows of the loss.
lose_all() {
	tc -n "$NS_C" qdisc replace dev c2 root netem loss 100% ||
		tc -n "$NS_C" qdisc replace dev c2 root tbf rate 1kbit burst 30 limit 30
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
# Before the path loses all, also what shows that a capture has begun
check "captures" capture_both
check "path 2 loses all" lose_all
mib_snapshot "$NS_C"
mib_snapshot "$NS_S"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected" client_ready client
check "a SYN was sent" wait_for 30 syn_sent
is "$(mib "$NS_S" MPJoinSynRx)" 0 "it did not arrive"

check "path 2 loses nothing" net_rate "$E2E_RATE"
check "the join comes to an end" wait_for 60 join_is_over
check "the client's kernel retransmitted" test "$(mib_moved "$NS_C" TCPSynRetrans)" -ge 1
check "each SYN was masked" test "$(counter "$CG_C" join_syn_tx)" -ge 2
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
both_subflows client
capture_stop
check_masks lost "the join"
done_testing
