# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Other people's programs on the two hosts, and the tables of docs/programs.md, in which each
# test of tests/programs/ has one for each engine. Wants e2e.sh and experiment.sh.
#
#	programs_up [ARG]...	both hosts, the second path, and both cgroups attached with
#				$KEY, or with these options of attach
#	client_program CMD..., server_program NAME CMD...
#				runs it in the cgroup of that host; by $LIBRARY, which is
#				how mptcpize runs them, or () for a program by itself
#	listens_at PORT		whether a listener of MPTCP does; listens_plain: one of TCP
#	has_bytes FILE		whether the number of all bytes stands there, and nothing else
#	build_programs NAME...	static_client, setuid_client (both are extkey_client), stream (in Go)
#				or uring, in $TAP_TMP
#	"${UNPRIVILEGED[@]}" CMD...	runs it as nobody
#	nginx_files		a file of all bytes, for nginx at $NGINX: the command is in RUN_NGINX
#	nginx_up		runs it, until it listens
#	fetch HOST[:PORT]	gets that file by curl
#	iperf ADDR		sends all bytes to a server of iperf3
#	receiver CMD...		one of tests/programs/stream.* at $PORT, until it listens
#	sends CMD...		the other end: it sends all bytes, and they arrive
#	python_receives [OPTION], python_sends [OPTION]	both by stream.py
#
# These leave in RESULT what the table is to say:
#
#	joins NAME CONNECTIONS CMD...	CMD moves $BYTES; each connection has a join, with masks on
#				the wire, and data goes by both paths
#	plain NAME WHY CMD...	CMD succeeds, and no host knows of MPTCP; this is WHY
#	refused NAME TEXT CMD...	CMD fails and says TEXT, and it has not connected
#
#	row CELL...		a row of the table
#	left_out PROGRAM REASON	skips what makes the rows of this program, which stay as they are
#	is_documented		docs/programs.md has these rows, and no others

WRAP=/usr/lib/$(uname -m)-linux-gnu/mptcpize/libmptcpwrap.so.0
LIBRARY=(env LD_PRELOAD="$WRAP")
# Others may be in the way of Debian's
PYTHON=/usr/bin/python3
UNPRIVILEGED=(setpriv --reuid nobody --regid nogroup --clear-groups)
BYTES=4000000
NGINX=8080
UP="both subflows, masked, data on both"

# One that IPv6 has room for
KEY=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
KEY_MASK=597a53deb3f338eb0b1c9bb9e213d988

programs_up() {
	local cgroup

	(($#)) || set -- --key-file "$KEY" --require-key
	e2e_up
	chmod 755 "$TAP_TMP" # for programs that run as somebody else
	for cgroup in "$CG_C" "$CG_S"; do
		check "attach a cgroup" loader attach "$cgroup" "$@"
	done
	check "endpoint of the second path" endpoint_c "$NET2_C" subflow
}

client_program() {
	in_cgroup "$CG_C" in_c "${LIBRARY[@]}" "$@"
}

server_program() {
	local name=$1
	shift

	spawn "$name" in_cgroup "$CG_S" in_s "${LIBRARY[@]}" "$@"
}

# With -t as well, ss shows listeners of both
listens_at() {
	in_s ss -MHln "sport = :$1" | grep -q .
}

listens_plain() {
	in_s ss -tHln "sport = :$1" | grep -q . && ! listens_at "$1"
}

has_bytes() {
	[[ $(<"$1") == "$BYTES" ]]
}

# The cache of go is not to be in the home of a user
build_programs() {
	local name command

	for name; do
		case $name in
		static_client)
			command=(cc -static -std=gnu11 -D_GNU_SOURCE -Iinclude -O2 -w -o "$TAP_TMP/$name"
				tests/peer/extkey_client.c) ;;
		setuid_client)
			command=(install -m 4755 build/extkey_client "$TAP_TMP/$name") ;;
		stream)
			command=(env GOCACHE="$TAP_TMP/go" GO111MODULE=off CGO_ENABLED=0 go build -o "$TAP_TMP/$name"
				tests/programs/stream.go) ;;
		uring)
			command=(cc -O2 -o "$TAP_TMP/$name" tests/programs/uring.c -luring) ;;
		esac
		check "the program $name" "${command[@]}" || bail "no $name"
	done
}

RUN_NGINX=(nginx -c "$TAP_TMP/nginx.conf" -e "$TAP_TMP/nginx.log")

nginx_files() {
	mkdir "$TAP_TMP/www"
	head -c "$BYTES" /dev/zero >"$TAP_TMP/www/file"
	chmod 755 "$TAP_TMP/www"
	cat >"$TAP_TMP/nginx.conf" <<-END
		daemon off;
		user root;
		pid $TAP_TMP/nginx.pid;
		error_log $TAP_TMP/nginx.log;
		events { }
		http {
			access_log off;
			server { listen $NGINX; listen [::]:$NGINX; root $TAP_TMP/www; }
		}
	END
}

nginx_up() {
	server_program nginx "${RUN_NGINX[@]}"
	check "nginx listens" wait_for 60 listens_at "$NGINX"
}

fetch() {
	client_program curl -s -o /dev/null -w '%{size_download}' --max-time 60 "http://$1/file" >"$TAP_TMP/fetched"
	has_bytes "$TAP_TMP/fetched"
}

iperf() {
	client_program iperf3 -c "$1" -n "$BYTES" >"$TAP_TMP/iperf" 2>&1
}

receiver() {
	server_program receiver "$@"
	check "a listener of MPTCP" wait_for 20 listens_at "$PORT"
}

sends() {
	client_program "$@" && wait_for 60 has_bytes "$TAP_TMP/receiver.out"
}

python_receives() {
	receiver "$PYTHON" tests/programs/stream.py receive "$NET1_S" "$PORT" "$@"
}

python_sends() {
	sends "$PYTHON" tests/programs/stream.py send "$NET1_S" "$PORT" "$BYTES" "$@"
}

sent_on() { # INTERFACE of the client: bytes
	ip -n "$NS_C" -s -json link show "$1" | jq '.[].stats64 | .tx.bytes + .rx.bytes'
}

# FAILED, the number before: what comes out if nothing has failed since
came_out() {
	RESULT=$2
	((TAP_FAILED == $1)) || RESULT="failed, see above"
}

joins() {
	local name=$1 connections=$2 failed=$TAP_FAILED first second
	shift 2

	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$TAP_TMP/$name-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$name-s2.pcap"
	first=$(sent_on c1) second=$(sent_on c2)
	check "$name: it runs" "$@"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" "$connections" "$name: each connection has its join"
	first=$(($(sent_on c1) - first)) second=$(($(sent_on c2) - second))
	diag "$name: $first + $second bytes"
	check "$name: data on the first path" test $first -gt $((BYTES / 10))
	check "$name: data on the second path" test $second -gt $((BYTES / 10))
	capture_stop
	# A program may close its connection by MP_FASTCLOSE
	is "$(wire_fields "$name" | sed 's/fastclose masked //')" "ack masked synack masked token masked" \
		"$name: all fields on the wire have masks"
	came_out "$failed" "$UP"
}

plain() {
	local name=$1 why=$2 failed=$TAP_FAILED
	shift 2

	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	check "$name: it runs" "$@"
	is "$(mib_moved "$NS_C" MPCapableSYNTX) $(mib_moved "$NS_S" MPCapableSYNRX)" "0 0" \
		"$name: the connection is one of TCP"
	came_out "$failed" "n/a: $why"
}

fails_with() { # TEXT CMD...
	local text=$1
	shift

	! "$@" >"$TAP_TMP/failed" 2>&1 && cat "$TAP_TMP/failed" && grep -qF "$text" "$TAP_TMP/failed"
}

refused() {
	local name=$1 text=$2 failed=$TAP_FAILED
	shift 2

	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	check "$name: it fails and says why" fails_with "$text" "$@"
	is "$(mib_moved "$NS_C" TcpActiveOpens) $(mib_moved "$NS_S" MPCapableSYNRX)" "0 0" \
		"$name: it has not connected"
	came_out "$failed" "refused: $text"
}

row() {
	local cells

	printf -v cells ' %s |' "$@"
	echo "|$cells" >>"$TAP_TMP/table"
}

# Each table follows a line that names its test and engine; its first two rows are the heading
documented() {
	awk -v table="<!-- tests/programs/$(basename "$0"), engine $ENGINE_C -->" '
		$0 == table { rows = 1; next }
		rows && !/^\|/ { exit }
		rows && rows++ > 2' docs/programs.md
}

left_out() {
	skip "$1" "$2"
	documented | grep -F "| $1 |" >>"$TAP_TMP/table"
}

is_documented() {
	check "docs/programs.md says what came out" diff -u --label docs/programs.md <(documented) \
		--label "what came out" "$TAP_TMP/table"
}
