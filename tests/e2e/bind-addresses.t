#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --bind-addresses: addresses and ports of the subflow are in the masks, so that
# a join through address translation is refused; without it, it is accepted.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
[[ $SCHEME == siphash ]] || skip_all "only siphash binds addresses"


e2e_up
check "attach the client's cgroup" loader attach "$CG_C" --bind-addresses
check "attach the server's cgroup" loader attach "$CG_S" --bind-addresses
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the join comes to an end" experiment bound "$KEY" "$KEY"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "both bound: the join was accepted"
both_subflows client
capture_stop
EXTKEY_BOUND=bound
is "$(wire_fields bound)" "ack masked synack masked token masked" \
	"both bound: the addresses are in the masks"
EXTKEY_BOUND=
is "$(wire_fields bound)" "ack differs synack differs token differs" \
	"both bound: without them there are others"
stop server

check "the client binds no more" loader attach "$CG_C"
check "the join comes to an end" experiment half "$KEY" "$KEY"
is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "one end bound: the join was refused"
first_subflow_alone client
done_testing
