#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Does with MPTCP sockets what each line on stdin says, and prints the line with ": done" or
# with what went wrong. A KEY is 16 hex digits; without one the address has none.
#
#	socket NAME			bind NAME ADDR PORT [KEY]
#	listen NAME			connect NAME ADDR PORT [KEY]
#	accept LISTENER NAME		disconnect NAME
#	send NAME			receive NAME		a byte
#	close NAME			abort NAME
#	key NAME KEY			EXTKEY_SO_KEY
#	info NAME			EXTKEY_SO_INFO, which is printed as what went wrong
use strict;
use warnings;
use Socket;

my %sockets;
$| = 1;
$SIG{PIPE} = 'IGNORE';

# A string of bytes, as that is what has a key in it
sub address {
	my ($addr, $port, $key) = @_;
	return pack 'S n a4 H16', AF_INET, $port, inet_aton($addr), $key // '0' x 16;
}

my %verbs = (
	socket => sub {
		socket $sockets{$_[0]}, PF_INET, SOCK_STREAM, 262 or return;
		return setsockopt($sockets{$_[0]}, SOL_SOCKET, SO_REUSEADDR, 1) &&
			setsockopt($sockets{$_[0]}, SOL_SOCKET, SO_REUSEPORT, 1);
	},
	bind => sub { my $s = $sockets{+shift}; bind $s, address(@_) },
	listen => sub { listen $sockets{$_[0]}, 64 },
	connect => sub { my $s = $sockets{+shift}; connect $s, address(@_) },
	disconnect => sub { connect $sockets{$_[0]}, pack 'S x14', AF_UNSPEC },
	accept => sub { accept $sockets{$_[1]}, $sockets{$_[0]} },
	send => sub { syswrite $sockets{$_[0]}, 'x' },
	receive => sub { sysread $sockets{$_[0]}, my $byte, 1 },
	close => sub { close delete $sockets{$_[0]} },
	key => sub { setsockopt $sockets{$_[0]}, 25976, 1, pack 'H*', $_[1] },
	info => sub {
		my $info = getsockopt $sockets{$_[0]}, 25976, 2 or return;
		my ($fingerprint, $source, $engine, $scheme, $waiting, $covered) = unpack 'LC5', $info;
		die sprintf "%s %08x%s%s\n", (qw(none address socket cgroup connection tls))[$source], $fingerprint,
			$waiting ? ' waiting' : '', $covered ? '' : ' uncovered';
	},
	abort => sub {
		setsockopt $sockets{$_[0]}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
		close delete $sockets{$_[0]};
	},
);

while (my $line = <STDIN>) {
	chomp $line;
	my ($verb, @words) = split / /, $line;
	$! = 0;
	my $done = eval { $verbs{$verb}->(@words) };
	print "$line: ", ($done ? 'done' : $@ =~ s/\n//r || $! || 'end'), "\n";
}
