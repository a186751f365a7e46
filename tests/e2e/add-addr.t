#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server announces its second address; the client joins there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
check "the server announces its second address" endpoint_s "$NET2_S" signal
for keys in "$KEY $KEY" "$KEY $OTHER_KEY"; do
	read -r server_key client_key <<<"$keys"
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	capture_start "$NS_S" s1 "$TAP_TMP/add-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/add-s2.pcap"
	serve "0.0.0.0:$PORT,$server_key"
	client client --key-file "$client_key"
	check "connected" client_ready client
	if [[ $server_key != "$client_key" && $SCHEME == siphash ]]; then
		announced() { (($(mib_moved "$NS_S" AddAddrTx) > 0)); }
		check "different keys: the server sent ADD_ADDR" wait_for 20 announced
		first_subflow_alone client
		is "$(mib_moved "$NS_C" AddAddr)" 0 "the client did not take it for genuine"
		is "$(mib_moved "$NS_C" MPJoinSynTx)" 0 "and joined nobody"
		stop server
		continue
	fi
	check "the join comes to an end" wait_for 60 join_is_over
	is "$(mib_moved "$NS_C" AddAddr)" 1 "the client got ADD_ADDR"
	if [[ $server_key == "$client_key" ]]; then
		is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "same key: the join was accepted"
		both_subflows client
		capture_stop
		check_masks add "the join" add_addr
	else
		is "$(mib_moved "$NS_S" MPJoinNoTokenFound)" 1 "different keys: it was refused"
		first_subflow_alone client
	fi
	stop server
done
done_testing
