#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A thousand connections that get a key of their own at random times on both ends. Each has its
# second subflow in the end, and prints how long after the later key it was there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

[[ $SCHEME == siphash ]] || skip_all "--wait-key goes with scheme siphash"

CONNECTIONS=${EXTKEY_CONNECTIONS:-1000}
# An emulated machine needs ten times as long for each
[[ ${EXTKEY_SLOWNESS:-1} == 1 || ${EXTKEY_CONNECTIONS:-} ]] || CONNECTIONS=100
SECONDS_MAX=3

says() {
	grep -q "^$2" "$TAP_TMP/$1.out"
}

accepted() {
	local got

	got=$(mib_moved "$NS_S" MPJoinAckRx)
	echo "$got joins of $CONNECTIONS"
	((got >= CONNECTIONS))
}

# TIME TOKEN of each subflow as the client's kernel tells of it
monitor() {
	# shellcheck disable=SC2016 # of perl
	in_c stdbuf -oL ip mptcp monitor | perl -MTime::HiRes=time -ne \
		'BEGIN { $| = 1 } /SF_ESTABLISHED.* token=([0-9a-f]+)/ && printf "%.3f %08x\n", time, hex $1'
}

# "BEGAN-TO-LATER-KEY LATER-KEY-TO-SUBFLOW" of each connection, in ms
delays() {
	awk 'FILENAME ~ /monitor/ { if (!($2 in up)) up[$2] = $1; next }
		$1 != "key" { next }
		FILENAME ~ /server/ { key[$2] = $3; next }
		{ later = $3 > key[$2] ? $3 : key[$2]; if ($4 in up) printf "%.0f\n", (up[$4] - later) * 1000 }' \
		"$TAP_TMP/monitor.out" "$TAP_TMP/server.out" "$TAP_TMP/client.out" | sort -n
}

percentile() { # PERCENT
	sed -n "$((($(wc -l <"$TAP_TMP/delays") * $1 + 99) / 100))p" "$TAP_TMP/delays"
}

e2e_up
check "attach the client's cgroup" loader attach "$CG_C" --wait-key
check "attach the server's cgroup" loader attach "$CG_S" --wait-key
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
spawn server in_cgroup "$CG_S" in_s tests/lib/late_keys.pl server "$PORT" "$SECONDS_MAX"
check "the server listens" wait_for 20 says server listens
spawn monitor monitor
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
spawn client in_cgroup "$CG_C" in_c tests/lib/late_keys.pl client "$NET1_S" "$PORT" "$CONNECTIONS" "$SECONDS_MAX"
check "all connections have begun, and have keys" wait_for 120 says client all
check "all joins are accepted" wait_for 60 accepted
is "$(mib_moved "$NS_S" MPJoinAckRx)" "$CONNECTIONS" "one for each connection"
is "$(mib_moved "$NS_S" MPJoinAckHMacFailure) $(mib_moved "$NS_C" MPJoinSynAckHMacFailure)" "0 0" "each with its own key"
is "$(in_c ss -tniH | grep -o 'token:[0-9a-f]*(id:[0-9]*)/[0-9a-f]*' | sed 's,.*/,,' | sort | uniq -c |
	awk '$1 == 2' | wc -l)" "$CONNECTIONS" "each connection has two subflows"
delays >"$TAP_TMP/delays"
diag "subflow up after the later key, in ms: median $(percentile 50), 95 % $(percentile 95), at most $(percentile 100)"
check "times of most of them were seen" test "$(wc -l <"$TAP_TMP/delays")" -gt $((CONNECTIONS * 9 / 10))
done_testing
