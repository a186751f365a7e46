#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# attach of a further cgroup, a change of policy, detach and detach --all, killed by
# SIGKILL at each of their system calls that change something. Must hold: each
# cgroup is in its old state or in its new one, sockets work, and the next run
# leads to the same state as if nothing had happened.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

server_alone() {
	"${ATTACH_S[@]}" && { [[ $(cgroups_now) != *"],["* ]] || build/extkey_loader detach "$CG_C"; }
}

both() {
	"${ATTACH_S[@]}" && "${ATTACH[@]}"
}

# Less the last word, --require-key
optional() {
	"${ATTACH_S[@]}" && "${ATTACH[@]:0:${#ATTACH[@]}-1}" --no-require-key
}

faults_up
serve "$NET1_S:$PORT"
# Its devices stay when it is detached: so they are there before
both >/dev/null
kill_each "further attach" server_alone "${ATTACH[@]}"
kill_each "update" optional "${ATTACH[@]}"
kill_each "detach" both build/extkey_loader detach "$CG_C"
kill_each "detach --all" both build/extkey_loader detach --all
done_testing
