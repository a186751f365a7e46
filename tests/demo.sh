#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The three experiments, and a table of what came out: on the kernel it runs on, with
# the engine in EXTKEY_ENGINES. Captures are left in build/demo/.
cd "$(dirname "$0")/.." || exit 1
CAPTURES=build/demo
. tests/lib/e2e.sh
. tests/lib/experiment.sh

say() { echo "$*" >&2; }

# What the capture shows, with no look at our own maps
token_seen() {
	local wire real

	wire=$(wire_token "$1") real=$(real_token "$1")
	[[ $wire && $real ]] || { echo "not seen"; return; }
	[[ $wire == "$real" ]] && echo "$wire plain" || echo "$wire masked"
}

moved() {
	{ mib_diff "$NS_C"; mib_diff "$NS_S"; } | sed -n 's/^MPTcpExt\(MPJoin[A-Za-z]*\) /\1 +/p' |
		sort -u | paste -sd ',' | sed 's/,/, /g'
}

failed=0

# NAME TITLE SERVER_KEY CLIENT_KEY WANT_SECOND WANT_TOKEN
run() {
	local name=$1 first second counters token got1 got2 verdict=FAILED

	say "experiment $name: $2 ..."
	experiment "$name" "$3" "$4" && release client || say "  the client failed"
	wait_for 20 grep -q '"event":"closed"' "$TAP_TMP/server.out"
	counters=$(moved)
	capture_stop
	got1=$(received "$NET1_C") got2=$(received "$NET2_C")
	token=$(token_seen "$name")
	first=$([[ $(event client "done" .ok) == true && $got1 -gt 0 ]] && echo up || echo down)
	second=down
	(($(mib_moved "$NS_S" MPJoinAckRx) == 1 && got2 > 0)) && second=up
	(($(mib_moved "$NS_S" MPJoinNoTokenFound) == 1 && got2 == 0)) && second=refused
	stop server

	[[ $first == up && $second == "$5" && ${token#* } == "$6" ]] && verdict=ok || failed=1
	table+=("$name: $2|$first|$second|$token|$got1 + $got2|$counters|$verdict")
}

mkdir -p "$CAPTURES" && rm -f "$CAPTURES"/*
e2e_up
loader attach "$CG_C" >&2 && loader attach "$CG_S" >&2 || bail "cannot attach"
endpoint_c "$NET2_C" subflow || bail "no second path"

table=("EXPERIMENT|FIRST SUBFLOW|SECOND SUBFLOW|TOKEN ON THE WIRE|BYTES ON EACH|KERNEL COUNTERS|VERDICT")
run 1 "same key" "$KEY" "$KEY" up masked
run 2 "different keys" "$KEY" "$OTHER_KEY" refused masked
run 3 "no key" "" "" up plain

echo
echo "Linux $(uname -r), engine $ENGINE_S:"
echo
printf '%s\n' "${table[@]}" | column -t -s '|'
# On the patched kernel this may have been "make demo-vm" itself
next="sudo make demo-vm                the same with engine hook, on the patched kernel"
[[ $ENGINE_S == tc ]] ||
	next="sudo make check                  all tests, with both engines and with one on each end"
echo
cat <<-NEXT
	The captures are in $CAPTURES/: s1 is path 1, s2 is path 2. What to try next:

	  wireshark $CAPTURES/1-s2.pcap   a masked join; mptcp as a filter
	  $next
	  sudo make attacks                what who saw the handshake can do, with a key and without
	  README.md, "On a real host"      a cgroup and a key of your own
NEXT
TAP_LEFT=demo
exit $failed
