#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know nothing of keys, as they are, with the key of their cgroup: nginx and curl,
# iperf3, one that is linked statically, and a listener without bind(). By IPv4 and by IPv6
# their joins are accepted, have all masks on the wire, and carry data.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/programs.sh

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
	joins "curl$1" 1 fetch "$3:$NGINX"
	row "curl, nginx" "IPv$1" "$RESULT"
	server_program iperf3 iperf3 -s -1
	check "iperf3 listens" wait_for 20 listens_at 5201
	joins "iperf$1" 2 iperf "$2"
	row "iperf3" "IPv$1" "$RESULT"
	joins "static$1" 1 static "$3"
	row "a program in C, linked statically" "IPv$1" "$RESULT"
	server_program unbound perl -e "$LISTENER" "$1"
	check "a listener without bind()" wait_for 20 grep -q . "$TAP_TMP/unbound.out"
	joins "unbound$1" 1 unbound "$2"
	row "perl, at a listener without \`bind()\`" "IPv$1" "$RESULT"
	stop unbound
}

programs_up
check "addresses of IPv6" net_ipv6
build_programs static_client
nginx_files
nginx_up
serve "[::]:$PORT"
all_programs 4 "$NET1_S" "$NET1_S"
ip -n "$NS_C" mptcp endpoint flush
check "endpoint of IPv6" endpoint_c "$NET2_C6" subflow
all_programs 6 "$NET1_S6" "[$NET1_S6]"
is "$(counter "$CG_C" keys_given)" 10 "each socket() of the clients got the key"
is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"
is_documented
done_testing
