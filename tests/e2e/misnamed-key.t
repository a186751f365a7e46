#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# While the server has a request, its kernel does not look at which MPTCP key of the server an
# ACK names. So one forged ACK with a wrong one does not take the connection's joins away,
# whether it ends the handshake or acknowledges something else. There are no SYN cookies.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

e2e_up
check "no SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=0
# VICTIM_KEY is for rows.sh
for VICTIM_KEY in "" "$KEY"; do
	[[ ! $VICTIM_KEY ]] || e2e_attach
	for ack in same other; do
		desc="${VICTIM_KEY:+with a key}"
		desc="${desc:-plain MPTCP}, ack $ack"
		ip -n "$NS_C" mptcp endpoint flush
		attack reset >/dev/null
		serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
		mib_snapshot "$NS_S"
		attack_begin misname ack=$ack
		check "$desc: a connection" victim client
		check "$desc: the forged ACK came first" attack_end
		is "$(mib_moved "$NS_S" MPCapableFallbackACK)" 0 "$desc: it is MPTCP"
		is "$(mib_moved "$NS_S" MPCapableACKRX)" 1 "$desc: and one ACK has made it"
		check "$desc: a second subflow" second_subflow
		check "$desc: joins" wait_for 20 has_subflow "$NS_S" "$NET2_C"
		check "$desc: the data arrives whole" intact client
		stop server
	done
done
done_testing
