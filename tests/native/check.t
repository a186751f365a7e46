#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make check, with tests made up here: one total, a failure in it wherever it was, and
# what is to run alone runs last.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL

# NAME RESULT
made_up() {
	printf '%s\n' '#!/bin/bash' "echo $1 begins >>$TAP_TMP/order" "sleep 0.5" \
		"echo $1 ends >>$TAP_TMP/order" "echo 1..1" "echo $2 1" >"$TAP_TMP/$1.t" &&
		chmod +x "$TAP_TMP/$1.t"
}

# The last command alone: what comes before installs and builds
run_tests() {
	make --no-print-directory -n check MAKE=true QUIET="$TAP_TMP/alone.t" TESTS="$*" |
		tail -n 1 >"$TAP_TMP/command" && sh "$TAP_TMP/command"
}

results() {
	grep '^Result: ' "$TAP_TMP/check"
}

for name in first second third; do
	made_up "$name" ok
done
made_up alone ok
check "all are right" run_tests "$TAP_TMP"/{alone,first,second,third}.t
is "$(results)" "Result: PASS" "and there is one total"
is "$(sort "$TAP_TMP/order" | uniq -c | awk '{ print $1 }' | sort -u)" 1 "each ran once"
is "$(tail -n 2 "$TAP_TMP/order" | xargs)" "alone begins alone ends" "one of them alone, and last"
check "the one alone" run_tests "$TAP_TMP/alone.t"

made_up second "not ok"
exits 1 "one of many is wrong" run_tests "$TAP_TMP"/{alone,first,second,third}.t
is "$(results)" "Result: FAIL" "the total says so"
made_up second ok
made_up alone "not ok"
exits 1 "the one alone is wrong" run_tests "$TAP_TMP"/{alone,first,second,third}.t
is "$(results)" "Result: FAIL" "the total says so"
done_testing
