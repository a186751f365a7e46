#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints the engine that works on the running kernel, "hook" or "tc"; or says why none
# does, and fails. Takes no argument: tests/run runs programs.
cd "$(dirname "$0")/.." || exit 1

cannot() { echo "$*" >&2; exit 1; }

# What two hosts on one kernel want of it, which the packages of "tests/install-packages.sh
# host" do not bring
check_for_tests() {
	[[ $(id -u) == 0 ]] || cannot "run as root"
	unshare --mount mount -t bpf none /sys/fs/bpf 2>/dev/null ||
		cannot "there is no bpf file system to mount (CONFIG_BPF_SYSCALL), or no right to"
	unshare --net true 2>/dev/null || cannot "no network namespace can be made"
	unshare --net sh -c 'ip link add v0 type veth peer name v1' 2>/dev/null ||
		cannot "it has no veth (CONFIG_VETH)"
	unshare --net sh -c 'ip link set lo up && tc qdisc add dev lo root tbf rate 1mbit burst 10k latency 1s' \
		2>/dev/null || cannot "it has no tbf queue (CONFIG_NET_SCH_TBF)"
}

# All else the command knows. Where both engines work it is the one that attach takes;
# what hook lacks is no reason where it could be tc.
engine_that_works() {
	local said

	[[ -x build/extkey_loader ]] || cannot "no build/extkey_loader; run make first"
	said=$(tests/run -- build/extkey_loader check --json)
	case $? in
	0 | 7)	echo hook ;;
	6)	echo tc ;;
	*)	cannot "$(jq -r 'first(.requirements[] | select(.level == "required" and .tc and (.met | not)) |
			.why | split("\n")[0])' <<<"$said" | grep . || echo "extkey_loader check fails")" ;;
	esac
}

(($# == 0)) || cannot "tests/running-kernel.sh takes no argument; to run a program: tests/run -- PROGRAM [ARG]..."
check_for_tests
engine_that_works
