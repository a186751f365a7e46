#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: seeds.pl DIR <SEEDS
#
# Makes a file of bytes in DIR of each line "NAME: HEX..." of SEEDS. "HEX*N" is
# that N times; lines that begin with # are for people.
use strict;
use warnings;

my ($dir) = @ARGV;
my %seen;

while (<STDIN>) {
	next if /^#|^\s*$/;
	my ($name, $text) = /^([\w-]+):\s+(.*)$/ or die "line $.: no NAME: HEX\n";
	die "line $.: $name is there already\n" if $seen{$name}++;
	my $bytes = "";
	for my $word (split ' ', $text) {
		my ($hex, $times) = $word =~ /^((?:[0-9a-f]{2})+)(?:\*(\d+))?$/
			or die "line $.: not hex: $word\n";
		$bytes .= pack("H*", $hex) x ($times // 1);
	}
	open(my $file, ">:raw", "$dir/$name") or die "$dir/$name: $!\n";
	print $file $bytes;
	close($file) or die "$dir/$name: $!\n";
}
