#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The test programs and the test library themselves, with plain MPTCP: what is
# proved here of the running kernel is what the tests of extkey build on.
# EXTKEY_BUILD says where the programs are, if not in build/.

HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lib/tap.sh
. "$HERE/../lib/tap.sh"
# shellcheck source=tests/lib/net.sh
. "$HERE/../lib/net.sh"
# shellcheck source=tests/lib/cgroup.sh
. "$HERE/../lib/cgroup.sh"

BUILD=${EXTKEY_BUILD:-$HERE/../../build}
SERVER=$BUILD/extkey_server
CLIENT=$BUILD/extkey_client

((EUID == 0)) || skip_all "only root makes network namespaces"
[[ -e /proc/sys/net/mptcp/enabled ]] || skip_all "this kernel has no MPTCP"
[[ -x $SERVER && -x $CLIENT ]] || bail "no $SERVER or no $CLIENT: run make tests"

# events NAME FILTER: of what the program NAME printed
events() {
	jq -r "$2" "$TAP_TMP/$1.out"
}

# of the connection that the server ended last
closed() {
	jq -rs "map(select(.event == \"closed\")) | last | $1" "$TAP_TMP/server.out"
}

has_event() {
	grep -q "\"event\":\"$2\"" "$TAP_TMP/$1.out"
}

has_ended() {
	(($(grep -c '"event":"closed"' "$TAP_TMP/server.out") >= $1))
}

umask 077
KEY=$TAP_TMP/key
echo 0123456789abcdef >"$KEY"

# Without a network: usage, and key files
A=127.0.0.1:1
refuses 2 Usage: "client: no options" "$CLIENT"
refuses 2 ADDR:PORT "client: address without port" "$CLIENT" --connect 127.0.0.1
refuses 2 "'10k'" "client: number with a tail" "$CLIENT" --connect $A --bytes 10k
refuses 2 Usage: "server: no listener" "$SERVER"
refuses 2 ADDR:PORT "server: port 0" "$SERVER" --listener 127.0.0.1:0

refuses 1 "No such file" "key file: not there" \
	"$CLIENT" --connect $A --key-file "$TAP_TMP/none"
cp "$KEY" "$KEY.open" && chmod 604 "$KEY.open"
refuses 1 "others than its owner and group" "key file: others may read it" \
	"$CLIENT" --connect $A --key-file "$KEY.open"
for bad in 0000000000000000 0123456789abcde 0123456789abcdef0 0123456789abcdeg \
	0123456789abcdef0123456789abcde "$(printf %066d 1)" ""; do
	echo "$bad" >"$KEY.bad" && chmod 600 "$KEY.bad"
	refuses 1 "cannot use the key file $KEY.bad: it" "key file: '$bad'" "$SERVER" --listener $A,"$KEY.bad"
done

net_up

# Two subflows, with a key at both ends that this kernel knows nothing of
endpoint_c "$NET2_C" subflow
net_rate 20mbit
capture_start "$NS_C" any "$TAP_TMP/two.pcap" || bail "no capture"
mib_snapshot "$NS_C"
mib_snapshot "$NS_S"
spawn server in_s "$SERVER" --listener 0.0.0.0:5000,"$KEY" --listener "$NET1_S:5001"
wait_for 10 has_event server listening || bail "no server"
spawn client in_c "$CLIENT" --connect "$NET1_S:5000" --key-file "$KEY" \
	--bytes 4000000 --wait-subflows 2 --hold-start --hold-end
check "both subflows establish" wait_for 20 has_event client holding
is "$(subflows "$NS_S" | awk '{ sub(":.*", "", $2); print $2 }' | sort | xargs)" \
	"$NET1_C $NET2_C" "subflows: one from each address"
tell client
tell client
check "the data arrive" reap client 20
check "the server ends the connection" wait_for 10 has_ended 1
is "$(events client 'select(.event == "done") | .bytes, .checksum, .ok' | xargs)" \
	"$(closed '.bytes, .checksum, .ok' | xargs)" "both ends agree about the data"
is "$(closed '.port, .protocol, .fallback, (.subflows | length)' | xargs)" \
	"5000 mptcp false 2" "the server sees MPTCP with two subflows"
check "data flow on both subflows" \
	test "$(closed '[.subflows[].bytes_received] | min')" -gt 100000
is "$(mib_moved "$NS_S" MPJoinAckRx)" 1 "counters: one join"
is "$(mib_diff "$NS_C" | awk '$1 == "MPTcpExtMPJoinSynTx" { print $2 }')" 1 \
	"counters: found among those that moved"
refuses 1 NoSuchCounter "counters: one that does not exist" mib "$NS_S" NoSuchCounter

# The wire
check "capture: complete" capture_stop "$TAP_TMP/two.pcap"
mpcapable_keys "$TAP_TMP/two.pcap" >"$TAP_TMP/keys"
join_tokens "$TAP_TMP/two.pcap" >"$TAP_TMP/tokens"
is "$(wc -l <"$TAP_TMP/keys") $(wc -l <"$TAP_TMP/tokens")" "1 1" \
	"capture: one MP_CAPABLE and one MP_JOIN"
read -r _ _ _ server_key <"$TAP_TMP/keys"
read -r src dst token _ <"$TAP_TMP/tokens"
is "${src%:*} $dst" "$NET2_C $NET1_S:5000" "capture: the join goes by path 2"
is "$token" "$(plain_token "$server_key")" "capture: the token is that of RFC 8684"

# Many connections at once, and a listener without a key
check "200 connections with two subflows each" in_c "$CLIENT" --connect "$NET1_S:5001" \
	--connections 200 --wait-subflows 2 --bytes 2000
check "the server ends them all" wait_for 10 has_ended 201
is "$(jq -s 'map(select(.event == "closed" and .port == 5001 and .bytes == 2000 and .ok and
	(.subflows | length) == 2)) | length' "$TAP_TMP/server.out")" 200 "and each was whole"

# What does not work, and how it is told
refuses 4 "number 0 has 2" "a third subflow is waited for in vain" \
	in_c "$CLIENT" --connect "$NET1_S:5001" --wait-subflows 3 --timeout 3
refuses 1 "Connection refused" "nobody listens" in_c "$CLIENT" --connect "$NET1_S:5999"
check "client with TCP" in_c "$CLIENT" --connect "$NET1_S:5001" --protocol tcp --bytes 100000
spawn tcp in_s "$SERVER" --listener "$NET1_S:5002" --protocol tcp
wait_for 10 has_event tcp listening
check "server with TCP: MPTCP falls back" in_c "$CLIENT" --connect "$NET1_S:5002" --bytes 100000
refuses 4 "fell back" "no second subflow after a fallback" \
	in_c "$CLIENT" --connect "$NET1_S:5002" --wait-subflows 2
check "the server has both" wait_for 10 eval "[[ \$(grep -c closed '$TAP_TMP/tcp.out') == 2 ]]"

# Bound addresses, and the key with them
check "bind() with a key" in_c "$CLIENT" --connect "$NET1_S:5000" --bind "$NET2_C:6000" \
	--bind-key-file "$KEY" --bytes 1000 --rate 10000
refuses 1 "Cannot assign" "bind() to an address of the other host" \
	in_c "$CLIENT" --connect "$NET1_S:5000" --bind "$NET2_S"

# Control groups
if cgroup=$(cgroup_make peer 2>/dev/null); then
	check "a cgroup in a namespace" in_cgroup "$cgroup" in_c "$CLIENT" --connect "$NET1_S:5001"
	# shellcheck disable=SC2016
	check "processes are in it" in_cgroup "$cgroup" in_c \
		bash -c '[[ $(</proc/self/cgroup) == *"/${1##*/}"* ]]' - "$cgroup"
	spawn sleeper in_cgroup "$cgroup" sleep 1000
	check "it is filled" wait_for 5 grep -q . "$cgroup/cgroup.procs"
	check "it is removed with what is in there" cgroup_remove "$cgroup"
	check "that has ended" wait_for 5 stopped sleeper
else
	skip "a cgroup in a namespace" "there is no cgroup2 here"
fi
check "the BPF file system is there" bpffs_ready

done_testing
