# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Two paths with data on both. Wants bench/lib.sh.
#
#	paths_offloads on|off	whether devices take segments of 64 KiB, as with
#				offloads of a network card
#	paths_pour SETTING [TO SECOND [CERTIFICATE]]
#				what a connection carries over two subflows, the
#				second one from the client's address SECOND, with a
#				key as SETTING says, or TLS

paths_offloads() {
	local end

	for end in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		# shellcheck disable=SC2086 # namespace and device
		in_ns ${end% *} ethtool -K "${end#* }" tso "$1" gso "$1" gro "$1" || return
	done
}

paths_listens() {
	grep -q listening "$TAP_TMP/pour.out"
}

paths_pour() {
	local key to=${2:-$NET1_S} second=${3:-$NET2_C} tls=${4:-}

	bench_attach "$1"
	key=$(bench_key "$1")
	ip -n "$NS_C" mptcp endpoint flush && endpoint_c "$second" subflow || return
	spawn pour in_cgroup "$CG_S" in_s taskset -c 1 build/pour --serve "$to:$PORT" \
		${key:+--key-file "$key"} ${tls:+--tls="$tls"}
	wait_for 20 paths_listens || return
	in_cgroup "$CG_C" in_c taskset -c 0 build/pour --to "$to:$PORT" --seconds "$SECONDS_EACH" \
		${key:+--key-file "$key"} ${tls:+--tls} |
		jq -c '{mbit, second_path: ((.subflows | min) / (.subflows | add))}'
	bench_end pour pour
}
