#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# SYN cookies for everybody: the kernel keeps no request, and looks the token up
# a second time when the ACK comes.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "cookies always" in_s sysctl -q net.ipv4.tcp_syncookies=2
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "the join comes to an end" experiment cookies "$KEY" "$KEY"
is "$(mib_moved "$NS_S" SyncookiesRecv)" 2 "both subflows came with a cookie"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
both_subflows client
capture_stop
check_masks cookies "the join"

stop server
check "with another key the join comes to an end" experiment refused "$KEY" "$OTHER_KEY"
# With cookies the kernel sends no RST, so the client's kernel tries again
check "it was refused" test "$(mib_moved "$NS_S" MPJoinNoTokenFound)" -ge 1
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "none was accepted"
first_subflow_alone client
done_testing
