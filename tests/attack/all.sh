#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The whole attack suite: engine tc on the running kernel, where it can, and both
# engines in the virtual machine; then the table. Without an argument all runs:
#
#	all.sh [host-tc|vm-tc|vm-hook]...
cd "$(dirname "$0")/../.." || exit 1
(($#)) || set -- host-tc vm-tc vm-hook

host_can() {
	[[ -e /proc/sys/net/mptcp/enabled ]] && [[ -e /sys/kernel/btf/vmlinux ]]
}

failed=0 played=()
for run; do
	engine=${run#*-}
	export EXTKEY_ENGINES="$engine $engine"
	echo "--- $run" >&2
	case $run in
	host-*)
		if ! host_can; then
			echo "left out: the running kernel has no MPTCP or no BTF" >&2
			continue
		fi
		unshare --mount sh -c 'mount -t bpf none /sys/fs/bpf && exec "$0" "$1"' \
			tests/attack/suite.sh "$run" ;;
	*)
		EXTKEY_SLOWNESS=3 tests/vm/run.sh --timeout 1800 -- tests/attack/suite.sh "$run" ;;
	esac || failed=1
	played+=("$run")
done
tests/attack/table.sh "${played[@]}" || failed=1
((!failed)) || echo "not all came out as tests/attack/expected says: see above" >&2
exit $failed
