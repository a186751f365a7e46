#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A local user without privileges, in a cgroup that is attached, does all that they can: opens
# 10,000 sockets with a key, takes keys in more network namespaces of their own than there is
# room for, sends at full rate, and has somebody outside fill the tables of what is on its way.
# Joins of others go on: with a key, and without one in a network namespace that has none.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

E2E_BYTES=20000
CONNECTIONS=20
SOCKETS=10000
NAMESPACES=4200 # more than EXTKEY_MAX_NAMESPACES
USER_PORT=6000
NS_M=extkey-m-$TAP_PID
THIRD=10.0.9.1 THIRD2=10.0.9.2

# Nobody's processes, on the server; in the cgroup below the one that is attached
user() {
	in_cgroup "$CG_U" in_s setpriv --reuid=65534 --regid=65534 --clear-groups \
		--bounding-set=-all --inh-caps=-all "$@"
}

# A tenth of them connect, and a tenth are accepted, with the key of their listener
# shellcheck disable=SC2016 # of perl
sockets() {
	ulimit -n $((SOCKETS + 100)) || return
	user perl -MSocket -e '
		my $to = pack("S n a4 H16", PF_INET, $ARGV[1], INADDR_LOOPBACK, $ARGV[2]);
		my @held;
		socket my $listener, PF_INET, SOCK_STREAM, 262 or die $!;
		bind $listener, $to or die "bind: $!";
		listen $listener, 100 or die $!;
		while (@held < $ARGV[0] / 5) {
			socket my $client, PF_INET, SOCK_STREAM, 262 or die $!;
			connect $client, $to or die "connect: $!";
			accept my $server, $listener or die $!;
			push @held, $client, $server;
		}
		while (@held < $ARGV[0]) {
			socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
			bind $s, pack("S n a4 H16", PF_INET, 0, INADDR_ANY, $ARGV[2]) or die "bind: $!";
			push @held, $s;
		}
		$| = 1;
		print "held\n";
		<STDIN>' "$SOCKETS" "$USER_PORT" "$(<"$OTHER_KEY")"
}

# unshare() is 272; CLONE_NEWUSER and CLONE_NEWNET
# shellcheck disable=SC2016 # of perl
namespaces() {
	user perl -MSocket -e '
		syscall(272, 0x10000000) == 0 or die "user namespace: $!";
		for (1 .. $ARGV[0]) {
			syscall(272, 0x40000000) == 0 or die "number $_: $!";
			socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
			bind $s, pack("S n a4 H16", PF_INET, 0, INADDR_ANY, $ARGV[1]) or die "bind $_: $!";
		}' "$NAMESPACES" "$(<"$OTHER_KEY")"
}

# Forged SYNs of joins to a listener of their own, in a network namespace of their own. By
# descriptor, as the user may not come into this directory.
# shellcheck disable=SC2016 # of perl
own_flood() {
	exec {flood}<build/flood
	user unshare -Ur -n perl -MSocket -e '
		system("ip link set lo up") == 0 or die;
		$^F = 255; # it goes on listening
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		bind $s, pack("S n a4 H16", PF_INET, $ARGV[1], INADDR_LOOPBACK, $ARGV[2]) or die "bind: $!";
		listen $s, 100 or die $!;
		exec "/proc/self/fd/$ARGV[0]", "--to", "127.0.0.1:$ARGV[1]", "--from", "127.0.0.0",
			"--rate", 1000000' "$flood" "$USER_PORT" "$(<"$OTHER_KEY")"
}

# The ACK of a join that nobody has begun, to a listener without a key, in a network namespace
# of the user's that has had none either
# shellcheck disable=SC2016 # of perl
own_ack() {
	local send

	exec {send}<build/extkey_rawsend
	user unshare -Ur -n perl -MSocket -e '
		system("ip link set lo up && ip addr add 10.1.1.1/32 dev lo") == 0 or die;
		$^F = 255;
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		bind $s, pack("S n a4 x8", PF_INET, $ARGV[1], INADDR_ANY) or die "bind: $!";
		listen $s, 100 or die $!;
		exec "/proc/self/fd/$ARGV[0]", "dev=lo", "mac=00:00:00:00:00:00", "from=10.0.4.1/7",
			"to=10.1.1.1/$ARGV[1]", "flags=0x10", "options=1e181002" . "ab" x 20' "$send" "$USER_PORT"
	exec {send}<&-
}

# shellcheck disable=SC2016 # of perl
datagrams() {
	user perl -MSocket -e '
		socket my $s, PF_INET, SOCK_DGRAM, 0 or die $!;
		send $s, "x" x 100, 0, pack("S n a4 x8", PF_INET, 9, inet_aton($ARGV[0])) while 1' "$NET1_C"
}

# bpf() is 321: BPF_OBJ_GET, and BPF_MAP_LOOKUP_BATCH, which counts what it finds. bpftool
# would take a quarter of a minute to print it.
# shellcheck disable=SC2016 # of perl
entries() {
	local pin sizes

	pin=$(find "$BPFFS/extkey" -name "$1" -type f | head -n 1)
	sizes=$(bpftool -j map show pinned "$pin" | jq -r '.max_entries, .bytes_key, .bytes_value')
	# shellcheck disable=SC2086 # words
	perl -e '
		my ($path, $max, $key, $value) = ("$ARGV[0]\0", @ARGV[1 .. 3]);
		my $attr = pack "P L L", $path, 0, 0;
		my $fd = syscall(321, 7, $attr, length $attr);
		my ($at, $keys, $values) = map { "\0" x $_ } 8, $max * $key, $max * ($value + 7);
		$attr = pack "Q P P P L L Q Q", 0, $at, $keys, $values, $max, $fd, 0, 0;
		syscall(321, 24, $attr, length $attr) == 0 || $!{ENOENT} or die $!;
		print unpack("x32 L", $attr), "\n"' "$pin" $sizes
}

# As counter(), which also looks for all sockets
ours() {
	# shellcheck disable=SC2046 # bytes
	bpftool -j map lookup pinned "$BPFFS/extkey/counters" key $(perl -e '
		print join " ", unpack "C*", pack "Q", $ARGV[0]' "$(stat -c %i "$CG_S")") |
		jq ".formatted.value.$1"
}

# What only the command writes, and whether namespaces that had no key are told from others
by_the_command() {
	echo "$(entries policies) $(entries counters) $(entries devices) $(entries engines)"
	bpftool map lookup pinned "$BPFFS/extkey/namespaces" key hex 00 00 00 00 00 00 00 00 >/dev/null &&
		echo complete
}

# MAP N: it has N entries, or nearly so: the kernel keeps a few free for each CPU
is_full() {
	(($(entries "$1") > $2 * 9 / 10))
}

# N SYNs of joins to the user's listener; FLOOD-ARG...
flooded() {
	(($(mib_moved "$NS_S" MPJoinSynRx) > $1))
}
flood() {
	local n=$1
	shift
	mib_snapshot "$NS_S"
	spawn flood in_c build/flood --to "$NET1_S:$((PORT + 1))" --from 10.0.4.0 --rate 20000 "$@"
	check "somebody outside floods a listener of the user's" wait_for 60 flooded "$n"
}

sent() {
	ip -n "$NS_S" -s -json link show s1 | jq '.[].stats64.tx.packets'
}

third_host() {
	on_exit net_remove "$NS_M"
	ip netns add "$NS_M" && net_host "$NS_M" &&
		ip -n "$NS_M" addr add "$THIRD/32" dev lo && ip -n "$NS_M" addr add "$THIRD2/32" dev lo &&
		ip -n "$NS_M" mptcp endpoint add "$THIRD2" dev lo subflow &&
		in_ns "$NS_M" sysctl -q net.ipv4.tcp_syncookies=2
}

third_listens() {
	grep -q '"event":"listening"' "$TAP_TMP/third.out"
}

# DESC: without a key, with SYN cookies, where nothing is attached
others_without_key() {
	mib_snapshot "$NS_M"
	check "$1: two subflows without a key, in another namespace" in_ns "$NS_M" build/extkey_client \
		--connect "$THIRD:$PORT" --bytes "$E2E_BYTES" --wait-subflows 2 --timeout $((5 * ${EXTKEY_SLOWNESS:-1}))
	is "$(mib_moved "$NS_M" MPJoinAckRx) $(mib_moved "$NS_M" SyncookiesRecv)" "1 2" "$1: accepted, with SYN cookies"
}

# DESC LEAST
others_with_key() {
	mib_snapshot "$NS_S"
	client client --key-file "$KEY" --connections "$CONNECTIONS"
	check "$1: $CONNECTIONS connections of others" client_ready client
	joined() { (($(mib_moved "$NS_S" MPJoinAckRx) >= $1)); }
	check "$1: at least $2 of them are joined" wait_for 20 joined "$2"
	check "$1: their data arrives" release client
}

user_joins() {
	client user --key-file "$OTHER_KEY" --wait-subflows 2 --connect "$NET1_S:$((PORT + 1))"
	client_ready user
}

e2e_up
e2e_attach
check "no limit of the rate" tc -n "$NS_S" qdisc del dev s1 root
CG_U=$(cgroup_make user "$CG_S") || bail "no cgroup"
check "a third host, with nothing attached" third_host
spawn third in_ns "$NS_M" build/extkey_server --listener "$THIRD:$PORT"
check "it listens" wait_for 20 third_listens
serve "$NET1_S:$PORT,$KEY" "$NET1_S:$((PORT + 1)),$OTHER_KEY"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
others_with_key "before" "$CONNECTIONS"
others_without_key "before"
before=$(by_the_command)
namespaces=$(entries namespaces)

taken=$(ours keys_taken)
spawn sockets sockets
held() { grep -q held "$TAP_TMP/sockets.out"; }
check "a user opens $SOCKETS sockets with a key" wait_for 60 held
is "$(($(ours keys_taken) - taken))" $((SOCKETS / 10 * 9 + 1)) "by connect() and bind()"

refused=$(ours drop_no_join)
check "the user has no key in a network namespace: an ACK to a listener without one" own_ack
is "$(($(ours drop_no_join) - refused))" 0 "it comes to TCP"
check "the user takes a key in $NAMESPACES network namespaces" namespaces
is "$(($(entries namespaces) - namespaces))" 1 "of which extkey keeps one entry"
check "the same ACK, in a further one" own_ack
is "$(($(ours drop_no_join) - refused))" 1 "it is dropped now, for all of the user's namespaces"

unseen=$(ours drop_unverified)
spawn own own_flood
dropped() { (($(ours drop_unverified) > unseen + 20000)); }
check "the user floods a listener of their own, in their own namespace" wait_for 30 dropped
sent=$(sent)
spawn datagrams datagrams
flows() { (($(sent) > sent + 20000)); }
check "and sends at full rate by the server's interface" wait_for 30 flows
others_with_key "full rate" "$CONNECTIONS"
others_without_key "full rate"
check "the datagrams went on" running datagrams
stop datagrams
check "so did the flood" running own
kill -TERM -- "-${TAP_SPAWNED[own]}"
reap own 10
diag "$(<"$TAP_TMP/own.out")"

# What comes from outside for a listener of the user's is on its way for a moment alone
check "a way back" ip -n "$NS_S" route add 10.0.4.0/24 via "$NET1_C"
flood 40000
others_with_key "tables full" "$CONNECTIONS"
check "the flood went on" running flood
stop flood
used() { (($(entries vouched) < 3277)); }
check "what was vouched for is used, and gone" wait_for 10 used
check "joining is full" is_full joining 32768

check "a join of the user's is seen" capture_start "$NS_S" s2 "$TAP_TMP/seen.pcap"
check "the user joins" user_joins
capture_stop
seen=$(join_tokens "$TAP_TMP/seen.pcap" | awk '{ print $3 ":" $4; exit }')
in_s sysctl -q net.ipv4.tcp_syncookies=2
flood 75000 --syn "$seen"
# The kernel keeps them in 1024 places: a few joins are lost, in plain MPTCP as well
others_with_key "SYN cookies, table full" $((CONNECTIONS * 4 / 5))
check "the flood went on" running flood
stop flood
check "cookie_joins is full" is_full cookie_joins 65536

is "$(by_the_command)" "$before" "what the command has written is as it was"
is "$(ours keys_failed)" 0 "nobody was without memory for a key"
done_testing
