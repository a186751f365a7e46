#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs the MPTCP selftests of the kernel source with and without extkey, and says
# which of their subtests come out differently.
#
# What was run is kept in build/selftests/SETTING/PART.*, and not run again:
#
#	tap		"ok" or "not ok" of each subtest
#	log		all that the suite has printed
#	json		what extkey has counted
#
# The same of those subtests that differed, run once more, is in PART.retry-N.*,
# and in PART.baseline-N.* what the baseline had then.
#
# The sections of the long suite mptcp_join.sh are parts of their own, so that not
# all is lost when a run is interrupted.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

readonly retries=2
readonly known_settings=(host-plain host-tc vm-unpatched vm-patched vm-hook vm-tc)

usage() {
	cat <<-USAGE
	Usage: tests/selftests/run.sh [--again] [--results DIR] [--suite PATTERN]...
	                              [--test NAME]... [--list] [SETTING]...

	SETTING is one of these; without any, all but the last:
	  host-plain    the running kernel, the baseline of
	  host-tc       engine tc and a key on every MPTCP socket
	  vm-unpatched  the unpatched kernel in a virtual machine, the baseline of
	  vm-patched    the patched kernel, nothing attached
	  vm-hook       the patched kernel, engine hook and a key on every MPTCP socket
	  vm-tc         the unpatched kernel, engine tc and a key on every MPTCP socket

	  --suite PATTERN  parts that match it alone, as "diag", "mptcp_join.*" or
	                   "mptcp_join.subflows_tests"
	  --test NAME      this subtest of mptcp_join.sh alone
	  --again          also what was run before
	  --results DIR    where results are kept (build/selftests)
	  --list           print the parts

	The report is DIR/report.md. Exit status: 0 if nothing differs but for a reason
	that is given in tests/selftests/expected, 1 if something does, 2 wrong usage.
	USAGE
}

die() { echo "tests/selftests/run.sh: error: $*" >&2; exit 2; }

again='' results=build/selftests patterns=() names=() settings=() list=''
while (($#)); do
	case $1 in
	--again)	again=yes ;;
	--results)	results=${2:?}; shift ;;
	--suite)	patterns+=("${2:?}"); shift ;;
	--test)		names+=("${2:?}"); shift ;;
	--list)		list=yes ;;
	-h | --help)	usage; exit 0 ;;
	-*)		usage >&2; exit 2 ;;
	*)		[[ " ${known_settings[*]} " == *" $1 "* ]] || die "no setting '$1'"
			settings+=("$1") ;;
	esac
	shift
done
((${#settings[@]})) || settings=("${known_settings[@]:0:5}")

suites=$(tests/selftests/build.sh) || exit

# "PART SCRIPT [ARG]..."; connect in its smallest form: its options are random
# otherwise, and the two sides would not have run the same
parts() {
	local name

	if ((${#names[@]})); then
		for name in "${names[@]}"; do
			echo "mptcp_join=${name//[ \/]/_} mptcp_join.sh $name"
		done
		return
	fi
	sed -n 's/^\t\(.\)@\([a-z0-9_]*_tests\)$/mptcp_join.\2 mptcp_join.sh -\1/p' \
		"$suites/mptcp_join.sh"
	echo "pm_netlink pm_netlink.sh"
	echo "mptcp_sockopt mptcp_sockopt.sh"
	echo "diag diag.sh"
	echo "mptcp_connect mptcp_connect.sh -d 0 -l 0 -r 0 -f 65536 -e gro"
	echo "userspace_pm userspace_pm.sh"
	echo "simult_flows simult_flows.sh"
}

chosen() {
	local pattern

	((${#patterns[@]})) || return 0
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $1 != $pattern && ${1%%.*} != $pattern ]] || return 0
	done
	return 1
}

if [[ $list ]]; then
	parts | cut -d ' ' -f 1
	exit 0
fi

baseline() {
	case $1 in
	host-*)	echo host-plain ;;
	*)	echo vm-unpatched ;;
	esac
}

# SETTING OUT SCRIPT [ARG]...: OUT.tap is there if the suite came to its end
run_suite() {
	local setting=$1 out=$2 inside=() tap
	shift 2

	mkdir -p "$(dirname "$out")"
	case $setting in
	host-*)				inside=(timeout 3000 tests/run --) ;;
	vm-unpatched | vm-tc)		inside=(tests/vm/run.sh --unpatched --timeout 3600 --) ;;
	*)				inside=(tests/vm/run.sh --timeout 3600 --) ;;
	esac
	echo "$(date +%T) $setting: $*" >&2
	EXTKEY_SLOWNESS=3 "${inside[@]}" tests/selftests/inside.sh "$setting" "$out.json" "$suites" "$@" \
		>"$out.log" 2>&1 </dev/null
	tap=$(grep -aE '^(not )?ok [0-9]+ - [a-z_]+: ' "$out.log")
	if [[ ! $tap ]] || grep -q '^Bail out!' "$out.log"; then
		echo "no result, see $out.log" >&2
		return 1
	fi
	printf '%s\n' "$tap" >"$out.tap"
}

mkdir -p "$results"
for setting in "${settings[@]}"; do
	case $setting in
	vm-unpatched | vm-tc)	kernel/build.sh --unpatched >/dev/null || exit ;;
	vm-*)			kernel/build.sh >/dev/null || exit ;;
	esac
done

# What differs is run alone, in both settings, before it is called a difference
retry() {
	local setting=$1 out=$results/$1/$2 part=$2 script=$3 base n args differing
	shift 3

	base=$(baseline "$setting")
	[[ $base != "$setting" && -e $results/$base/$part.tap ]] || return 0
	for ((n = 1; n <= retries; n++)); do
		[[ ! -e $out.retry-$n.tap ]] || continue
		mapfile -t differing < <(tests/selftests/report.pl "$results" "$setting" "$part")
		((${#differing[@]})) || return 0
		args=("$@")
		[[ $script != mptcp_join.sh ]] || args=("${differing[@]}")
		run_suite "$base" "$out.baseline-$n" "$script" "${args[@]}"
		run_suite "$setting" "$out.retry-$n" "$script" "${args[@]}"
	done
}

while read -r -u 8 part script args; do
	chosen "$part" || continue
	# The name of a subtest is one argument
	words=("$args")
	[[ $part == *=* ]] || read -r -a words <<<"$args"
	for setting in "${settings[@]}"; do
		if [[ $again || ! -e $results/$setting/$part.tap ]]; then
			rm -f "$results/$setting/$part".*
			run_suite "$setting" "$results/$setting/$part" "$script" "${words[@]}"
		fi
		retry "$setting" "$part" "$script" "${words[@]}"
	done
done 8< <(parts)

tests/selftests/report.pl "$results" >"$results/report.md"
status=$?
cat "$results/report.md"
exit "$status"
