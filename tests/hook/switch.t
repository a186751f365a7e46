#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A cgroup changes engines while it has a connection with a key: the connection's next
# join has the same masks, made by the other engine, and nothing of the one before is
# left.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# Not loader(), which would say an engine of its own
attach() { # ENGINE
	local client=() server=()

	[[ $1 == hook ]] || client=(--netns "$NS_C") server=(--netns "$NS_S")
	build/extkey_loader attach "$CG_C" --engine "$1" "${client[@]}" &&
		build/extkey_loader attach "$CG_S" --engine "$1" "${server[@]}"
}

loaded() {
	build/extkey_loader status --json | jq -r '.loaded | keys | join(" ")'
}

links_in_kernel() { # NAME of programs
	bpftool -j prog show | jq -r '.[].name // empty' | grep -c "^extkey_$1\$"
}

no_links() {
	[[ $(links_in_kernel "$1") == 0 ]]
}

join() { # NAME ADDRESS
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s2 "$TAP_TMP/$1-s2.pcap"
	check "$1: another address of the client" net_address "$NS_C" c2 "$2"
	check "$1: which joins" endpoint_c "$2" subflow
	check "$1: the join comes to an end" wait_for 60 join_is_over
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$1: it was accepted"
	capture_stop
	isnt "$(wire_token "$1")" "$REAL" "$1: its token was masked on the wire"
	check "$1: the endpoint goes" ip -n "$NS_C" mptcp endpoint flush
}

e2e_up
check "attach with engine tc" attach tc
capture_start "$NS_S" s1 "$TAP_TMP/first-s1.pcap"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "a connection with a key" client_ready client
capture_stop
REAL=$(real_token first)
check "its real token is known" test -n "$REAL"
join tc "${NET2_C%.*}.11"

check "switch to engine hook" attach hook
is "$(loaded)" "cgroup hook" "engine tc is not loaded any more"
is "$(ls -d "$BPFFS/extkey/tc" 2>/dev/null)" "" "and has no pins"
for name in ingress egress gate established; do
	check "no program $name is left in the kernel" wait_for 20 no_links "$name"
done
is "$(in_c tc qdisc show dev c2 | grep clsact)" "" "nor a clsact"
check "status has nothing to complain of" build/extkey_loader status
join hook "${NET2_C%.*}.12"

# Their keys were taken when the engine was another one
check "detach the client's cgroup" build/extkey_loader detach "$CG_C"
check "detach the server's cgroup" build/extkey_loader detach "$CG_S"
is "$(loaded)" "cgroup hook" "engine hook stays, for sockets hold a key"
join detached "${NET2_C%.*}.14"

# The kernel refuses the fields of a connection that had masks of the hook, unless the
# hook says that there are none now
check "switch to engine tc" attach tc
is "$(loaded)" "cgroup hook tc" "engine hook stays, for the connection has had masks of it"
check "status has nothing to complain of" build/extkey_loader status
join again "${NET2_C%.*}.13"
check "all data arrived" release client
stop server
check "attach with engine tc again" attach tc
is "$(loaded)" "cgroup tc" "engine hook is not loaded any more"
check "no program of the hook is left in the kernel" wait_for 20 no_links hook
check "status has nothing to complain of" build/extkey_loader status
done_testing
