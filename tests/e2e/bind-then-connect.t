#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The client gives its key with bind(), and connects without one. A key given
# later, before the socket is connected, takes its place.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY"

mib_snapshot "$NS_S"
client bound --bind "$NET1_C" --bind-key-file "$KEY"
check "connected" client_ready bound
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "key with bind(): the join was accepted"
is "$(counter "$CG_C" keys_taken)" 1 "one key taken"
both_subflows bound

mib_snapshot "$NS_S"
client replaced --bind "$NET1_C" --bind-key-file "$OTHER_KEY" --key-file "$KEY"
check "connected" client_ready replaced
check "the join comes to an end" wait_for 60 join_is_over
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "another key with connect(): it replaced the first"
is "$(counter "$CG_C" keys_taken)" 3 "two more keys taken"
check "data arrived" release replaced

# Perl takes the address as bytes. The second bind() fails in the kernel, but it
# reaches the BPF program before.
rebind='use Socket; $| = 1; socket(S, PF_INET, SOCK_STREAM, 262) or die "socket: $!";
	sub at { pack("S n a4 a8", AF_INET, 5002, inet_aton($ARGV[0]), pack("H*", shift)) }
	bind(S, at("0102030405060708")) or die "bind: $!"; listen(S, 1) or die "listen: $!";
	print bind(S, at("1112131415161799")) ? "bound twice\n" : "refused\n"; <STDIN>'
spawn rebind in_cgroup "$CG_S" in_s perl -e "$rebind" "$NET1_S"
check "a listener's second bind() is refused" wait_for 20 grep -q refused "$TAP_TMP/rebind.out"
is "$(loader status --json | jq -r '.sockets[] | select(.local | endswith(":5002")) | .fingerprint')" \
	ef7f36d8 "and its key is still the first one"
done_testing
