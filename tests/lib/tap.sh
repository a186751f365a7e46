# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# TAP for tests in bash, and what each of them needs: cleaning up, waiting, and
# programs in the background. To be sourced first; a test ends in done_testing,
# and has failed if it never gets there.
#
#	check DESC CMD...	ok if CMD succeeds; what it printed if not
#	exits STATUS DESC CMD...  ok if CMD exits with STATUS
#	refuses STATUS TEXT DESC CMD...  and TEXT is part of what it prints
#	is GOT WANT DESC	ok if the strings are equal
#	pass DESC, fail DESC	a result that was found out otherwise
#	skip DESC REASON	one test left out
#	diag TEXT...		a line for people
#	plan N			the number of tests, if it's known
#	skip_all REASON		leaves: nothing of this can be tested here
#	bail REASON		leaves: to go on makes no sense
#	done_testing		leaves with the result
#
#	on_exit CMD...		runs CMD at the end, last one first, however it ends
#	wait_for SECONDS CMD...	until CMD succeeds; false after SECONDS
#
#	spawn NAME CMD...	runs CMD in the background; it ends with the test.
#				Its output is in $TAP_TMP/NAME.out and .err
#	tell NAME [LINE]	a line to its stdin
#	running NAME		whether it does
#	reap NAME SECONDS	waits for its end; its exit status, 124 if none
#	stop NAME		ends it with all that it started
#
# EXTKEY_NO_SKIP=1 makes a failure of each skip, for where all must be there.
# EXTKEY_SLOWNESS=N makes each wait N times as long, for an emulated machine.
# $TAP_TMP is a directory that is removed at the end.

[[ ${BASH_VERSINFO[0]} -ge 5 ]] || { echo "Bail out! bash 5 or later is needed"; exit 1; }

TAP_PID=$BASHPID
TAP_NR=0
TAP_FAILED=0
TAP_PLAN=
TAP_LEFT= # by the rules: done_testing, skip_all or bail
TAP_CLEANUPS=()
declare -A TAP_SPAWNED=() TAP_STDIN=()
TAP_TMP=$(mktemp -d "${TMPDIR:-/tmp}/extkey-test.XXXXXX") || exit 1

tap_exit() {
	local status=$? i

	trap - EXIT
	# A signal may reach a subshell before it has let go of our traps
	[[ $BASHPID == "$TAP_PID" ]] || exit "$status"
	trap '' INT TERM HUP # they are not to interrupt the cleaning up
	for i in "${!TAP_SPAWNED[@]}"; do
		stop "$i"
	done
	for ((i = ${#TAP_CLEANUPS[@]} - 1; i >= 0; i--)); do
		eval "${TAP_CLEANUPS[i]}"
	done
	rm -rf "$TAP_TMP"
	if [[ ! $TAP_LEFT ]]; then
		echo "Bail out! the test ended with status $status before done_testing"
		((status)) || status=1
	fi
	exit "$status"
}
trap tap_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The words are quoted now and read again at the end
on_exit() {
	TAP_CLEANUPS+=("$(printf '%q ' "$@")")
}

diag() {
	local line

	while IFS= read -r line || [[ $line ]]; do
		printf '# %s\n' "$line"
	done <<<"$*"
}

plan() {
	TAP_PLAN=$1
	echo "1..$1"
}

pass() {
	echo "ok $((++TAP_NR)) - $1"
}

fail() {
	echo "not ok $((++TAP_NR)) - $1"
	((++TAP_FAILED))
	return 1
}

skip() {
	if [[ ${EXTKEY_NO_SKIP:-} == 1 ]]; then
		fail "$1"
		diag "skipped, which EXTKEY_NO_SKIP forbids: $2"
		return 1
	fi
	echo "ok $((++TAP_NR)) - $1 # SKIP $2"
}

# Not in a subshell, so that CMD may set variables
refuses() {
	local want=$1 text=$2 desc=$3 got
	shift 3

	"$@" >"$TAP_TMP/check" 2>&1 </dev/null
	got=$?
	if ((got == want)) && [[ ! $text || $(<"$TAP_TMP/check") == *"$text"* ]]; then
		pass "$desc"
		return 0
	fi
	fail "$desc"
	diag "command: ${*@Q}"
	diag "exit status: $got, wanted: $want${text:+, with: $text}"
	[[ ! -s $TAP_TMP/check ]] || diag "$(tail -n 50 "$TAP_TMP/check")"
	return 1
}

exits() {
	local want=$1
	shift

	refuses "$want" "" "$@"
}

check() {
	exits 0 "$@"
}

is() {
	if [[ $1 == "$2" ]]; then
		pass "$3"
		return 0
	fi
	fail "$3"
	diag "got:  $1"
	diag "want: $2"
	return 1
}

bail() {
	TAP_LEFT=yes
	echo "Bail out! $*"
	exit 1
}

skip_all() {
	TAP_LEFT=yes
	if [[ ${EXTKEY_NO_SKIP:-} == 1 ]]; then
		echo "1..1"
		echo "not ok 1 - skipped, which EXTKEY_NO_SKIP forbids: $*"
		exit 1
	fi
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	TAP_LEFT=yes
	[[ $TAP_PLAN ]] || echo "1..$TAP_NR"
	if ((TAP_NR == 0)); then
		diag "no test ran"
		exit 1
	elif [[ $TAP_PLAN ]] && ((TAP_PLAN != TAP_NR)); then
		diag "$TAP_NR tests ran, $TAP_PLAN were planned"
		exit 1
	elif ((TAP_FAILED)); then
		diag "$TAP_FAILED of $TAP_NR tests failed"
		exit 1
	fi
	exit 0
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

wait_for() {
	local until=$(($(now_us) + $1 * ${EXTKEY_SLOWNESS:-1} * 1000000))
	shift

	until "$@" >"$TAP_TMP/wait_for" 2>&1; do
		if (($(now_us) >= until)); then
			diag "waited in vain for: ${*@Q}"
			diag "$(tail -n 20 "$TAP_TMP/wait_for")"
			return 1
		fi
		sleep 0.02
	done
}

tap_open_fifo() {
	local -n tap_fd=$1

	mkfifo "$TAP_TMP/fifo"
	# For both, as either alone would wait for the other end
	# shellcheck disable=SC2034
	exec {tap_fd}<>"$TAP_TMP/fifo"
}

# With job control each background job is a process group of its own, so that
# all of it can be ended, whatever wrappers CMD is run through. It has begun when
# spawn returns: a signal that came earlier would find our traps in the subshell.
spawn() {
	local name=$1 stdin read_end begun
	shift

	[[ ! ${TAP_SPAWNED[$name]:-} ]] || stop "$name"
	tap_open_fifo stdin
	exec {read_end}<"$TAP_TMP/fifo"
	rm "$TAP_TMP/fifo"
	tap_open_fifo begun
	rm "$TAP_TMP/fifo"

	TAP_STDIN[$name]=$stdin
	set -m
	(
		trap - HUP INT TERM
		echo >&"$begun"
		exec {stdin}>&- {read_end}<&- {begun}>&-
		"$@"
	) <&"$read_end" >"$TAP_TMP/$name.out" 2>"$TAP_TMP/$name.err" &
	TAP_SPAWNED[$name]=$!
	set +m
	read -r -u "$begun" -t 60
	exec {read_end}<&- {begun}>&-
}

tell() {
	echo "${2:-}" >&"${TAP_STDIN[$1]}"
}

running() {
	[[ ${TAP_SPAWNED[$1]:-} ]] && kill -0 "${TAP_SPAWNED[$1]}" 2>/dev/null
}

stopped() {
	! running "$1"
}

tap_forget() {
	local stdin=${TAP_STDIN[$1]}

	exec {stdin}>&-
	unset "TAP_SPAWNED[$1]" "TAP_STDIN[$1]"
}

# A process that has ended stays a job of the shell until it is waited for, but
# the shell takes notice of its end at once: kill -0 fails then.
reap() {
	local status

	if ! wait_for "$2" stopped "$1"; then
		diag "$(tail -n 20 "$TAP_TMP/$1.out" "$TAP_TMP/$1.err")"
		stop "$1"
		return 124
	fi
	wait "${TAP_SPAWNED[$1]}" 2>/dev/null
	status=$?
	tap_forget "$1"
	return $status
}

group_ended() {
	! kill -0 -- "-$1" 2>/dev/null
}

stop() {
	local pid=${TAP_SPAWNED[$1]:-}

	[[ $pid ]] || return 0
	kill -TERM -- "-$pid" 2>/dev/null
	kill -CONT -- "-$pid" 2>/dev/null
	wait_for 5 group_ended "$pid" || kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	tap_forget "$1"
}
