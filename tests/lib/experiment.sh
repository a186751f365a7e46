# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The three experiments, for tests/e2e/ and for the demonstration. Wants e2e.sh.
#
#	experiment NAME SERVER_KEY CLIENT_KEY [ADDR [CLIENT-ARG]...]
#
# with a key file or "" each: the server listens on ADDR ($NET1_S), the client
# connects on path 1 and its path manager joins on path 2. Runs until the second
# subflow is there or refused; the client holds. Captures of the server's
# interfaces are in $CAPTURES/NAME-s1.pcap and -s2.pcap. Then, from the captures
# alone:
#
#	wire_token NAME		the token of the MP_JOIN SYN
#	real_token NAME		the one which RFC 8684 makes of the server's key
#	wire_fields NAME	each field that authenticates something, and what it
#				is: "ok" as in RFC 8684, "masked" with $KEY, "differs"
#	data_on_both NAME	the client is released, its data arrived whole, and some of
#				it on each of two subflows, of whatever family
#	check_masks NAME DESC [FIELD]  all fields are those that $KEY and the scheme
#				make: of a join, and this one

: "${CAPTURES:=$TAP_TMP}"

join_is_over() {
	(($(mib_moved "$NS_S" MPJoinAckRx) + $(mib_moved "$NS_S" MPJoinNoTokenFound) > 0))
}

experiment() {
	local name=$1 server_key=$2 client_key=$3 addr=${4:-$NET1_S}

	shift $(($# < 4 ? $# : 4))
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$CAPTURES/$name-s1.pcap"
	capture_start "$NS_S" s2 "$CAPTURES/$name-s2.pcap"
	serve "$addr:$PORT${server_key:+,$server_key}"
	client client ${client_key:+--key-file "$client_key"} "$@"
	client_ready client && wait_for 60 join_is_over
}

data_on_both() {
	data_intact client
	check "$1: data on both subflows" jq -e -s \
		'map(select(.event == "closed"))[0].subflows | length == 2 and
			all(.[]; .bytes_received > 0)' "$TAP_TMP/server.out"
}

wire_token() {
	join_tokens "$CAPTURES/$1-s2.pcap" | awk '{ print $3; exit }'
}

real_token() {
	plain_token "$(mpcapable_keys "$CAPTURES/$1-s1.pcap" | awk '{ print $4; exit }')"
}

wire_fields() {
	local file

	for file in "$CAPTURES/$1"-s{1,2}.pcap; do
		tcpdump -nn -r "$file" 2>/dev/null
	done | sort -s -k 1,1 | tests/lib/rfc8684.pl "$KEY_MASK" $EXTKEY_BOUND | sort | uniq -c |
		awk '{ print $2, $3 }' | xargs
}

check_masks() {
	local want="ack masked ${3:+$3 masked }synack masked token masked"

	# To an address that was announced
	[[ ${3:-} != add_addr ]] || want=${want/token masked/token ok}

	if [[ $SCHEME == xor ]]; then
		is "$(wire_token "$1")" "$(printf %08x $((0x$(real_token "$1") ^ 0x$KEY_PAD)))" \
			"$2: the token on the wire is the real one XOR the pad"
		want="ack ok ${3:+$3 ok }synack ok token differs"
	fi
	is "$(wire_fields "$1")" "$want" "$2: all fields on the wire are as by docs/protocol.md"
}
