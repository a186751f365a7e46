#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel with the hook that lets nobody load programs that trace: engine hook, which
# is one, says so and leaves nothing; engine tc works.
cd "$(dirname "$0")/../.." || exit 1
[[ ${EXTKEY_INSIDE:-} == 1 ]] ||
	EXTKEY_INSIDE=1 EXTKEY_NO_SKIP=1 exec tests/vm/run.sh --no-tracing -- "$0"
. tests/lib/tap.sh
. tests/lib/cgroup.sh

# What the kernel says to a program of this type that does nothing. Where it lets
# those that trace be loaded, it says EINVAL: what they are to trace, is not said.
loads() { # TYPE
	perl -e 'my ($code, $license) = (pack("Q2", 0xb7, 0x95), "GPL\0"); # r0 = 0, exit
		my $attr = pack("L2 P P x40", $ARGV[0], 2, $code, $license);
		print syscall(321, 5, $attr, length $attr) < 0 ? $! : "loaded"; # bpf(BPF_PROG_LOAD)' "$1"
}

cgroup=$(cgroup_make no-tracing)
for type in 26,TRACING 28,EXT 29,LSM; do
	is "$(loads "${type%,*}")" "Operation not permitted" "type ${type#*,} is refused"
done
for type in 3,SCHED_CLS 8,CGROUP_SKB 13,SOCK_OPS; do
	is "$(loads "${type%,*}")" "loaded" "type ${type#*,} is not"
done
check "the kernel has the hook" grep -qw mptcp_auth_mask /proc/kallsyms

refuses 4 "missing: program at the hook" "attach, engine hook" \
	build/extkey_loader attach "$cgroup" --engine hook
refuses 4 "nothing was attached" "it says that nothing was attached" \
	build/extkey_loader attach "$cgroup" --engine hook
is "$(ls -A /sys/fs/bpf)" "" "it leaves nothing pinned"
is "$(bpftool -j cgroup show "$cgroup" | jq -r '.[].name')" "" "and nothing attached"
# The one that refuses is there
is "$(bpftool -j prog | jq -r '.[] | select(.type != "lsm") | .name')" "" "and nothing loaded"

check "attach, any engine" build/extkey_loader attach "$cgroup"
is "$(build/extkey_loader status --json | jq -r '.cgroups[].engine')" tc "it takes engine tc"
check "detach" build/extkey_loader detach --all

EXTKEY_ENGINES="tc tc" check "engine tc works: same-key.t" tests/e2e/same-key.t
done_testing
