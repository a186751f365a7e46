#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# HTTPS over Multipath TCP, by nginx and curl as they are, with an attacker in the middle of both
# paths who sees every packet: plain MPTCP, and with keys out of TLS. What the attacker achieves
# stands in a table. Captures are left in build/demo-tls/.
cd "$(dirname "$0")/.." || exit 1
CAPTURES=build/demo-tls
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/lib/tls.sh

WRAP=/usr/lib/$(uname -m)-linux-gnu/mptcpize/libmptcpwrap.so.0
BYTES=6000000 RATE=2M # so each connection lasts for three seconds

say() { echo "$*" >&2; }

nginx_listens() {
	in_s ss -MHln "sport = :8443" | grep -q .
}

has_moved() {
	(($(mib_moved "$1" "$2") >= ${3:-1}))
}

curl_up() {
	spawn curl in_cgroup "$CG_C" in_c env LD_PRELOAD="$PRELOAD" curl -sS --limit-rate "$RATE" --cacert "$TAP_TMP/cert" \
		-o /dev/null -w '%{size_download}\n' --max-time 60 "https://$NET1_S:8443/file"
}

# Of whom the server has had a subflow, as its kernel tells
joined_from() {
	grep -ohE 'ESTABLISHED\].* daddr4=[0-9.]+' "$TAP_TMP/monitor.out" | sed 's/.*=//' | sort -u |
		sed "s/^$NET1_A$/$NET1_A (the attacker)/" | paste -sd, | sed 's/,/, /g'
}

bytes_on() {
	ip -n "$NS_C" -s -json link show "$1" | jq '.[].stats64 | .tx.bytes + .rx.bytes'
}

failed=0

# SETTING ATTACK OUTCOME NAMESPACE COUNTER COUNT ARG...: by this count it has succeeded
play() {
	local setting=$1 attack=$2 wanted=$3 ns=$4 counter=$5 count=$6 before1 before2 from got outcome=stopped verdict=FAILED
	shift 6

	say "$setting: $attack ..."
	attack reset >/dev/null || bail "the attacker does not answer"
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	before1=$(bytes_on c1) before2=$(bytes_on c2)
	spawn monitor in_s stdbuf -oL ip mptcp monitor
	curl_up
	wait_for 20 has_moved "$NS_S" MPJoinAckRx || say "  curl's second subflow is not there"
	attack "$@" >/dev/null || say "  the attack was not played: $REPLY_LINE"
	wait_for 1 has_moved "$ns" "$counter" "$count" >/dev/null && outcome=succeeds
	from=$(joined_from)
	reap curl 90
	stop monitor
	got=$(tail -n 1 "$TAP_TMP/curl.out")
	[[ $outcome == "$wanted" && ($wanted == succeeds || $got == "$BYTES") ]] && verdict=ok || failed=1
	table+=("$setting|$attack|$outcome|$from|$(($(bytes_on c1) - before1)) + $(($(bytes_on c2) - before2))|${got:-0} of $BYTES|$verdict")
}

# SETTING OUTCOME
plays() {
	capture_start "$NS_S" s1 "$CAPTURES/$1-s1.pcap" && capture_start "$NS_S" s2 "$CAPTURES/$1-s2.pcap" || bail "no captures"
	spawn nginx in_cgroup "$CG_S" in_s env LD_PRELOAD="$PRELOAD" nginx -c "$TAP_TMP/nginx.conf" -e "$TAP_TMP/nginx.log"
	wait_for 20 nginx_listens || bail "nginx does not listen: $(<"$TAP_TMP/nginx.log")"
	play "$1" "joins the connection" "$2" "$NS_S" MPJoinAckRx 2 join conn=0 from="$NET1_A" token=real ack=real bytes=1000
	play "$1" "announces their address" "$2" "$NS_C" AddAddr 1 inject conn=0 to=client what=add-addr addr="$NET1_A"
	play "$1" "ends it by FASTCLOSE" "$2" "$NS_C" MPFastcloseRx 1 inject conn=0 to=client what=fastclose
	stop nginx
	capture_stop
}

mkdir -p "$CAPTURES" && rm -f "$CAPTURES"/*
e2e_up
tls_files "$BYTES" || bail "no certificate"
endpoint_c "$NET2_C" subflow || bail "no second path"

table=("MPTCP|THE ATTACKER|WHICH|SUBFLOWS COME FROM|BYTES ON EACH PATH|CURL GOT|VERDICT")
PRELOAD=$WRAP
plays plain succeeds
loader attach "$CG_C" --wait-key >&2 && loader attach "$CG_S" --wait-key >&2 || bail "cannot attach"
PRELOAD=$WRAP:$PWD/build/libextkey_tls.so
plays extkey stopped

echo
echo "Linux $(uname -r), engine $ENGINE_S:"
echo
printf '%s\n' "${table[@]}" | column -t -s '|'
echo
cat <<-NEXT
	The attacker has seen every packet, those of TLS included. The captures are in $CAPTURES/.
	docs/operations.md, "Keys from TLS", does the same for your own server.
NEXT
TAP_LEFT=demo
exit $failed
