#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# FASTCLOSE that leaves late: ARP is withheld, so it waits for the link address until its
# connection is gone or the socket has another one. The wire never has it in plain, nor with a
# mask of another connection, nor with one of a connection whose own MPTCP key the attacker
# has named.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

OTHER_PORT=$((PORT + 1))
# shellcheck disable=SC2016 # of perl
PERL='use Socket; $| = 1;
	my ($key, $addr, $port, $addr2) = @ARGV;
	sub addr { pack("S n a4 a8", AF_INET, $port, inet_aton($_[0]), pack("H*", $key)) }
	sub disconnect { connect($_[0], pack("S x14", AF_UNSPEC)) or die "disconnect: $!" }
	sub says { print "$_[0]\n"; <STDIN> }
	socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";'
# shellcheck disable=SC2016
ACCEPTS=$PERL'setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
	bind(S, addr($addr)) && listen(S, 10) or die "listen: $!"; print "listening\n";
	accept(C, S) or die "accept: $!"; says("accepted"); disconnect(C); says("over")'
# shellcheck disable=SC2016
CONNECTS=$PERL'sub begin { connect(S, addr($_[0])) or die "connect: $!"; syswrite(S, "x") }
	begin($addr); says("connected");
	if ($addr2 eq "close") { setsockopt(S, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close S }
	else { disconnect(S); begin($addr2) if $addr2 }
	says("over")'

app_says() {
	cat "$TAP_TMP/app.err"
	grep -q "$1" "$TAP_TMP/app.out"
}

# NS IFACE ADDR: it asks for the link address of ADDR, and goes on to; in vain
withhold_arp() {
	in_ns "$1" sysctl -q "net.ipv4.neigh.$2.mcast_solicit=100"
	in_ns "$1" tc qdisc replace dev "$2" clsact &&
		in_ns "$1" tc filter replace dev "$2" egress protocol arp prio 1 handle 1 \
			bpf da bytecode "1,6 0 0 2" &&
		ip -n "$1" neigh del "$3" dev "$2"
}

# NS IFACE ADDR: something waits for that one
waits() {
	[[ $(ip -n "$1" neigh show to "$3" dev "$2" nud incomplete) ]]
}

# NS IFACE ADDR OF-NS OF-IFACE: what waits leaves
give_arp() {
	ip -n "$1" neigh replace "$3" dev "$2" nud reachable \
		lladdr "$(ip -n "$4" -json link show "$5" | jq -r '.[].address')" &&
		in_ns "$1" tc filter del dev "$2" egress protocol arp prio 1
}

told() {
	attack seen >/dev/null && [[ $(reply fastclose) != none ]]
}

# DESC WANT [ADDR]: a client of ours disconnects, and connects to that one; or "close" for it
leaves_late() {
	local desc=$1 want=$2

	attack reset >/dev/null
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}" \
		"$NET2_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	mib_snapshot "$NS_S"
	spawn app in_cgroup "$CG_C" in_c perl -e "$CONNECTS" "$key" "$NET1_S" "$PORT" "${3:-}"
	check "$desc: connected" wait_for 20 app_says connected
	check "$desc: seen" wait_for 10 seen connections 1
	check "$desc: no ARP" withhold_arp "$NS_C" c1 "$NET1_S"
	tell app
	check "$desc: over" wait_for 20 app_says over
	check "$desc: FASTCLOSE waits" wait_for 10 waits "$NS_C" c1 "$NET1_S"
	check "$desc: until ARP is answered" give_arp "$NS_C" c1 "$NET1_S" "$NS_S" s1
	check "$desc: FASTCLOSE" wait_for 10 told
	is "$(reply fastclose)" "$want" "$desc: what it has"
}

# DESC WANT: the attacker's connection, with the keys of one that they saw, is disconnected
named_leaves_late() {
	attack reset >/dev/null
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	check "$1: a connection" victim client
	check "$1: the client vanishes" client_vanishes
	spawn app in_cgroup "$CG_S" in_s perl -e "$ACCEPTS" "$key" "$NET1_S" "$OTHER_PORT"
	check "$1: another service" wait_for 20 app_says listening
	check "$1: the attacker names the keys there" attack open-named conn=0 from="$NET1_A" \
		to_port="$OTHER_PORT"
	check "$1: and is accepted" wait_for 20 app_says accepted
	attack_begin hear-named ms=20000
	OTHER_NS=$NS_S
	check "$1: with MPTCP" wait_for 10 unread
	check "$1: no ARP" withhold_arp "$NS_S" s1 "$NET1_A"
	tell app
	check "$1: over" wait_for 20 app_says over
	check "$1: FASTCLOSE waits" wait_for 10 waits "$NS_S" s1 "$NET1_A"
	check "$1: until ARP is answered" give_arp "$NS_S" s1 "$NET1_A" "$NS_A" a2
	check "$1: the attacker hears" attack_end
	is "$(reply fastclose)" "$2" "$1: what FASTCLOSE has"
	stop app
	stop server
}

e2e_up
[[ $ENGINE_C == tc ]] || skip_all "this is about engine tc"
check "SYN cookies" in_s sysctl -q net.ipv4.tcp_syncookies=2
for key in 0000000000000000 0102030405060708; do
	keyed=${key//0/} own=plain none=plain
	VICTIM_KEY=${keyed:+$KEY} # for rows.sh
	desc="plain MPTCP"
	[[ ! $keyed ]] || { desc="with a key" own=masked none=zero; e2e_attach; }

	leaves_late "$desc, disconnected" $own
	taken() { has_moved "$NS_S" MPFastcloseRx; }
	check "$desc, disconnected: the server takes it for genuine" wait_for 10 taken
	stop app
	stop server

	leaves_late "$desc, closed" $none close
	stop app
	stop server

	leaves_late "$desc, connected elsewhere" $none "$NET2_S"
	check "$desc, connected elsewhere: seen" wait_for 10 seen connections 2
	mib_snapshot "$NS_S"
	attack inject conn=1 to=server what=fastclose field=told >/dev/null
	attack inject conn=1 to=server what=prio >/dev/null
	later() { has_moved "$NS_S" MPPrioRx; }
	check "$desc, connected elsewhere: what was heard is sent there" wait_for 10 later
	is "$(mib_moved "$NS_S" MPFastcloseRx)" 0 "$desc, connected elsewhere: and is not genuine"
	stop app
	stop server

	if patched; then
		skip "$desc, named" "the kernel verifies its own key"
	else
		named_leaves_late "$desc, named" $none
	fi
done
done_testing
