#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The whole attack suite: engine tc on the running kernel, where it can, and both
# engines in the virtual machine; then the table. Without an argument all runs:
#
#	all.sh [host-tc|vm-tc|vm-hook]...
cd "$(dirname "$0")/../.." || exit 1
(($#)) || set -- host-tc vm-tc vm-hook

failed=0 played=()
for run; do
	engines=(--client "${run#*-}" --server "${run#*-}")
	echo "--- $run" >&2
	case $run in
	host-*)
		if ! why=$(tests/running-kernel.sh 2>&1); then
			echo "left out: the running kernel cannot: $why" >&2
			continue
		fi
		tests/run "${engines[@]}" -- tests/attack/suite.sh "$run" ;;
	*)
		tests/run --vm --timeout 3600 "${engines[@]}" -- tests/attack/suite.sh "$run" ;;
	esac || failed=1
	played+=("$run")
done
tests/attack/table.sh "${played[@]}" || failed=1
((!failed)) || echo "not all came out as tests/attack/expected says: see above" >&2
exit $failed
