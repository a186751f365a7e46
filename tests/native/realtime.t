#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# On a kernel with PREEMPT_RT, which has /sys/kernel/realtime, check says what is lost.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# The directory with one file more, in a mount namespace of its own
as_realtime() {
	unshare --mount bash -c 'mkdir "$0/kernel" && mount --rbind /sys/kernel "$0/kernel" &&
		mount -t tmpfs none /sys/kernel && echo 1 >/sys/kernel/realtime &&
		for dir in btf security; do
			mkdir "/sys/kernel/$dir" && mount --rbind "$0/kernel/$dir" "/sys/kernel/$dir" || exit
		done
		build/extkey_loader check --json' "$TAP_TMP" |
		jq -r '.requirements[] | select(.name == "no PREEMPT_RT") | "\(.met) \(.why)"'
}

is "$(build/extkey_loader check --json | jq '.requirements[] | select(.name == "no PREEMPT_RT") | .met')" \
	"$([[ -e /sys/kernel/realtime ]] && echo false || echo true)" "this kernel"
check "a kernel with PREEMPT_RT" grep -q "^false .*PREEMPT_RT_NEEDS_BH_LOCK" <(as_realtime)
done_testing
