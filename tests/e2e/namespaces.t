#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A third host of this machine has the server's address and port, and a listener
# with another key: each packet leads to the listener of its own namespace, and that one's
# key applies. There the client joins over lo, which has programs of engine tc only on
# request.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

JOINER=10.0.9.1

third_host() {
	on_exit net_remove "$NS_M"
	ip netns add "$NS_M" && net_host "$NS_M" && CG_M=$(cgroup_make middle) &&
		ip -n "$NS_M" addr add "$NET1_S/32" dev lo &&
		ip -n "$NS_M" addr add "$JOINER/32" dev lo
}

devices() {
	loader status --json | jq -r --arg netns "$1" \
		'.devices[] | select(.netns == $netns) | "\(.device) \(.in_place)"' | sort | xargs
}

syns_masked() {
	(($(counter "$CG_M" join_syn_tx) == $(mib "$NS_M" MPJoinSynTx)))
}

e2e_up
check "a third host" third_host
where=()
[[ $ENGINE_S == hook ]] || where=(--netns "/run/netns/$NS_M" --dev lo)
check "attached by the path of its namespace, to lo" build/extkey_loader attach "$CG_M" \
	--engine "$ENGINE_S" --scheme "$SCHEME" "${where[@]}"
check "with a listener of the same address, another key" middle_serves "$NET1_S" "$OTHER_KEY"
join_works namespaces
if [[ $ENGINE_S == tc ]]; then
	is "$(devices "/run/netns/$NS_M")" "lo true" "its lo is attached"
	is "$(devices "/run/netns/$NS_S")" "s1 true s2 true" "lo of the others is not"
fi
middle_untouched

check "endpoint of a second address" net_endpoint "$NS_M" "$JOINER" subflow
check "a join over lo" in_cgroup "$CG_M" in_m build/extkey_client --connect "$NET1_S:$PORT" \
	--key-file "$OTHER_KEY" --wait-subflows 2 --bytes 100000
for name in join_synack_rx join_syn_rx join_synack_tx join_ack_rx; do
	is "$(counter "$CG_M" $name)" 1 "$name of the third host"
	[[ $name == join_synack_rx ]] ||
		is "$(counter "$CG_S" $name)" 1 "$name of the server, as before"
done
# The endpoint is the listener's as well: if the server's end is quick it sends a SYN
# of its own, to a port where nobody listens
check "join_syn_tx of the third host: the SYNs of joins that it has sent" wait_for 10 syns_masked

# The key of the same address and port elsewhere is that of nobody here
joins=$(mib "$NS_M" MPJoinAckRx)
check "a client with the key of the other listener" in_cgroup "$CG_M" in_m build/extkey_client \
	--connect "$NET1_S:$PORT" --key-file "$KEY" --bytes 100000
refused() { (($(mib "$NS_M" MPJoinNoTokenFound) > 0)); }
check "its join is refused" wait_for 20 refused
is "$(mib "$NS_M" MPJoinAckRx)" "$joins" "and no other is accepted"
done_testing
