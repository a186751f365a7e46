#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The first attach killed by SIGKILL at each of its system calls that change
# something. Must hold: the cgroup is attached or it is not, sockets work, and the
# next attach leads to the same state as if nothing had happened.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

nothing() {
	build/extkey_loader detach --all
}

faults_up
serve "$NET1_S:$PORT"
kill_each "first attach" nothing "${ATTACH[@]}"
done_testing
