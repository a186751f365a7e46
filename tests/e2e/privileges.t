#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The three capabilities are enough for all that the command does. To enter
# another network namespace takes one more, CAP_SYS_ADMIN.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

three=+bpf,+net_admin,+perfmon
confined() {
	in_c setpriv --inh-caps "-all,$three" --bounding-set "-all,$three" "$@"
}

attach() {
	confined build/extkey_loader attach "$@" --engine "$ENGINE_C"
}

# CAP_NET_ADMIN 12, CAP_PERFMON 38, CAP_BPF 39
three_alone() {
	[[ $(confined sed -n 's/^CapEff:\t//p' /proc/self/status) == 000000c000001000 ]]
}

e2e_up
check "the capabilities are those three" three_alone
check "attach" attach "$CG_C"
check "attach with another policy" attach "$CG_C" --require-key
check "status" confined build/extkey_loader status
check "detach" confined build/extkey_loader detach "$CG_C"
check "attach again" attach "$CG_S"
check "detach --all" confined build/extkey_loader detach --all
is "$(ls -d /sys/fs/bpf/extkey* 2>/dev/null)" "" "nothing is pinned"
is "$(in_c tc qdisc show dev c1 | grep clsact)" "" "nothing is left on an interface"
done_testing
