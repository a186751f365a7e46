# SPDX-License-Identifier: GPL-2.0-only OR MIT
# An MPTCP socket (262) that has a key, for connect() or listen(); or it dies
use Socket;

sub keyed_socket {
	my ($family, $key) = @_;
	socket my $s, $family, SOCK_STREAM, 262 or die "socket: $!";
	setsockopt $s, 25976, 1, $key or die "key: $!"; # EXTKEY_SOL, EXTKEY_SO_KEY
	return $s;
}
1;
