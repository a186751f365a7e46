#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections with a key, each joined, one after the other: what extkey has of them
# goes with them. 2,000, with EXTKEY_LONG=1 100,000, of which the kernel's own
# memory that cannot be reclaimed (SUnreclaim) may grow by 256 bytes each; with
# fewer, that would be lost among what else this machine does.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

TIMES=2000
[[ ${EXTKEY_LONG:-} != 1 ]] || TIMES=100000

# Each writes a byte, and is closed by a reset: no port waits
# shellcheck disable=SC2016 # of perl
connections() {
	in_cgroup "$CG_C" in_c perl -MSocket -e 'open my $f, "<", $ARGV[0] or die; my $k = <$f>; chomp $k;
		my $address = pack("S n a4", PF_INET, $ARGV[2], inet_aton($ARGV[1])) . pack("H16", $k);
		for (1 .. $ARGV[3]) {
			socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
			connect($s, $address) or die "number $_: $!";
			syswrite($s, "x") == 1 or die $!;
			shutdown($s, 1);
			sysread $s, my $answer, 100;
			close $s;
		}' "$KEY" "$NET1_S" "$PORT" "$1"
}

slab() {
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}

# Bytes of each of our maps, and how many sockets have a key
maps() {
	local id

	for id in $(for pin in tc/programs/ingress tc/programs/egress cgroup/programs/connect4; do
		bpftool -j prog show pinned "$BPFFS/extkey/$pin" | jq '.map_ids[]'
	done | sort -u); do
		bpftool -j map show id "$id" | jq -c '[.name, .bytes_memlock]'
	done
	loader status --json | jq '.sockets | length'
}

# Whether a connection that lives has a place among those that are known by their token
is_known() {
	local token bucket

	token=$(ss -M -n -i -N "${NS_S##*/}" state established | grep -oE -m 1 'token:[0-9a-f]+') || return
	token=$((0x${token#token:}))
	printf -v bucket '%02x %02x 00 00' $((token & 255)) $((token >> 8 & 255))
	# shellcheck disable=SC2086 # bytes
	bpftool -j map lookup pinned "$BPFFS/extkey/tc/maps/connections" key hex $bucket |
		jq -e --argjson token "$token" 'any(.formatted.value.connections[]; .token == $token)'
}

sockets_ended() {
	[[ $(loader status --json | jq '.sockets | length') == 1 ]]
}

# If not, what is left may say why
all_ended() {
	wait_for 60 sockets_ended && return
	diag "$(loader status --json | jq -c '.sockets[]')"
	diag "$(in_c ss -Maen; in_c ss -tanei; in_c nstat -as | grep -i mptcp)"
	diag "$(in_s ss -Maen; in_s ss -tanei; in_s nstat -as | grep -i mptcp)"
	return 1
}

faults_up
e2e_attach
check "few ports wait" in_c sysctl -q net.ipv4.tcp_max_tw_buckets=1000 net.ipv4.ip_local_port_range="1024 65535"
check "on both hosts" in_s sysctl -q net.ipv4.tcp_max_tw_buckets=1000
serve "$NET1_S:$PORT,$KEY"
check "some first" connections 500
check "they have ended" all_ended
before=$(maps) slab=$(slab)
check "$TIMES connections" connections "$TIMES"
check "they have ended" all_ended
is "$(counter "$CG_C" keys_taken)" $((TIMES + 500)) "each had a key"
diag "joins: $(counter "$CG_C" join_synack_rx)"
is "$(maps)" "$before" "the maps are as large as before, and one socket has a key"
client last --key-file "$KEY"
check "one more connection" client_ready last
check "it is known by its token" is_known
grown=$(($(slab) - slab))
diag "SUnreclaim has grown by $grown KiB"
((TIMES < 100000)) || check "by less than 256 bytes a connection" test "$grown" -lt $((TIMES / 4))
done_testing
