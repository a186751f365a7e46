#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two services on one host, with a key each, and SYN cookies: who has one of the keys, and has
# seen handshakes of the other service, gets no subflow there. With cookies the kernel finds the
# join by ports and sequence number, so its ACK may come to the other listener.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh

E2E_BYTES=65536

seen_join() {
	attack seen >/dev/null && (($(reply joins) > 0))
}

victim() {
	stop client
	stop server
	attack reset >/dev/null || bail "the attacker does not answer"
	serve "$NET1_S:$PORT,$KEY" "$NET2_S:$PORT,$OTHER_KEY"
	client client --key-file "$KEY" --wait-subflows 2
	client_ready client && wait_for 20 seen_join
}

# WORD...: the SYN is that of the client's join again
join_as() {
	mib_snapshot "$NS_S"
	attack join conn=0 from="$NET1_A" token=learned nonce=recorded ack=masked bytes=1000 "$@" >/dev/null
}

joined() {
	echo "$(reply syn) $(reply ack) $(mib_moved "$NS_S" MPJoinAckRx)"
}

e2e_up
if [[ $ENGINE_S != tc ]]; then
	skip_all "this is about engine tc"
fi
e2e_attach
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
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
done_testing
