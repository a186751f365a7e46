#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SYN cookies, and an attacker who sends a SYN of a join that they saw 80000 times, each with
# other numbers: that is more than any table of engine tc has room for. Honest joins go on, with
# a key and without. (Row 17 of docs/attacks.md is about those of the attacker.)
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

COPIES=80000
E2E_BYTES=65536
VICTIM_KEY=$KEY # for rows.sh

# NAME ADDR FROM [ARG]...: a client of ADDR, and its join from the address FROM
joins() {
	local name=$1 addr=$2 from=$3
	shift 3

	ip -n "$NS_C" mptcp endpoint flush
	mib_snapshot "$NS_S"
	client "$name" --connect "$addr:$PORT" "$@"
	check "$name: a connection" client_ready "$name"
	check "$name: an address to join from" endpoint_c "$from" subflow
	check "$name: joins" wait_for 20 has_moved "$NS_S" MPJoinAckRx
	check "$name: the data arrives whole" intact "$name"
}

e2e_up
[[ $ENGINE_S == tc ]] || skip_all "this is about engine tc"
e2e_attach
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
check "many addresses" many_addresses
serve "$NET1_S:$PORT,$KEY" "$NET2_S:$PORT"
check "a join is seen" seen_join
known=$(counter "$CG_S" join_synack_tx)
check "its SYN is sent $COPIES times" attack join conn=0 from="$NET1_A" token=recorded \
	nonce=recorded ack=random copies=$COPIES slots=all
is "$(reply ack)" silent "its ACK is dropped"
check "each of them was answered and recorded" \
	test $(($(counter "$CG_S" join_synack_tx) - known)) -gt $COPIES
joins keyless "$NET2_S" "$NET1_C"
joins keyed "$NET1_S" "$NET2_C" --key-file "$KEY"
check "the data of the first client arrives whole" intact client
done_testing
