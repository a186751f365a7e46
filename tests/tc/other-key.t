#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two services on one host, with a key each, and SYN cookies: who has one of the keys, and has
# seen handshakes of the other service, gets no subflow there. With cookies the kernel finds the
# join by ports and sequence number, so its ACK may come to the other listener.
# First they mask that ACK with the key that they have. Then they have a program take the mask of
# a join of their own off it: what the program has vouched for then is good for no other join.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh

E2E_BYTES=65536

seen_join() {
	attack seen >/dev/null && (($(reply joins) > 0))
}

victim() {
	stop client
	stop own
	stop server
	attack reset >/dev/null || bail "the attacker does not answer"
	serve "$NET1_S:$PORT,$KEY" "$NET2_S:$PORT,$OTHER_KEY"
	client client --key-file "$KEY" --wait-subflows 2
	client_ready client && wait_for 20 seen_join || return
	# The attacker's, whose handshake they know; on path 2 alone, so it does not join
	client own --connect "$NET2_S:$PORT" --key-file "$OTHER_KEY"
	client_ready own
}

# WORD...: the SYN is that of the client's join again
join_as() {
	mib_snapshot "$NS_S"
	attack join conn=0 from="$NET1_A" token=learned nonce=recorded ack=masked bytes=1000 "$@" >/dev/null
}

cookies() {
	in_s sysctl -q net.ipv4.tcp_syncookies="$1"
}

joined() {
	echo "$(reply syn) $(reply ack) $(mib_moved "$NS_S" MPJoinAckRx)"
}

e2e_up
if [[ $ENGINE_S != tc ]]; then
	skip_all "this is about engine tc"
fi
e2e_attach
check "SYN cookies" cookies 2
check "endpoint of the second path" endpoint_c "$NET2_C" subflow

check "a connection with two subflows" victim
check "who has its key tries to join" join_as key="$(<"$KEY")"
is "$(joined)" "answered answered 1" "they join"

check "a connection with two subflows" victim
refused=$(counter "$CG_S" drop_hmac)
check "who has the other key tries to join, by the other listener" \
	join_as key="$(<"$OTHER_KEY")" via="$NET2_S"
is "$(joined)" "answered silent 0" "they do not"
is "$(($(counter "$CG_S" drop_hmac) - refused))" 1 "the ACK is dropped: drop_hmac"
check "the data arrives whole" release client

check "a connection with two subflows" victim
check "the SYN of the client's join again" attack other-syn conn=0 from="$NET1_A" token=learned nonce=recorded
is "$(reply syn)" answered "it is answered"
check "no SYN cookies" cookies 0
refused=$(counter "$CG_S" drop_hmac)
check "the mask of a join of their own" \
	attack other-mask conn=0 own=1 key="$(<"$OTHER_KEY")" via="$NET2_S"
is "$(reply syn) $(reply ack)" "answered silent" "their join is answered, the ACK is not"
is "$(($(counter "$CG_S" drop_hmac) - refused))" 1 "it is dropped: drop_hmac"
check "SYN cookies" cookies 2
unseen=$(counter "$CG_S" drop_unverified)
mib_snapshot "$NS_S"
check "no programs where the attacker is" uncover "$NS_S" s1
check "the ACK without a mask" attack other-ack conn=0 via="$NET2_S" bytes=1000
is "$(reply ack) $(mib_moved "$NS_S" MPJoinAckRx)" "silent 0" "they do not join"
is "$(($(counter "$CG_S" drop_unverified) - unseen))" 1 "the ACK is dropped: drop_unverified"
check "the data arrives whole" release client
done_testing
