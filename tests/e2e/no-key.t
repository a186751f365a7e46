#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Experiment 3: no key. Plain MPTCP, though both cgroups are attached.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the join comes to an end" experiment none "" ""

is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted the join"
both_subflows client

capture_stop
is "$(wire_token none)" "$(real_token none)" "the token on the wire is the real one"
is "$(counter "$CG_C" keys_taken)" 0 "the client has no key"
is "$(counter "$CG_S" keys_taken)" 0 "the server has no key"
is "$(counter "$CG_C" join_syn_tx)" 0 "no join masked"
is "$(counter "$CG_C" join_syn_tx_plain)" 1 "one plain join sent"
is "$(counter "$CG_S" join_syn_rx_plain)" 1 "one plain join received"
done_testing
