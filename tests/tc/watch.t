#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Interfaces that come and go: "status" warns of them, "watch" covers them.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# Of $NS_C in "status": names of devices with programs, and of those without
devices() {
	loader status --json | jq -r --arg ns "/run/netns/$NS_C" \
		"[.$1[] | select(.netns == \$ns) | .device] | sort | join(\" \")"
}

devices_are() {
	[[ $(devices devices) == "$1" ]] || { devices devices; return 1; }
}

watch_says() {
	grep -qx "$1" "$TAP_TMP/watch.out"
}

flap() {
	local i

	for ((i = 0; i < $1; i++)); do
		ip -n "$NS_C" link add "flap$i" type veth peer name peer &&
			ip -n "$NS_C" link set "flap$i" up &&
			ip -n "$NS_C" link del "flap$i" || return
	done
}

hot_plug() {
	ip -n "$NS_C" link add hot0 type veth peer name hot1 && ip -n "$NS_C" link set hot0 up
}

suspend() {
	kill -STOP -- "-${TAP_SPAWNED[watch]}"
}

second_path() {
	ip -n "$NS_C" link set c2 up && net_route c2 "$NET2_C" "$NET2_S" 2
}

start_watch() {
	spawn watch build/extkey_loader watch --netns "$NS_C"
}

refuses 1 "cannot enter the network namespace" "no such namespace" \
	build/extkey_loader watch --netns extkey-none
refuses 2 "does not go with watch" "an option of another command" build/extkey_loader watch --all

e2e_up
check "the second path is not there yet" ip -n "$NS_C" link set c2 down
start_watch
e2e_attach
is "$(devices devices)" "c1" "attach covers what is up"
is "$(devices uncovered)" "" "nothing is missing"

stop watch
check "an interface comes up, with no watch" hot_plug
is "$(devices uncovered)" "hot0" "status says that it is not covered"
check "and what to do" bash -c "build/extkey_loader status | grep -q 'interface hot0 .*extkey_loader watch'"
check "it goes away" ip -n "$NS_C" link del hot0
is "$(devices uncovered)" "" "and status has forgotten it"

# A name that is no UTF-8, and would do something to a terminal
odd() {
	ip -n "$NS_C" link add $'o\xff\e' type veth peer name hot1 && ip -n "$NS_C" link set $'o\xff\e' up
}
check "one with a strange name comes up" odd
exits 5 "status says that something is not complete" build/extkey_loader status
is "$(devices uncovered)" "o??" "and which one"
check "it goes away" ip -n "$NS_C" link del $'o\xff\e'

start_watch
check "an interface comes up" hot_plug
check "watch covers it" wait_for 20 watch_says "hot0: attached"
is "$(devices devices)" "c1 hot0" "and status says so"
check "it goes away" ip -n "$NS_C" link del hot0
check "watch forgets it" wait_for 20 watch_says "hot0: gone"
is "$(loader status --json | jq '[.devices[] | select(.in_place | not)] | length')" 0 \
	"status says nothing of it"

# The second path is hot-plugged while the connection is there
mib_snapshot "$NS_S"
capture_start "$NS_S" s1 "$TAP_TMP/hot-s1.pcap"
serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected" client_ready client
check "the second path comes up" second_path
check "watch covers it" wait_for 20 watch_says "c2: attached"
capture_start "$NS_S" s2 "$TAP_TMP/hot-s2.pcap"
check "it is an endpoint now" endpoint_c "$NET2_C" subflow
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "it is accepted"
both_subflows client
capture_stop
check_masks hot "the join"

check "50 interfaces come and go" flap 50
check "and one stays" hot_plug
check "watch covers it" wait_for 30 devices_are "c1 c2 hot0"
check "watch is suspended" suspend
# Enough for the socket to overflow, with more than 4 KiB of messages each
check "many interfaces come and go" flap $((300 / ${EXTKEY_SLOWNESS:-1}))
check "one goes for good" ip -n "$NS_C" link del hot0
check "another comes up" ip -n "$NS_C" link add hot2 type veth peer name hot3
check "and another" ip -n "$NS_C" link set hot2 up
kill -CONT -- "-${TAP_SPAWNED[watch]}"
check "watch knows again" wait_for 30 devices_are "c1 c2 hot2"
is "$(<"$TAP_TMP/watch.err")" "" "it had nothing to complain about"

kill -TERM -- "-${TAP_SPAWNED[watch]}"
check "SIGTERM ends it, with exit status 0" reap watch 10
done_testing
