# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Reads tests/matrix. To be sourced from the top directory. One run of a test is called
# PLACE/TEST here, with where, engines and scheme of a line in PLACE: vm-hook-tc-xor, or
# host alone.
#
#	matrix_runs COMMAND	the runs of "make check-COMMAND", or of "make check" if
#				it is "all"; false if the table has an error
#	matrix_options RUN	the options of tests/run that it is for

. tests/lib/names.sh

readonly MATRIX=tests/matrix

matrix_options() {
	local where client server scheme

	IFS=- read -r where client server scheme <<<"${1%%/*}"
	[[ $where != vm ]] || echo --vm
	[[ ! $client ]] || echo --client "$client" --server "$server"
	[[ ! $scheme ]] || echo --scheme "$scheme"
}

# WORD NAME...: whether it is one of these; says so if not
matrix_is() {
	local word=$1
	shift

	[[ " $* " == *" $word "* ]] || { echo "'$word' is none of: $*"; return 1; }
}

# What is wrong with a line, for which this fails; or its runs
matrix_line() {
	local by=$1 where=$2 client=$3 server=$4 scheme=$5 place word test chosen='' some
	shift 5

	matrix_is "$by" quick host all debug &&
		matrix_is "$where" host alone vm || return
	if [[ $client$server$scheme == --- ]]; then
		place=$where
	else
		matrix_is "$client" hook tc && matrix_is "$server" hook tc &&
			matrix_is "$scheme" siphash xor || return
		place=$where-$client-$server
		[[ $scheme == siphash ]] || place+=-$scheme
	fi
	for word; do
		some=$(tests_like "${word#-}")
		[[ $some ]] || { echo "there is no test '${word#-}'"; return 1; }
		case $word in
		-*)	chosen=$(grep -vxF "$some" <<<"$chosen") ;;
		*)	chosen+=$'\n'$some ;;
		esac
	done
	for test in $chosen; do
		if of_two_hosts "$test" && [[ $client == - ]]; then
			echo "'$test' is of two hosts, and wants engines and a scheme"
			return 1
		elif ! of_two_hosts "$test" && [[ $client != - ]]; then
			echo "'$test' is not of two hosts: '- - -' is for it"
			return 1
		fi
		echo "$place/$test"
	done
}

# All lines are looked at, whatever COMMAND is: an error is not to wait for its turn
matrix_runs() {
	local wanted line nr=0 words runs

	case $1 in
	quick | debug)	wanted=$1 ;;
	host)		wanted="quick host" ;;
	all)		wanted="quick host all" ;;
	*)		echo "there is no command '$1'" >&2; return 1 ;;
	esac
	while IFS= read -r line; do
		((++nr))
		read -ra words <<<"${line%%#*}"
		((${#words[@]})) || continue
		if ((${#words[@]} < 6)); then
			echo "$MATRIX:$nr: six columns or more are wanted, as in its first comment" >&2
			return 1
		elif ! runs=$(matrix_line "${words[@]}"); then
			echo "$MATRIX:$nr: $(tail -n 1 <<<"$runs")" >&2
			return 1
		fi
		# What checks itself in a virtual machine takes the lines of the others for it
		[[ " $wanted " == *" ${words[0]} "* ||
			($1 == debug && ${words[0]} == all && ${words[1]} == vm) ]] || continue
		echo "$runs"
	done <"$MATRIX" | awk '!seen[$0]++'
	return "${PIPESTATUS[0]}"
}
