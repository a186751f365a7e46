#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 20,000 forged MP_JOIN SYNs a second at the listener: joins of those who have the
# key succeed, as they do with plain MPTCP under the same flood. A virtual machine
# without KVM is slower than that; there the flood is as fast as it can be.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

E2E_BYTES=20000
CONNECTIONS=20
RATE=20000
NS_F=extkey-f-$TAP_PID

# A host of its own, which the server has to be attached for as well
flooder_up() {
	on_exit net_remove "$NS_F"
	ip netns add "$NS_F" &&
		ip link add f1 netns "$NS_F" type veth peer name s3 netns "$NS_S" &&
		net_address "$NS_F" f1 10.0.3.1 && net_address "$NS_S" s3 10.0.3.2 &&
		ip -n "$NS_F" route add "$NET1_S" via 10.0.3.2 &&
		ip -n "$NS_S" route add 10.0.4.0/24 via 10.0.3.1
}

# Longer than anything of a join is kept
flood_arrives() {
	(($(mib_moved "$NS_S" MPJoinSynRx) > RATE * 3 / ${EXTKEY_SLOWNESS:-1}))
}

joined() {
	(($(mib_moved "$NS_S" MPJoinAckRx) >= $1))
}

# DESC KEY WANT [FLOOD-ARG...]: that many of the connections are joined
joins_under_flood() {
	local desc=$1 key=$2 want=$3
	shift 3

	mib_snapshot "$NS_S"
	spawn flood ip netns exec "$NS_F" build/flood --to "$NET1_S:$PORT" \
		--from 10.0.4.0 --rate "$RATE" "$@"
	check "$desc: the flood arrives" wait_for 60 flood_arrives
	client client ${key:+--key-file "$key"} --connections "$CONNECTIONS"
	check "$desc: $CONNECTIONS connections" client_ready client
	check "$desc: $want of them are joined, or more" wait_for 30 joined "$want"
	diag "$desc: $(mib_moved "$NS_S" MPJoinAckRx) joins"
	check "$desc: and all data arrives" release client
	kill -TERM -- "-${TAP_SPAWNED[flood]}"
	check "$desc: the flood ends" reap flood 20
	diag "$desc: $(<"$TAP_TMP/flood.out")"
	[[ ${EXTKEY_SLOWNESS:-1} != 1 ]] ||
		check "$desc: it had $((RATE * 3 / 4)) SYNs a second or more" \
			test "$(jq '.rate | round' "$TAP_TMP/flood.out")" -ge $((RATE * 3 / 4))
}

# Of the join of a connection that lasts, as an eavesdropper has it
watch_a_join() {
	capture_start "$NS_S" s2 "$TAP_TMP/seen.pcap" || return
	client seen ${1:+--key-file "$1"} --wait-subflows 2
	client_ready seen && capture_stop &&
		SEEN=$(join_tokens "$TAP_TMP/seen.pcap" | awk '{ print $3 ":" $4; exit }') && [[ $SEEN ]]
}

# DESC KEY
floods() {
	serve "$NET1_S:$PORT${2:+,$2}"
	in_s sysctl -q net.ipv4.tcp_syncookies=1
	joins_under_flood "$1, tokens at random" "$2" "$CONNECTIONS"
	in_s sysctl -q net.ipv4.tcp_syncookies=2
	joins_under_flood "$1, tokens at random, SYN cookies" "$2" "$CONNECTIONS"
	check "$1: a join is seen" watch_a_join "$2"
	# The kernel keeps joins with cookies in 1024 places: one that is in flight for
	# as long as the flood takes to fill them is lost, with a key or without
	joins_under_flood "$1, one SYN that was seen, SYN cookies" "$2" \
		"$((CONNECTIONS * 3 / 4))" --syn "$SEEN"
	stop seen
	stop server
}

e2e_up
check "a host that floods" flooder_up
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
floods "plain MPTCP" ""
e2e_attach
floods "with a key" "$KEY"
done_testing
