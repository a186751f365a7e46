#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Keys of 16 to 32 bytes behind the address, for both families, with sockets of
# AF_INET6 for IPv4 as well. families.t has joins of one on a connection of the other.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# NAME LISTENER CONNECT ENDPOINT FINGERPRINT
join() {
	local name=$1

	check "$name: endpoint $4" endpoint_c "$4" subflow
	check "$name: the join comes to an end" \
		experiment "$name" "$KEY" "$KEY" "$2" --connect "$3:$PORT"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "$name: it was accepted"
	is "$(loader status --json | jq -r '.sockets[] | select(.role == "client") | .fingerprint')" \
		"$5" "$name: fingerprint of the key"
	data_on_both "$name"
	capture_stop
	check_masks "$name" "$name"
	stop server
	ip -n "$NS_C" mptcp endpoint flush
}

e2e_up
e2e_attach
check "addresses of IPv6" net_ipv6

KEY=$(key k16 0102030405060708090a0b0c0d0e0f10)
KEY_PAD=00000010 KEY_MASK=f0a355f622956be2e46bfb90abc29df5
join "IPv4-16-bytes" 0.0.0.0 "$NET1_S" "$NET2_C" cf75c8a7
KEY=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
KEY_PAD=00000020 KEY_MASK=597a53deb3f338eb0b1c9bb9e213d988
join "IPv6-32-bytes" "[::]" "[$NET1_S6]" "$NET2_C6" d489c46c
join "IPv4-on-IPv6-listener" "[::]" "$NET1_S" "$NET2_C" d489c46c
join "v4-mapped" "[::]" "[::ffff:$NET1_S]" "$NET2_C" d489c46c

# The same again, with another key at the client
check "endpoint" endpoint_c "$NET2_C6" subflow
mib_snapshot "$NS_S"
serve "[::]:$PORT,$KEY"
other=$(key other32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f21)
spawn client in_cgroup "$CG_C" in_c build/extkey_client --connect "[$NET1_S6]:$PORT" \
	--bytes "$E2E_BYTES" --hold-start --key-file "$other"
check "other last byte: connected" client_ready client
check "other last byte: the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "other last byte: refused at its SYN"
data_intact client

exits 1 "a key of 8 bytes has no place in IPv6" in_cgroup "$CG_C" in_c build/extkey_client \
	--connect "[$NET1_S6]:$PORT" --key-file "$(key short 0102030405060708)"

# A length that is wrong by one: EINVAL, whatever the policy
is "$(in_cgroup "$CG_C" in_c perl -e 'use Socket; socket(S, PF_INET, SOCK_STREAM, 262);
	$a = pack("S n a4 x8 a8 C x3 a15", AF_INET, 5000, inet_aton($ARGV[0]), "\x89extkey\x01", 16, "k" x 15);
	print connect(S, $a) ? "connected" : $!{EINVAL} ? "EINVAL" : $!' "$NET1_S")" EINVAL \
	"malformed: connect() fails"
is "$(counter "$CG_C" keys_malformed)" 1 "malformed: counted"
done_testing
