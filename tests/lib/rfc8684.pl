#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: rfc8684.pl [MASKKEY [bound]]
#
# Reads what tcpdump -nn prints of one MPTCP connection, and computes each field
# that authenticates something anew, from the keys of the first handshake as
# RFC 8684 has it, and with MASKKEY, 32 hex digits, as scheme siphash does, all
# by docs/protocol.md and without a line of our C. Prints for each field that it
# meets "FIELD ok" if it is that of RFC 8684, "FIELD masked" or "FIELD differs".
use strict;
use warnings;
no warnings 'portable'; # 64-bit numbers
use Digest::SHA qw(sha256 hmac_sha256);

my ($mask_key, $bound) = @ARGV;
@ARGV = ();

my %key;    # 8 bytes, of the side that has opened the connection, "a", and the other, "b"
my %side;   # of an address
my %nonces; # of a subflow: initiator's, and each one of the responder's

sub add { use integer; $_[0] + $_[1] }
sub rotl { $_[0] << $_[1] | $_[0] >> (64 - $_[1]) }

sub sipround {
	my $v = shift;
	$v->[0] = add($v->[0], $v->[1]); $v->[1] = rotl($v->[1], 13) ^ $v->[0]; $v->[0] = rotl($v->[0], 32);
	$v->[2] = add($v->[2], $v->[3]); $v->[3] = rotl($v->[3], 16) ^ $v->[2];
	$v->[0] = add($v->[0], $v->[3]); $v->[3] = rotl($v->[3], 21) ^ $v->[0];
	$v->[2] = add($v->[2], $v->[1]); $v->[1] = rotl($v->[1], 17) ^ $v->[2]; $v->[2] = rotl($v->[2], 32);
}

# SipHash-2-4 as a number of 64 bits
sub siphash {
	my ($k0, $k1, $msg) = (unpack("Q<2", pack "H*", $mask_key), @_);
	my @v = ($k0 ^ 0x736f6d6570736575, $k1 ^ 0x646f72616e646f6d,
		 $k0 ^ 0x6c7967656e657261, $k1 ^ 0x7465646279746573);
	my $padded = $msg . "\0" x (7 - length($msg) % 8) . chr(length($msg) & 255);
	for my $word (unpack "Q<*", $padded) {
		$v[3] ^= $word;
		sipround(\@v) for 1 .. 2;
		$v[0] ^= $word;
	}
	$v[2] ^= 0xff;
	sipround(\@v) for 1 .. 4;
	return $v[0] ^ $v[1] ^ $v[2] ^ $v[3];
}

# [WANT, MASK] for each value that would be right
sub verdict {
	my ($field, $got, @rights) = @_;
	my %is;
	for my $right (@rights) {
		my ($want, $mask) = @$right;
		$is{$want} = "ok";
		$is{$want ^ substr($mask, 0, length $want)} = "masked" if defined $mask_key;
	}
	print "$field ", $is{$got} // "differs", "\n";
}

sub hex8 { pack "H*", substr("0" x 8 . ($_[0] =~ s/^0x//r), -8) }
sub hex16 { pack "H*", substr("0" x 16 . ($_[0] =~ s/^0x//r), -16) }

# 16 bytes of an address that tcpdump has printed, and whether it is IPv6
sub address {
	my ($text) = @_;
	return ("\0" x 10 . "\xff\xff" . pack("C4", split /\./, $text), 0) if $text !~ /:/;
	my ($left, $right) = map { [map { hex } split /:/] } split /::/, $text, -1;
	$right //= [];
	return (pack("n8", @$left, (0) x (8 - @$left - @$right), @$right), 1);
}

# Those of the SYN, for the policy that binds them
sub addresses {
	return "" unless $bound;
	my ($src, $dst) = map { [/^(.*)\.(\d+)$/] } @_;
	return (address $src->[0])[0] . (address $dst->[0])[0] . pack "nn", $src->[1], $dst->[1];
}

sub other { $_[0] eq "a" ? "b" : "a" }
sub keys_of { my ($sender) = @_; return $key{$sender} . $key{other $sender} }
sub host { $_[0] =~ s/\.\d+$//r }

# An address is known from the first subflow, from ADD_ADDR, or by its peer here
sub side_of {
	my ($from, $to) = map { host $_ } @_;
	$side{$from} //= defined $side{$to} ? other $side{$to} : "a";
	$side{$to} //= other $side{$from};
	return $side{$from};
}

sub prf {
	my ($tag, $word, $sender, $rest) = @_;
	return "" unless defined $mask_key;
	return pack "Q>", siphash(pack("a C C C", $tag, $word, $bound && $tag =~ /[TSA]/ ? 1 : 0,
		$sender eq "b" ? 1 : 0) . $rest);
}

while (<STDIN>) {
	next unless /IP6? (\S+) > (\S+): Flags \[([^\]]*)\]/;
	my ($src, $dst, $flags) = ($1, $2, $3);
	if (/capable v1 \{(0x[0-9a-f]+),(0x[0-9a-f]+)\}/) {
		%key = (a => hex16($1), b => hex16($2));
		@side{host($src), host($dst)} = ("a", "b");
	}
	next unless %key;
	my $sender = side_of($src, $dst);
	my $receiver = other $sender;
	if (/join [^,]*token (0x[0-9a-f]+) nonce (0x[0-9a-f]+)/) {
		$nonces{"$src $dst"} //= [hex8($2)];
		verdict("token", hex8($1), [substr(sha256($key{$receiver}), 0, 4),
			substr(prf("T", 0, "", hex8($2) . addresses($src, $dst)), -4)]);
	} elsif (/join [^,]*hmac (0x[0-9a-f]+) nonce (0x[0-9a-f]+)/) {
		my $n = $nonces{"$dst $src"} or next;
		my ($n_i, $n_r) = ($n->[0], hex8($2));
		push @$n, $n_r;
		verdict("synack", hex16($1), [substr(hmac_sha256($n_r . $n_i, keys_of $sender), 0, 8),
			prf("S", 0, $sender, $n_i . $n_r . keys_of($sender) . addresses($dst, $src))]);
	} elsif (/join [^,]*hmac 0x([0-9a-f]+)/) {
		my $n = $nonces{"$src $dst"} or next;
		my ($n_i, @n_r) = @$n;
		# A SYN cookie's nonce is another one each time: the initiator took one
		verdict("ack", pack("H*", $1), map {
			my $rest = $n_i . $_ . keys_of($sender) . addresses($src, $dst);
			[substr(hmac_sha256($n_i . $_, keys_of $sender), 0, 20),
			 prf("A", 0, $sender, $rest) . prf("A", 1, $sender, $rest) . prf("A", 2, $sender, $rest)] } @n_r);
	}
	if (/mptcp (\d+) add-addr v1 id (\d+) (\S+) hmac (0x[0-9a-f]+)/) {
		my ($len, $id, $addr, $hmac) = ($1, $2, $3, $4);
		# Behind an address of IPv6 the port looks like a part of it
		my $port = ($len == 18 || $len == 30) && $addr =~ s/:(\d+)$// ? $1 : 0;
		my ($bytes, $ipv6) = address $addr;
		$side{$addr} //= $sender;
		$addr = $ipv6 ? $bytes : substr $bytes, 12;
		verdict("add_addr", hex16($hmac),
			[substr(hmac_sha256(pack("C a* n", $id, $addr, $port), keys_of $sender), -8),
			 prf("D", 0, $sender, keys_of($sender) . pack("C C n a16", $id, $ipv6 ? 6 : 4, $port, $addr))]);
	}
	if (/fast-close key (0x[0-9a-f]+)/) {
		verdict("fastclose", hex16($1), [$key{$receiver}, prf("F", 0, $sender, keys_of $sender)]);
	}
}
