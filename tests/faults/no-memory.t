#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# No memory for a key, which the kernel takes from what net.core.optmem_max allows a
# socket: who gives one gets ENOMEM, and sends nothing; who gives none goes on as before.
# A connection that a listener with a key has no memory for goes on as TCP, and so
# without a subflow that nobody authenticated.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

# NS VALUE: less than a key takes, or what it was. Linux before 6.7 has one for all
# namespaces, which is no test's to change.
optmem() {
	ip netns exec "$1" sysctl -qw "net.core.optmem_max=$2"
}

roles() {
	loader status --json | jq -r '.sockets[].role' | sort | xargs
}

e2e_up
in_c test -e /proc/sys/net/core/optmem_max ||
	skip_all "net.core.optmem_max is not one of each network namespace, which takes Linux 6.7"
enough=$(in_c sysctl -n net.core.optmem_max)
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
serve "$NET1_S:$PORT,$KEY" "$NET1_S:$((PORT + 1))"

check "no memory for the client's key" optmem "$NS_C" 64
capture_start "$NS_S" s1 "$TAP_TMP/s1.pcap"
refuses 1 "Cannot allocate memory" "connect() with a key" in_cgroup "$CG_C" in_c \
	build/extkey_client --connect "$NET1_S:$PORT" --bytes 1000 --key-file "$KEY"
is "$(counter "$CG_C" keys_failed)" 1 "it is counted"
is "$(counter "$CG_C" keys_taken)" 0 "and no key taken"
check "the capture is whole" capture_stop
is "$(tcpdump -nn -r "$TAP_TMP/s1.pcap" "port $PORT" 2>/dev/null)" "" "nothing was sent"
check "connect() without a key succeeds" in_cgroup "$CG_C" in_c \
	build/extkey_client --connect "$NET1_S:$((PORT + 1))" --bytes 1000
is "$(counter "$CG_C" keys_failed)" 1 "and needs no memory"
check "memory again" optmem "$NS_C" "$enough"

check "no memory for that of an accepted connection" optmem "$NS_S" 64
mib_snapshot "$NS_S"
client short --key-file "$KEY"
check "it connects" client_ready short
is "$(roles)" "client listener" "and has no key at the server"
first_subflow_alone short
is "$(mib_moved "$NS_S" MPJoinSynRx)" 0 "nobody tried to join it"
check "memory again" optmem "$NS_S" "$enough"
client after --key-file "$KEY" --wait-subflows 2
check "the next one has its subflows" client_ready after
is "$(roles)" "client listener server" "and a key at the server"
both_subflows after
done_testing
