#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	check.sh quick|host|all|debug
#
# Runs what tests/matrix has for this command. All is to be built before, but for the
# kernels.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/matrix.sh

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
run_all() {
	local run rules=()

	for run in $runs; do
		[[ $run == alone-* ]] || rules+=(--rules "par=$run")
	done
	# shellcheck disable=SC2086 # a list
	prove --jobs 2 --timer --failures --comments --exec tests/lib/prove-one.sh \
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

command=${1-}
runs=$(matrix_runs "$command") || exit
build_kernels || exit
if [[ $command == debug ]]; then
	run_debug
else
	run_all
fi
