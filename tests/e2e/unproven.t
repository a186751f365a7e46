#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A join of the client's is held back on its path, and answered without an HMAC, in two ways
# that plain MPTCP takes. A join of a connection with a key completes only with a verified
# field: neither reaches TCP.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh

# KEY: "" for none. WHAT: the answer
answer() {
	stop client
	stop server
	ip -n "$NS_C" mptcp endpoint flush
	attack reset >/dev/null || bail "the attacker does not answer"
	serve "$NET1_S:$PORT${1:+,$1}"
	mib_snapshot "$NS_C"
	attack_begin unproven conn=0 what="$2"
	client client ${1:+--key-file "$1"}
	endpoint_c "$NET2_C" subflow && attack_end >/dev/null
}

fell_back() {
	(($(mib_moved "$NS_C" MPCapableDataFallback) > 0))
}

e2e_up
plain="answered answered" back=1
! patched || plain="answered refused" back=0
check "plain MPTCP, the one" answer "" syn
is "$(reply syn) $(reply data)" "$plain" "what the client's kernel makes of their data"
check "plain MPTCP, the other" answer "" rst
if ((back)); then
	check "the connection falls back to TCP" wait_for 5 fell_back
else
	check "the data arrives whole" release client
	is "$(mib_moved "$NS_C" MPCapableDataFallback)" 0 "no fallback"
fi
ip -n "$NS_C" mptcp endpoint flush

e2e_attach
for setting in syn rst; do
	refused=$(counter "$CG_C" drop_unproven)
	check "with a key, $setting" answer "$KEY" "$setting"
	if [[ $ENGINE_C == tc ]]; then
		[[ $setting != syn ]] || is "$(reply syn)" silent "no answer to it"
		check "it was dropped" test "$(counter "$CG_C" drop_unproven)" -gt "$refused"
	elif [[ $setting == syn ]]; then
		is "$(reply syn) $(reply data)" "answered refused" "the kernel refuses their data"
	fi
	is "$(mib_moved "$NS_C" MPCapableDataFallback)" 0 "no fallback"
	check "the data arrives whole" release client
done
done_testing
