#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The command's errors on the running kernel: each says what failed and what to
# do, exits with the documented status, and leaves nothing attached.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh

loader=$PWD/build/extkey_loader

# private COMMAND: in a mount namespace of its own, run with sh
private() {
	unshare --mount --propagation private sh -c "$1"
}

# Of programs by name there may be others: of a test beside this one, or in use
traces() {
	ls -d /sys/fs/bpf/extkey* 2>/dev/null
	bpftool -j cgroup show "$cgroup" 2>/dev/null | jq -r '.[]? | .name'
	true
}

bpffs_ready
cgroup=$(cgroup_make errors)

refuses 0 "nothing is attached" "no command is status" "$loader"
refuses 2 "no command 'atach'" "wrong command" "$loader" atach "$cgroup"
refuses 2 "usage: extkey_loader attach" "attach without a cgroup" "$loader" attach
refuses 2 "'rot13'" "unknown scheme" "$loader" attach "$cgroup" --scheme rot13
check "help is no error" "$loader" help
for verb in attach detach status check upgrade watch; do
	refuses 0 "usage: extkey_loader $verb" "help of $verb" "$loader" "$verb" --help
done
check "version is no error" "$loader" version

refuses 1 "'$cgroup/none': No such file" "cgroup that is not there" "$loader" attach "$cgroup/none"
refuses 1 "Not a directory" "file instead of a directory" "$loader" attach "$cgroup/cgroup.procs"
refuses 1 "'/tmp' is not in a cgroup2" "directory that is no cgroup" "$loader" attach /tmp
refuses 1 "'$cgroup' is not attached" "detach of what is not attached" "$loader" detach "$cgroup"
check "detach --all of nothing is no error" "$loader" detach --all
check "status of nothing is no error" "$loader" status

for cap in bpf net_admin perfmon; do
	refuses 3 "CAP_${cap^^} is missing" "attach without CAP_${cap^^}" \
		setpriv --bounding-set "-sys_admin,-$cap" --inh-caps "-sys_admin,-$cap" \
		"$loader" attach "$cgroup"
done
refuses 3 "run as root" "attach as nobody" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$loader" attach "$cgroup"
refuses 3 "run as root" "status as nobody" \
	setpriv --reuid 65534 --regid 65534 --clear-groups "$loader" status

refuses 4 "mount -t bpf -o mode=0700 bpf" "no bpffs" \
	private "mount -t tmpfs none /sys/fs/bpf && exec $loader attach $cgroup"
refuses 4 "mounted read-only" "read-only bpffs" \
	private "mount -t bpf -o ro bpf /sys/fs/bpf && exec $loader attach $cgroup"
refuses 4 "CONFIG_DEBUG_INFO_BTF" "no BTF" \
	private "mount -t tmpfs none /sys/kernel/btf && exec $loader attach $cgroup"
refuses 4 "CONFIG_MPTCP" "no MPTCP" \
	private "mount -t tmpfs none /proc/sys/net && exec $loader attach $cgroup"

if grep -qw mptcp_auth_mask /proc/kallsyms; then
	skip "kernel without the hook" "this kernel has it"
else
	refuses 4 "kernel/mptcp_join_bpf_hook.patch" "kernel without the hook" \
		"$loader" attach "$cgroup" --engine hook
fi

refuses 2 "'--netns' does not go with detach" "a network namespace for detach" \
	"$loader" detach "$cgroup" --netns none
refuses 2 "'ebpf'" "unknown engine" "$loader" attach "$cgroup" --engine ebpf
refuses 1 "'/run/netns/none': No such file" "network namespace that is not there" \
	"$loader" attach "$cgroup" --engine tc --netns none
refuses 1 "'/proc/self/status'" "file that is no network namespace" \
	"$loader" attach "$cgroup" --engine tc --netns /proc/self/status
refuses 1 "no interface 'none'" "interface that is not there" \
	"$loader" attach "$cgroup" --engine tc --dev none
is "$(ls -d /sys/fs/bpf/extkey* 2>/dev/null)" "" "nothing is pinned after these"

is "$(traces)" "" "nothing of ours is left at the end"
done_testing
