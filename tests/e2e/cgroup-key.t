#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A key for a whole cgroup: programs that know nothing of keys join, masked on the wire, also
# one that is linked statically and one that listens without bind(). What stands in sin_zero
# does not take its place. The key is in no dump.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

attach_both() {
	check "attach the client's cgroup $*" loader attach "$CG_C" "$@"
	check "attach the server's cgroup $*" loader attach "$CG_S" "$@"
}

keys_of() {
	loader status --json | jq -r --arg cgroup "$1" \
		'.cgroups[] | select(.cgroup == $cgroup) | "\(.sources) \(.key.sending) \(.key.step)"'
}

# At a port that the kernel chooses, as there is no bind(): prints it
# shellcheck disable=SC2016 # of perl
LISTENER='use Socket; $| = 1;
	socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
	listen $s, 5 or die $!;
	print +(unpack_sockaddr_in getsockname $s)[0], "\n";
	accept my $c, $s or die $!;
	sleep 60'

e2e_up
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
attach_both --key-file "$KEY" --require-key
is "$(keys_of "$CG_C")" "cgroup ef7f36d8 in use" "status shows the fingerprint"

check "a server and a client without a key: the join is over" experiment cgroup "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "it was accepted"
is "$(counter "$CG_C" keys_given) $(counter "$CG_S" keys_given)" "1 1" \
	"each socket() got the key of its cgroup"
both_subflows client
capture_stop
check_masks cgroup "the join"
stop server

check "a key in the address, which is another one: the join is over" experiment sin_zero "" "$OTHER_KEY"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "it was ignored"
both_subflows client
capture_stop
check_masks sin_zero "the join"
stop server

# A static binary calls what no library can get hold of
cc -static -std=gnu11 -D_GNU_SOURCE -Iinclude -O2 -w tests/peer/extkey_client.c \
	-o "$TAP_TMP/static_client" || bail "no static client"
mib_snapshot "$NS_S"
serve "$NET1_S:$PORT"
check "a static client: two subflows" in_cgroup "$CG_C" in_c "$TAP_TMP/static_client" \
	--connect "$NET1_S:$PORT" --wait-subflows 2 --bytes 1000 --timeout 20
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "its join was accepted"
stop server

mib_snapshot "$NS_S"
spawn unbound in_cgroup "$CG_S" in_s perl -e "$LISTENER"
check "a listener without bind()" wait_for 20 grep -q . "$TAP_TMP/unbound.out"
client client --connect "$NET1_S:$(head -1 "$TAP_TMP/unbound.out")" --wait-subflows 2
check "its client: two subflows" client_ready client
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "its join was accepted"
stop client
stop unbound

is "$(bpftool -j map dump pinned "$BPFFS/extkey/cgroup_keys" | jq -c .)" "[]" "the map cannot be walked"
is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"

# One end has another key
check "another key for the server's cgroup" loader attach "$CG_S" --key-file "$OTHER_KEY"
check "different keys: the join is over" experiment different "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "it was refused"
first_subflow_alone client
capture_stop
stop server

# A cgroup below had a policy and a key of its own for a while: its sockets follow the one above
mkdir "$CG_S/below" || bail "no cgroup"
check "the right key again" loader attach "$CG_S" --key-file "$KEY"
check "another key for a cgroup below" loader attach "$CG_S/below" --key-file "$OTHER_KEY"
check "which is detached" loader detach "$CG_S/below"
above=$CG_S CG_S=$CG_S/below
check "a server in the cgroup below: the join is over" experiment below "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "it was accepted"
both_subflows client
capture_stop
stop server
CG_S=$above
rmdir "$CG_S/below"

# Both sources: the nearer one wins
attach_both --key-file "$KEY" --sources address,cgroup
check "a key in both addresses: the join is over" experiment nearer "$OTHER_KEY" "$OTHER_KEY"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "it was accepted"
both_subflows client
check "in the client's address alone: the join is over" experiment nearest "" "$OTHER_KEY"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "it was refused"
first_subflow_alone client
capture_stop
stop server

# Two words whose XOR is 0
refuses 1 "mask 0" "scheme xor: a key that protects nothing is refused" build/extkey_loader attach "$CG_C" \
	--scheme xor --key-file "$(key weak 0102030401020304)"
check "with siphash it is a key as any other" loader attach "$CG_C" --scheme siphash --key-file "$(key weak 0102030401020304)"
refuses 1 "mask 0" "and the scheme cannot become xor" build/extkey_loader attach "$CG_C" --scheme xor
SCHEME=xor
check "another key, with scheme xor" loader attach "$CG_C" --key-file "$OTHER_KEY"
refuses 1 "mask 0" "nor can it be the next one" build/extkey_loader key "$CG_C" --add "$(key weak 0102030401020304)"
SCHEME=siphash
check "the scheme of before" loader attach "$CG_C"

# Without a key of its own
check "sources: no key" loader attach "$CG_C" --sources address
check "a policy needs a key for its cgroup" loader detach --all
refuses 1 "has no key of its own" "attach says so" loader attach "$CG_C" --sources cgroup
done_testing
