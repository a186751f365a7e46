#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# TCP and UDP in the attached cgroups: untouched, whatever sin_zero has, and
# also where a key is required.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

e2e_up
for cgroup in "$CG_C" "$CG_S"; do
	check "attach, key required" loader attach "$cgroup" --require-key
done

tcp() { # NAME SERVER_KEY CLIENT_ARG...
	local name=$1 listener=$2
	shift 2
	spawn server in_cgroup "$CG_S" in_s build/extkey_server --protocol tcp --listener "$listener"
	wait_for 20 listens 1 || bail "the server does not listen: $(<"$TAP_TMP/server.err")"
	client "$name" --protocol tcp "$@"
	check "$name: connected" client_ready "$name"
	check "$name: all data arrived, in order" release "$name"
	stop server
}
tcp zeros "$NET1_S:$PORT"
tcp key "$NET1_S:$PORT,$KEY" --key-file "$KEY"

# Perl takes the address as bytes, sin_zero and all
udp_server='use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); $| = 1;
	bind(S, pack("S n a4 a8", AF_INET, 7000, inet_aton($ARGV[0]), $ARGV[1])) or die "bind: $!";
	print "ready\n"; $from = recv(S, $data, 100, 0); send(S, uc $data, 0, $from);'
udp_client='use Socket; socket(S, PF_INET, SOCK_DGRAM, 0); alarm 60;
	connect(S, pack("S n a4 a8", AF_INET, 7000, inet_aton($ARGV[0]), $ARGV[1])) or die "connect: $!";
	send(S, "hello", 0); recv(S, $data, 100, 0); print $data;'
for sin_zero in "" "somekey!"; do
	spawn udp in_cgroup "$CG_S" in_s perl -e "$udp_server" "$NET1_S" "$sin_zero"
	check "UDP server bound" wait_for 20 grep -q ready "$TAP_TMP/udp.out"
	is "$(in_cgroup "$CG_C" in_c perl -e "$udp_client" "$NET1_S" "$sin_zero")" HELLO \
		"UDP answered, sin_zero '$sin_zero'"
	stop udp
done

for cgroup in "$CG_C" "$CG_S"; do
	is "$(counter "$cgroup" keys_taken)" 0 "no key taken"
	is "$(counter "$cgroup" keys_missing)" 0 "none missed"
done
done_testing
