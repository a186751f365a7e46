#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A key by socket option, before connect() or listen(), for programs in any language: it goes
# before all other keys. What the socket has can be asked. Where no policy applies both fail.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

# SOCKET ACTION...: prints what each one returns
#	key HEX		EXTKEY_SO_KEY
#	address HEX	bind() with these 8 bytes in sin_zero
#	connect HEX	connect() with them
#	listen, info, wait
# shellcheck disable=SC2016 # of perl
PROGRAM='use Socket; $| = 1;
	my ($addr, $port, $protocol, @actions) = @ARGV;
	socket my $s, PF_INET, SOCK_STREAM, $protocol or die $!;
	setsockopt $s, SOL_SOCKET, SO_REUSEADDR, 1;
	sub at { pack "S n a4 a8", AF_INET, $_[1], inet_aton($_[0]), pack "H*", $_[2] }
	while (my $action = shift @actions) {
		my $done;
		if ($action eq "key") { $done = setsockopt $s, 25976, 1, pack "H*", shift @actions }
		elsif ($action eq "address") { $done = bind $s, at($addr, $port, shift @actions) }
		elsif ($action eq "connect") { $done = connect $s, at($addr, $port, shift @actions) }
		elsif ($action eq "listen") { $done = listen $s, 5 }
		elsif ($action eq "write") { $done = syswrite $s, "x" }
		elsif ($action eq "wait") { print "waits\n"; <STDIN>; next }
		elsif ($action eq "info") {
			my $info = getsockopt $s, 25976, 2;
			$done = defined $info;
			print "info ", join(" ", sprintf("%08x", unpack "L", $info), unpack "x4 C3", $info), "\n" if $done;
		}
		print "$action ", $done ? "done" : $!{EBUSY} ? "EBUSY" : $!{EINVAL} ? "EINVAL" :
			$!{ENOPROTOOPT} || $!{EOPNOTSUPP} ? "unknown" : $!, "\n" if $action ne "info" || !$done;
	}'

program() { # HOST CGROUP ACTION...
	local run=in_$1 cgroup=$2
	shift 2

	in_cgroup "$cgroup" "$run" perl -e "$PROGRAM" "$NET1_S" "$PORT" "${PROTOCOL:-262}" "$@"
}

says() {
	program "$@" | xargs
}

engine() { # as in struct extkey_info
	[[ $1 == tc ]] && echo 1 || echo 0
}

HEX=0102030405060708 FINGERPRINT=ef7f36d8 # docs/protocol.md
OTHER_HEX=1112131415161799
LONG_HEX=000102030405060708090a0b0c0d0e0f1011121314151617
NONE=0000000000000000

e2e_up
scheme=$([[ $SCHEME == siphash ]] && echo 0 || echo 1)
is "$(says c "$CG_C" key $HEX info)" "key unknown info unknown" "nothing is attached: both are unknown"
check "attach the client's cgroup" loader attach "$CG_C"
check "attach the server's cgroup" loader attach "$CG_S"
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
at_c="$(engine "$ENGINE_C") $scheme" at_s="$(engine "$ENGINE_S") $scheme"

is "$(says c "$CG_C" info key $HEX info)" "info 00000000 0 $at_c key done info $FINGERPRINT 2 $at_c" \
	"a key, and what the socket has"
is "$(counter "$CG_C" keys_taken)" 1 "it was counted"
is "$(PROTOCOL=6 says c "$CG_C" key $HEX info)" "key unknown info unknown" "of a TCP socket both are unknown"
is "$(says c "$CG_C" key 00 key $NONE key 0102030405060708090a key "${LONG_HEX}ffffffffffffffffff" info)" \
	"key EINVAL key EINVAL key EINVAL key EINVAL info 00000000 0 $at_c" "what is no key is refused"
is "$(counter "$CG_C" keys_malformed)" 4 "it was counted"
is "$(says c "$CG_C" key $OTHER_HEX key $HEX info)" "key done key done info $FINGERPRINT 2 $at_c" "the last one counts"
is "$(says s "$CG_S" address $HEX info listen key $OTHER_HEX info)" \
	"address done info $FINGERPRINT 1 $at_s listen done key EBUSY info $FINGERPRINT 1 $at_s" \
	"a listener keeps its key"

# One end by option, the other by address, although there is another one in its address
joins() { # NAME: a program that listens, and a client
	capture_start "$NS_S" s1 "$CAPTURES/$1-s1.pcap"
	capture_start "$NS_S" s2 "$CAPTURES/$1-s2.pcap"
	mib_snapshot "$NS_S"
	shift
	spawn listener program s "$CG_S" "$@" listen wait
	check "it listens" wait_for 20 grep -q "^listen done" "$TAP_TMP/listener.out"
	spawn client program c "$CG_C" key $HEX connect $OTHER_HEX write info wait
	check "a client" wait_for 20 grep -q waits "$TAP_TMP/client.out"
	joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
	check "its join is accepted" wait_for 30 joined
	is "$(grep info "$TAP_TMP/client.out")" "info $FINGERPRINT 2 $at_c" "it has the key of the option"
	capture_stop
	stop client
	stop listener
}

joins option key $HEX address $OTHER_HEX
check_masks option "both by option"
joins both address $HEX
check_masks both "one by option, one by address"

# Before the address of a policy that wants one, and before the key of its cgroup
check "a key is required" loader attach "$CG_S" --require-key
joins required key $HEX address $NONE
check "the cgroup has another key" loader attach "$CG_S" --key-file "$OTHER_KEY"
is "$(says s "$CG_S" info)" "info $(loader status --json | jq -r --arg cgroup "$CG_S" \
	'.cgroups[] | select(.cgroup == $cgroup).key.sending') 3 $at_s" "info tells that of the cgroup"
joins cgroup key $HEX address $NONE

# Nested: the policy of the nearer cgroup, and one answer
mkdir "$CG_C/below" || bail "no cgroup"
check "attach a cgroup below" loader attach "$CG_C/below"
is "$(says c "$CG_C/below" key $HEX info)" "key done info $FINGERPRINT 2 $at_c" "a key in nested cgroups"
is "$(counter "$CG_C/below" keys_taken)" 1 "it was counted once, for the nearer one"

# 41 is IP_MSFILTER, here with more than a page
# shellcheck disable=SC2016 # of perl
OTHERS='use Socket; socket my $s, PF_INET, SOCK_DGRAM, 0 or die $!;
	setsockopt $s, SOL_SOCKET, SO_RCVBUF, 100000 or die $!;
	setsockopt $s, 0, 41, pack "a4 a4 L L a9000", INADDR_ANY, INADDR_ANY, 0, 2252, ""; print 0 + $!, " ";
	print unpack "L", getsockopt $s, SOL_SOCKET, SO_RCVBUF'
is "$(in_cgroup "$CG_C/below" perl -e "$OTHERS")" "$(perl -e "$OTHERS")" "other options go to the kernel as they are"
check "detach the cgroup below" loader detach "$CG_C/below"
rmdir "$CG_C/below"
done_testing
