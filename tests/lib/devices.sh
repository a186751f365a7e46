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
#	paths_settled		both hosts have found each other again
#	join_works NAME [FIELD]	attach, the same key on both ends, and one join:
#				accepted, counted once at each end, with the masks
#				of docs/protocol.md on the wire of s1 and s2, and
#				data on both subflows

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
	stop server
	loader detach --all && net_down && cgroup_remove "$CG_C" && cgroup_remove "$CG_S"
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

paths_answer() {
	net_mark "$NS_C" c1 settle && net_mark "$NS_C" c2 settle
	[[ $(ip -n "$NS_C" neigh show to "$NET1_S" nud reachable) &&
		$(ip -n "$NS_C" neigh show to "$NET2_S" nud reachable) ]]
}

paths_settled() {
	check "both paths are there" wait_for 20 paths_answer
}

join_works() {
	local name=$1 field=${2:-}

	paths_settled
	e2e_attach
	if [[ $field ]]; then
		check "the server announces its second address" endpoint_s "$NET2_S" signal
	else
		check "endpoint of the second path" endpoint_c "$NET2_C" subflow
	fi
	check "the join comes to an end" experiment "$name" "$KEY" "$KEY"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the server's kernel accepted the join"
	both_subflows client
	capture_stop
	check_masks "$name" "the join" $field
	is "$(counter "$CG_C" joins_masked)" 1 "one join masked"
	is "$(counter "$CG_C" joins_answered)" 1 "it was answered"
	is "$(counter "$CG_S" joins_unmasked)" 1 "one join unmasked"
	is "$(counter "$CG_S" joins_known)" 1 "it led to the connection"
	is "$(counter "$CG_S" joins_completed)" 1 "and was completed"
}
