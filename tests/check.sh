#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	check.sh quick|host|all|debug
#
# Runs what tests/matrix has for this command, and tells where the minutes went, however
# it ends. All is to be built before, but for the kernels.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/matrix.sh

export EXTKEY_TIMES=build/check.times # each run, and its microseconds

# The kernels first: prove shows nothing while they are built
build_kernels() {
	if [[ $command == debug ]]; then
		kernel/build.sh --config kernel/debug.config >/dev/null
	elif grep -qE '^vm-|^host/vm/' <<<"$runs"; then
		kernel/build.sh --unpatched >/dev/null && kernel/build.sh >/dev/null
	fi
}

# What is alone is about a rate. prove runs it last, and beside no other, as it does with
# what has no rule. In a run of its own it would have a total of its own, behind which a
# failure is lost.
#
# A test waits for a fifth of its time, so three keep two processors busy. A virtual machine
# does not wait.
run_all() {
	local run rules=() jobs=2

	grep -qE '^vm-|^host/vm/' <<<"$runs" || jobs=3

	for run in $runs; do
		[[ $run == alone-* ]] || rules+=(--rules "par=$run")
	done
	# shellcheck disable=SC2086 # a list
	prove --jobs $jobs --timer --failures --comments --exec tests/lib/prove-one.sh \
		"${rules[@]}" $runs
}

# All of one place in one machine, for that takes a minute to start and to look for leaks.
# If its kernel complains, the test that ran then is the last one shown.
run_debug() {
	local place here options failed=()

	for place in $(cut -d / -f 1 <<<"$runs" | sort -u); do
		here=$(sed -n "s|^$place/||p" <<<"$runs")
		options=$(matrix_options "$place")
		echo "== $place: $(wc -l <<<"$here") tests"
		# shellcheck disable=SC2086 # lists
		tests/run --debug ${options#--vm} $here || failed+=("$place")
	done
	((!${#failed[@]})) || { echo "failed: ${failed[*]}" >&2; return 1; }
}

# A line for each place, a column for each directory of tests
show_minutes() {
	awk -F '[/ ]' -v kernels="$1" -v tests="$2" '
		function order(names, seen, name) {
			if (!seen[name]++)
				names[++names[0]] = name
		}
		NR == FNR { order(places, seen_place, $1); order(dirs, seen_dir, $2); next }
		{
			us[$1, $2] += $4
			us[$1, "all"] += $4
			us["all", $2] += $4
			us["all", "all"] += $4
		}
		END {
			order(places, seen_place, "all")
			order(dirs, seen_dir, "all")
			printf "%-16s", "Minutes"
			for (d = 1; d <= dirs[0]; d++)
				printf "%8s", dirs[d]
			for (p = 1; p <= places[0]; p++) {
				printf "\n%-16s", places[p]
				for (d = 1; d <= dirs[0]; d++)
					printf (places[p], dirs[d]) in us ? "%8.1f" : "%8.0s",
						us[places[p], dirs[d]] / 60e6
			}
			printf "\n\nOn the clock: %.1f minutes for the kernels, %.1f for the tests\n",
				kernels / 60, tests / 60
		}' <(echo "$runs") "$EXTKEY_TIMES"
}

command=${1-}
runs=$(matrix_runs "$command") || exit
begun=$SECONDS
build_kernels || exit
kernels=$((SECONDS - begun))
if [[ $command == debug ]]; then
	run_debug
	exit
fi
: >"$EXTKEY_TIMES"
run_all
status=$?
show_minutes "$kernels" $((SECONDS - begun - kernels))
exit $status
