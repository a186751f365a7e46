#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The server announces an address with a port of its own: the path manager opens
# a listener there, which has no key. Joins to announced addresses have a plain token, so it
# finds the connection, whose key masks all else. Scheme xor has nothing but the token, so
# there it stays closed for connections with a key.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

e2e_up
e2e_attach
announce() {
	in_cgroup "$CG_S" endpoint_s "$NET2_S" signal port 5001
}
check "the server announces its second address with a port" announce

over() { # engine tc drops a token of scheme xor, for the client to try in vain
	if [[ $server_key && ! $client_key && $SCHEME == siphash ]]; then
		(($(mib_moved "$NS_S" AddAddrTx) > 0)) # all that will happen
		return
	fi
	join_is_over || (($(refused) > refused))
}

refused() {
	echo $(($(counter "$CG_S" join_refused) + $(dropped "$CG_S")))
}

# On the wire of a connection with a key at both ends, at the server, at none. The
# join gets as far as its SYN where it is refused.
declare -A WANT=(
	[server-key-client-key]="ack masked add_addr masked synack masked token ok"
	[server-key-client]="add_addr masked"
	[server-client]="ack ok add_addr ok synack ok token ok"
)
[[ $SCHEME == siphash ]] || WANT+=(
	[server-key-client-key]="add_addr ok token differs"
	[server-key-client]="add_addr ok token ok"
)

for keys in "$KEY,$KEY" "$KEY," ","; do
	IFS=, read -r server_key client_key <<<"$keys"
	mib_snapshot "$NS_C"
	mib_snapshot "$NS_S"
	pm_listener=$(counter "$CG_S" join_syn_rx_pm)
	refused=$(refused)
	name=server${server_key:+-key}-client${client_key:+-key}
	capture_start "$NS_S" s1 "$TAP_TMP/$name-s1.pcap"
	capture_start "$NS_S" s2 "$TAP_TMP/$name-s2.pcap"
	serve "$NET1_S:$PORT${server_key:+,$server_key}"
	client client ${client_key:+--key-file "$client_key"}
	check "connected" client_ready client
	check "the join comes to an end" wait_for 60 over
	if [[ $server_key && ! $client_key && $SCHEME == siphash ]]; then
		is "$(mib_moved "$NS_C" AddAddr)" 0 "not even ADD_ADDR is taken for genuine"
	else
		check "counted as a join at a listener of the path manager" \
			test "$(counter "$CG_S" join_syn_rx_pm)" -gt "$pm_listener"
	fi
	if [[ $server_key && $client_key && $SCHEME == siphash ]]; then
		is "$(mib_moved "$NS_S" MPJoinPortAckRx)" 1 "connection with a key: accepted"
		both_subflows client
	elif [[ $server_key ]]; then
		is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 \
			"connection with a key: refused, client key '${client_key##*/}'"
		first_subflow_alone client
	else
		is "$(mib_moved "$NS_S" MPJoinPortAckRx)" 1 "connection without a key: accepted"
		both_subflows client
	fi
	capture_stop
	is "$(wire_fields "$name")" "${WANT[$name]}" \
		"all fields on the wire are as by docs/protocol.md, client key '${client_key##*/}'"
	stop server
done
done_testing
