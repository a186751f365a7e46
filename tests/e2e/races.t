#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Races: one CPU takes packets, while the other one accepts, closes, gives the listener
# another key or none, and detaches the server's cgroup. The packets are those of a client,
# whose joins have the right mask, and of an attacker without the key, who has seen all
# handshakes and sends joins without end. No join of theirs completes, and each first subflow
# of the client's lives. 300 rounds each, and 2,000 with EXTKEY_LONG=1.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh

ROUNDS=300
[[ ${EXTKEY_LONG:-} != 1 ]] || ROUNDS=2000
SEEN=$((ROUNDS * 9 / 10)) # a slow machine may lose packets of a few
E2E_BYTES=20000

# What is sent to a veth device is taken by the CPU that sends it
mapfile -t CPUS < <(taskset -pc $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= $NF; i++) print i }')
((${#CPUS[@]} > 1)) || skip_all "races need two CPUs"
ATTACKER=(taskset -c "${CPUS[0]}" "${ATTACKER[@]}")

# Perl takes an address as bytes, so that there is a key in it
# shellcheck disable=SC2016 # of perl
PRELUDE='use strict; use Socket; $| = 1;
	my ($host, $port, $rounds, $key, $other, @actions) = @ARGV;
	my $action;
	sub at { pack("S n a4 H16", AF_INET, $port, inet_aton($host), $_[0]) }
	sub try { my ($what, $result) = @_; $result or die "$what: $!\n"; $result }
	sub mptcp { my $s; try "socket", socket $s, PF_INET, SOCK_STREAM, 262; $s }
	sub take { my $c = ""; my $n = sysread $_[0], $c, 1; defined $n or die "read: $!\n"; $c }
	sub pause { select undef, undef, undef, $_[0] }
	$SIG{PIPE} = "IGNORE"; $SIG{ALRM} = sub { die "nothing happens\n" };'

# A round: accept, what the action says, an answer, and close. Then the listener is as before.
# shellcheck disable=SC2016 # of perl
SERVER=$PRELUDE'
	sub listener {
		my $s = shift // mptcp;
		my $key = shift;
		setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
		# One that was bound before is bound still, and gets another key all the same
		bind $s, at($key) or $!{EINVAL} or die "bind: $!\n";
		try "listen", listen $s, 64;
		$s;
	}
	my %actions = (
		none => sub { $_[0] },
		reopened => sub { close $_[0]; listener(undef, $key) },
		other => sub { close $_[0]; listener(undef, $other) },
		keyless => sub { close $_[0]; listener(undef, "0" x 16) },
		disconnected => sub { try "disconnect", connect $_[0], pack "S x14", AF_UNSPEC;
			listener($_[0], $other) },
	);
	my $l = listener(undef, $key);
	print "listening\n";
	for my $round (1 .. $rounds) {
		$action = $actions[$round % @actions];
		alarm 60;
		try "accept", accept my $c, $l;
		take $c;
		$l = $actions{$action}($l);
		pause 0.005;
		try "answer", syswrite $c, "a";
		take $c;
		if ($action ne "none") { close $l; $l = listener(undef, $key) }
		close $c;
	}
	print "done\n"'

# shellcheck disable=SC2016 # of perl
CLIENT=$PRELUDE'
	my %lost;
	for my $round (1 .. $rounds) {
		$action = $actions[$round % @actions];
		alarm 60;
		eval {
			my $s = mptcp;
			try "connect", connect $s, at($key);
			try "write", syswrite $s, "c";
			take($s) eq "a" or die "no answer\n";
			pause 0.005;
			try "write", syswrite $s, "c";
			take($s) eq "" or die "more than the answer\n";
		};
		$lost{"$action: $@"}++ if $@;
	}
	print "lost $lost{$_} at $_" for sort keys %lost;
	print "done\n"'

# FUNCTION ACTION...: as the server, which has the other CPU, or as the client
plays() {
	local cgroup=$1 in=$2 program=$3
	shift 3

	in_cgroup "$cgroup" "$in" perl -e "$program" "$NET1_S" "$PORT" "$ROUNDS" \
		0102030405060708 1112131415161799 "$@"
}

in_s_other() {
	in_s taskset -c "${CPUS[1]}" "$@"
}

said() {
	grep -q "^$2" "$TAP_TMP/$1.out" || { ! running "$1" && bail "$1: $(cat "$TAP_TMP/$1".*)"; }
}

# Whether the rounds are over; until then, no subflow of the attacker's
are_over() {
	subflows "$NS_S" | awk -v from="$NET1_A:" 'index($2, from) == 1' >>"$TAP_TMP/foreign"
	said client "done"
}

# ACTION...: of the rounds; the storm has begun before
rounds_begin() {
	stop server
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	spawn server plays "$CG_S" in_s_other "$SERVER" "$@"
	wait_for 20 said server listening || bail "no server"
	attack reset >/dev/null && attack_begin storm count="$SEEN" ms=3600000 || bail "no storm"
	spawn client plays "$CG_C" in_c "$CLIENT" "$@"
}

# DESC: an attempt is one that got a SYN/ACK, by the mask of a join that was seen
rounds_end() {
	local seconds=60 joined sent

	[[ ${EXTKEY_LONG:-} != 1 ]] || seconds=1200
	check "$1: all rounds are over" wait_for $seconds are_over
	is "$(<"$TAP_TMP/foreign")" "" "$1: ss has seen no subflow of the attacker's"
	is "$(grep '^lost' "$TAP_TMP/client.out")" "" "$1: each first subflow has lived"
	check "$1: the storm ends" attack_end
	diag "$REPLY_LINE"
	is "$(reply connections)" "$SEEN" "$1: the attacker has seen nearly all of them"
	check "$1: they have tried to join, with each" test "$(reply syns)" -ge $((3 * SEEN))
	check "$1: and got answers" test "$(reply answered)" -gt 0
	is "$(reply completed)" 0 "$1: no join of theirs was completed"
	joined=$(mib_moved "$NS_S" MPJoinAckRx) sent=$(mib_moved "$NS_C" MPJoinSynAckRx)
	diag "joins of the client's: $joined of $sent completed"
	check "$1: some of the client's were" test "$joined" -gt 0
	check "$1: and no other" test "$joined" -le "$sent"
}

kernel_messages() {
	dmesg 2>/dev/null | grep -cE "BUG|WARNING|Oops|refcount|general protection|KASAN|RCU"
}

e2e_up
net_rate 1gbit
messages=$(kernel_messages)
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow

rounds_begin none reopened other keyless disconnected
rounds_end "accept, close, keys"

# The listener has its key, and each connection gets it, whether or not the cgroup is attached
detaches=0
rounds_begin none
until are_over; do
	taskset -c "${CPUS[1]}" build/extkey_loader detach "$CG_S" >"$TAP_TMP/detach" 2>&1 &&
		loader attach "$CG_S" >>"$TAP_TMP/detach" 2>&1 ||
		{ fail "detach and attach"; diag "$(<"$TAP_TMP/detach")"; break; }
	((++detaches))
done
check "detach: $detaches times, and attached again" test "$detaches" -gt 1
rounds_end "detach"
is "$(kernel_messages)" "$messages" "the kernel does not complain"
done_testing
