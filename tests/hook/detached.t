#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A connection has had masks of the hook, and then its program goes. Plain fields, which
# is all that an attacker with the MPTCP keys can make, are refused from then on, and the
# connection goes on with the subflows that it has. New connections are plain.
#
# The client has engine tc, so that its kernel knows of no masks: when that is gone as
# well, what it sends is plain, as an attacker's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/kernel.sh
ENGINE_C=tc ENGINE_S=hook

refused() {
	(($(mib_moved "$NS_S" MPJoinNoTokenFound) > 0))
}

e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "a connection with a key, and a join" experiment keyed "$KEY" "$KEY"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
capture_stop
check_masks keyed "masked"

check "detach --all" loader detach --all
check "no program is left" no_programs
mib_snapshot "$NS_S"
capture_start "$NS_S" s2 "$TAP_TMP/plain-s2.pcap"
check "another address of the client" net_address "$NS_C" c2 "${NET2_C%.*}.11"
check "which joins" endpoint_c "${NET2_C%.*}.11" subflow
check "the join comes to an end" wait_for 60 join_is_over
capture_stop
is "$(wire_token plain)" "$(real_token keyed)" "its token was the real one"
check "the connection refused it" refused
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "no join was accepted"
data_on_both keyed
stop server

check "endpoints go" ip -n "$NS_C" mptcp endpoint flush
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "a new connection, and a join" experiment new "" ""
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "the join was accepted"
capture_stop
is "$(wire_fields new)" "ack ok synack ok token ok" "all fields are those of RFC 8684"
done_testing
