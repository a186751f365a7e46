#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Usage: late_keys.pl server PORT SECONDS, or late_keys.pl client ADDR PORT CONNECTIONS SECONDS
#
# MPTCP connections, each of which gets a key of its own at both ends, at a random time of up to
# SECONDS after it has begun, that differs from end to end. Prints "key NUMBER TIME" for each, the
# client with the token of the connection behind it, and "all" when each has one. Lasts until stdin
# ends.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);
use IO::Select;

use constant { SOL_MPTCP => 284, MPTCP_INFO => 1, TOKEN_AT => 12, AT_A_TIME => 20 };

my ($role, @args) = @ARGV;
my $seconds = pop @args;
my (%sockets, @due);    # by number; [time, number], sorted
$| = 1;

sub begin {
	my ($number, $socket) = @_;
	$sockets{$number} = $socket;
	@due = sort { $a->[0] <=> $b->[0] } @due, [time + rand $seconds, $number];
}

sub give_keys {
	while (@due && $due[0][0] <= time) {
		my $number = (shift @due)->[1];
		my $socket = $sockets{$number};
		setsockopt $socket, 25976, 1, pack 'N4', ($number + 1) x 4 or die "key $number: $!\n";
		my $token = $role eq 'client' ? sprintf ' %08x', unpack 'L',
			substr getsockopt($socket, SOL_MPTCP, MPTCP_INFO), TOKEN_AT, 4 : '';
		print "key $number ", time, "$token\n";
	}
}

socket my $first, PF_INET, SOCK_STREAM, 262 or die $!;
my $stdin = IO::Select->new(\*STDIN);
my ($listeners, $new) = (IO::Select->new, IO::Select->new);
my ($connections, $begun) = (0, 0);
if ($role eq 'server') {
	setsockopt $first, SOL_SOCKET, SO_REUSEADDR, 1;
	bind $first, sockaddr_in($args[0], INADDR_ANY) or die $!;
	listen $first, 1024 or die $!;
	$listeners->add($first);
	print "listens\n";
} else {
	$connections = pop @args;
}

until ($stdin->can_read(0)) {
	for my $i (1 .. AT_A_TIME) {
		last if $begun >= $connections;
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		connect $s, sockaddr_in($args[1], inet_aton $args[0]) or die "connect: $!\n";
		syswrite $s, pack 'N', $begun;
		begin($begun++, $s);
	}
	while ($listeners->can_read(0)) {
		accept my $s, $first or die $!;
		$new->add($s);
	}
	for my $s ($new->can_read(0.02)) {
		$new->remove($s);
		sysread($s, my $number, 4) == 4 or die "no number: $!\n";
		$begun++;
		begin(unpack('N', $number), $s);
	}
	select undef, undef, undef, 0.02 if $role eq 'client';
	give_keys();
	if ($begun && $begun == $connections && !@due) {
		print "all\n";
		$connections = -1;
	}
}
