#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# detach in the midst of 100 joins. Sockets keep their keys, so all of them must
# come through. With --all the rest of them are refused, and data must arrive whole.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

E2E_BYTES=20000

some_joined() {
	(($(mib_moved "$NS_S" MPJoinAckRx) >= 10))
}

# RATE: of path 2 alone. A join takes three packets of the client: 100 take seconds.
rate2() {
	in_c tc qdisc replace dev c2 root tbf rate "$1" burst 1600 limit 1mb
}

# NAME SUBFLOWS: 100 connections, whose joins are on their way
joins() {
	check "$1: a slow path" rate2 60kbit
	mib_snapshot "$NS_S"
	client "$1" --key-file "$KEY" --connections 100 --wait-subflows "$2"
	check "$1: joins have begun" wait_for 60 some_joined
}

# Or both ends would join without masks
in_place() {
	loader status --json | jq -e '[.devices[].in_place] == [true, true, true, true]'
}

no_cgroup() {
	loader status --json | jq -e '.cgroups == []'
}

faults_up
e2e_attach

serve "$NET1_S:$PORT,$KEY"
joins kept 2
check "kept: detach the client's cgroup" loader detach "$CG_C"
check "kept: detach the server's cgroup" loader detach "$CG_S"
check "kept: in the midst of 100 joins" test "$(mib_moved "$NS_S" MPJoinAckRx)" -lt 90
check "kept: the path is fast again" rate2 "$E2E_RATE"
check "kept: all 100 have two subflows" client_ready kept
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 0 "kept: none was refused"
check "kept: no cgroup is attached" no_cgroup
check "kept: the programs stay on all interfaces" in_place
check "kept: all data arrived" release kept

check "attach again" loader attach "$CG_C"
check "the server's too" loader attach "$CG_S"
serve "$NET1_S:$PORT,$KEY"
joins all 1
check "all: detach --all" loader detach --all
check "all: in the midst of 100 joins" test "$(mib_moved "$NS_S" MPJoinAckRx)" -lt 90
check "all: the path is fast again" rate2 "$E2E_RATE"
check "all: connected" client_ready all
check "all: all data arrived" release all
check "all: nothing is left" state_is "$NOTHING"
check "a connection and a join after it" plain_join
done_testing
