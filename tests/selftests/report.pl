#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
#	report.pl RESULTS			the report of run.sh; fails if
#						something differs without a reason
#	report.pl RESULTS SETTING PART		the subtests of this part that
#						differ, one a line
use strict;
use warnings;
use FindBin;

my ($results, $only_setting, $only_part) = @ARGV;
my %baseline = ("host-tc" => "host-plain",
	map { $_ => "vm-unpatched" } qw(vm-patched vm-hook vm-tc));
my @settings = qw(host-plain host-tc vm-unpatched vm-patched vm-hook vm-tc);

# Subtests in their order, and what became of each: ok, not ok, skip
sub tap {
	my ($file) = @_;
	my (@names, %outcome);
	local $_;

	open my $in, "<", $file or return;
	while (<$in>) {
		my ($outcome, $name, $comment) =
			/^(ok|not ok) \d+ - [a-z_]+: (.*?)\s*(#.*)?$/ or next;
		push @names, $name if !$outcome{$name};
		$outcome{$name} = $comment && $comment =~ /# SKIP/ ? "skip" : $outcome;
	}
	return { names => \@names, outcome => \%outcome };
}

# All outcomes of a subtest, first to last
sub outcomes {
	my ($name, @taps) = @_;

	return map { $_->{outcome}{$name} // "missing" }
		@taps[0, grep { $taps[$_]{outcome}{$name} } 1 .. $#taps];
}

# "SETTING... | SUITE | SUBTEST | reason"; * stands for anything
my @expected;
open my $in, "<", "$FindBin::Bin/expected" or die "cannot read $FindBin::Bin/expected: $!\n";
while (<$in>) {
	next if /^(#|$)/;
	chomp;
	my ($settings, $suite, $name, $reason) = split /\s*\|\s*/, $_, 4;
	die "expected, line $.: no reason\n" if !$reason;
	push @expected, { settings => { map { $_ => 1 } split " ", $settings }, suite => $suite,
		name => join(".*", map { quotemeta } split /\*/, $name, -1), reason => $reason };
}

sub reason {
	my ($setting, $part, $name) = @_;
	my ($suite) = $part =~ /^(\w+)/;

	for (@expected) {
		return $_->{reason} if $_->{settings}{$setting} && $_->{suite} eq $suite &&
			$name =~ /^$_->{name}$/;
	}
	return;
}

# What is to be told of a part of a setting
sub compare {
	my ($setting, $part) = @_;
	my $base = $baseline{$setting} or return ();
	my $dir = "$results/$setting";
	my @taps = map { tap("$dir/$part.$_") } "tap", sort map { /\.(retry-\d+\.tap)$/ } glob "$dir/$part.retry-*.tap";
	my @bases = map { tap($_) } "$results/$base/$part.tap", sort glob "$dir/$part.baseline-*.tap";
	my (%seen, @rows);

	# Not run, or it did not come to its end
	return () if !-e "$results/$base/$part.tap" || !-e "$dir/$part.tap";
	for my $name (grep { !$seen{$_}++ } @{ $bases[0]{names} }, @{ $taps[0]{names} }) {
		my @with = outcomes($name, @taps);
		my @without = outcomes($name, @bases);
		my $differs = $with[-1] ne $without[-1];

		next if !$differs && $with[0] eq $without[0];
		push @rows, { setting => $setting, part => $part, name => $name, differs => $differs,
			with => join(", ", @with), without => join(", ", @without),
			reason => scalar reason($setting, $part, $name) };
	}
	return @rows;
}

if ($only_part) {
	print map { "$_->{name}\n" } grep { $_->{differs} && !$_->{reason} }
		compare($only_setting, $only_part);
	exit 0;
}

my (@rows, @summary, @red, @errors);
for my $setting (@settings) {
	for my $file (sort glob "$results/$setting/*.log") {
		my ($part) = $file =~ m{/([^/]+)\.log$};
		next if $part =~ /\.(retry|baseline)-\d+$/;
		my $tap = tap("$results/$setting/$part.tap");
		if (!$tap) {
			push @errors, "$setting, $part: the suite did not come to its end";
			next;
		}
		my %nr = map { $_ => 0 } "ok", "not ok", "skip";
		$nr{$_}++ for values %{ $tap->{outcome} };
		my %counter;
		if (open my $json, "<", "$results/$setting/$part.json") {
			/"(\w+)": (\d+)/ and $counter{$1} = $2 while <$json>;
		}
		# Without a key the suite would come out as the baseline does
		push @errors, "$setting, $part: no socket had a key"
			if $setting =~ /-(tc|hook)$/ && $part ne "pm_netlink" &&
				$nr{ok} + $nr{"not ok"} && !$counter{keys_taken};
		# All have the same key, and not all suites look at joins
		my @dropped = grep { /^(drop_|join_refused$)/ && $counter{$_} } sort keys %counter;
		push @errors, map { "$setting, $part: $_ is $counter{$_}" } @dropped;
		push @summary, "| $setting | $part | $nr{ok} | $nr{'not ok'} | $nr{skip} | " .
			join(" | ", map { $counter{$_} // "" }
				qw(keys_taken join_syn_tx join_ack_rx join_syn_tx_plain)) . " |\n";
		push @rows, compare($setting, $part);
		push @red, map { "- $setting, $part: $_\n" }
			grep { $tap->{outcome}{$_} eq "not ok" } @{ $tap->{names} } if !$baseline{$setting};
	}
}

sub table {
	my ($title, @of) = @_;

	print "\n## $title\n\n";
	print "None.\n" if !@of;
	return if !@of;
	print "| setting | suite | subtest | with | without extkey | reason |\n|---|---|---|---|---|---|\n";
	print "| $_->{setting} | $_->{part} | $_->{name} | $_->{with} | $_->{without} | ",
		$_->{reason} // "", " |\n" for @of;
}

my @unexplained = grep { $_->{differs} && !$_->{reason} } @rows;
print "# MPTCP selftests with and without extkey\n\n";
print "| setting | part | ok | not ok | skipped | keys taken | joins masked | joins completed | joins without a key |\n",
	"|---|---|---|---|---|---|---|---|---|\n", @summary;
print "\n## Errors\n\n", map { "- $_\n" } @errors if @errors;
table("Differences without a reason", @unexplained);
table("Differences for a reason", grep { $_->{differs} && $_->{reason} } @rows);
table("Different in one run, the same when run alone", grep { !$_->{differs} } @rows);
print "\n## Red without extkey, too\n\n", @red ? @red : "None.\n";
exit(@unexplained || @errors ? 1 : 0);
