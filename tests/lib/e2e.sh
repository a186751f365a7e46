# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the end-to-end tests share: two hosts (net.sh), each a cgroup with a
# policy, a server and clients in them. To be sourced from the top directory.
#
#	e2e_up			both hosts, and $CG_C and $CG_S, not attached
#	e2e_attach		attaches both cgroups, with the default policy
#	loader ARG...		the command under test; attach takes the engine of
#				the cgroup's host
#	key NAME HEX		makes a key file, and prints its path
#	serve LISTENER...	starts the server, until it listens
#	client NAME ARG...	starts a client of $NET1_S:$PORT. It connects, waits
#				for the subflows that ARGs ask for, and then for
#	release NAME		to send its data and to check the answer
#	client_ready NAME	it has connected, and has its subflows
#	event NAME EVENT JQ	what JQ finds in an event of a client or the server
#	uncover NS DEV [DIRECTION]  takes the programs of engine tc away from DEV, or that
#				one; returns when they do not run any more
#	counter CGROUP NAME	of ours
#	counter_is CGROUP NAME N, mib_is NS NAME N
#	dropped CGROUP [REGEX]	the sum of all our counters of what was dropped or refused, or
#				of these; 0 if nothing is attached
#	show_state		for people: sockets and counters of both hosts as they are
#	received FROM		bytes that the server got on the subflow from FROM
#
# and the checks which most of them end in:
#
#	both_subflows NAME	released, the client's data arrived whole, and
#				some of it on each of the two paths
#	first_subflow_alone NAME

. tests/lib/tap.sh
. tests/lib/cgroup.sh
. tests/lib/net.sh

# "CLIENT SERVER", the engine of each host: hook or tc
read -r ENGINE_C ENGINE_S <<<"${EXTKEY_ENGINES:-hook hook}"
SCHEME=${EXTKEY_SCHEME:-siphash}
PORT=5000
E2E_BYTES=$((2 << 20))
E2E_RATE=40mbit

# Each host of the test is a network namespace: engine tc has to know which
loader() {
	local engine netns

	if [[ $1 == attach ]]; then
		engine=$ENGINE_C netns=$NS_C
		[[ $2 != "$CG_S"* ]] || engine=$ENGINE_S netns=$NS_S
		[[ ! ${CG_B:-} || $2 != "$CG_B"* ]] || netns=$NS_B # of tests/attack/
		set -- "$@" --engine "$engine" --scheme "$SCHEME"
		[[ $engine == hook ]] || set -- "$@" --netns "$netns"
	fi
	build/extkey_loader "$@"
}

e2e_up() {
	[[ -x build/extkey_loader ]] || bail "no build/extkey_loader; run make first"
	bpffs_ready
	loader detach --all || bail "cannot remove what is attached"
	on_exit loader detach --all
	CG_C=$(cgroup_make client) && CG_S=$(cgroup_make server) || bail "no cgroups"
	net_up
	# Slower than one path, so that the scheduler wants the other as well
	net_rate "$E2E_RATE" || bail "cannot limit the rate of the paths"
}

e2e_attach() {
	check "attach the client's cgroup" loader attach "$CG_C"
	check "attach the server's cgroup" loader attach "$CG_S"
}

key() {
	local file=$TAP_TMP/$1.key

	(umask 077 && echo "$2" >"$file")
	echo "$file"
}

KEY=$(key same 0102030405060708)
KEY_PAD=0404040c # of scheme xor, and the mask key of siphash: docs/protocol.md
KEY_MASK=d33c6501c60ace5fcc5e6f1cb3f6cc72
OTHER_KEY=$(key other 1112131415161799)

listens() {
	[[ $(grep -c '"event":"listening"' "$TAP_TMP/server.out") == "$1" ]]
}

serve() {
	local listener args=()

	for listener; do
		args+=(--listener "$listener")
	done
	spawn server in_cgroup "$CG_S" in_s build/extkey_server "${args[@]}"
	wait_for 20 listens $# || bail "the server does not listen: $(<"$TAP_TMP/server.err")"
}

client() {
	local name=$1
	shift

	spawn "$name" in_cgroup "$CG_C" in_c build/extkey_client --connect "$NET1_S:$PORT" \
		--bytes "$E2E_BYTES" --hold-start "$@"
}

client_ready() {
	wait_for 60 grep -q '"event":"holding"' "$TAP_TMP/$1.out" || {
		diag "$(cat "$TAP_TMP/$1.out" "$TAP_TMP/$1.err")"
		return 1
	}
}

release() {
	tell "$1"
	reap "$1" 120
}

event() {
	jq -r "select(.event == \"$2\") | $3" "$TAP_TMP/$1.out"
}

link_is_gone() {
	! bpftool link show id "$1"
}

uncover() {
	local dir pin id ids=()

	dir=$BPFFS/extkey/tc/links/$(in_ns "$1" stat -L -c %i /proc/self/ns/net)
	dir+=_$(ip -n "$1" -json link show "$2" | jq '.[].ifindex')
	if [[ ! -d $dir ]]; then # filters, where the kernel has no such links
		if [[ ${3:-} ]]; then in_ns "$1" tc filter del dev "$2" "$3"
		else in_ns "$1" tc qdisc del dev "$2" clsact; fi
		return
	fi
	for pin in "$dir/"${3:-*}; do
		ids+=("$(bpftool -j link show pinned "$pin" | jq .id)")
		rm "$pin" || return
	done
	for id in "${ids[@]}"; do
		wait_for 10 link_is_gone "$id" || return
	done
}

counter() {
	loader status --json | jq -r --arg cgroup "$1" --arg name "$2" \
		'.cgroups[] | select(.cgroup == $cgroup) | .counters[$name]'
}

dropped() {
	loader status --json | jq --arg cgroup "$1" --arg names "${2:-^(drop_|join_refused$)}" \
		'[.cgroups[] | select(.cgroup == $cgroup) | .counters | to_entries[] |
			select(.key | test($names)) | .value] | add // 0'
}

counter_is() {
	local got

	got=$(counter "$1" "$2")
	echo "counter $2 is $got, not $3"
	[[ $got == "$3" ]]
}

mib_is() {
	local got

	got=$(mib "$1" "$2")
	echo "counter $2 is $got, not $3"
	[[ $got == "$3" ]]
}

show_state() {
	local ns

	for ns in "$NS_C" "$NS_S"; do
		diag "--- $ns: connections, subflows, counters that are not 0"
		diag "$(in_ns "$ns" ss -Mni)"
		diag "$(in_ns "$ns" ss -tniO)"
		diag "$(mib_all "$ns" | awk '/^(MPTcp|TcpExt|Tcp)/ && $2 { print $1 "=" $2 }' | xargs)"
	done
	diag "--- extkey"
	diag "$(loader status --json | jq -c '.cgroups[] | {cgroup, key, counters: (.counters | with_entries(select(.value > 0)))}')"
}

received() {
	event server closed ".subflows[] | select(.remote | startswith(\"$1:\")) | .bytes_received" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

isnt() {
	check "$3" test "$1" != "$2"
}

data_intact() {
	check "$1: all data arrived, in order" release "$1"
	wait_for 20 grep -q '"event":"closed"' "$TAP_TMP/server.out"
}

both_subflows() {
	data_intact "$1"
	check "$1: data on the first subflow" test "$(received "$NET1_C")" -gt 0
	check "$1: data on the second subflow" test "$(received "$NET2_C")" -gt 0
}

first_subflow_alone() {
	data_intact "$1"
	is "$(event "$1" "done" '[.subflows[] | select(.bytes_sent > 0)] | length')" 1 \
		"$1: there is one subflow with data"
	check "$1: all data on the first subflow" test "$(received "$NET1_C")" -ge "$E2E_BYTES"
	is "$(received "$NET2_C")" 0 "$1: nothing on the second"
}
