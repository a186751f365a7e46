#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another build takes the place of the one that runs, back and forth, while data flows
# over a connection with a key that gains and loses subflows all the time. No join is
# refused, no link is made anew, and policies, counters and keys stay.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/kernel.sh

ROUNDS=3 # with four times another build in each
# More than can be sent meanwhile; the rest goes at another rate
E2E_BYTES=$((150000000 * ${EXTKEY_SLOWNESS:-1}))
E2E_RATE=3mbit

# LAST: another address of the client, on path 2
address() {
	echo "${NET2_C%.*}.$1"
}

endpoint_c_at() {
	net_address "$NS_C" c2 "$(address "$1")" && endpoint_c "$(address "$1")" subflow
}

endpoint_id() {
	ip -n "$NS_C" -j mptcp endpoint show | jq --arg address "$1" '.[] | select(.address == $address).id'
}

# From an address, as the server's kernel has them; "" without a subflow
bytes_from() {
	in_s ss -tnOiH state established dst "$1" | grep -oE 'bytes_received:[0-9]+' | cut -d: -f2
}

got_data() {
	local bytes

	bytes=$(bytes_from "$1")
	echo "bytes from $1: $bytes"
	((bytes > 1000))
}

no_subflow() {
	[[ ! $(in_s ss -tnOH state established dst "$1") ]]
}

# Until there is $TAP_TMP/enough: an endpoint comes, its subflow carries data, and goes
joins() {
	local i address

	for ((i = 20; i < 250; i++)); do
		[[ ! -e $TAP_TMP/enough ]] || return 0
		address=$(address $i)
		net_address "$NS_C" c2 "$address" && endpoint_c "$address" subflow &&
			wait_for 30 got_data "$address" || return
		ip -n "$NS_C" mptcp endpoint delete id "$(endpoint_id "$address")" &&
			wait_for 30 no_subflow "$address" || return
		echo "joined $i"
	done
}

flowing() {
	running flow && ! grep -q '"at":"end"' "$TAP_TMP/flow.out"
}

build_of() {
	"$1" status -j | jq -r .build
}

# "PATH ID"
link_ids() {
	pinned_links | cut -d" " -f 1,2
}

# COMMAND ARG...: all that is loaded is of its build then, and each link runs the
# program of its name, none of them one of those from before
takes_over() {
	local want got before

	want=$(build_of "$1")
	before=$(pinned_links | cut -d" " -f 3 | sort -u)
	"$@" >"$TAP_TMP/takes_over" 2>&1 || { cat "$TAP_TMP/takes_over"; return 1; }
	got=$("$1" status -j | jq -r '.loaded | [.cgroup, .tc] | unique | join(",")')
	[[ $got == "$want" ]] || { echo "loaded is $got, not $want"; return 1; }
	links_match || return
	got=$(pinned_links | cut -d" " -f 3 | sort -u)
	[[ ! $(comm -12 <(echo "$before") <(echo "$got")) ]] ||
		{ echo "before: $(xargs <<<"$before"), now: $(xargs <<<"$got")"; return 1; }
}

policies() {
	build/extkey_loader status -j | jq -c '[.cgroups | sort_by(.id)[] | del(.counters)]'
}

# The commands that take one build for the other
swap() {
	takes_over "$NEXT" upgrade && takes_over build/extkey_loader attach "$CG_C" &&
		takes_over "$NEXT" attach "$CG_S" && takes_over build/extkey_loader upgrade
}

swap_all_the_while() {
	local i

	for ((i = 0; i < ROUNDS; i++)); do
		swap || return
		flowing || { echo "no more data flows"; return 1; }
	done
}

# Those for cgroups that wait are linked to no other
pinned_programs() {
	bpftool -j -f prog show | jq -r --arg dir "$BPFFS/extkey/" \
		'.[] | select(any(.pinned[]?; startswith($dir) and contains("/programs/"))).id'
}

only_pinned_now() {
	diff <(our_programs | sort) <({ pinned_links | cut -d" " -f 3; pinned_programs; } | sort -u)
}

# Of this BPF file system's programs there are those that run or are pinned, and no more
only_pinned() {
	wait_for 20 only_pinned_now
}

joined() {
	grep -c joined "$TAP_TMP/joins.out"
}

joined_more_than() {
	(($(joined) > $1))
}

at_end() {
	grep -q '"at":"end"' "$TAP_TMP/flow.out"
}

# Of both hosts and both cgroups, all that counts what goes wrong
none_refused() {
	local ns cgroup name got=""

	for ns in "$NS_C" "$NS_S"; do
		for name in MPJoinNoTokenFound MPJoinSynAckHMacFailure MPJoinAckHMacFailure \
			MPFallbackTokenInit MPFailRx; do
			(($(mib_moved "$ns" $name) == 0)) || got+="$ns $name "
		done
	done
	for cgroup in "$CG_C" "$CG_S"; do
		for name in join_syn_tx_plain join_syn_rx_plain join_syn_rx_pm keys_failed keys_missing; do
			(($(counter "$cgroup" $name) == 0)) || got+="$cgroup $name "
		done
		(($(dropped "$cgroup") == 0)) || got+="$cgroup dropped "
	done
	is "$got" "" "no join was refused, dropped or plain"
}

e2e_up
isnt "$(build_of build/extkey_loader)" "$(build_of "$NEXT")" "there are two builds"
check "attach the client's cgroup" loader attach "$CG_C" --require-key --bind-addresses
check "attach the server's cgroup" loader attach "$CG_S" --bind-addresses
LINKS=$(link_ids)
is "$(wc -l <<<"$LINKS")" 24 "two cgroups, the gate and four interfaces have links"
check "each runs the program of its name" links_match
policies=$(policies)
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
serve "$NET1_S:$PORT,$KEY"
client flow --key-file "$KEY" --hold-end
check "a connection with a key" client_ready flow
tell flow
check "before: an endpoint" endpoint_c "$NET2_C" subflow
check "before: its subflow carries data" wait_for 30 got_data "$NET2_C"

spawn joins joins
check "joins begin" wait_for 60 joined_more_than 0
check "four times another build, $ROUNDS times over, while data flows" swap_all_the_while
during=$(joined)
check "during: as many joins at the least, each with data" test "$during" -ge $((ROUNDS * 4))
touch "$TAP_TMP/enough"
check "none has failed" reap joins 60
during=$(joined)
check "after: another endpoint" endpoint_c_at 251
check "after: its subflow carries data" wait_for 30 got_data "$(address 251)"
check "the other build again" takes_over "$NEXT" upgrade
check "after the last: another endpoint" endpoint_c_at 252
check "after the last: its subflow carries data" wait_for 30 got_data "$(address 252)"
check "all that while data has flowed" flowing

# As if that build had another table of connections: ours begins with an empty one
another_table() {
	local pin=$BPFFS/extkey/tc/maps/connections

	rm "$pin" && bpftool map create "$pin" type array key 4 value 8 entries 1 name connections
}
check "a build with another table of connections" another_table
check "an upgrade makes a new one" takes_over build/extkey_loader upgrade
check "that knows no connection: another endpoint" endpoint_c_at 253
check "its subflow carries data" wait_for 30 got_data "$(address 253)"
check "the other build once more" takes_over "$NEXT" upgrade

is "$(mib_moved "$NS_S" MPJoinAckRx)" $((during + 4)) "the server's kernel accepted $((during + 4)) joins"
for name in join_syn_rx join_synack_tx join_ack_rx; do
	is "$(counter "$CG_S" $name)" $((during + 4)) "$name, counted through all builds"
done
is "$(counter "$CG_C" keys_taken)" 1 "keys_taken of the client is the one from before"
is "$(counter "$CG_S" keys_taken)" 1 "and that of the server"
none_refused
is "$(policies)" "$policies" "the policies are the same"
is "$(link_ids)" "$LINKS" "no link was made anew"
check "each runs the program of its name" links_match
check "status is complete" "$NEXT" status
is "$(build/extkey_loader status | grep -c "'extkey_loader upgrade' replaces them")" 2 \
	"the first build says that it is not its own"
is "$(ls "$BPFFS"/extkey/{cgroup,tc})" "$(printf '%s\n' "$BPFFS/extkey/cgroup:" programs "" "$BPFFS/extkey/tc:" \
	links maps programs root)" "nothing is left of the others"
check "nor in the kernel" only_pinned

check "the paths are fast" net_rate 400mbit
check "all is sent" wait_for 120 at_end
data_intact flow
check "data on the first subflow" test "$(received "$NET1_C")" -gt 0
for address in "$NET2_C" "$(address 251)" "$(address 252)"; do
	check "data on the subflow from $address" test "$(received "$address")" -gt 1000
done
done_testing
