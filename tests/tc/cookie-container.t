#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server is a container with macvlans on a host's interfaces, and uses SYN cookies. Its
# answers pass the programs on the host's interfaces as well, which leave them alone, whoever
# has a key there: the container without extkey, and with it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

path() {
	local n=$1
	local -n addr=NET${n}_S

	ip -n "$NS_S" link set "s$n" netns "$NS_M" name "mc$n" &&
		ip -n "$NS_M" link set "mc$n" up &&
		ip -n "$NS_M" link add link "mc$n" name "s$n" netns "$NS_S" type macvlan mode bridge &&
		net_address "$NS_S" "s$n" "$addr"
}

container() {
	on_exit net_remove "$NS_M"
	ip netns add "$NS_M" && ip -n "$NS_M" link set lo up &&
		CG_M=$(cgroup_make middle) && path 1 && path 2
}

accepted() {
	(($(mib_moved "$NS_S" MPJoinAckRx) == 1))
}

# DESC KEY: "" for none, on both ends
joins() {
	stop client
	stop server
	ip -n "$NS_C" mptcp endpoint flush
	mib_snapshot "$NS_S"
	serve "$NET1_S:$PORT${2:+,$2}"
	client client ${2:+--key-file "$2"}
	check "$1: a connection" client_ready client
	check "$1: an endpoint" endpoint_c "$NET2_C" subflow
	check "$1: the join is accepted" wait_for 20 accepted
	is "$(mib_moved "$NS_S" SyncookiesRecv)" 2 "$1: both had cookies"
	check "$1: the data arrives whole" release client
}

need_device link base name try type macvlan
e2e_up
check "a container" container
ip -n "$NS_C" neigh flush all
check "no other blackhole" in_c sysctl -q net.mptcp.blackhole_timeout=0
paths_settled
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
check "the host is attached" attach_middle
check "with a listener of its own that has a key" middle_serves
joins "container without extkey" ""
e2e_attach
joins "container with a key" "$KEY"
stop middle
joins "the host's listener is gone" "$KEY"
done_testing
