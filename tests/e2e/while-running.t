#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Attach and detach while connections are running.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

join() { # DESCRIPTION: opens the second path for the running client
	mib_snapshot "$NS_S"
	check "$1: endpoint of the second path" endpoint_c "$NET2_C" subflow
	check "$1: the join comes to an end" wait_for 60 join_is_over
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$1: it was accepted"
	both_subflows client
	stop server
	ip -n "$NS_C" mptcp endpoint flush
}

e2e_up
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected before attach" client_ready client
e2e_attach
join "attached since"
is "$(counter "$CG_C" join_syn_tx_plain)" 1 "connection from before attach: plain"

capture_start "$NS_S" s1 "$TAP_TMP/detached-s1.pcap"
capture_start "$NS_S" s2 "$TAP_TMP/detached-s2.pcap"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected with a key" client_ready client
check "detach the client's cgroup" loader detach "$CG_C"
check "detach the server's cgroup" loader detach "$CG_S"
is "$(loader status --json | jq '.cgroups | length')" 0 "no cgroup is attached"
is "$(loader status --json | jq '.sockets | length')" 3 "the sockets still have their key"
join "detached since"
capture_stop
check_masks detached "connection from before detach"

e2e_attach
capture_start "$NS_S" s1 "$TAP_TMP/all-s1.pcap"
capture_start "$NS_S" s2 "$TAP_TMP/all-s2.pcap"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected with a key" client_ready client
id=$(bpftool -j prog show pinned /sys/fs/bpf/extkey/cgroup/programs/connect4 | jq .id)
check "detach --all" loader detach --all
is "$(ls -d /sys/fs/bpf/extkey* 2>/dev/null)" "" "nothing is pinned"
unloaded() { ! bpftool prog show id "$id" 2>/dev/null; }
check "no program is loaded" wait_for 20 unloaded
join "all detached since"
capture_stop
is "$(wire_token all)" "$(real_token all)" "the token on the wire is the real one"
done_testing
