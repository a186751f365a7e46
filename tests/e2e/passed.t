#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A socket follows the cgroup that made it. status points out processes that use sockets of a
# cgroup with another policy, as with socket activation, and those whose sockets are older than the
# policy.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

# Makes a listener in one cgroup, and moves to the other one
# shellcheck disable=SC2016 # of perl
SERVICE='use Socket; $0 = "activated"; $| = 1;
	sub enter { open my $procs, ">", "$_[0]/cgroup.procs" or die $!;
		print $procs "$$\n"; close $procs or die $! }
	enter $ARGV[0];
	socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
	bind $s, pack_sockaddr_in 5000, INADDR_ANY or die $!;
	listen $s, 5 or die $!;
	enter $ARGV[1];
	print "moved\n"; sleep 600'

passed() { # COLUMN
	loader status --json | jq -r ".passed[] | $1"
}

complete() {
	loader status >"$TAP_TMP/status"
}

e2e_up
CG_UNIT=$(cgroup_make unit) || bail "no cgroup"
mkdir "$CG_S/below" || bail "no cgroup below"
check "attach the server's cgroup" loader attach "$CG_S"
check "status: all is protected" complete

spawn service in_s perl -e "$SERVICE" "$CG_UNIT" "$CG_S/below"
check "a service got its listener from another cgroup" wait_for 20 grep -q moved "$TAP_TMP/service.out"
refuses 5 "(activated) in $CG_S/below uses MPTCP sockets that were made in $CG_UNIT, such as 0.0.0.0:5000" \
	"status says so, and that it is not protected" build/extkey_loader status
is "$(passed "\"\(.command) \(.cgroup) \(.made_in) \(.sockets) \(.attached)\"" | tr -d '\n')" \
	"activated $CG_S/below $CG_UNIT 1 false" "and JSON has it"

check "attach the cgroup that made it" loader attach "$CG_UNIT"
check "status: all is protected" complete
check "status says whose socket it is" grep -q "^passed on: process .*below uses MPTCP sockets of $CG_UNIT: 1, " \
	"$TAP_TMP/status"
stop service

# In a cgroup below, but under the same policy
spawn service in_s perl -e "$SERVICE" "$CG_S" "$CG_S/below"
check "a listener from the cgroup above" wait_for 20 grep -q moved "$TAP_TMP/service.out"
check "status: all is protected" complete
is "$(passed .pid)" "" "it has the same policy"
stop service

# From before there was a key
spawn service in_s perl -e "${SERVICE/activated/a\\xc2\\x9bb\\ec}" "$CG_S" "$CG_S/below"
check "a service is running" wait_for 20 grep -q moved "$TAP_TMP/service.out"
check "status: all is protected" complete
check "a key is required now" loader attach "$CG_S" --require-key
refuses 5 "in $CG_S/below has 1 MPTCP sockets without a key, such as 0.0.0.0:5000" \
	"status says that it has none" build/extkey_loader status
check "whatever a process calls itself, nothing goes to the terminal" bash -c \
	"! build/extkey_loader status | LC_ALL=C grep -q '[^[:print:]]' &&
		build/extkey_loader status | grep -qF '(a??b?c)'"
check "no key is required" loader attach "$CG_S" --no-require-key
stop service

spawn service in_s perl -e "$SERVICE" "$CG_UNIT" "$CG_S/below"
check "from a cgroup that goes" wait_for 20 grep -q moved "$TAP_TMP/service.out"
check "it is gone" rmdir "$CG_UNIT"
refuses 5 "made in a cgroup that is gone" "status says so" build/extkey_loader status
stop service
rmdir "$CG_S/below"
done_testing
