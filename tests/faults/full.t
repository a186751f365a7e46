#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A limit of memory, by cgroup (RLIMIT_MEMLOCK has not counted for BPF since 5.11):
# attach fails or is killed, and leaves nothing. A map without room: attach refuses, names the map and its limit, and leaves
# nothing half attached, no link and no filter; with room again it succeeds.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh

# "FORMAT", for printf with the two low bytes of an id that no cgroup has
entries() { # MAP FORMAT VALUE_SIZE COMMAND
	local i zeros

	zeros=$(printf '0 %.0s' $(seq "$3"))
	for ((i = 0; i < 1023; i++)); do
		# shellcheck disable=SC2059 # our own
		printf "map $4 pinned $BPFFS/extkey/$1 key hex $2" $((i & 255)) $((i >> 8))
		[[ $4 == delete ]] && echo || echo " value hex $zeros"
	done >"$TAP_TMP/batch"
	bpftool batch file "$TAP_TMP/batch" >/dev/null
}

# Of cgroup or cgroup2, wherever the controller is
memory_limit() { # BYTES CMD...
	local dir file=memory.limit_in_bytes limit=$1
	shift

	if [[ ! -d $MEMORY ]]; then
		dir=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/self/mounts)
		MEMORY=${dir:-$(cgroup_root)}/memory$CGROUP_SUFFIX
		mkdir -p "$MEMORY" && on_exit rmdir "$MEMORY"
	fi
	[[ -e $MEMORY/$file ]] || file=memory.max
	echo "$limit" >"$MEMORY/$file" && in_cgroup "$MEMORY" "$@"
}
MEMORY=

# "killed" by the kernel, "no memory" as it says, or "done"
outcome() {
	local status

	("$@" >"$TAP_TMP/outcome" 2>&1) 2>/dev/null
	status=$?
	case $status in
	0)	echo "done" ;;
	137)	echo killed ;;
	*)	grep -q "Cannot allocate memory" "$TAP_TMP/outcome" && echo "no memory" || echo "status $status: $(<"$TAP_TMP/outcome")" ;;
	esac
}

faults_up
if memory_limit 1G true 2>/dev/null; then
	for limit in 8 16 24 32 40; do
		got=$(outcome memory_limit "${limit}M" "${ATTACH[@]}")
		diag "$limit MiB: $got"
		case $got in
		killed | done | "no memory")
			pass "with $limit MiB" ;;
		*)	fail "with $limit MiB"; diag "$got" ;;
		esac
		is "$(bind_in "$CG_C")" "$([[ $got == "done" ]] && echo EPERM || echo bound)" \
			"with $limit MiB: attached if it says so"
		check "with $limit MiB: detach --all" build/extkey_loader detach --all
		check "with $limit MiB: leaves nothing" state_is "$NOTHING"
	done
	check "with 1 GiB it succeeds" memory_limit 1G "${ATTACH[@]}"
	build/extkey_loader detach --all
else
	skip "limits of memory" "no memory controller here"
fi

check "a cgroup attached to c1 alone" "${ATTACH_S[@]}" --dev c1
before=$(state)
check "1023 more counters" entries counters "%02x %02x 0 0 0 0 ff 0" \
	"$(bpftool -j map show pinned "$BPFFS/extkey/counters" | jq .bytes_value)" update
refuses 1 "the map counters is full, at most 1024" "no room for another cgroup" "${ATTACH[@]}"
check "room again" entries counters "%02x %02x 0 0 0 0 ff 0" 0 delete
check "nothing is half attached" state_is "$before"
is "$(bind_in "$CG_C")" bound "sockets of that cgroup need no key"
is "$(bind_in "$CG_S")" bound "nor do those of the first one"
check "then it is attached" "${ATTACH[@]}"
is "$(bind_in "$CG_C")" EPERM "and needs a key"
check "detach --all" build/extkey_loader detach --all
check "nothing is left" state_is "$NOTHING"
done_testing
