#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Experiment 1: the same key on both ends. Both subflows, the token masked.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the join comes to an end" experiment same "$KEY" "$KEY"

is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted the join"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 0 "it refused none"
both_subflows client

capture_stop
check_masks same "the join"
is "$(counter "$CG_C" keys_taken)" 1 "the client's key was taken"
is "$(counter "$CG_S" keys_taken)" 1 "the server's key was taken"
is "$(counter "$CG_C" join_syn_tx)" 1 "one join masked"
is "$(counter "$CG_C" join_synack_rx)" 1 "it was answered"
is "$(counter "$CG_S" join_syn_rx)" 1 "one join unmasked"
is "$(counter "$CG_S" join_synack_tx)" 1 "it led to the connection"
is "$(counter "$CG_S" join_ack_rx)" 1 "and was completed"
done_testing
