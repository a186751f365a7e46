#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A flood of MP_JOIN SYNs with tokens at random: what each costs the server, and how
# many joins of those who may succeed. The flood is sent on CPU 0. All that arrives
# goes to CPU 1 (RPS), the RSTs that come back to CPU 0. The server's cost is the time
# of interrupts and softirqs on CPU 1 (bench/gaps.c), less what it is without a flood.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-3}
RATES=${EXTKEY_BENCH_RATES:-1000 10000 50000}
SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-1}
CONNECTIONS=20
E2E_BYTES=20000
NS_F=extkey-f-$TAP_PID

# Of another network namespace, whose /sys is not ours
rps() {
	ip netns exec "$1" sh -c "echo $3 >/sys/class/net/$2/queues/rx-0/rps_cpus"
}

flooder_up() {
	on_exit net_remove "$NS_F"
	ip netns add "$NS_F" &&
		ip link add f1 netns "$NS_F" type veth peer name s3 netns "$NS_S" &&
		net_address "$NS_F" f1 10.0.3.1 && net_address "$NS_S" s3 10.0.3.2 &&
		ip -n "$NS_F" route add "$NET1_S" via 10.0.3.2 &&
		ip -n "$NS_S" route add 10.0.4.0/24 via 10.0.3.1 &&
		rps "$NS_F" f1 1 && rps "$NS_S" s3 2
}

flood_arrives() {
	(($(mib_moved "$NS_S" MPJoinSynRx) > 0))
}

joined() {
	(($(mib_moved "$NS_S" MPJoinAckRx) >= CONNECTIONS))
}

# SYNs and nanoseconds lost in a second; sets LOST and SYNS
lost() {
	local from syns

	mib_snapshot "$NS_S"
	from=$(now_us)
	build/gaps --cpu 1 --seconds "$SECONDS_EACH" >"$TAP_TMP/gaps" || return
	syns=$(mib_moved "$NS_S" MPJoinSynRx)
	SYNS=$((syns * 1000000 / ($(now_us) - from)))
	LOST=$(jq '.share * 1e9 | round' "$TAP_TMP/gaps")
}

# RATE SETTING
under_flood() {
	local rate=$1 key idle

	key=$(bench_key "$2")
	bench_attach "$2"
	serve "$NET1_S:$PORT${key:+,$key}"
	lost && idle=$LOST || return
	mib_snapshot "$NS_S"
	spawn flood ip netns exec "$NS_F" nice -n -20 taskset -c 0 build/flood --to "$NET1_S:$PORT" \
		--from 10.0.4.0 --rate "$rate"
	wait_for 20 flood_arrives && lost || return
	mib_snapshot "$NS_S"
	client client ${key:+--key-file "$key"} --connections "$CONNECTIONS"
	client_ready client && wait_for 5 joined >&2
	jq -nc --argjson syns "$SYNS" --argjson lost "$LOST" --argjson idle "$idle" \
		--argjson joined "$(mib_moved "$NS_S" MPJoinAckRx)" --argjson of "$CONNECTIONS" '{
		syns_per_second: $syns, ns_per_syn: (($lost - $idle) / $syns),
		cpu_percent: (($lost - $idle) / 1e7), joined_percent: ($joined * 100 / $of)}'
	stop client
	kill -TERM -- "-${TAP_SPAWNED[flood]}"
	reap flood 20 >&2
	cat "$TAP_TMP/flood.out" >&2
	bench_end server extkey_server
}

bench_up
flooder_up || bail "no host that floods"
endpoint_c "$NET2_C" subflow || bail "no second path"
for rate in $RATES; do
	bench_turns "flood of $rate a second" "$ROUNDS" "$(bench_settings xor siphash)" \
		under_flood "$rate"
done
bench_save flood
