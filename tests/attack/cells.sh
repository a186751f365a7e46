# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# One cell of the table: an attack in a setting. Wants rows.sh.
#
#	setting_begin SETTING	plain, xor, siphash or siphash-bound
#	setting_end
#	is_played ROW		false if the kernel stops it in plain MPTCP, or cannot play it
#	cell ROW SETTING	$OUTCOME and $WHY, and $EXPECTED; false if it is not
#				as expected
#	cell_json ROW SETTING

declare -A PLAIN_SUCCEEDED=()
# shellcheck disable=SC2034 # for e2e.sh
E2E_BYTES=65536
KEY=$(key long 0102030405060708090a0b0c0d0e0f10) # for IPv6 as well

# ARG...: beside what the setting wants
attach_hosts() {
	local host

	[[ $SETTING != *-bound ]] || set -- --bind-addresses "$@"
	for host in "$CG_C" "$CG_S" "$CG_B"; do
		loader attach "$host" "$@" >"$TAP_TMP/attach" 2>&1 ||
			bail "cannot attach: $(<"$TAP_TMP/attach")"
	done
}

setting_begin() {
	loader detach --all || bail "cannot detach"
	: "${CG_B:=$(cgroup_make other)}"
	SETTING=$1 VICTIM_KEY=$KEY
	case $1 in
	plain)		VICTIM_KEY=; return ;;
	xor | siphash | siphash-bound) ;;
	*)		bail "no setting $1" ;;
	esac
	SCHEME=${1%-bound} # for e2e.sh
	attach_hosts
}

# ROW: what its cgroups are attached with, where no program gives a key before the connection
policy_of() {
	case $1 in
	2[67]* | 30*)	echo --key-file "$KEY" ;;
	3[2-5]*)	echo --wait-key ;;
	esac
}

# ARG...: that, in the place of the setting's
attach_again() {
	[[ $SETTING != plain ]] || return
	loader detach --all || bail "cannot detach"
	VICTIM_KEY=
	attach_hosts "$@"
}

# Whether the row attaches by itself, or changes keys
attaches() {
	[[ $(policy_of "$1") || $1 == 31 ]]
}

setting_end() {
	loader detach --all
}

# Outcomes by engine only where they differ: "ROW@ENGINE" goes before "ROW"
expectation() {
	awk -v row="$1" -v setting="$2" -v engine="$ENGINE_S" '
		$1 == "row" { for (i = 2; i <= NF; i++) if ($i == setting) column = i }
		$1 == row && !found { found = $column }
		$1 == row "@" engine { found = $column }
		END { print found == "na" ? "n/a" : found }' tests/attack/expected
}

is_played() {
	case $1 in
	15 | 16* | 22)	! patched ;;
	35)		! patched && [[ $SETTING != xor ]] ;;
	3[2-4]*)	[[ $SETTING != xor ]] ;; # nobody waits for a key with it
	24[cef] | 25)	has_netem ;; # they have a packet be late
	31)		patched ;; # both engines on one host
	esac
}

has_netem() {
	tc -n "$NS_S" qdisc replace dev lo root netem delay 1ms 2>/dev/null &&
		tc -n "$NS_S" qdisc del dev lo root
}

# The attacker's addresses over IPv6: attacker/hide.c
ipv6_s() {
	ip -n "$NS_S" addr replace "$SERVER6/64" dev s1 nodad &&
		ip -n "$NS_S" neigh replace "fd00::$NET1_A" dev s1 lladdr 02:00:00:00:00:66
}

cell_reset() {
	local policy

	ip -n "$NS_C" mptcp endpoint flush
	ip -n "$NS_B" mptcp endpoint flush
	ip -n "$NS_S" mptcp endpoint flush
	ip -n "$NS_C" mptcp limits set subflow 4 add_addr_accepted 4
	in_s sysctl -q net.core.somaxconn=4096 net.ipv4.tcp_syncookies=1 net.mptcp.pm_type=0
	case $1 in
	4*)		small_queue ;;
	1c | 2c | 10c | 17c | 13 | 14 | 15 | 17 | 22)	in_s sysctl -q net.ipv4.tcp_syncookies=2 ;;
	esac
	attack reset >/dev/null || bail "the attacker does not answer"
	ipv6_s || bail "no IPv6 at the server"
	read -ra policy <<<"$(policy_of "$1")"
	((!${#policy[@]})) || attach_again "${policy[@]}"
	# The second one is for row 13, the third for row 17
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}" "$NET2_S:$PORT" \
		"[$SERVER6]:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	mib_snapshot "$NS_C"
	snapshot_s
}

cell_leave() {
	local name

	for name in client second third last unread server other monitor; do
		stop "$name"
	done
	# So that nothing of this cell sends or counts in the next
	in_c ss -Ktn >/dev/null 2>&1
	in_ns "$NS_B" ss -Ktn >/dev/null 2>&1
	in_s ss -Ktn >/dev/null 2>&1
	! attaches "$1" || setting_begin "$SETTING"
}

cell() {
	EXPECTED=$(expectation "$1" "$2")
	OUTCOME=broken WHY="the row came to no end" CELL_COUNTERS=
	cell_reset "$1"
	"row_$1" >"$TAP_TMP/row" 2>&1
	CELL_COUNTERS=$({ mib_diff "$NS_C" | sed 's/^/client /'; mib_diff "$NS_S" | sed 's/^/server /'; } |
		grep MPTcp)
	[[ $OUTCOME != broken ]] || diag "$(<"$TAP_TMP/row")" >&2
	cell_leave "$1"
	[[ $2 != plain || $OUTCOME != succeeds ]] || PLAIN_SUCCEEDED[$1]=yes
	# Nothing is stopped that would not have worked anyway
	[[ $OUTCOME != stopped || ${PLAIN_SUCCEEDED[$1]:-} ]] || OUTCOME="n/a"
	[[ $OUTCOME == "$EXPECTED" ]]
}

cell_json() {
	jq -nc --arg engine "$ENGINE_S" --arg kernel "$(uname -r)" --arg row "$1" \
		--arg title "${TITLES[$1]}" --arg setting "$2" --arg outcome "$OUTCOME" \
		--arg why "$WHY" --arg expected "$EXPECTED" --arg counters "$CELL_COUNTERS" \
		'{$engine, $kernel, $row, $title, $setting, $outcome, $why, $expected,
		  counters: ($counters | split("\n") | map(select(. != "")))}'
}
