#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The client gives its key with bind(), and connects without one. A key given
# later, before the socket is connected, takes its place.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY"

mib_snapshot "$NS_S"
client bound --bind "$NET1_C" --bind-key-file "$KEY"
check "connected" client_ready bound
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "key with bind(): the join was accepted"
is "$(counter "$CG_C" keys_taken)" 1 "one key taken"
both_subflows bound

mib_snapshot "$NS_S"
client replaced --bind "$NET1_C" --bind-key-file "$OTHER_KEY" --key-file "$KEY"
check "connected" client_ready replaced
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "another key with connect(): it replaced the first"
is "$(counter "$CG_C" keys_taken)" 3 "two more keys taken"
check "data arrived" release replaced
done_testing
