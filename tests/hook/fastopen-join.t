#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The SYN of a join has data, as if by TCP Fast Open, at a server that takes it. Without
# kernel/mptcp_join_no_fastopen.patch accept() returns a socket that is gone, and close() of it
# takes a reference too many: the virtual machine ends with a warning.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

# KEY: "" for none, and then attack words
join_with_data() {
	local key=$1
	shift

	stop client
	stop server
	ip -n "$NS_C" mptcp endpoint flush
	attack reset >/dev/null || bail "the attacker does not answer"
	VICTIM_KEY=$key
	serve "$NET1_S:$PORT${key:+,$key}"
	seen_join && attack join conn=0 from="$NET1_A" data=syn "$@"
}

accepted_only_one() {
	[[ $(grep -c '"event":"accepted"' "$TAP_TMP/server.out") == 1 ]]
}

e2e_up
check "fast open without a cookie" in_s sysctl -q net.ipv4.tcp_fastopen=1539
check "plain MPTCP: a join with data in its SYN" join_with_data "" token=real ack=real
is "$(reply syn)" answered "its SYN is answered"
check "the server accepts nothing else" accepted_only_one
check "the data arrives whole" release client
stop server
e2e_attach
check "with a key: an observed SYN, with data" join_with_data "$KEY" token=recorded nonce=recorded ack=real
is "$(reply syn) $(reply ack)" "answered refused" "its SYN is answered, and its ACK is not"
check "the server accepts nothing else" accepted_only_one
check "the data arrives whole" release client
stop server
done_testing
