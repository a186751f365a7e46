#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A process 200 levels below the cgroup that is attached: the policy is found from
# there, and what it counts is counted for the one at the top. So a key that is
# required is so at any depth.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

LEVELS=200

# The path of the one at the bottom
deep() {
	local path=$CG_C i

	for ((i = 0; i < LEVELS; i++)); do
		path+=/d
	done
	echo "$path"
}

level_of() {
	sed -n 's/^0:://p' /proc/self/cgroup | tr -dc / | wc -c
}

# CGROUP ARG...: what bind() says; with "key" the address has one. Scheme siphash takes
# a key of 8 bytes in the place of padding.
# shellcheck disable=SC2016 # of perl
bind_in() {
	local cgroup=$1
	shift

	in_cgroup "$cgroup" in_c perl -MSocket -e 'my $key = "";
		if ($ARGV[1]) { open my $f, "<", $ARGV[0] or die; $key = <$f>; chomp $key }
		socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		my $address = pack("S n a4", PF_INET, 0, INADDR_LOOPBACK) . pack("H16", $key);
		print bind($s, $address) ? "bound" : $!{EPERM} ? "EPERM" : $!' "$KEY" "$@"
}

e2e_up
bottom=$(deep)
check "$LEVELS cgroups below each other" mkdir -p "$bottom"
is "$(($(in_cgroup "$bottom" level_of) - $(in_cgroup "$CG_C" level_of)))" $LEVELS "a process can be there"
is "$(bind_in "$bottom")" bound "before: it needs no key"
check "attach the one at the top: a key is required" loader attach "$CG_C" --require-key

is "$(bind_in "$CG_C")" EPERM "at the top: bind() without a key"
is "$(counter "$CG_C" keys_missing)" 1 "is counted there"
is "$(bind_in "$bottom")" EPERM "at the bottom: bind() without a key"
is "$(counter "$CG_C" keys_missing)" 2 "is counted at the top"
is "$(counter "$CG_C" keys_taken)" 0 "no key was taken so far"
is "$(bind_in "$bottom" key)" bound "at the bottom: bind() with a key"
is "$(counter "$CG_C" keys_taken)" 1 "is counted at the top"
exits 3 "at the bottom: connect() without a key" in_cgroup "$bottom" in_c \
	build/extkey_client --connect "$NET1_S:$PORT"
is "$(counter "$CG_C" keys_missing)" 3 "is counted at the top"

check "attach one in the middle" loader attach "$CG_C$(printf '/d%.0s' {1..100})" \
	--no-require-key
is "$(bind_in "$bottom")" bound "the nearest one decides"
check "detach it" loader detach "$CG_C$(printf '/d%.0s' {1..100})"
is "$(bind_in "$bottom")" EPERM "then the one at the top again"
check "detach the one at the top" loader detach "$CG_C"
is "$(bind_in "$bottom")" bound "then nobody does"
check "all are removed" cgroup_remove "$CG_C"
done_testing
