#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections that wait for a key of their own: until they have it, nothing that would bring another
# subflow leaves or is accepted, without a RST; soon after both ends have it, the join is there, with
# all masks. One end alone is not enough, and another key neither.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/sockets.sh

[[ $SCHEME == siphash ]] || skip_all "--wait-key goes with scheme siphash"

connection() { # NAME
	does client socket "$1"
	does client connect "$1" "$NET1_S" "$PORT"
	does server accept listener "$1"
}

held() { # NAMESPACE of the host whose joins are held
	in_ns "$1" ss -Htn state syn-sent | grep -q .
}

on_path2() { # FILTER
	tcpdump -nn -r "$CAPTURES/wait-s2.pcap" "tcp and ($1)" 2>/dev/null
}

came() {
	(($(mib_moved "$NS_S" "$1") >= ${2:-1}))
}

refused_silently() {
	if [[ $ENGINE_S == tc ]]; then
		(($(counter "$CG_S" drop_waiting) > 0))
	else
		came MPJoinNoTokenFound
	fi
}

ended() { # HOST SOCKET: the connection is over for the application, by an error or its end
	sockets_tell "$1" receive "$2"
	[[ ${SOCKETS_ANSWER##*: } =~ reset|end|timed ]]
}

e2e_up
in_s sysctl -qw net.mptcp.add_addr_timeout=1
in_c sysctl -qw net.mptcp.add_addr_timeout=1

refuses 2 "goes with --scheme siphash" "not with scheme xor" build/extkey_loader attach "$CG_C" --wait-key --scheme xor
refuses 2 "for cgroups without a key" "nor with a key" loader attach "$CG_C" --wait-key --key-file "$KEY"
refuses 2 "do not go together" "nor with --require-key" loader attach "$CG_C" --wait-key --require-key
check "attach the client's cgroup" loader attach "$CG_C" --wait-key
check "attach the server's cgroup" loader attach "$CG_S" --wait-key
is "$(loader status --json | jq -c '[.cgroups[] | [.wait_key, .require_key, .linked]] | unique')" "[[true,false,true]]" \
	"status: the key is awaited"
programs() { bpftool -j cgroup show "$1" 2>/dev/null | jq -r '[.[] | select(.attach_type | test("egress|sock_ops")).name] | sort | join(" ")'; }
is "$(programs "$CG_C")" "extkey_hold extkey_knock" "the programs for that are at the cgroup"

sockets_up
does server socket listener
does server bind listener 0.0.0.0 "$PORT"
does server listen listener
informs server listener "none 00000000 waiting"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
capture_start "$NS_S" s1 "$CAPTURES/wait-s1.pcap"
capture_start "$NS_S" s2 "$CAPTURES/wait-s2.pcap"
mib_snapshot "$NS_S"

connection a
lives "the first subflow works" a a
informs client a "none 00000000 waiting"
informs server a "none 00000000 waiting"
check "the client's join is held" wait_for 10 held "$NS_C"
lives "and still" a a
does client key a "$KEY_HEX"
informs client a "connection $KEY_FINGERPRINT"
check "the server drops it" wait_for 10 refused_silently
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "no join is accepted yet"
does_not client "Device or resource busy" key a "$OTHER_HEX"
begin=$(now_us)
does server key a "$KEY_HEX"
check "when both have it, it is accepted" wait_for 30 came MPJoinAckRx
took=$((($(now_us) - begin) / 1000))
diag "$took ms after the server's key"
does_not server "Device or resource busy" key a "$OTHER_HEX"
informs server a "connection $KEY_FINGERPRINT"
is "$(fingerprint client remote "$NET1_S:$PORT")" "$KEY_FINGERPRINT" "status shows it"
lives "data" a a
capture_stop
is "$(on_path2 'tcp[tcpflags] & tcp-rst != 0')" "" "nobody sent a RST"
is "$(wire_fields wait)" "ack masked synack masked token ok" "S and A have masks, T has none"
before_key=$(on_path2 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn' | wc -l)
check "and no more SYNs left than were due" test "$before_key" -le 10

# A key on one end is none on the other, and another one neither
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
connection other
lives "the first subflow works" other other
does client key other "$KEY_HEX"
does server key other "$OTHER_HEX"
s_failed() { (($(mib_moved "$NS_C" MPJoinSynAckHMacFailure) + $(mib_moved "$NS_C" MPJoinAckHMacFailure) > 0)); }
check "with another key, the client refuses S" wait_for 20 s_failed
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "no join is accepted"
lives "the first subflow goes on" other other
does client close other
does server close other

# A listener key is none to wait for
does client socket early
does client key early "$KEY_HEX"
informs client early "socket $KEY_FINGERPRINT"
does client connect early "$NET1_S" "$PORT"
does server accept listener early
does_not client "Device or resource busy" key early "$KEY_HEX"
does client close early
does server close early

# It is the connection's, and not that of the next one of the socket
shown() { loader status --json | jq -r --arg at "$1" '.sockets[] | select(.local == $at) | .fingerprint'; }
connection again
does client key again "$KEY_HEX"
does client disconnect again
does server close again
informs client again "none 00000000 waiting" "nobody has it in between"
does client bind again "$NET1_C" 7000
does client connect again "$NET1_S" "$PORT"
does server accept listener again
informs client again "none 00000000 waiting" "the next connection waits for its own"
is "$(shown "$NET1_C:7000")" awaited "status shows that"
does client key again "$OTHER_HEX"
does client disconnect again
does server close again
does client listen again
informs client again "none 00000000 waiting" "a listener that was a client has none"
is "$(shown "$NET1_C:7000")" awaited "status shows that, too"
does client disconnect again
does client key again "$KEY_HEX"
does client connect again "$NET1_S" "$PORT"
does server accept listener again
informs client again "socket $KEY_FINGERPRINT" "a listener key takes the place"
does client close again
does server close again

# An end that aborts ends both, whether it has a key or not
for keys in none both; do
	connection abort
	[[ $keys == none ]] || { does client key abort "$KEY_HEX"; does server key abort "$KEY_HEX"; }
	does client abort abort
	check "abort, keys: $keys: the server's end is over" wait_for 5 ended server abort
	does server close abort
done

# Addresses that are announced
ip -n "$NS_C" mptcp endpoint flush
ip -n "$NS_C" mptcp limits set subflow 8 add_addr_accepted 8
ip -n "$NS_S" mptcp limits set subflow 8 add_addr_accepted 8
check "the server announces its second address" endpoint_s "$NET2_S" signal
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
connection announced
does server key announced "$KEY_HEX"
lives "the first subflow works" announced announced
refused_d() { if [[ $ENGINE_C == tc ]]; then (($(counter "$CG_C" drop_waiting) > 0)); else
	(($(mib_moved "$NS_C" AddAddrDrop) + $(mib_moved "$NS_S" AddAddrTx) > 1)); fi; }
check "the client has no key, and gets an announcement" wait_for 10 refused_d
is "$(mib_moved "$NS_C" AddAddr) $(mib_moved "$NS_S" EchoAdd)" "0 0" "it does not take it, nor answer"
does client close announced
does server close announced

# The kernel loses an announcement now and then, and repeats it, but not for long
joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
announced_and_joined() {
	capture_start "$NS_S" s1 "$CAPTURES/announce-s1.pcap"
	capture_start "$NS_S" s2 "$CAPTURES/announce-s2.pcap"
	mib_snapshot "$NS_S"
	sockets_tell client socket announced
	sockets_tell client connect announced "$NET1_S" "$PORT"
	sockets_tell server accept listener announced
	sockets_tell server key announced "$KEY_HEX"
	sockets_tell client key announced "$KEY_HEX"
	sockets_tell client send announced
	sockets_tell server receive announced
	wait_for 8 joined
}
for ((i = 0; i < 5; i++)); do
	announced_and_joined && break
	capture_stop
done
check "when both have it, the client joins there" joined
capture_stop
is "$(wire_fields announce)" "ack masked add_addr masked synack masked token ok" "all fields on the wire have masks"

# What is held is announced again, but within two seconds on newer kernels, and not more often
held_and_joined() {
	mib_snapshot "$NS_S"
	sockets_tell client socket held
	sockets_tell client connect held "$NET1_S" "$PORT"
	sockets_tell server accept listener held
	sockets_tell client send held
	sockets_tell server receive held
	wait_for 5 came AddAddrTx
	sockets_tell server key held "$KEY_HEX"
	sockets_tell client key held "$KEY_HEX"
	wait_for 8 joined
}
for ((i = 0; i < 5; i++)); do
	held_and_joined && break
done
check "an announcement that was held is made again" test "$i" -lt 5

# Where nobody waits, an established connection gets no key
check "the client's cgroup does not wait any more" loader attach "$CG_C" --no-wait-key
does client socket plain
does client connect plain "$NET1_S" "$PORT"
does_not client "Device or resource busy" key plain "$KEY_HEX"
informs client plain "none 00000000"
done_testing
