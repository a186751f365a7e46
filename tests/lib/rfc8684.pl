#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Reads what tcpdump -nn prints of one MPTCP connection, and computes each field
# that authenticates something anew, from the keys of the first handshake as
# RFC 8684 has it. Prints "FIELD ok" or "FIELD differs" for each field it meets.
use strict;
use warnings;
use Digest::SHA qw(sha256 hmac_sha256);

my ($key_a, $key_b); # initiator's and responder's, 8 bytes each
my %nonces;          # of a subflow: initiator's and responder's

sub verdict {
	my ($field, $got, $want) = @_;
	print "$field ", $got eq $want ? "ok" : "differs", "\n";
}

sub hex8 { pack "H*", substr("0" x 8 . ($_[0] =~ s/^0x//r), -8) }
sub hex16 { pack "H*", substr("0" x 16 . ($_[0] =~ s/^0x//r), -16) }

while (<>) {
	next unless /IP ([\d.]+) > ([\d.]+): Flags \[([^\]]*)\]/;
	my ($src, $dst, $flags) = ($1, $2, $3);
	if (/capable v1 \{(0x[0-9a-f]+),(0x[0-9a-f]+)\}/) {
		($key_a, $key_b) = (hex16($1), hex16($2));
	}
	next unless defined $key_a;
	my ($a_b, $b_a) = ($key_a . $key_b, $key_b . $key_a);
	if (/join .*token (0x[0-9a-f]+) nonce (0x[0-9a-f]+)/) {
		$nonces{"$src $dst"} = [hex8($2)];
		verdict("token", hex8($1), substr(sha256($key_b), 0, 4));
	} elsif (/join .*hmac (0x[0-9a-f]+) nonce (0x[0-9a-f]+)/) {
		my $n = $nonces{"$dst $src"} or next;
		$n->[1] = hex8($2);
		verdict("synack", hex16($1), substr(hmac_sha256($n->[1] . $n->[0], $b_a), 0, 8));
	} elsif (/join .*hmac 0x([0-9a-f]+)/) {
		my $n = $nonces{"$src $dst"} or next;
		verdict("ack", pack("H*", $1), substr(hmac_sha256($n->[0] . $n->[1], $a_b), 0, 20));
	}
	if (/add-addr v1 id (\d+) ([\d.]+?) hmac (0x[0-9a-f]+)/) {
		my $msg = pack "C C4 n", $1, split(/\./, $2), 0;
		# Only the server announces here
		verdict("add_addr", hex16($3), substr(hmac_sha256($msg, $b_a), -8));
	}
	if (/fast-close key (0x[0-9a-f]+)/) {
		verdict("fastclose", hex16($1), $key_b);
	}
}
