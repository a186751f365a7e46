#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An interface that goes down and up, and one that is made anew each time: programs
# stay in place, joins work, and the map of devices does not grow. 50 times, with
# EXTKEY_LONG=1 1,000 times.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

TIMES=50
[[ ${EXTKEY_LONG:-} != 1 ]] || TIMES=1000

flap() {
	local i

	for ((i = 0; i < TIMES; i++)); do
		echo "link set c2 down"
		echo "link set c2 up"
	done | ip -n "$NS_C" -batch -
}

remade() {
	local i

	for ((i = 0; i < TIMES; i++)); do
		ip -n "$NS_C" link add f1 type veth peer name f2 && ip -n "$NS_C" link set f1 up &&
			"${ATTACH_S[@]}" --dev f1 >/dev/null && ip -n "$NS_C" link del f1 || return
	done
}

devices() {
	bpftool -j map dump pinned "$BPFFS/extkey/devices" | jq length
}

faults_up
e2e_attach
before=$(state)
serve "$NET1_S:$PORT,$KEY"
check "down and up $TIMES times" flap
check "nothing has changed" state_is "$before"
# The route went with the interface
check "the route of path 2" ip -n "$NS_C" route replace default via "$NET2_S" dev c2 table 2
check "path 2 is up" wait_for 20 net_settled
client client --key-file "$KEY" --wait-subflows 2
check "a join with a key" client_ready client
is "$(counter "$CG_C" join_synack_rx)" 1 "which was masked"
check "all data arrived" release client

before=$(devices)
check "made anew and attached $TIMES times" remade
check "the map of devices has at most the last one more" test "$(devices)" -le $((before + 1))
check "detach --all" loader detach --all
check "nothing is left" state_is "$NOTHING"
done_testing
