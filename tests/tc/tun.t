#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Interfaces without a link header: both paths are of tun devices, between which
# a program carries the packets.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

# Descriptors 3 and 4 are of /dev/net/tun, opened in either namespace
carry='
	my @tun;
	for my $fd (3, 4) {
		open(my $tun, "+<&=", $fd) or die "open: $!";
		# TUNSETIFF, IFF_TUN | IFF_NO_PI
		ioctl($tun, 0x400454ca, pack("a16 S x22", shift, 0x1001)) or die "ioctl: $!";
		push @tun, $tun;
	}
	$| = 1;
	print "ready\n";
	my $child = fork // die;
	@tun = reverse @tun if $child;
	while (sysread($tun[0], my $packet, 65536)) { syswrite($tun[1], $packet); }'

# A persistent device would hide that the program has gone
carrier() {
	local n=$1

	# shellcheck disable=SC2016
	in_s bash -c 'exec 4<>/dev/net/tun && exec nsenter --net="$0" bash -c "$@"' \
		"/run/netns/$NS_C" 'exec 3<>/dev/net/tun && exec perl -e "$0" "$@"' \
		"$carry" "c$n" "s$n"
}

tun() {
	local n=$1

	ip -n "$NS_C" link del "c$n" && spawn "carrier$n" carrier "$n" &&
		wait_for 20 grep -q ready "$TAP_TMP/carrier$n.out" &&
		move_path "$n" c "c$n" && move_path "$n" s "s$n"
}

e2e_up
check "path 1 is of tun devices" tun 1
check "path 2 is of tun devices" tun 2
check "their rate is limited" net_rate "$E2E_RATE"
join_works tun
done_testing
