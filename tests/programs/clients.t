#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know nothing of keys, as they are, with the key of their cgroup: nginx and curl,
# iperf3, one that is linked statically, and a listener without bind(). By IPv4 and by IPv6
# their joins are accepted, have all masks on the wire, and carry data.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

WRAP=/usr/lib/$(uname -m)-linux-gnu/mptcpize/libmptcpwrap.so.0
BYTES=4000000

# One that IPv6 has room for
KEY=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
KEY_MASK=597a53deb3f338eb0b1c9bb9e213d988

# As mptcpize runs them
client_program() {
	in_cgroup "$CG_C" in_c env LD_PRELOAD="$WRAP" "$@"
}

server_program() { # NAME PROGRAM ARG...
	local name=$1
	shift

	spawn "$name" in_cgroup "$CG_S" in_s env LD_PRELOAD="$WRAP" "$@"
}

listens_at() {
	in_s ss -MHltn "sport = :$1" | grep -q .
}

sent_on() { # INTERFACE of the client: bytes
	ip -n "$NS_C" -s -json link show "$1" | jq '.[].stats64 | .tx.bytes + .rx.bytes'
}

# NAME CONNECTIONS CMD...
joins() {
	local name=$1 connections=$2 before
	shift 2

	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$TAP_TMP/$name-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$name-s2.pcap"
	before=$(sent_on c2)
	check "$name: it runs" "$@"
	is "$(mib_moved "$NS_S" MPJoinAckRx)" "$connections" "$name: each connection has its join"
	check "$name: data on the second path" test $(($(sent_on c2) - before)) -gt $((BYTES / 10))
	capture_stop
	# A program may close its connection by MP_FASTCLOSE
	is "$(wire_fields "$name" | sed 's/fastclose masked //')" "ack masked synack masked token masked" \
		"$name: all fields on the wire have masks"
}

fetch() {
	[[ $(client_program curl -s -o /dev/null -w '%{size_download}' --max-time 60 "http://$1:8080/file") == "$BYTES" ]]
}

iperf() {
	client_program iperf3 -c "$1" -n "$BYTES" >"$TAP_TMP/iperf" 2>&1
}

static() {
	in_cgroup "$CG_C" in_c "$TAP_TMP/static_client" --connect "$1:$PORT" --wait-subflows 2 --bytes "$BYTES" \
		--timeout 60 >"$TAP_TMP/static"
}

# At a port that the kernel chooses: prints it, and reads one connection to its end
# shellcheck disable=SC2016 # of perl
LISTENER='use Socket; $| = 1;
	socket my $s, $ARGV[0] == 6 ? PF_INET6 : PF_INET, SOCK_STREAM, 262 or die $!;
	listen $s, 5 or die $!;
	my $name = getsockname $s;
	print unpack("x2 n", $name), "\n";
	accept my $c, $s or die $!;
	1 while sysread $c, $_, 65536;
	print "end\n"'

# shellcheck disable=SC2016 # of perl
SENDER='use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
	my ($addr, $port, $bytes) = @ARGV; my $six = $addr =~ /:/;
	socket my $s, $six ? PF_INET6 : PF_INET, SOCK_STREAM, 262 or die $!;
	connect $s, $six ? pack_sockaddr_in6 $port, inet_pton(AF_INET6, $addr) : pack_sockaddr_in $port, inet_aton $addr
		or die $!;
	print $s "x" x $bytes or die $!; close $s or die $!'

unbound() { # ADDRESS
	client_program perl -e "$SENDER" "$1" "$(head -1 "$TAP_TMP/unbound.out")" "$BYTES" &&
		wait_for 60 grep -q end "$TAP_TMP/unbound.out"
}

all_programs() { # FAMILY ADDRESS URL-ADDRESS
	joins "curl$1" 1 fetch "$3"
	server_program iperf3 iperf3 -s -1
	check "iperf3 listens" wait_for 20 listens_at 5201
	joins "iperf$1" 2 iperf "$2"
	joins "static$1" 1 static "$3"
	server_program unbound perl -e "$LISTENER" "$1"
	check "a listener without bind()" wait_for 20 grep -q . "$TAP_TMP/unbound.out"
	joins "unbound$1" 1 unbound "$2"
	stop unbound
}

e2e_up
check "addresses of IPv6" net_ipv6
cc -static -std=gnu11 -D_GNU_SOURCE -Iinclude -O2 -w tests/peer/extkey_client.c \
	-o "$TAP_TMP/static_client" || bail "no static client"
mkdir "$TAP_TMP/www"
head -c "$BYTES" /dev/zero >"$TAP_TMP/www/file"
chmod 755 "$TAP_TMP" "$TAP_TMP/www"
cat >"$TAP_TMP/nginx.conf" <<-END
	daemon off;
	user root;
	pid $TAP_TMP/nginx.pid;
	error_log $TAP_TMP/nginx.log;
	events { }
	http {
		access_log off;
		server { listen 8080; listen [::]:8080; root $TAP_TMP/www; }
	}
END
for cgroup in "$CG_C" "$CG_S"; do
	check "attach a cgroup with a key" loader attach "$cgroup" --key-file "$KEY" --require-key
done
server_program nginx nginx -c "$TAP_TMP/nginx.conf" -e "$TAP_TMP/nginx.log"
check "nginx listens" wait_for 60 listens_at 8080
serve "[::]:$PORT"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
all_programs 4 "$NET1_S" "$NET1_S"
ip -n "$NS_C" mptcp endpoint flush
check "endpoint of IPv6" endpoint_c "$NET2_C6" subflow
all_programs 6 "$NET1_S6" "[$NET1_S6]"
is "$(counter "$CG_C" keys_given)" 10 "each socket() of the clients got the key"
is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"
done_testing
