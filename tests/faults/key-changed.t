#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another key for a socket that listens already: bind() and connect() are refused,
# the listener keeps its key, and clients with that key join as before.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

fingerprint() {
	loader status --json | jq -r '.sockets[] | select(.role == "listener") | .fingerprint'
}

# Listens with the first key; then, for a line on stdin, is given the second one
# shellcheck disable=SC2016 # of perl
listener() {
	in_cgroup "$CG_S" in_s perl -MSocket -e '$| = 1;
		sub address { open my $f, "<", $_[0] or die; my $k = <$f>; chomp $k;
			return pack("S n a4", PF_INET, $ARGV[3], inet_aton($ARGV[2])) . pack("H16", $k) }
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		bind($s, address($ARGV[0])) && listen($s, 10) or die $!;
		print "listening\n";
		accept my $c, $s or die $!;
		<STDIN>;
		print "bind: ", (bind($s, address($ARGV[1])) ? "done" : "refused"), "\n";
		print "connect: ", (connect($s, address($ARGV[1])) ? "done" : "refused"), "\n";
		1 while accept $c, $s' "$KEY" "$OTHER_KEY" "$NET1_S" "$PORT"
}

faults_up
e2e_attach
spawn listener listener
check "listens" wait_for 20 grep -q listening "$TAP_TMP/listener.out"
first=$(fingerprint)
check "with a key" test "$first"
client before --key-file "$KEY" --wait-subflows 2
check "a client joins" client_ready before
tell listener
check "another key" wait_for 20 grep -q connect: "$TAP_TMP/listener.out"
is "$(grep -c refused "$TAP_TMP/listener.out")" 2 "bind() and connect() are refused"
is "$(fingerprint)" "$first" "the listener has the first key"
stop before
client after --key-file "$KEY" --wait-subflows 2
check "a client with it joins" client_ready after
is "$(counter "$CG_S" join_synack_tx)" 2 "joins were unmasked"
done_testing
