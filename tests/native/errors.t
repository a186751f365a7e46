#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command's errors on the running kernel: each says what failed and what to
# do, exits with the documented status, and leaves nothing attached.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh

loader=$PWD/build/extkey_loader

# refuses DESCRIPTION STATUS PATTERN COMMAND...: fails in just that way
refuses() {
	local description=$1 status=$2 pattern=$3 got=0
	shift 3
	"$@" >"$output" 2>&1 || got=$?
	is "$got" "$status" "$description: exit status $status"
	check "$description: the message has '$pattern'" grep -qe "$pattern" "$output"
}

# private COMMAND: in a mount namespace of its own, run with sh
private() {
	unshare --mount --propagation private sh -c "$1"
}

traces() {
	ls -d /sys/fs/bpf/extkey* 2>/dev/null
	bpftool -j prog show | jq -r '.[].name // empty' | grep '^extkey_'
	bpftool -j cgroup tree 2>/dev/null | jq -r '.. | .name? // empty' | grep '^extkey_'
	true
}

output=$(mktemp)
on_exit rm -f "$output"
bpffs_ready
cgroup=$(cgroup_make errors)
is "$(traces)" "" "nothing of extkey is there at the beginning"

refuses "no command" 2 "extkey_loader help" "$loader"
refuses "wrong command" 2 "no command 'atach'" "$loader" atach "$cgroup"
refuses "attach without a cgroup" 2 "usage: extkey_loader attach" "$loader" attach
refuses "unknown scheme" 2 "'rot13'" "$loader" attach "$cgroup" --scheme rot13
check "help is no error" "$loader" help
check "version is no error" "$loader" version

refuses "cgroup that is not there" 1 "'$cgroup/none': No such file" "$loader" attach "$cgroup/none"
refuses "file instead of a directory" 1 "Not a directory" "$loader" attach "$cgroup/cgroup.procs"
refuses "directory that is no cgroup" 1 "'/tmp' is not in a cgroup2" "$loader" attach /tmp
refuses "detach of what is not attached" 1 "'$cgroup' is not attached" "$loader" detach "$cgroup"
check "detach --all of nothing is no error" "$loader" detach --all
check "status of nothing is no error" "$loader" status

for cap in bpf net_admin perfmon; do
	refuses "attach without CAP_${cap^^}" 3 "CAP_${cap^^} is missing" \
		setpriv --bounding-set "-sys_admin,-$cap" --inh-caps "-sys_admin,-$cap" \
		"$loader" attach "$cgroup"
done
refuses "attach as nobody" 3 "run as root" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$loader" attach "$cgroup"
refuses "status as nobody" 3 "run as root" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$loader" status

refuses "no bpffs" 4 "mount -t bpf bpf" \
	private "mount -t tmpfs none /sys/fs/bpf && exec $loader attach $cgroup"
refuses "read-only bpffs" 4 "mounted read-only" \
	private "mount -t bpf -o ro bpf /sys/fs/bpf && exec $loader attach $cgroup"
refuses "no BTF" 4 "CONFIG_DEBUG_INFO_BTF" \
	private "mount -t tmpfs none /sys/kernel/btf && exec $loader attach $cgroup"
refuses "no MPTCP" 4 "CONFIG_MPTCP" \
	private "mount -t tmpfs none /proc/sys/net && exec $loader attach $cgroup"

if grep -qw mptcp_auth_mask /proc/kallsyms; then
	skip "kernel without the hook" "this kernel has it"
else
	refuses "kernel without the hook" 4 "kernel/mptcp_join_bpf_hook.patch" \
		"$loader" attach "$cgroup"
fi

is "$(traces)" "" "nothing of extkey is left at the end"
done_testing
