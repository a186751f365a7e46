#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check warns of request migration (net.ipv4.tcp_migrate_req) where the kernel does not hand
# over what MPTCP has in a request.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh

# 0|1: what check says in a network namespace of its own with this setting
is_met() {
	unshare --net sh -c 'sysctl -q net.ipv4.tcp_migrate_req="$0" &&
		build/extkey_loader check --json' "$1" |
		jq '.requirements[] | select(.name == "net.ipv4.tcp_migrate_req") | .met'
}

bpffs_ready
known=false
! bpftool btf dump file /sys/kernel/btf/vmlinux | grep -q "FUNC 'mptcp_subflow_reqsk_clone'" ||
	known=true
is "$(is_met 0)" true "off: all is well"
is "$(is_met 1)" "$known" "on: it is if the kernel has mptcp_subflow_reqsk_clone(): $known"
done_testing
