#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Four joins of one connection at once.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

e2e_up
e2e_attach
for n in 11 12 13 14; do
	check "another address on path 2" net_address "$NS_C" c2 "${NET2_C%.*}.$n"
	check "which is an endpoint" endpoint_c "${NET2_C%.*}.$n" subflow
done
for host in "$NS_C" "$NS_S"; do
	check "limits" ip -n "$host" mptcp limits set subflow 8
done
mib_snapshot "$NS_S"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY" --wait-subflows 5
check "five subflows" client_ready client
is "$(mib_moved "$NS_S" MPJoinAckRx)" 4 "so says the server's kernel"
is "$(counter "$CG_C" join_syn_tx)" 4 "four joins masked"
is "$(counter "$CG_S" join_ack_rx)" 4 "and completed"
check "all data arrives" release client
done_testing
