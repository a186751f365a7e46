#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server listens on 0.0.0.0.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
mib_snapshot "$NS_S"
serve "0.0.0.0:$PORT,$KEY"
client client --key-file "$KEY"
check "connected" client_ready client
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
is "$(counter "$CG_S" join_syn_rx)" 1 "one join unmasked"
both_subflows client
done_testing
