#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One command at a time: a second one waits for the first, and says who that is when
# it has waited in vain. An ordinary user cannot keep anybody waiting.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh

LOCK=/run/extkey/lock
loader=$PWD/build/extkey_loader

# A namespace of its own, so that no interface of this machine is touched
alone() {
	unshare --net "$@"
}

# Not of a test beside this one: neither the lock nor what it guards
private() {
	unshare --mount --propagation private sh -c "$1"
}

# The attach stops by itself when it has loaded half of its programs
stopped_attach() {
	alone strace -f -qq -o /dev/null -e trace=bpf -e inject=bpf:signal=STOP:when=40 \
		"$loader" attach "$cgroup" --engine tc
}

# "PID (extkey_loader attach)", as it has told
holder() {
	[[ -e $LOCK ]] && cat "$LOCK"
}

state_of() {
	sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status"
}

# Stopped, by a signal or by who traces it
holds() {
	local pid

	[[ $(holder) == *"(extkey_loader $1)" ]] || return
	pid=$(holder)
	[[ $(state_of "${pid%% *}") == [tT] ]]
}

# It has found the lock taken: the file is open, and it sleeps
waits() {
	local pid=${TAP_SPAWNED[$1]} fd

	for fd in "/proc/$pid/fd/"*; do
		[[ $(readlink "$fd") != "$LOCK" ]] || { [[ $(state_of "$pid") == S ]]; return; }
	done
	return 1
}

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

bpffs_ready
cgroup=$(cgroup_make lock)
on_exit "$loader" detach --all

check "nothing is attached" "$loader" detach --all
spawn first stopped_attach
check "attach holds the lock, and is stopped" wait_for 30 holds attach
pid=$(holder)
pid=${pid%% *}
spawn second "$loader" status --json
spawn third "$loader" attach "$cgroup" --engine tc --require-key
check "a second command waits" wait_for 20 waits second
check "and a third" wait_for 20 waits third
refuses 1 "process $pid (extkey_loader attach) has held $LOCK for 60 seconds" \
	"one that has waited for a minute says for whom" \
	timeout 60 env LD_PRELOAD="$PWD/build/fast_clock.so" "$loader" attach "$cgroup"
check "the others wait still" waits second
check "both" waits third
is "$(<"$TAP_TMP/second.out")" "" "and have done nothing"
kill -CONT "$pid"
check "the first one goes on, and succeeds" reap first 30
check "then the second" reap second 30
check "and the third" reap third 30
is "$(jq -c '[.installed, (.cgroups | length)]' "$TAP_TMP/second.out" 2>/dev/null)" '[true,1]' \
	"the second has seen what the first has done"
is "$(cat "$TAP_TMP/first.out" "$TAP_TMP/third.out" | grep -c "$cgroup: ")" 2 "both have attached"
is "$("$loader" status --json | jq '.cgroups[0].require_key')" true "the third one's change is there"
check "status after that" "$loader" status

# Another user, who says nothing, or what they like
spawn holder flock "$LOCK" sleep 1000
held() { ! flock --nonblock "$LOCK" true; }
check "another program holds the lock" wait_for 20 held
refuses 1 "process of unknown number has held" "it is not taken for the last command" \
	timeout 60 env LD_PRELOAD="$PWD/build/fast_clock.so" "$loader" status
echo -n "1234 (backup)" >"$LOCK"
refuses 1 "process 1234 (backup) has held" "it is named as it says" \
	timeout 60 env LD_PRELOAD="$PWD/build/fast_clock.so" "$loader" status
stop holder
check "when it has ended there is nothing to wait for" "$loader" status
check "detach --all" "$loader" detach --all

# An ordinary user: what is made anew is for root alone, whatever the umask
is "$(private "mount -t tmpfs none /run && umask 0 && $loader status >&2 && stat -c '%a %u' /run/extkey $LOCK" 2>/dev/null |
	xargs)" "700 0 600 0" "the directory and the lock are for root alone"
is "$(stat -c '%a %u' "$LOCK")" "600 0" "the lock is so here"
refuses 66 "Permission denied" "an ordinary user cannot take it" as_nobody flock --nonblock "$LOCK" true
# What they can lock is a directory that they can read
mode=$(stat -c %a /run/extkey)
for dir in "$BPFFS" /run/extkey; do
	chmod 755 "$dir"
	spawn user as_nobody flock "$dir" sleep 1000
	locked() { ! flock --nonblock "$dir" true; }
	check "they can lock $dir" wait_for 20 locked
	check "but nobody waits for that" timeout 60 env LD_PRELOAD="$PWD/build/fast_clock.so" "$loader" status
	stop user
done
for mode_of_lock in 644 622 660; do
	chmod $mode_of_lock "$LOCK"
	refuses 1 "chmod 0600 $LOCK" "a lock of mode $mode_of_lock is none" "$loader" status
done
chmod 600 "$LOCK"
chmod 777 /run/extkey
refuses 1 "chmod 0700 /run/extkey" "nor one in a directory where others write" "$loader" status
chmod "$mode" /run/extkey
check "with its modes it is one again" "$loader" status
done_testing
