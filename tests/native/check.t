#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What make check runs, in a tree with tests made up here: one total, a failure in it
# wherever it was, what is to run alone last, and each test where the matrix says. And
# tests/run, which runs each of them.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/matrix.sh

unset MAKEFLAGS MFLAGS MAKELEVEL EXTKEY_ENGINES EXTKEY_SCHEME EXTKEY_NO_SKIP EXTKEY_SLOWNESS
export CHECK_LOG=$TAP_TMP/log
tree=$TAP_TMP/tree

# FILE LINE...: an executable
script() {
	mkdir -p "$tree/${1%/*}"
	printf '%s\n' '#!/bin/bash' "${@:2}" >"$tree/$1"
	chmod +x "$tree/$1"
}

# TEST RESULT [LINE]: leaves a line when it begins, and one when it ends
made_up() {
	script "tests/$1.t" "name=${1#*/}" \
		'said="$name, ${EXTKEY_ENGINES:-no engine}, ${EXTKEY_SCHEME:-no scheme}"' \
		'said+=", ${EXTKEY_NO_SKIP:-0} ${EXTKEY_SLOWNESS:-1}"' \
		'echo "begins: $said" >>"$CHECK_LOG"; sleep 0.1; echo "ends: $name" >>"$CHECK_LOG"' \
		"${3:-true}" "echo 1..1; echo '$2 1'; [[ '$2' == ok ]]"
}

# COMMAND...: in the tree
in_tree() {
	rm -f "$CHECK_LOG"
	(cd "$tree" && "$@" >"$TAP_TMP/out" 2>&1)
	set -- $?
	cat "$TAP_TMP/out"
	return "$1"
}

# What began, as "NAME, ENGINES, SCHEME, NO-SKIP SLOWNESS"
began() {
	sed -n 's/^begins: //p' "$CHECK_LOG" 2>/dev/null | sort
}

names() {
	began | cut -d , -f 1 | xargs
}

results() {
	grep '^Result: ' "$TAP_TMP/out"
}

mkdir -p "$tree"/{tests/lib,.ci,build,build/unit}
cp tests/run tests/check.sh "$tree/tests"
cp tests/lib/{matrix,names,prove-one}.sh "$tree/tests/lib"
cp .ci/run "$tree/.ci"
script kernel/build.sh 'echo "kernel $*" >>"$CHECK_LOG"'
script tests/running-kernel.sh 'echo tc'
# The machine's options, and then the program
script tests/vm/run.sh 'while [[ $1 != -- ]]; do said+=" $1"; shift; done; shift' \
	'echo "machine:$said" >>"$CHECK_LOG"; exec "$@"'
printf '%s\n' '.PHONY: tests' 'tests:' '	@echo built >>$(CHECK_LOG)' 'check:' '	@tests/check.sh all' >"$tree/Makefile"
cat >"$tree/tests/matrix" <<-MATRIX
	# by	where	client	server	scheme	tests
	quick	host	-	-	-	native/first
	host	alone	tc	tc	siphash	e2e/alone
	host	host	tc	tc	siphash	e2e/* -e2e/alone # and no other

	all	vm	hook	tc	xor	e2e/second
	debug	vm	hook	tc	xor	e2e/third
MATRIX
made_up native/first ok
made_up e2e/second ok
made_up e2e/third ok
made_up e2e/alone ok

# A total, and a failure in it wherever it was
check "all are right" in_tree tests/check.sh all
is "$(results)" "Result: PASS" "and there is one total"
is "$(began)" "alone, tc tc, siphash, 0 1
first, no engine, no scheme, 0 1
second, hook tc, xor, 1 3
second, tc tc, siphash, 0 1
third, tc tc, siphash, 0 1" "each ran once, where the matrix says, and with its engines"
is "$(tail -n 2 "$CHECK_LOG" | sed 's/,.*//' | xargs)" "begins: alone ends: alone" \
	"one of them alone, and last"
is "$(head -n 2 "$CHECK_LOG" | xargs)" "kernel --unpatched kernel" "the kernels come before"

for test in native/first e2e/second e2e/alone; do
	made_up "$test" "not ok"
	exits 1 "$test is wrong" in_tree tests/check.sh all
	is "$(results)" "Result: FAIL" "the total says so"
	made_up "$test" ok
done
made_up e2e/second "not ok"
exits 2 "a test is wrong" in_tree .ci/run
again=$(sed -n 's,^# to run it alone: tests/run .* e2e/,&,p' "$TAP_TMP/out" | sort -u)
is "$again" "# to run it alone: tests/run --client tc --server tc e2e/second
# to run it alone: tests/run --vm --client hook --server tc --scheme xor e2e/second" \
	"it is said how to run it alone"
made_up e2e/second ok

# What each command has of the matrix
check "check-quick" in_tree tests/check.sh quick
is "$(names)" "first" "runs what is quick"
check "check-host" in_tree tests/check.sh host
is "$(names)" "alone first second third" "runs all that needs no virtual machine"
is "$(grep -c ^kernel "$CHECK_LOG")" 0 "and builds no kernel"
check "check-debug" in_tree tests/check.sh debug
is "$(names)" "second third" "runs what is for the virtual machine, and more"
is "$(grep ^machine "$CHECK_LOG")" "machine: --debug --timeout 1230" "in one machine"
is "$(began | head -n 1)" "second, hook tc, xor, 1 10" "with the patience for it"

# Where the minutes went
made_up native/first ok 'echo "host/native/more 120000000" >>"$EXTKEY_TIMES"'
check "the minutes are told" in_tree .ci/run
is "$(sed -n '/^Minutes/,/^all/p' "$TAP_TMP/out" | sed 's/  */ /g; s/ $//; s/\.[0-9]//g')" "Minutes native e2e all
host 2 2
alone-tc-tc 0 0
host-tc-tc 0 0
vm-hook-tc-xor 0 0
all 2 0 2" "by place and by directory"
is "$(tail -n 1 "$TAP_TMP/out")" "In all: 1 minutes, of 70 at most" "and all that CI took"
made_up native/first "not ok"
exits 2 "the minutes of a run with a failure" in_tree .ci/run
is "$(grep -cE '^(Minutes|Result: FAIL|Files=|In all)' "$TAP_TMP/out")" 4 "are told after the total"
made_up native/first ok

# tests/run
check "a test by its name" in_tree tests/run second
is "$(began)" "second, tc tc, siphash, 0 1" "runs with the engine of the running kernel"
is "$(head -n 1 "$CHECK_LOG")" built "what it needs is built before"
check "tests by path, with engines and a scheme" in_tree tests/run --client hook --server tc \
	--scheme xor tests/e2e/second.t e2e/third native/first
is "$(began)" "first, hook tc, xor, 0 1
second, hook tc, xor, 0 1
third, hook tc, xor, 0 1" "run with these"
is "$(results)" "Result: PASS" "and have a total"
check "one engine" in_tree tests/run --server hook second
is "$(began)" "second, tc hook, siphash, 0 1" "is of one host"
check "in the virtual machine" in_tree tests/run --vm --timeout 9 second third
is "$(began)" "second, hook hook, siphash, 1 3
third, hook hook, siphash, 1 3" "the engine is hook"
is "$(grep -c '^machine: --timeout 9$' "$CHECK_LOG")" 2 "each has a machine of its own"
check "a program" in_tree tests/run --client tc --server tc --vm -- tests/e2e/second.t
is "$(grep -v ^ends "$CHECK_LOG")" "machine: --timeout 300
begins: second, tc tc, siphash, 1 3" "runs there too, and nothing is built"
check "sees no pins and no lock of the host" tests/run -- \
	sh -c '! ls /run/extkey | grep . && ! ls /sys/fs/bpf | grep -v "\.debug$"'
check "and leaves none" tests/run -- sh -c 'mkdir /sys/fs/bpf/check-t && touch /run/extkey/check-t'
check "behind" test ! -e /sys/fs/bpf/check-t -a ! -e /run/extkey/check-t

script tests/running-kernel.sh 'echo "it has no legs" >&2; exit 1'
refuses 2 "it has no legs" "a kernel that cannot" in_tree tests/run second
check "does not matter with engines" in_tree tests/run --client tc --server tc second
check "nor to a test without" in_tree tests/run first
made_up tc/second ok
refuses 2 "'second' is one of several: e2e/second tc/second" "a name twice" in_tree tests/run second
rm "$tree/tests/tc/second.t"
refuses 2 "there is no test 'fourth'" "no such test" in_tree tests/run first fourth
refuses 2 "no TEST" "no test" in_tree tests/run --vm
refuses 2 "Usage:" "no program" in_tree tests/run --
refuses 2 "--client wants hook or tc, not 'rot13'" "no such engine" in_tree tests/run --client rot13 first
refuses 2 "--scheme wants siphash or xor, not ''" "no scheme" in_tree tests/run --scheme
refuses 2 "there is no option '--wm'" "no such option" in_tree tests/run --wm first
check "help is no error" in_tree tests/run --help

# WHY LINE...: what is wrong with the table
wrong() {
	local why=$1
	shift

	cp "$tree/tests/matrix" "$TAP_TMP/matrix"
	printf '%s\n' "$@" >>"$tree/tests/matrix"
	refuses 1 "tests/matrix:8: $why" "an error of the matrix: $why" in_tree tests/check.sh quick
	is "$(names)" "" "nothing is run then"
	mv "$TAP_TMP/matrix" "$tree/tests/matrix"
}

wrong "six columns or more" "all	host	tc	tc	e2e/second"
wrong "'slow' is none of: quick host all debug" "slow host tc tc siphash e2e/second"
wrong "'moon' is none of: host alone vm" "all moon tc tc siphash e2e/second"
wrong "'xdp' is none of: hook tc" "all host tc xdp siphash e2e/second"
wrong "'rot13' is none of: siphash xor" "all host tc tc rot13 e2e/second"
wrong "there is no test 'e2e/fourth'" "all host tc tc siphash e2e/second e2e/fourth"
wrong "there is no test 'e2e/fourth'" "all host tc tc siphash e2e/* -e2e/fourth"
wrong "'e2e/second' is of two hosts" "all host - - - e2e/second"
wrong "'native/first' is not of two hosts" "all host tc tc siphash native/first"
refuses 1 "there is no command 'some'" "a command that there is not" in_tree tests/check.sh some

# The matrix of this tree: a new test is in it, and is run
is "$({ matrix_runs all; matrix_runs debug; } | cut -d / -f 2- | sort -u)" \
	"$(tests_like '*/*' | sort)" "each test has a place in the matrix"
is "$(matrix_runs all | grep ^alone)" "alone-tc-tc/e2e/flood" "what is about a rate runs alone"
done_testing
