#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who dumps all maps finds no key in them, nor what masks are made of, after joins
# of all kinds.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# Bytes as hex digits, of each map that one of our programs uses
all_maps() {
	local bpftool=${BPFTOOL:-/usr/sbin/bpftool} id pin

	find /sys/fs/bpf/extkey -path "*/programs/*" -type f | while read -r pin; do
		"$bpftool" -j prog show pinned "$pin" 2>/dev/null | jq '.map_ids[]?' 2>/dev/null
	done | sort -un | while read -r id; do
		"$bpftool" -j map dump id "$id" 2>/dev/null | perl -ne 'print /"0x(..)"/g'
		echo
	done
}

# A word of the secret is enough to say that it is there
no_secret() {
	local what=$1 word bytes
	shift

	for word; do
		bytes=$(perl -e 'print scalar reverse($ARGV[0]) =~ s/(.)(.)/$2$1/gr' "$word")
		if grep -q -e "$word" -e "$bytes" <<<"$DUMP"; then
			fail "$what"
			return
		fi
	done
	pass "$what"
}

has_id() {
	grep -q "$(perl -e 'print unpack "H*", pack "Q<", $ARGV[0]' "$(stat -c %i "$1")")" <<<"$DUMP"
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
for cookies in 0 2; do
	in_s sysctl -q net.ipv4.tcp_syncookies=$cookies
	check "tcp_syncookies=$cookies: the join comes to an end" experiment "j$cookies" "$KEY" "$KEY"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "tcp_syncookies=$cookies: it was accepted"
	DUMP=$(all_maps)
	check "there are dumps: of the counters, by cgroup" has_id "$CG_S"
	no_secret "tcp_syncookies=$cookies: the key is in none" 0102030405060708
	no_secret "tcp_syncookies=$cookies: nor the key of masks" "${KEY_MASK:0:16}" "${KEY_MASK:16}"
	release client
	capture_stop
	stop server
done
done_testing
