#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A socket connects, is disconnected, and listens. The proof that its host has chosen the own
# MPTCP key of that connection is not one for connections that it accepts: an attacker who saw
# the first connection names its MPTCP keys on one of their own, with SYN cookies, and hears
# no mask of it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

OTHER_PORT=$((PORT + 1))

# KEY: hex, or zeros. On the client's host; a line on stdin lets it go on
turncoat() {
	# shellcheck disable=SC2016 # of perl
	spawn turncoat in_cgroup "$CG_C" in_c perl -MSocket -e '$| = 1;
		my ($server, $port, $own, $own_port, $key) = @ARGV;
		sub addr { pack("S n a4 a8", AF_INET, $_[1], inet_aton($_[0]), pack("H*", $key)) }
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		connect(S, addr($server, $port)) or die "connect: $!";
		syswrite(S, "x");
		print "connected\n"; <STDIN>;
		connect(S, pack("S x14", AF_UNSPEC)) or die "disconnect: $!";
		bind(S, addr($own, $own_port)) or die "bind: $!";
		listen(S, 10) or die "listen: $!";
		print "listening\n";
		accept(C, S) or die "accept: $!";
		print "accepted\n"; <STDIN>;' "$NET1_S" "$PORT" "$NET1_C" "$OTHER_PORT" "$1"
	wait_for 20 turncoat_says connected && wait_for 10 seen connections 1
}

turncoat_says() {
	cat "$TAP_TMP/turncoat.err"
	grep -q "$1" "$TAP_TMP/turncoat.out"
}

has_unread() {
	[[ $(in_c ss -MnH state established sport = "$OTHER_PORT" | awk '{ print $1 }') -gt 0 ]]
}

# The process is killed with bytes that it has not read: so its kernel sends FASTCLOSE
hear_turncoat() {
	attack_begin hear-named ms=20000
	wait_for 10 has_unread && { kill -KILL -- "-${TAP_SPAWNED[turncoat]}"; reap turncoat 10; }
	attack_end
}

e2e_up
[[ $ENGINE_C == tc ]] || skip_all "this is about engine tc"
if patched; then
	skip_all "the kernel verifies its own key"
fi
check "SYN cookies" in_c sysctl -q net.ipv4.tcp_syncookies=2
for key in 0000000000000000 0102030405060708; do
	keyed=${key//0/}
	desc="plain MPTCP" told=plain
	[[ ! $keyed ]] || { desc="with a key" told=zero; e2e_attach; }
	attack reset >/dev/null
	serve "$NET1_S:$PORT${keyed:+,$KEY}"
	check "$desc: a connection" turncoat "$key"
	tell turncoat
	check "$desc: its socket listens" wait_for 20 turncoat_says listening
	mib_snapshot "$NS_C"
	check "$desc: the attacker names its keys" attack open-named conn=0 with=client \
		from="$NET1_A" to_port="$OTHER_PORT"
	check "$desc: and is accepted" wait_for 10 turncoat_says accepted
	is "$(mib_moved "$NS_C" MPCapableFallbackACK)" 0 "$desc: with MPTCP"
	check "$desc: they hear FASTCLOSE" hear_turncoat
	is "$(reply fastclose)" "$told" "$desc: what it has"
	stop server
done
done_testing
