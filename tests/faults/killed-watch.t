#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# watch killed by SIGKILL at each of its system calls that change something, while it
# covers an interface that came up and forgets one that went. Must hold: policies
# are as they were, sockets work, and the next watch leads to the same state as if
# nothing had happened.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

# c2 has no programs, and the map of devices knows one that is not there any more
one_new_one_gone() {
	build/extkey_loader detach --all && "${ATTACH_S[@]}" --dev c1 &&
		ip -n "$NS_C" link add gone type veth peer name gone2 &&
		"${ATTACH_S[@]}" --dev gone && ip -n "$NS_C" link del gone
}

# With SIGTERM waiting for it, watch looks at all interfaces once, and leaves
# shellcheck disable=SC2016 # of sh
WATCH=(env --block-signal=TERM sh -c 'kill -TERM $$; exec "$@"' -
	build/extkey_loader watch --netns)

faults_up
WATCH+=("$NS_C")
serve "$NET1_S:$PORT"
check "one interface without programs, and one gone" one_new_one_gone
check "watch leaves when it is told to" "${WATCH[@]}"
is "$(build/extkey_loader status --json | jq -c '[.devices[] | [.device, .in_place]] | sort')" \
	'[["c1",true],["c2",true]]' "and has done its work before"
kill_each "watch" one_new_one_gone "${WATCH[@]}"
done_testing
