#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 20,000 forged MP_JOIN SYNs a second at the listener: joins of those who have the
# key succeed, as they do with plain MPTCP under the same flood. A virtual machine
# without KVM is slower than that; there the flood is as fast as it can be.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

E2E_BYTES=20000
CONNECTIONS=20
declare -A PLAIN_JOINS=()
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

joins() {
	mib_moved "$NS_S" MPJoinAckRx
}

# All are there, or for as long as a SYN is repeated there came no more
joins_over() {
	local before

	before=$(joins)
	((before >= CONNECTIONS)) && return
	sleep 4
	[[ $(joins) == "$before" ]]
}

# WHAT KEY TOLERANCE [FLOOD-ARG...]: as many joins with a key as without, or so
joins_under_flood() {
	local what=$1 key=$2 tolerance=$3 desc="plain MPTCP, $1" joins
	shift 3

	[[ ! $key ]] || desc="with a key, $what"
	mib_snapshot "$NS_S"
	spawn flood ip netns exec "$NS_F" build/flood --to "$NET1_S:$PORT" \
		--from 10.0.4.0 --rate "$RATE" "$@"
	check "$desc: the flood arrives" wait_for 60 flood_arrives
	client client ${key:+--key-file "$key"} --connections "$CONNECTIONS"
	check "$desc: $CONNECTIONS connections" client_ready client
	check "$desc: their joins come to an end" wait_for 60 joins_over
	joins=$(joins)
	diag "$desc: $joins joins"
	if [[ $key ]]; then
		check "$desc: as many joins as in plain MPTCP (${PLAIN_JOINS[$what]}), less $tolerance, or more" \
			test "$joins" -ge $((PLAIN_JOINS[$what] - tolerance))
	else
		PLAIN_JOINS[$what]=$joins
		check "$desc: most of them are joined" test "$joins" -gt $((CONNECTIONS / 2))
	fi
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

# KEY, or "" for plain MPTCP
floods() {
	serve "$NET1_S:$PORT${1:+,$1}"
	in_s sysctl -q net.ipv4.tcp_syncookies=1
	joins_under_flood "tokens at random" "$1" 0
	in_s sysctl -q net.ipv4.tcp_syncookies=2
	joins_under_flood "tokens at random, SYN cookies" "$1" 0
	check "a join is seen" watch_a_join "$1"
	# The kernel keeps joins with cookies in 1024 places, and each of these SYNs
	# takes one: a few joins are lost in either case, as it happens
	joins_under_flood "one SYN that was seen, SYN cookies" "$1" $((CONNECTIONS / 5)) --syn "$SEEN"
	stop seen
	stop server
}

e2e_up
check "a host that floods" flooder_up
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
floods ""
e2e_attach
floods "$KEY"
done_testing
