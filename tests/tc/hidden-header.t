#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SYN cookies, and a join with the eavesdropped keys of a connection, to a listener that has no
# key, with more IPv6 headers before that of TCP than the programs on interfaces follow. In
# plain MPTCP it is accepted. Of a connection with a key its SYN gets no answer; and where the
# answer leaves by a device without programs, its ACK gets no further than the gate.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

FROM=fd00:1::77 # nobody: no RST for what is answered
TO=fd00:1::2
NONCE=11223344
HEAD=$(printf '3c00010400000000%.0s' {1..7})0600010400000000 # for the destination, 8 times
sport=20000

mac() { # NS IFACE
	ip -n "$1" -json link show "$2" | jq -r '.[].address'
}

addresses() {
	ip -n "$NS_S" addr add "$TO/64" dev s1 nodad &&
		ip -n "$NS_S" neigh add "$FROM" lladdr "$(mac "$NS_C" c1)" dev s1
}

hidden() { # WORD...
	in_c build/extkey_rawsend dev=c1 mac="$(mac "$NS_S" s1)" from="$FROM/$sport" \
		to="$TO/$PORT" next=60 head="$HEAD" "$@"
}

# The sequence number and the nonce of the answer to the SYN
answered() {
	read -r cookie nonce < <(tcpdump -nn -r "$TAP_TMP/$sport.pcap" "dst port $sport" 2>/dev/null |
		sed -nE 's/.* Flags \[S\.\], seq ([0-9]+),.* join .* nonce 0x([0-9a-f]+).*/\1 \2/p')
	[[ $nonce ]]
}

# By RFC 8684, 3.2
hmac() {
	perl -MDigest::SHA=hmac_sha256_hex -e 'print substr(hmac_sha256_hex(
		pack("H*", $ARGV[2] . $ARGV[3]), pack("H*", $ARGV[0] . $ARGV[1])), 0, 40)' \
		"$client_key" "$server_key" "$NONCE" "$(printf %08x "0x$nonce")"
}

# KEY: of the connection, or ""
victim() {
	stop client
	stop server
	capture_start "$NS_S" s1 "$TAP_TMP/victim.pcap"
	serve "$NET1_S:$PORT${1:+,$1}" "[$TO]:$PORT"
	client client ${1:+--key-file "$1"}
	client_ready client && capture_stop &&
		read -r _ _ client_key server_key < <(mpcapable_keys "$TAP_TMP/victim.pcap")
}

# Whether its SYN is answered
syn() {
	((++sport))
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$TAP_TMP/$sport.pcap"
	hidden options="1e0c1002$(plain_token "$server_key")$NONCE"
	wait_for 10 has_come && capture_stop && answered
}

has_come() {
	(($(mib_moved "$NS_S" MPJoinSynRx) > 0))
}

ack() {
	hidden flags=0x10 seq=2 ack=$((cookie + 1)) options="1e181000$(hmac)"
}

accepted() {
	(($(mib_moved "$NS_S" MPJoinAckRx) == 1))
}

refused() {
	(($(dropped "$CG_S") > before))
}

e2e_up
[[ $ENGINE_S == tc ]] || skip_all "this is about engine tc"
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
check "addresses" addresses
check "plain MPTCP: a connection" victim ""
check "plain MPTCP: the SYN of a join is answered" syn
check "plain MPTCP: its ACK is sent" ack
check "plain MPTCP: it is accepted" wait_for 10 accepted

e2e_attach
# So the listener without a key may get its plain token
check "the server announces an address" endpoint_s "$NET2_S" signal
check "the client does not go there" ip -n "$NS_C" mptcp limits set add_addr_accepted 0
check "with a key: a connection" victim "$KEY"
before=$(dropped "$CG_S")
exits 1 "with a key: the SYN of a join has no answer" syn
check "with a key: which was refused" wait_for 10 refused

check "no programs where answers leave" uncover "$NS_S" s1 egress
check "with a key: now it is answered" syn
before=$(dropped "$CG_S")
check "with a key: its ACK is sent" ack
check "with a key: which is refused" wait_for 10 refused
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "with a key: it is not accepted"
check "the data arrives whole" release client
done_testing
