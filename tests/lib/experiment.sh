# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The three experiments, for tests/e2e/ and for the demonstration. Wants e2e.sh.
#
#	experiment NAME SERVER_KEY CLIENT_KEY
#
# with a key file or "" each: the server listens, the client connects on path 1
# and its path manager joins on path 2. Runs until the second subflow is there
# or refused; the client holds. Captures of the server's interfaces are in
# $CAPTURES/NAME-s1.pcap and -s2.pcap. Then, from the captures alone:
#
#	wire_token NAME		the token of the MP_JOIN SYN
#	real_token NAME		the one which RFC 8684 makes of the server's key

: "${CAPTURES:=$TAP_TMP}"

join_is_over() {
	(($(mib_moved "$NS_S" MPJoinAckRx) + $(mib_moved "$NS_S" MPJoinNoTokenFound) > 0))
}

experiment() {
	local name=$1 server_key=$2 client_key=$3

	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$CAPTURES/$name-s1.pcap"
	capture_start "$NS_S" s2 "$CAPTURES/$name-s2.pcap"
	serve "$NET1_S:$PORT${server_key:+,$server_key}"
	client client ${client_key:+--key-file "$client_key"}
	client_ready client && wait_for 60 join_is_over
}

wire_token() {
	join_tokens "$CAPTURES/$1-s2.pcap" | awk '{ print $3; exit }'
}

real_token() {
	plain_token "$(mpcapable_keys "$CAPTURES/$1-s1.pcap" | awk '{ print $4; exit }')"
}
