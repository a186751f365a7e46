#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A key on one side only: one path, and data intact.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow

check "keyed client: the join comes to an end" experiment client "" "$KEY"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "keyed client, keyless server: refused"
is "$(counter "$CG_C" join_syn_tx)" 1 "the client masked"
is "$(counter "$CG_S" join_syn_rx_plain)" 1 "the server counts a join without a key"
first_subflow_alone client
capture_stop
isnt "$(wire_token client)" "$(real_token client)" "the token on the wire is masked"
stop server

check "keyed server: the join comes to an end" experiment server "$KEY" ""
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "keyless client, keyed server: refused"
is "$(counter "$CG_C" join_syn_tx_plain)" 1 "the client counts a join without a key"
is "$(counter "$CG_S" join_syn_rx)" 1 "the server unmasked"
is "$(counter "$CG_S" join_synack_tx)" 0 "and found no connection"
first_subflow_alone client
capture_stop
is "$(wire_token server)" "$(real_token server)" "the token on the wire is the real one"
done_testing
