#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 200 connections with a key at once, all of them joined.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

E2E_BYTES=20000
e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY"
mib_snapshot "$NS_S"
client client --key-file "$KEY" --connections 200 --wait-subflows 2
check "200 connections, each with two subflows" client_ready client
is "$(event client subflows .connections)" 200 "so says the client"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 200 "so says the server's kernel"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 0 "no join was refused"
is "$(counter "$CG_S" join_synack_tx)" 200 "so say our counters"
is "$(counter "$CG_C" keys_taken)" 200 "200 keys taken"
is "$(in_s ss -HMn state established "sport = :$PORT" | wc -l)" 200 "ss sees 200 MPTCP sockets"
# the client's 200, the server's 200 and its listener
is "$(loader status --json | jq '.sockets | length')" 401 "status shows all that hold a key"
check "all data arrived" release client
no_sockets() { [[ $(loader status --json | jq '.sockets | length') == 1 ]]; }
check "the keys went away with the sockets" wait_for 60 no_sockets
done_testing
