# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What tests are called: DIRECTORY/NAME is tests/DIRECTORY/NAME.t, or tests/unit/NAME.c.
# To be sourced from the top directory.
#
#	tests_like PATTERN	the tests that match it
#	of_two_hosts TEST	whether it takes engines
#	test_program TEST	what to execute

tests_like() {
	local file

	# shellcheck disable=SC2231 # a pattern
	for file in tests/$1.t tests/$1.c; do
		[[ -f $file && ($file == *.t || $file == tests/unit/*) ]] || continue
		file=${file#tests/}
		echo "${file%.[tc]}"
	done
}

of_two_hosts() {
	[[ $1 != unit/* && $1 != native/* && $1 != vm/* ]]
}

test_program() {
	case $1 in
	unit/*)	echo "build/$1" ;;
	*)	echo "tests/$1.t" ;;
	esac
}
