#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The ways by which a join gets past the programs on the interfaces: it must not get
# into a connection with a key, with the masks missing or not. One without a key goes
# by the same ways as ever.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# A join from another address of path 2 than that before it; $1 is its number
new_endpoint() {
	net_address "$NS_C" c2 "${NET2_C%.*}.$1" && endpoint_c "${NET2_C%.*}.$1" subflow
}

# NUMBER DESC: the connection's next join is refused, before TCP has seen it
refused() {
	unseen=$(counter "$CG_S" drop_unverified)
	mib_snapshot "$NS_S"
	check "$2: a further address of the client" new_endpoint "$1"
	more() { (($(counter "$CG_S" drop_unverified) > unseen)); }
	check "$2: its join is dropped" wait_for 20 more
	is "$(mib_moved "$NS_S" MPJoinSynRx)" 0 "$2: no listener has seen it"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "$2: it is not accepted"
	check "$2: the address is gone" ip -n "$NS_C" mptcp endpoint flush
}

# Whoever removes or skips the programs; both ends, or the client's would do the same
plain_path() {
	uncover "$NS_C" c2 && uncover "$NS_S" s2
}

# Links run in the order in which they were made: those of others first here. Where the
# kernel has none it is a filter with a better priority.
skip_before() {
	if [[ $(loader status --json | jq -r '.devices[0].by') == link ]]; then
		bpftool prog load build/pass.bpf.o "$PIN" type classifier &&
			in_s build/tcx_link "$PIN" s2 "$PIN-link"
	else
		in_s tc qdisc add dev s2 clsact &&
			in_s tc filter add dev s2 ingress protocol all prio 1 bpf da bytecode "1,6 0 0 0"
	fi
}

skip_no_more() {
	local id

	[[ -e $PIN ]] || { in_s tc filter del dev s2 ingress prio 1; return; }
	id=$(bpftool -j link show pinned "$PIN-link" | jq .id)
	rm "$PIN-link" "$PIN" && wait_for 10 link_is_gone "$id"
}

PIN=$BPFFS/pass-$TAP_PID
remove_pins() {
	rm -f "$PIN" "$PIN-link"
}

e2e_up
on_exit remove_pins
e2e_attach
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "a connection with a key" client_ready client
check "no programs on path 2" plain_path
refused 11 "no programs"
check "a program before ours lets all pass" skip_before
check "attached again" loader attach "$CG_S"
refused 12 "passed on by another program"
check "it is gone" skip_no_more

# The client's programs are there again, so this is masked; nobody at the server looks
check "attached again" loader attach "$CG_C"
check "the server's are not" uncover "$NS_S" s2
refused 13 "masked, and nobody unmasks it"

check "attached again" loader attach "$CG_S"
mib_snapshot "$NS_S"
check "another address" new_endpoint 14
joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
check "now a join is accepted" wait_for 20 joined
check "the data arrives whole" release client
stop server

# Sockets without a key
check "no programs on path 2" plain_path
check "no address left" ip -n "$NS_C" mptcp endpoint flush
check "one address" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT"
client plain --wait-subflows 2
check "without a key: two subflows" client_ready plain
both_subflows plain

# The same at the client: an answer that its programs have not seen
stop server
serve "$NET1_S:$PORT,$KEY"
check "attached again" loader attach "$CG_S"
check "the client, too" loader attach "$CG_C"
check "but not for what arrives on path 2" uncover "$NS_C" c2 ingress
unseen=$(counter "$CG_C" drop_unverified)
client second --key-file "$KEY"
check "client: connected" client_ready second
more() { (($(counter "$CG_C" drop_unverified) > unseen)); }
check "client: the answer to its join is dropped" wait_for 20 more
first_subflow_alone second
done_testing
