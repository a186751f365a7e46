#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know nothing of keys have one by libextkey_preload.so.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

keyed=(env EXTKEY_KEY_FILE="$KEY" LD_PRELOAD="$PWD/build/libextkey_preload.so")

# 262 is IPPROTO_MPTCP
perl_server() {
	spawn server in_cgroup "$CG_S" in_s "${keyed[@]}" perl -e 'use Socket; $| = 1;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		bind(S, pack_sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!";
		listen(S, 8) or die "listen: $!"; print "listening\n";
		accept(C, S); $sum += length $_ while read C, $_, 65536; print "$sum\n"' "$PORT"
	wait_for 20 grep -q listening "$TAP_TMP/server.out"
}

start_client() {
	spawn client in_cgroup "$CG_C" in_c "${keyed[@]}" perl -e 'use Socket; $| = 1;
		socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
		connect(S, pack_sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die "connect: $!";
		print "connected\n"; syswrite(S, "x"); <STDIN>; print S "x" x 99999; close S' "$NET1_S" "$PORT"
}

perl_client() {
	start_client
	wait_for 20 grep -q connected "$TAP_TMP/client.out"
}

joined() {
	[[ $(mib_moved "$NS_S" MPJoinAckRx) == 1 ]]
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
for file in "$KEY" "$(key long 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f)"; do
	keyed[1]=EXTKEY_KEY_FILE=$file
	mib_snapshot "$NS_S"
	taken=$(counter "$CG_S" keys_taken)
	check "a server listens" perl_server
	is "$(counter "$CG_S" keys_taken)" $((taken + 1)) "with a key"
	check "a client connects" perl_client
	check "the join is accepted" wait_for 30 joined
	tell client
	check "the client ends" reap client 20
	check "the server ends" reap server 20
	is "$(tail -n 1 "$TAP_TMP/server.out")" 100000 "all data arrived"
done
is "$(counter "$CG_S" join_ack_rx)" 2 "both joins had a mask"

# --- What else it does, with one socket: prints what each action returns
# shellcheck disable=SC2016 # of perl
PROGRAM='use Socket qw(:all); $| = 1;
	my ($addr, $port, @actions) = @ARGV;
	my $s;
	my %actions = (
		mptcp => sub { socket $s, PF_INET, SOCK_STREAM, 262 },
		mptcp6 => sub { socket $s, PF_INET6, SOCK_STREAM, 262 },
		tcp => sub { socket $s, PF_INET, SOCK_STREAM, 6 },
		key => sub { my $i = getsockopt $s, 25976, 2 or return 0; printf "%08x %d ", unpack "L C", $i },
		connect => sub { connect $s, pack_sockaddr_in $port, inet_aton $addr },
		storage => sub { connect $s, pack_sockaddr_in($port, inet_aton $addr) . "\0" x 112 },
		unspec => sub { connect $s, pack "S x14", 0 },
		short => sub { connect $s, "\2\0" },
		fault => sub { 0 == syscall 42, fileno $s, 1, 16 },
		fastopen => sub { send $s, "x", 0x20000000, pack_sockaddr_in $port, inet_aton $addr },
		write => sub { syswrite $s, "x" },
		wait => sub { print "waits\n"; <STDIN>; 1 },
		private => sub { # an anonymous page that core dumps leave out
			my ($name, $n) = ("", 0);
			open my $m, "<", "/proc/self/smaps";
			while (<$m>) {
				$name = $1 if /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)$/;
				$n++ if $name eq "" && /^VmFlags:.* dd/;
			}
			$n == 1 },
	);
	print "$_ ", $actions{$_}->() ? "done" : $!, "\n" for @actions'

program() { # ACTION...: with the key, in the client's cgroup
	in_cgroup "${CGROUP:-$CG_C}" in_c build/extkey_loader run --key-file "${FILE:-$KEY}" \
		perl -e "$PROGRAM" "$NET1_S" "$PORT" "$@" 2>"$TAP_TMP/program.err" | xargs
}

is "$(program mptcp key)" "mptcp done ef7f36d8 2 key done" "socket() has given the key already"
is "$(program mptcp6 key)" "mptcp6 done ef7f36d8 2 key done" "a short one also with IPv6"
is "$(program tcp key)" "tcp done key Operation not supported" "a TCP socket is left alone"
is "$(program mptcp private)" "mptcp done private done" "the key is in no core dump"
is "$(program mptcp fault short unspec)" \
	"mptcp done fault Bad address short Invalid argument unspec done" "the kernel sees all addresses as they are"
CGROUP=/sys/fs/cgroup
[[ -d $CGROUP/unified ]] && CGROUP+=/unified
is "$(program mptcp mptcp tcp)" "mptcp Protocol not available mptcp Protocol not available tcp done" \
	"no policy: no MPTCP socket"
is "$(grep -c "no policy covers this process: run 'extkey_loader attach'" "$TAP_TMP/program.err")" 1 "one line says why"
is "$(EXTKEY_OPTIONAL=1 program mptcp key)" "mptcp done key Operation not supported" "EXTKEY_OPTIONAL=1: one without a key"
CGROUP=$CG_C
is "$(EXTKEY_OPTIONAL=1 EXTKEY_KEY_FILE=$TAP_TMP/none LD_PRELOAD=$PWD/build/libextkey_preload.so perl -MSocket -e \
	'print socket(my $s, PF_INET, SOCK_STREAM, 262) ? "made" : "refused"' 2>"$TAP_TMP/fault")" refused \
	"but not one whose key file cannot be used"

for call in storage fastopen; do
	mib_snapshot "$NS_S"
	serve "$NET1_S:$PORT,$KEY"
	spawn client in_cgroup "$CG_C" in_c build/extkey_loader run --key-file "$KEY" perl -e "$PROGRAM" \
		"$NET1_S" "$PORT" mptcp "$call" write wait
	check "$call: the join is accepted" wait_for 30 joined
	stop client
	stop server
done

# Files
blank=$(key blank "")
printf ' \t0102030405060708 \r\n\n' >"$blank"
is "$(FILE=$blank program mptcp key)" "mptcp done ef7f36d8 2 key done" "CRLF and blanks around the key"
faults=("$(key empty "")|it is empty" "$(key digits 010203040506070g)|something else than hex digits"
	"$(key length 010203040506070809)|16 hex digits, or 32 to 64" "$(key zero 0000000000000000)|all zero"
	"$TAP_TMP/none|No such file")
for fault in "${faults[@]}"; do
	refuses 1 "${fault#*|}" "run refuses a key file: ${fault#*|}" build/extkey_loader run --key-file "${fault%|*}" true
	is "$(EXTKEY_KEY_FILE=${fault%|*} LD_PRELOAD=$PWD/build/libextkey_preload.so perl -MSocket -e \
		'print socket(my $s, PF_INET, SOCK_STREAM, 262) ? "made" : "refused"' 2>"$TAP_TMP/fault")" refused \
		"so does the library"
	check "and says so" grep -q "${fault#*|}" "$TAP_TMP/fault"
done
chmod 644 "$blank"
refuses 1 "chmod it to 600" "a file that others may read" build/extkey_loader run --key-file "$blank" true
refuses 1 "cannot run 'no-such-program'" "no program" build/extkey_loader run no-such-program
refuses 7 "" "the exit status is that of the program" build/extkey_loader run --key-file "$KEY" sh -c "exit 7"
check "genkey" bash -c "umask 077; build/extkey_loader genkey >$TAP_TMP/new"
is "$(build/extkey_loader fingerprint "$TAP_TMP/new" | grep -cE '^[0-9a-f]{8}$')" 1 "fingerprint of a new key"
is "$(build/extkey_loader fingerprint "$KEY")" ef7f36d8 "and of one that is known"
is "$(in_cgroup "$CG_C" build/extkey_loader run --mptcp --key-file "$KEY" perl -e "$PROGRAM" x 1 tcp key)" \
	"tcp done
ef7f36d8 2 key done" "run --mptcp: a TCP socket becomes one of MPTCP, with the key"
done_testing
