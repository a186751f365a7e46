#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# upgrade killed by SIGKILL at each of its system calls that change something. Must
# hold: both cgroups are attached as before, with the old programs or the new; status
# says that something is left to do, and the next command does it, be it of the new
# build or of the old one. A build that the kernel refuses changes nothing. The new one
# counts something more: what both count goes on where it was.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh
. tests/lib/kernel.sh

# Which program each link runs, and of which build all is, is part of the state
eval "other_$(declare -f state)"

state() {
	other_state
	pinned_links | cut -d" " -f 1,2,4
	find "$BPFFS/extkey" -name build -printf '%P %l\n' 2>/dev/null | sort
}

old_build() {
	"${ATTACH[@]}" && "${ATTACH_S[@]}"
}

# All of one build, whichever, and nothing left of another
whole() {
	links_match || return
	build/extkey_loader status >"$TAP_TMP/status" || { cat "$TAP_TMP/status"; return 1; }
	[[ $(find "$BPFFS/extkey" -name build -printf '%l\n' | sort -u | wc -l) == 1 ]] &&
		! find "$BPFFS/extkey" -name 'next' -o -name 'loading' -o -name 'old' -o -name '*_new' | grep .
}

# A run that is killed when half of the links have been switched; then CMD
killed_half_way() {
	"${ATTACH[@]}" >/dev/null && killed_at bpf "$HALF" "$NEXT" upgrade
	[[ -d $BPFFS/extkey/tc/next && -d $BPFFS/extkey/cgroup/next ]] ||
		{ echo "not half way"; return 1; }
	! links_match >/dev/null
}

# Calls without a key that were refused, as each build tells it
missing() {
	"$1" status -j | jq --arg cgroup "$CG_C" \
		'.cgroups[] | select(.cgroup == $cgroup) | .counters | [.keys_missing, .another]' | xargs
}

NEXT=$OTHER
faults_up
serve "$NET1_S:$PORT"
links=$(old_build >/dev/null && pinned_links | cut -d" " -f 1,2)
kill_each "upgrade" old_build "$NEXT" upgrade

old_build >/dev/null
# The number of the 4th BPF_LINK_UPDATE among the calls of bpf()
HALF=$(strace -f -qq -e trace=bpf "$NEXT" upgrade 2>&1 >/dev/null |
	awk '/BPF_LINK_UPDATE/ && ++updates == 4 { print NR; exit }')
links=$(pinned_links | cut -d" " -f 1,2)
for next in "$NEXT upgrade" "build/extkey_loader upgrade" "build/extkey_loader attach $CG_C" \
	"build/extkey_loader detach $CG_S"; do
	check "upgrade killed half way" killed_half_way
	refuses 5 "a command was killed while it replaced the programs" "status says so" \
		build/extkey_loader status
	# shellcheck disable=SC2086 # words
	check "then ${next##*/}" $next
	check "finishes it" whole
	is "$(bind_in "$CG_C")" EPERM "and sockets are as before"
	"${ATTACH_S[@]}" >/dev/null
done

check "detach --all, and the first build" build/extkey_loader detach --all
check "attach" old_build
before=$(state)
refuses 4 "the kernel refuses the BPF programs" "a build of which the kernel refuses a part" \
	env LD_PRELOAD="$PWD/build/refuse.so" EXTKEY_REFUSE=classifiers "$NEXT" upgrade
check "changes nothing" state_is "$before"
refuses 4 "nothing was attached" "attach of such a build" \
	env LD_PRELOAD="$PWD/build/refuse.so" EXTKEY_REFUSE=classifiers "$NEXT" attach "$CG_C" --no-require-key
check "changes nothing either" state_is "$before"
check "status is complete" build/extkey_loader status
check "without that it succeeds" "$NEXT" upgrade
check "as a whole" whole

is "$(bind_in "$CG_C")" EPERM "a call is refused"
is "$(missing "$OTHER")" "[ 1, 0 ]" "it was counted, and what the old build did not count is 0"
is "$(missing build/extkey_loader)" "[ 1, 0 ]" "the old build tells what is counted"
for next in build/extkey_loader "$OTHER"; do
	check "${next%/*}: upgrade" "$next" upgrade
	is "$(bind_in "$CG_C")" EPERM "${next%/*}: a call is refused"
	shown+=" $(missing "$next")"
done
is "$shown" " [ 2, null ] [ 3, 0 ]" "counters went on over each upgrade"
done_testing
