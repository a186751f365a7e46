#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SYN cookies, and an attacker who opens a connection of their own, in whose ACK they name an
# MPTCP key that the server has not chosen. The server tells it no mask: with engine tc there
# are zeros in its FASTCLOSE, and a kernel that verifies its key goes on with TCP.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

e2e_up
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
# VICTIM_KEY is for rows.sh
for VICTIM_KEY in "" "$KEY"; do
	desc=${VICTIM_KEY:+with a key}
	desc=${desc:-plain MPTCP}
	[[ ! $VICTIM_KEY ]] || e2e_attach
	attack reset >/dev/null
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	check "$desc: a connection" victim client
	check "$desc: the client vanishes" client_vanishes
	mib_snapshot "$NS_S"
	if patched; then
		check "$desc: the attacker's connection" open_at_another
		is "$(mib_moved "$NS_S" MPCapableFallbackACK)" 1 "$desc: goes on as TCP"
	else
		check "$desc: the attacker hears FASTCLOSE" told_by_another
		is "$(reply fastclose)" "$([[ $VICTIM_KEY ]] && echo zero || echo plain)" "$desc: what it has"
		is "$(mib_moved "$NS_S" MPCapableFallbackACK)" 0 "$desc: it was MPTCP"
	fi
	stop other
	stop server
done

# Nothing of that is in the way of others
serve "$NET1_S:$PORT,$KEY"
mib_snapshot "$NS_S"
check "another connection" victim client
is "$(mib_moved "$NS_S" MPCapableFallbackACK)" 0 "it is MPTCP"
check "a second subflow" second_subflow
check "joins" wait_for 20 has_subflow "$NS_S" "$NET2_C"
check "the data arrives whole" intact client
done_testing
