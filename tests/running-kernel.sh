#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs PROGRAM on the running kernel, which may have an extkey in use: with a bpffs
# of its own, its pins stay out.
#
#	running-kernel.sh --check		says why the kernel cannot, and fails
#	running-kernel.sh --engine		"hook" or "tc": what "auto" would take
#	running-kernel.sh PROGRAM [ARG]...
cd "$(dirname "$0")/.." || exit 1

cannot() { echo "$*" >&2; exit 1; }

# What the packages of "tests/install-packages.sh host" do not bring
check() {
	[[ $(id -u) == 0 ]] || cannot "run as root"
	[[ -e /proc/sys/net/mptcp/enabled ]] || cannot "it has no MPTCP (CONFIG_MPTCP)"
	[[ -e /sys/kernel/btf/vmlinux ]] || cannot "it has no BTF (CONFIG_DEBUG_INFO_BTF)"
	cgroup=$(awk '$3 == "cgroup2" { print $2; found = 1; exit } END { exit !found }' /proc/self/mounts) ||
		cannot "there is no cgroup2 file system mounted"
	unshare --mount mount -t bpf none /sys/fs/bpf 2>/dev/null ||
		cannot "there is no bpf file system to mount (CONFIG_BPF_SYSCALL), or no right to"
	unshare --net true 2>/dev/null || cannot "no network namespace can be made"
	unshare --net sh -c 'ip link add v0 type veth peer name v1' 2>/dev/null ||
		cannot "it has no veth (CONFIG_VETH)"
	unshare --net sh -c 'ip link set lo up && tc qdisc add dev lo root tbf rate 1mbit burst 10k latency 1s' \
		2>/dev/null || cannot "it has no tbf queue (CONFIG_NET_SCH_TBF)"
	[[ $(engine) == hook ]] || unshare --net sh -c 'tc qdisc add dev lo clsact &&
		tc filter add dev lo ingress bpf da bytecode "1,6 0 0 0"' 2>/dev/null ||
		cannot "it has no clsact or no BPF classifier (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)"
	[[ -x build/extkey_loader ]] || return 0
	cgroup+=/check-extkey-$$
	mkdir "$cgroup" 2>/dev/null || cannot "no cgroup can be made in ${cgroup%/*}"
	trap 'rmdir "$cgroup"' EXIT
	check_attach "$cgroup"
}

# A kernel can have all options, and refuse the programs because it is older than
# what they call. All that is attached goes with the namespaces.
check_attach() {
	local said

	# shellcheck disable=SC2016 # of sh
	said=$(unshare --mount --net sh -c 'mount -t bpf none /sys/fs/bpf &&
		ip link add v0 type veth peer name v1 && ip link set v0 up &&
		exec build/extkey_loader attach "$0" --engine "$1"' "$1" "$(engine)" 2>&1) ||
		cannot "$(grep -m 1 '^extkey_loader: ' <<<"$said" || tail -n 1 <<<"$said")"
}

engine() {
	grep -qw mptcp_auth_mask /proc/kallsyms && echo hook || echo tc
}

case ${1-} in
--check)	check ;;
--engine)	engine ;;
"" | -*)	cannot "usage: tests/running-kernel.sh --check | --engine | PROGRAM [ARG]..." ;;
*)		exec unshare --mount sh -c 'mount -t bpf none /sys/fs/bpf && exec "$0" "$@"' "$@" ;;
esac
