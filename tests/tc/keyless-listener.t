#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A listener without a key, beside one that has it, is no way into a connection with a key,
# by an interface without programs either. The attacker has seen the first handshake. Joins
# of connections without a key go on, with SYN cookies as well.
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

e2e_attach
check "no programs where the attacker is" uncover "$NS_S" s1
check "no SYN cookies" cookies 0
check "a connection with a key" victim "$KEY"
stopped_at_ack drop_unverified "no programs"
check "SYN cookies" cookies 2
check "a connection with a key" victim "$KEY"
stopped_at_ack drop_no_join "no programs, SYN cookies"

check "attached again" loader attach "$CG_S"
for setting in 0 2; do
	check "cookies $setting" cookies "$setting"
	check "a connection with a key" victim "$KEY"
	refused=$(counter "$CG_S" join_refused)
	check "a join is tried" join_there
	is "$(reply syn)" silent "cookies $setting: its SYN gets no answer"
	isnt_joined "cookies $setting"
	check "cookies $setting: refused" test "$(counter "$CG_S" join_refused)" -gt "$refused"
done

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
