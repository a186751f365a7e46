#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# main connect|listen ADDR PORT KEY: with the socket of examples/keyed_socket.pl
use strict;
use warnings;
use Socket;

require './examples/keyed_socket.pl';

my ($verb, $addr, $port, $key) = @ARGV;
my $s = keyed_socket(PF_INET, pack 'H*', $key);
my $at = pack_sockaddr_in $port, inet_aton $addr;
$| = 1;
if ($verb eq 'connect') {
	connect $s, $at or die "connect: $!";
	syswrite $s, 'x' or die "write: $!";
} else {
	bind $s, $at or die "bind: $!";
	listen $s, 5 or die "listen: $!";
}
print "ready\n";
my $accepted;
$verb ne 'listen' or accept $accepted, $s or die "accept: $!";
<STDIN>;
