#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --require-key: MPTCP sockets without a key get EPERM, and nobody else does.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

connect() { # ARG...: one client, from start to end
	in_cgroup "$CG_C" in_c build/extkey_client --connect "$NET1_S:$PORT" "$@"
}

listen() {
	in_cgroup "$CG_S" in_s timeout 5 build/extkey_server --listener "$1" --connections 1
}

e2e_up
check "attach the client's cgroup" loader attach "$CG_C" --require-key
check "attach the server's cgroup" loader attach "$CG_S"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY"

exits 3 "connect() without a key: EPERM" connect
is "$(counter "$CG_C" keys_missing)" 1 "it was counted"
exits 3 "bind() without a key: EPERM" connect --bind "$NET1_C" --key-file "$KEY"
is "$(counter "$CG_C" keys_missing)" 2 "it was counted"
check "connect() with a key" connect --key-file "$KEY"
check "connect() without a key after bind() with one" \
	connect --bind "$NET1_C" --bind-key-file "$KEY"
is "$(counter "$CG_C" keys_missing)" 2 "nothing was counted"

mib_snapshot "$NS_S"
client client --key-file "$KEY"
check "connected" client_ready client
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the path manager's subflow needs no key of its own"
both_subflows client
stop server

check "require a key of the server" loader attach "$CG_S" --require-key
exits 3 "bind() of a listener without a key: refused" listen "$NET1_S:$PORT"
is "$(counter "$CG_S" keys_missing)" 1 "it was counted"
announce() {
	in_cgroup "$CG_S" endpoint_s "$NET2_S" signal port 5001
}
check "the path manager may listen without a key" announce
is "$(counter "$CG_S" keys_missing)" 1 "nothing was counted"

# listen() alone: no program sees it, and the listener has no key
# shellcheck disable=SC2016 # of perl
LISTENER='use Socket; $| = 1;
	socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
	setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
	setsockopt $s, 6, 23, 16 or die $!; # TCP_FASTOPEN
	listen $s, 5 or die $!;
	print +(unpack_sockaddr_in getsockname $s)[0], "\n";
	while (accept my $c, $s) { print $c "hello\n"; $c->flush; push @all, $c }'
spawn unbound in_cgroup "$CG_S" in_s perl -MIO::Handle -e "$LISTENER"
check "a listener without bind(): it listens" wait_for 20 grep -q . "$TAP_TMP/unbound.out"
unbound=$(head -1 "$TAP_TMP/unbound.out")

# shellcheck disable=SC2016 # of perl
CLIENT='use Socket; $| = 1;
	socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
	my $server = pack_sockaddr_in $ARGV[1], inet_aton $ARGV[0];
	($ARGV[2] ? send $s, "x", 0x20000000, $server : connect $s, $server) or die $!; # MSG_FASTOPEN
	print scalar <$s>; <STDIN>'
hello() { # WHEN [FAST]
	mib_snapshot "$NS_C"
	spawn hello in_c perl -e "$CLIENT" "$NET1_S" "$unbound" "${2:-}"
	check "its client gets data, $1" wait_for 20 grep -q hello "$TAP_TMP/hello.out"
}

hello "without cookies"
is "$(mib_moved "$NS_C" MPCapableFallbackSYNACK)" 1 "as a client of TCP"
is "$(in_s ss -MHt state established sport "$unbound" | grep -c mptcp)" 0 "the server has no MPTCP connection"
is "$(counter "$CG_S" capable_declined)" 1 "it was counted"
refuses 5 "the listener 0.0.0.0:$unbound has no key" "status says so" build/extkey_loader status
stop hello
in_s sysctl -qw net.ipv4.tcp_syncookies=2
hello "with cookies"
is "$(mib_moved "$NS_C" MPCapableFallbackSYNACK)" 1 "as a client of TCP"
stop hello
in_s sysctl -qw net.ipv4.tcp_syncookies=1

in_s sysctl -qw net.ipv4.tcp_fastopen=$((0x202))
in_c sysctl -qw net.ipv4.tcp_fastopen=5
hello "with data in the SYN" fast
is "$(mib_moved "$NS_C" TcpExtTCPFastOpenActive) $(mib_moved "$NS_C" MPCapableFallbackSYNACK)" "1 1" "as a client of TCP"
stop hello

# And where its answer goes out as it is, nobody joins
if [[ $ENGINE_S == tc ]]; then
	uncover "$NS_S" s1 egress
	mib_snapshot "$NS_S"
	hello "as a client of MPTCP"
	is "$(mib_moved "$NS_C" MPCapableFallbackSYNACK)" 0 "its answer was not changed"
	refused() { (($(mib_moved "$NS_S" MPJoinNoTokenFound) > 0)); }
	check "its client tries to join: refused" wait_for 20 refused
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "nobody joins"
	stop hello
	check "mend the interface" loader attach "$CG_S"
fi
stop unbound

check "require no key of the client any more" loader attach "$CG_C" --no-require-key
spawn server in_cgroup "$CG_S" in_s build/extkey_server --listener "$NET1_S:$PORT,$KEY"
check "the server listens with a key" wait_for 20 listens 1
check "connect() without a key" connect
done_testing
