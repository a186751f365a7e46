# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The command with engine tc, and what it leaves in the kernel. Wants e2e.sh.
#
#	faults_up		two hosts with two paths; $ATTACH and $ATTACH_S attach
#				the cgroups, both to the client's interfaces
#	state			all that the command makes, but for ids and counters:
#				pins, what status says, filters, links to cgroups
#	state_is STATE		waits for it: links are freed a moment after their pins
#	bind_in CGROUP		what a keyless MPTCP socket of CGROUP gets from bind()
#	plain_join		a connection of nobody's cgroup, with two subflows
#	kill_each DESC BEFORE CMD...  CMD killed at each step, as described there

faults_up() {
	[[ "$ENGINE_C $ENGINE_S" == "tc tc" ]] || skip_all "these are about engine tc"
	e2e_up
	ATTACH=(build/extkey_loader attach "$CG_C" --engine tc --netns "$NS_C" --require-key)
	ATTACH_S=(build/extkey_loader attach "$CG_S" --engine tc --netns "$NS_C")
	endpoint_c "$NET2_C" subflow && NOTHING=$(state) || bail "no endpoint"
}

# Few processes, as there are hundreds of states to look at
state() {
	local dev direction

	# An interface that was made anew has another number
	find "$BPFFS" -mindepth 1 | sed -E "s|/links/([0-9]+)_[0-9]+|/links/\1_N|" | sort
	build/extkey_loader status --json |
		jq -c '.installed, (.cgroups | sort_by(.id)[] | del(.counters)),
			(.devices | sort_by(.ifindex)[])'
	{
		bpftool -j cgroup show "$CG_C"
		bpftool -j cgroup show "$CG_S"
		# Of devices also what status does not show: those that are gone
		[[ ! -e $BPFFS/extkey/counters ]] || {
			bpftool -j map dump pinned "$BPFFS/extkey/counters"
		}
		[[ ! -e $BPFFS/extkey/devices ]] ||
			bpftool -j map dump pinned "$BPFFS/extkey/devices"
	} | jq -c 'map(.name // .formatted.value.name // .formatted.key) | sort'
	for dev in c1 c2; do
		echo "qdisc show dev $dev clsact"
		for direction in ingress egress; do
			echo "filter show dev $dev $direction"
		done
	done | tc -n "$NS_C" -force -batch - 2>/dev/null |
		sed -E 's/\[[0-9]+\]//; s/ id [0-9]+//; s/ tag [0-9a-f]+//'
}

state_matches() {
	diff <(echo "$1") <(state)
}

state_is() {
	wait_for 10 state_matches "$1"
}

# shellcheck disable=SC2016 # of perl
bind_in() {
	in_cgroup "$1" perl -MSocket -e 'socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
		print bind($s, pack_sockaddr_in 0, INADDR_LOOPBACK) ? "bound" : $!{EPERM} ? "EPERM" : $!'
}

plain_join() {
	in_c build/extkey_client --connect "$NET1_S:$PORT" --wait-subflows 2 --bytes 1000 --timeout 20
}

cgroups_now() {
	build/extkey_loader status --json |
		jq -c '.cgroups | sort_by(.id) |
			map([.cgroup, .engine, .scheme, .require_key, .sources, .key.sending, .linked])'
}

# What must hold wherever the command was killed: each cgroup is as it was, $1, or
# as it is to be, $2, and takes keys if and only if status says so; sockets work.
faults_hold() {
	local cgroup now want is_bound

	now=$(cgroups_now)
	# detach --all goes one cgroup at a time
	[[ $now == "$1" || $now == "$2" || ($2 == "[]" && $1 == *"${now:1:-1}"*) ]] ||
		echo "status is neither the old nor the new: $now"
	[[ $now != *false]* ]] || echo "a cgroup has a policy, but takes no keys: $now"
	for cgroup in "$CG_C" "$CG_S"; do
		want=bound
		[[ $now != *"[\"$cgroup\",\"tc\",\"siphash\",true"* ]] || want=EPERM
		is_bound=$(bind_in "$cgroup")
		[[ $is_bound == "$want" ]] || echo "bind() in $cgroup: $is_bound, but status has: $now"
	done
	plain_join >/dev/null 2>"$TAP_TMP/plain_join" ||
		echo "a connection without a key: $(<"$TAP_TMP/plain_join")"
}

# System calls that can change anything outside of the process. It is killed before
# each, which is after all that came before it: the calls between, thousands of
# reads of BTF, leave no trace. After the last one comes exit_group.
FAULTS_CALLS=bpf,mkdir,mkdirat,symlink,symlinkat,rename,renameat,renameat2,rmdir,unlink,unlinkat,write,exit_group

# CALL NR CMD...: strace counts each system call on its own
killed_at() {
	local call=$1 nr=$2
	shift 2

	# Not as a child of ours, or bash would say "Killed" each time
	(
		strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$nr" \
			"$@" >/dev/null
		exit $?
	) 2>/dev/null
}

# "CALL NR" for each of them that an undisturbed run makes; all with EXTKEY_LONG=1. Without,
# calls of bpf() that only read, or whose result goes with the process, are one in
# twenty, and of what is left about 8, evenly spread from a random one on, and the
# last one, when all is done: all of them take minutes.
calls_of() {
	strace -f -qq -e trace="$FAULTS_CALLS" -o "$TAP_TMP/calls" "$@" >/dev/null || return
	awk -v long="${EXTKEY_LONG:-}" '
		{ call = $2; sub(/\(.*/, "", call); nr[call]++ }
		!/BPF_(BTF_LOAD|MAP_CREATE|MAP_FREEZE|PROG_LOAD|PROG_BIND_MAP|OBJ_GET|OBJ_GET_INFO_BY_FD|[A-Z]*_GET_FD_BY_ID|[A-Z]*_GET_NEXT_ID|MAP_LOOKUP_ELEM|MAP_GET_NEXT_KEY)/ || long == 1 || loads++ % 20 == 0 {
			print call, nr[call]
		}' "$TAP_TMP/calls" >"$TAP_TMP/all_calls"
	[[ ${EXTKEY_LONG:-} != 1 ]] || { cat "$TAP_TMP/all_calls"; return; }
	awk -v all="$(wc -l <"$TAP_TMP/all_calls")" -v first="$RANDOM" '
		BEGIN { step = int((all + 7) / 8) }
		(NR + first) % step == 0 || NR == all' "$TAP_TMP/all_calls"
}

# BEFORE makes the state that CMD starts from. A state that was there before is
# not tried again, as what comes next depends on nothing else; with EXTKEY_LONG=1 it
# is. Nor is each pin in a directory that is being made or removed a state. A detach
# that was killed late may find that there is nothing left to detach. Tests beside
# this one have programs, too, and the command looks at all programs of the kernel:
# with fewer of them, it may end before call NR. Then it was not killed.
kill_each() {
	local desc=$1 before=$2 start end old new now calls call nr rc rest problem problems="" killed=0
	local -A seen=()
	shift 2

	$before >/dev/null && start=$(state) && old=$(cgroups_now) &&
		calls=$(calls_of "$@") || { fail "$desc: undisturbed"; return; }
	new=$(cgroups_now)
	$before >/dev/null && state_is "$start" && "$@" >/dev/null
	end=$(state)
	now=$end
	while read -r call nr; do
		if [[ $now != "$start" ]]; then
			$before >"$TAP_TMP/before" 2>&1 && state_is "$start" ||
				{ problems+="before $call $nr: cannot go back: $(<"$TAP_TMP/before")"; break; }
		fi
		killed_at "$call" "$nr" "$@"
		rc=$?
		case $rc in
		0)	now=$end; continue ;;
		137)	((killed++)) ;;
		*)	problems+="not killed at $call $nr: exit status $rc"$'\n' ;;
		esac
		now=$(state)
		rest=$(grep -vE "^$BPFFS/extkey(_removed/|/[a-z]*/loading/|/tc/maps/|/(keys|policies|counters|devices)$)" <<<"$now")
		[[ ${EXTKEY_LONG:-} == 1 || ! ${seen["$rest"]:-} ]] || continue
		seen["$rest"]=1
		problem=$(faults_hold "$old" "$new")
		"$@" >"$TAP_TMP/again" 2>&1 || grep -q "is not attached" "$TAP_TMP/again" ||
			problem+=" the next run fails: $(<"$TAP_TMP/again")"
		state_is "$end" >"$TAP_TMP/state_is" ||
			problem+=" the next run leads to another state: $(<"$TAP_TMP/state_is")"
		[[ ! $problem ]] || problems+="killed at $call $nr: $problem"$'\n'
		now=$end
	done <<<"$calls"
	nr=$(wc -l <<<"$calls")
	is "$problems" "" "$desc: killed at $killed of $nr system calls, ${#seen[@]} states, each repaired"
	check "$desc: there were some" test "$killed" -gt 3 -a "$killed" -ge $((nr - 2)) -a "${#seen[@]}" -gt 1
	check "$desc: detach --all" build/extkey_loader detach --all
	check "$desc: leaves nothing" state_is "$NOTHING"
}
