#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A cgroup or a network namespace that goes away while it is attached. Other
# cgroups are not harmed, and the next command clears what is left.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

NS_G=extkey-f-$TAP_PID

cgroups() {
	build/extkey_loader status --json | jq -r '.cgroups[].cgroup' | sort | xargs
}

devices() {
	build/extkey_loader status --json | jq -r '.devices[] | "\(.netns) \(.device) \(.in_place)"' |
		sort | xargs
}

counted() {
	bpftool -j map dump pinned "$BPFFS/extkey/counters" | jq length
}

# Its links die a moment after its last socket
dead() {
	! build/extkey_loader status --json | jq -e '.cgroups[] | select(.cgroup == "'"$1"'") | .linked'
}

third_host() {
	on_exit net_remove "$NS_G"
	ip netns add "$NS_G" && ip -n "$NS_G" link add g1 type veth peer name g2 &&
		ip -n "$NS_G" link set g1 up && ip -n "$NS_G" link set g2 up
}

faults_up
e2e_attach
gone=$(cgroup_make gone)
check "a third cgroup" "${ATTACH[@]:0:2}" "$gone" --engine tc --netns "$NS_C" --require-key
check "it is attached" grep -q "$gone" <(cgroups)

serve "$NET1_S:$PORT,$KEY"
spawn client in_cgroup "$gone" in_c build/extkey_client --connect "$NET1_S:$PORT" \
	--key-file "$KEY" --wait-subflows 2 --bytes 100000 --hold-start
check "a connection with a key" client_ready client
for pid in $(<"$gone/cgroup.procs"); do
	echo "$pid" >"$(cgroup_root)/cgroup.procs"
done
check "the cgroup is removed" wait_for 10 cgroup_remove_one "$gone"
mib_snapshot "$NS_S"
check "another address of the client" net_address "$NS_C" c2 "${NET2_C%.*}.11"
check "which joins" endpoint_c "${NET2_C%.*}.11" subflow
joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
check "the connection still joins" wait_for 30 joined
check "all data arrived" release client
stop server
check "status says that it is dead" wait_for 20 dead "$gone"
is "$(counted)" 3 "its counters are there"
is "$(bind_in "$CG_C")" bound "sockets of others are not harmed"
check "another command" loader attach "$CG_C" --require-key
is "$(cgroups)" "$(printf "%s\n" "$CG_C" "$CG_S" | sort | xargs)" "has cleared it"
is "$(counted)" 2 "and its counters"
is "$(bind_in "$CG_C")" EPERM "its own change is made"

check "a third host" third_host
before=$(devices)
check "attached" build/extkey_loader attach "$CG_C" --engine tc --netns "$NS_G" --require-key
is "$(devices | grep -o "$NS_G g. true" | xargs)" "$NS_G g1 true $NS_G g2 true" \
	"its interfaces are there"
net_remove "$NS_G"
check "status succeeds without the namespace" build/extkey_loader status
check "another command" loader attach "$CG_S"
is "$(devices)" "$before" "has cleared it"
check "detach --all" loader detach --all
check "nothing is left" state_is "$NOTHING"
done_testing
