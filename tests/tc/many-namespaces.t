#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# More network namespaces with keys than there is room for: then the gate is in the way in all
# of them, in those that it does not know as well. Sockets there get keys and join, and nothing
# gets past the programs on interfaces.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

MAP=$BPFFS/extkey/namespaces
MAX=$(awk '$2 == "EXTKEY_MAX_NAMESPACES" { print $3 }' include/extkey_maps.h)
FROM=10.0.1.77 # nobody: no RST for what is answered

# That none has; 0 is the one that says that the map is complete
fill() {
	local i

	for ((i = 0; i < MAX - 1; i++)); do
		printf 'map update pinned %s key hex %02x %02x 0 0 0 0 0 ff value hex 1 0 0 0\n' \
			"$MAP" $((i & 255)) $((i >> 8))
	done >"$TAP_TMP/batch"
	bpftool batch file "$TAP_TMP/batch" >/dev/null
}

is_complete() {
	bpftool map lookup pinned "$MAP" key hex 0 0 0 0 0 0 0 0 | grep -q value
}

# Two MP_JOIN in a SYN, which no kernel sends: the gate drops it where it looks
strange() {
	local join=1e0c10021122334455667788

	mib_snapshot "$NS_S"
	in_c build/extkey_rawsend dev=c1 from="$FROM/20000" to="$NET1_S/$PORT" options="$join$join" \
		mac="$(ip -n "$NS_S" -json link show s1 | jq -r '.[].address')"
}

seen_by_kernel() {
	(($(mib_moved "$NS_S" MPJoinSynRx) == 1))
}

e2e_up
[[ $ENGINE_C == tc && $ENGINE_S == tc ]] || skip_all "this is about engine tc"
e2e_attach
check "a listener without a key, where none has been" serve "$NET1_S:$PORT"
check "the map is complete" is_complete
check "two tokens in a SYN" strange
check "are left to the kernel" wait_for 10 seen_by_kernel
stop server

check "as many other namespaces as there is room for" fill
client none --key-file "$KEY"
check "a key, and no room for its namespace" wait_for 10 counter_is "$CG_C" keys_taken 1
stop none
exits 1 "the map is not complete any more" is_complete

serve "$NET1_S:$PORT"
dropped=$(counter "$CG_S" drop_strange)
check "two tokens in a SYN, to the namespace that has not had a key" strange
check "are dropped by the gate" wait_for 10 counter_is "$CG_S" drop_strange $((dropped + 1))
check "an endpoint" endpoint_c "$NET2_C" subflow
client keyless --wait-subflows 2
check "without a key: two subflows" client_ready keyless
both_subflows keyless
stop server

for cookies in 1 2; do
	check "SYN cookies: $cookies" in_s sysctl -q net.ipv4.tcp_syncookies=$cookies
	serve "$NET1_S:$PORT,$KEY"
	client keyed --key-file "$KEY" --wait-subflows 2
	check "with a key: two subflows" client_ready keyed
	both_subflows keyed
	stop server
done

serve "$NET1_S:$PORT,$KEY"
check "no endpoint" ip -n "$NS_C" mptcp endpoint flush
client last --key-file "$KEY"
check "a connection with a key" client_ready last
check "no programs on path 2" uncover "$NS_C" c2
check "nor at its other end" uncover "$NS_S" s2
unseen=$(counter "$CG_S" drop_unverified)
mib_snapshot "$NS_S"
check "an endpoint" endpoint_c "$NET2_C" subflow
more() { (($(counter "$CG_S" drop_unverified) > unseen)); }
check "its join is dropped" wait_for 20 more
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "it is not accepted"
first_subflow_alone last
done_testing
