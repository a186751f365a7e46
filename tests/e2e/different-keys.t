#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Experiment 2: different keys. The first subflow alone; the second is refused
# at its SYN.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the join comes to an end" experiment different "$KEY" "$OTHER_KEY"

is "$(mib_moved "$NS_S" MPJoinSynRx)" 1 "the server saw one join"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "it knew no such token"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "it accepted none"
first_subflow_alone client

capture_stop
is "$(wire_fields different)" "token differs" \
	"the token is neither the real one nor masked with the server's key"
is "$(counter "$CG_C" join_syn_tx)" 1 "one join masked"
is "$(counter "$CG_C" join_synack_rx)" 0 "it was not answered"
is "$(counter "$CG_S" join_syn_rx)" 1 "one join unmasked"
is "$(counter "$CG_S" join_synack_tx)" 0 "it led to no connection"
done_testing
