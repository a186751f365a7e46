#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The key of a cgroup changes, in three steps that reach the hosts in either order, while
# connections come and go, and while some stay. No join is lost, and none has a key that is not
# accepted at that moment. What was recorded of the old key is worth nothing once it is dropped.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

ROTATIONS=2 # twice, for either order; with EXTKEY_LONG=1 for ten minutes
CONNECTIONS=10
[[ ${EXTKEY_LONG:-} != 1 ]] || ROTATIONS=100

keys=("$(key one 000102030405060708090a0b0c0d0e0f10111213)"
	"$(key two 202122232425262728292a2b2c2d2e2f30313233)")
joins=0 back=0 port=7000

# Each with one join to the first address and, as the server announces its second one, one there
burst() {
	client burst --connections "$CONNECTIONS" --bytes 1000 --wait-subflows 3
	wait_for 30 grep -q '"event":"holding"' "$TAP_TMP/burst.out" || {
		show_state >"$TAP_TMP/state" # while the connections are there
		cat "$TAP_TMP/burst.out" "$TAP_TMP/burst.err"
		stop burst
		return 1
	}
	release burst || {
		cat "$TAP_TMP/burst.out" "$TAP_TMP/burst.err"
		return 1
	}
	((joins += CONNECTIONS * 2))
}

joined_back() {
	local got

	got=$(mib_moved "$NS_C" MPJoinAckRx)
	echo "joins to the client: $got, not $back"
	((got == back))
}

# The connections that stay: the client announces an address, where the server joins, and takes
# it back. A kernel does not join before its application has called accept(), so not in burst().
announce() {
	# Another port each time, as the kernel does not reuse one
	((back += CONNECTIONS, ++port))
	endpoint_c "$BACK" signal port "$port" || return
	wait_for 30 joined_back || {
		show_state >"$TAP_TMP/state"
		return 1
	}
	ip -n "$NS_C" mptcp endpoint delete id \
		"$(ip -n "$NS_C" -j mptcp endpoint show | jq --arg address "$BACK" '.[] | select(.address == $address).id')"
}

# STEP HOST HOST: with connections after each host
step() {
	local args=$1 cgroup
	shift

	for cgroup; do
		# shellcheck disable=SC2086 # two words
		loader key "$cgroup" $args >/dev/null && burst && announce || return
	done
}

rotation() {
	local new=$1 first=$2 second=$3

	step "--add $new" "$first" "$second" && step --use-new "$first" "$second" &&
		step --drop-old "$first" "$second"
}

e2e_up
# The kernel loses an ADD_ADDR now and then, with a key or without, and sends it again after this
in_c sysctl -qw net.mptcp.add_addr_timeout=5
in_s sysctl -qw net.mptcp.add_addr_timeout=5
ip -n "$NS_C" mptcp limits set subflow 8 add_addr_accepted 8
ip -n "$NS_S" mptcp limits set subflow 8 add_addr_accepted 8
check "endpoint of the client" endpoint_c "$NET2_C" subflow
check "endpoint of the server" endpoint_s "$NET2_S" signal
BACK=${NET2_C%.*}.101
check "another address of the client" net_address "$NS_C" c2 "$BACK"
check "attach the client's cgroup" loader attach "$CG_C" --key-file "${keys[0]}" --require-key
check "attach the server's cgroup" loader attach "$CG_S" --key-file "${keys[0]}" --require-key
serve "0.0.0.0:$PORT"
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
check "connections" burst
client stay --connections "$CONNECTIONS" --bytes 1000 --wait-subflows 3
check "connections that stay" client_ready stay
((joins += CONNECTIONS * 2))
check "joins to the client" announce
for ((i = 0; i < ROTATIONS; i++)); do
	((i % 2)) && order=("$CG_S" "$CG_C") || order=("$CG_C" "$CG_S")
	check "rotation $((i + 1)): no connection without its subflows" \
		rotation "${keys[(i + 1) % 2]}" "${order[@]}" || {
		[[ ! -e $TAP_TMP/state ]] || cat "$TAP_TMP/state"
		done_testing # all that follows is of keys that have changed
	}
done
is "$(mib_moved "$NS_S" MPJoinAckRx)" "$joins" "all joins were accepted"
is "$(mib_moved "$NS_C" MPJoinAckRx)" "$back" "so were those to the client"
check "and each ADD_ADDR was taken for genuine" test "$(mib_moved "$NS_C" AddAddr)" -ge "$((joins / 2))" -a \
	"$(mib_moved "$NS_S" AddAddr)" -ge "$back"
for ns in "$NS_C" "$NS_S"; do
	is "$(mib_moved "$ns" MPJoinNoTokenFound) $(mib_moved "$ns" MPJoinAckHMacFailure) $(mib_moved "$ns" MPJoinSynAckHMacFailure)" \
		"0 0 0" "none was refused"
done
is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"
tell stay
check "what has stayed ends well" reap stay 60

# Half-way: one that has dropped the old key, and one that sends it
check "the new key is added, at the client alone" loader key "$CG_C" --add "${keys[(ROTATIONS + 1) % 2]}"
check "and used" loader key "$CG_C" --use-new
mib_snapshot "$NS_S"
client client
check "a connection" client_ready client
join_refused() { (($(mib_moved "$NS_S" MPJoinNoTokenFound) > 0)); }
check "too early: its joins are refused" wait_for 20 join_refused
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "none is accepted"
check "the server has it, too" loader key "$CG_S" --add "${keys[(ROTATIONS + 1) % 2]}"
check "and the joins of new connections are accepted" burst

# As a service does at each start: the client sends the new key by now, the server the old one
old=${keys[ROTATIONS % 2]} new=${keys[(ROTATIONS + 1) % 2]}
state=$(loader status --json | jq -c '[.cgroups[].key]')
check "attach with the key that is sent" loader attach "$CG_C" --key-file "$new"
check "and with the one that was sent before" loader attach "$CG_C" --key-file "$old"
check "attach with the key that is sent, where there is another one to come" loader attach "$CG_S" --key-file "$old"
is "$(loader status --json | jq -c '[.cgroups[].key]')" "$state" "all of these leave the keys as they are"

# Errors leave the keys as they are
state=$(loader status --json | jq -c '[.cgroups[].key]')
refuses 1 "finish that rotation" "--add at the wrong time" loader key "$CG_S" --add "${keys[0]}"
refuses 1 "--use-new comes first" "--drop-old at the wrong time" loader key "$CG_S" --drop-old
refuses 1 "in use already" "--use-new at the wrong time" loader key "$CG_C" --use-new
refuses 1 "nothing but --drop-old" "--drop-new at the wrong time" loader key "$CG_C" --drop-new
refuses 1 "it is empty" "no key in the file" loader key "$CG_S" --add "$(key none "")"
refuses 2 "give a step" "no step" loader key "$CG_S"
is "$(loader status --json | jq -c '[.cgroups[].key]')" "$state" "the keys are as they were"
check "--drop-new takes it back" loader key "$CG_S" --drop-new

# As for a key that has leaked
check "the new key is added" loader key "$CG_S" --add "$new"
check "attach with it does not wait" loader attach "$CG_S" --key-file "$new"
is "$(loader status --json | jq -r --arg cgroup "$CG_S" '.cgroups[] | select(.cgroup == $cgroup) | .key |
	"\(.sending) \(.accepted)"')" "$(build/extkey_loader fingerprint "$new") null" "it is the only one"
check "the old one again" loader attach "$CG_S" --key-file "$old"

stop client
mib_snapshot "$NS_S"
client client
check "a key that the server has dropped: a connection" client_ready client
check "its joins are refused" wait_for 20 join_refused
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "none is accepted"
check "the data arrives whole" release client
done_testing
