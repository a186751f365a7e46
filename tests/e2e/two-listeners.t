#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two listeners with different keys in one process, both in use at once.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY" "$NET1_S:5001,$OTHER_KEY"
mib_snapshot "$NS_S"
client first --key-file "$KEY" --wait-subflows 2
client second --connect "$NET1_S:5001" --key-file "$OTHER_KEY" --wait-subflows 2
check "the first has two subflows" client_ready first
check "the second has two subflows" client_ready second
is "$(mib_moved "$NS_S" MPJoinAckRx)" 2 "two joins accepted"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 0 "none refused"

client crossed --connect "$NET1_S:5001" --key-file "$KEY"
refused() { mib_is "$NS_S" MPJoinNoTokenFound 1; }
check "the third has the other listener's key" client_ready crossed
check "its join is refused" wait_for 30 refused
used() { event "$1" "done" '[.subflows[] | select(.bytes_sent > 0)] | length'; }
for name in first second crossed; do
	check "$name: all data arrived, in order" release "$name"
done
is "$(used first)" 2 "the first sent on two subflows"
is "$(used second)" 2 "the second sent on two subflows"
is "$(used crossed)" 1 "the third on one"
done_testing
