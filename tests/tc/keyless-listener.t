#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A listener without a key, beside one that has it, is no way into a connection with a key,
# by an interface without programs either. The attacker has seen the first handshake. If the
# server has announced an address, a plain token is one that a listener without a key may get:
# it is answered, and the ACK is refused. Joins of connections without a key go on, with SYN
# cookies as well.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/attack/net.sh

E2E_BYTES=65536

# KEY: of the client and of its listener; "" for none
victim() {
	stop client
	stop server
	attack reset >/dev/null || bail "the attacker does not answer"
	serve "$NET1_S:$PORT${1:+,$1}" "$NET2_S:$PORT"
	client client ${1:+--key-file "$1"}
	client_ready client
}

# What plain MPTCP takes, to the listener without a key
join_there() {
	mib_snapshot "$NS_S"
	attack join conn=0 from="$NET1_A" to="$NET2_S" token=real ack=real bytes=1000 >/dev/null
}

cookies() {
	in_s sysctl -q net.ipv4.tcp_syncookies="$1"
}

# COUNTER DESC: the join gets an answer, and goes no further
stopped_at_ack() {
	local before

	before=$(counter "$CG_S" "$1")
	check "$2: a join is tried" join_there
	is "$(reply syn)" answered "$2: its SYN is answered"
	isnt_joined "$2"
	is "$(($(counter "$CG_S" "$1") - before))" 1 "$2: $1"
}

isnt_joined() {
	[[ $(reply ack) != answered ]]
	is "$? $(mib_moved "$NS_S" MPJoinAckRx)" "0 0" "$1: it is not accepted"
	check "$1: the data arrives whole" release client
}

e2e_up
if [[ $ENGINE_S != tc ]]; then
	skip_all "this is about engine tc"
fi

for setting in 1 2; do
	check "nothing attached, cookies $setting" cookies "$setting"
	check "a connection" victim ""
	check "a join is tried" join_there
	is "$(reply ack) $(mib_moved "$NS_S" MPJoinAckRx)" "answered 1" "the attacker has joined"
done

# COUNTER DESC: the join gets no answer
stopped_at_syn() {
	local before

	before=$(counter "$CG_S" "$1")
	check "$2: a join is tried" join_there
	is "$(reply syn)" silent "$2: its SYN gets no answer"
	isnt_joined "$2"
	check "$2: $1" test "$(counter "$CG_S" "$1")" -gt "$before"
}

# DESC COUNTER COUNTER: with no SYN cookies and with them, then with an address announced. The
# first subflow comes by the same interface, which must have programs for that with cookies.
tries() {
	local setting

	check "$1: no address is announced" ip -n "$NS_S" mptcp endpoint flush
	for setting in 0 2; do
		check "$1: no SYN cookies" cookies 0
		check "$1: a connection with a key" victim "$KEY"
		check "$1: cookies $setting" cookies $setting
		stopped_at_syn drop_unverified "$1, cookies $setting"
	done
	check "$1: an address is announced" endpoint_s "$NET2_S" signal
	for setting in "0 $2" "2 $3"; do
		check "$1: no SYN cookies" cookies 0
		check "$1: a connection with a key" victim "$KEY"
		check "$1: cookies ${setting% *}" cookies "${setting% *}"
		stopped_at_ack "${setting#* }" "$1, announced, cookies ${setting% *}"
	done
}

e2e_attach
check "the client does not go to announced addresses" \
	ip -n "$NS_C" mptcp limits set add_addr_accepted 0
check "no programs where the attacker is" uncover "$NS_S" s1
tries "no programs" drop_unverified drop_no_join
check "attached again" loader attach "$CG_S"
tries "programs" drop_unverified drop_unverified

# In a network namespace that has had a key
check "an endpoint" endpoint_c "$NET2_C" subflow
for setting in 0 2; do
	check "cookies $setting" cookies "$setting"
	check "a connection without a key" victim ""
	joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
	mib_snapshot "$NS_S"
	stop client
	client client --wait-subflows 2
	check "without a key, cookies $setting: two subflows" client_ready client
	check "without a key, cookies $setting: accepted" wait_for 20 joined
	check "without a key, cookies $setting: the data arrives whole" release client
done
done_testing
