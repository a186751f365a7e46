# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Devices above and beside those of the two hosts of net.sh, for tests/tc/.
# Wants e2e.sh and experiment.sh.
#
#	need_device ARG...	skips the test if "ip link add ARG..." fails, where
#				there is a device "base"
#	hosts_down		for e2e_up to make them anew
#	move_path N END DEV	the address and the routes of path N (1 or 2) move
#				to DEV, at END (c or s)
#	middle_up		a third host, $NS_M with cgroup $CG_M, is put into both
#				paths: c1 - mc1, ms1 - s1, the same of path 2
#	in_m CMD...		runs CMD there
#	attach_middle		attaches its cgroup, on all its interfaces
#	middle_serves [ADDR [KEY]]  a listener of its own, with the same key on 0.0.0.0
#	middle_untouched	nothing of a join was counted there
#	paths_settled		both hosts have found each other again
#	all_covered NS		there are programs on all interfaces of NS that are up,
#				but lo, which is for the test to ask for:
#				what a test has stacked is of no use without
#	join_works NAME [FIELD]	attach, all interfaces covered, the same key on both
#				ends, and one join: accepted, counted once at each
#				end, with the masks of docs/protocol.md on the wire
#				of s1 and s2, and data on both subflows

need_device() {
	local err ns=extkey-c-$TAP_PID

	ip netns add "$ns" && ip -n "$ns" link add base type veth peer name base2 ||
		bail "cannot add a veth to a network namespace"
	err=$(ip -n "$ns" link add "$@" 2>&1) || {
		ip netns del "$ns"
		skip_all "this kernel has no device of this type ($*): $err"
	}
	ip netns del "$ns"
}

hosts_down() {
	stop server; stop middle
	loader detach --all && net_down && net_remove "$NS_M" &&
		cgroup_remove_all
}

move_path() {
	local n=$1 end=$2 dev=$3 ns addr peer

	if [[ $end == c ]]; then
		local -n a=NET${n}_C p=NET${n}_S
		ns=$NS_C
	else
		local -n a=NET${n}_S p=NET${n}_C
		ns=$NS_S
	fi
	addr=$a peer=$p
	ip -n "$ns" addr flush dev "$end$n" && net_address "$ns" "$dev" "$addr" || return
	[[ $end == s ]] || ip -n "$ns" route replace default via "$peer" dev "$dev" table "$n"
}

NS_M=extkey-m-$TAP_PID

in_m() {
	in_ns "$NS_M" "$@"
}

middle_path() {
	local n=$1
	local -n addr=NET${n}_S

	ip -n "$NS_S" link set "s$n" netns "$NS_M" name "mc$n" &&
		ip link add "ms$n" netns "$NS_M" type veth peer name "s$n" netns "$NS_S" &&
		ip -n "$NS_M" link set "mc$n" up && ip -n "$NS_M" link set "ms$n" up &&
		net_address "$NS_S" "s$n" "$addr"
}

middle_up() {
	on_exit net_remove "$NS_M"
	ip netns add "$NS_M" && ip -n "$NS_M" link set lo up &&
		CG_M=$(cgroup_make middle) && middle_path 1 && middle_path 2 &&
		net_rate "$E2E_RATE"
}

attach_middle() {
	build/extkey_loader attach "$CG_M" --engine tc --scheme "$SCHEME" --netns "$NS_M"
}

middle_listens() {
	grep -q '"event":"listening"' "$TAP_TMP/middle.out"
}

middle_serves() {
	spawn middle in_cgroup "$CG_M" in_m build/extkey_server \
		--listener "${1:-0.0.0.0}:$PORT,${2:-$KEY}"
	wait_for 20 middle_listens
}

middle_untouched() {
	is "$(loader status --json | jq -c --arg cgroup "$CG_M" \
		'.cgroups[] | select(.cgroup == $cgroup) | .counters | with_entries(select(.value > 0))')" \
		'{"keys_taken":1}' "the middle counted nothing but its own key"
}

# An interface without a link header has no neighbours to be found
path_answers() {
	local n=$1
	local -n addr=NET${n}_S

	net_mark "$NS_C" "c$n" settle
	[[ $(ip -n "$NS_C" route get "$addr" | grep -oE 'dev [^ ]+' |
		xargs ip -n "$NS_C" link show) == *NOARP* ||
		$(ip -n "$NS_C" neigh show to "$addr" nud reachable) ]]
}

paths_answer() {
	path_answers 1 && path_answers 2
}

paths_settled() {
	check "both paths are there" wait_for 20 paths_answer
}

all_covered() {
	local up

	[[ $ENGINE_S == tc ]] || return 0
	up=$(ip -n "$1" -json link show up | jq -r '[.[].ifname // empty | select(. != "lo")] | sort | join(" ")')
	is "$(loader status --json | jq -r --arg netns "/run/netns/$1" '[.devices[] |
		select(.netns == $netns and .in_place and .device != "lo").device] | sort | join(" ")')" "$up" \
		"there are programs on all interfaces: $up"
}

join_works() {
	local name=$1 field=${2:-} ns

	paths_settled
	e2e_attach
	for ns in "$NS_C" "$NS_S" "$NS_M"; do
		[[ ! -e /run/netns/$ns ]] || all_covered "$ns"
	done
	if [[ $field ]]; then
		check "the server announces its second address" endpoint_s "$NET2_S" signal
	else
		check "endpoint of the second path" endpoint_c "$NET2_C" subflow
	fi
	# On all addresses: an announced one is joined as well
	check "the join comes to an end" experiment "$name" "$KEY" "$KEY" 0.0.0.0
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted the join"
	both_subflows client
	capture_stop
	check_masks "$name" "the join" $field
	is "$(counter "$CG_C" join_syn_tx)" 1 "one join masked"
	is "$(counter "$CG_C" join_synack_rx)" 1 "it was answered"
	is "$(counter "$CG_S" join_syn_rx)" 1 "one join unmasked"
	is "$(counter "$CG_S" join_synack_tx)" 1 "it led to the connection"
	is "$(counter "$CG_S" join_ack_rx)" 1 "and was completed"
}
