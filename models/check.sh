#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	check.sh		tries all that models/verdicts has, prints the same
#				tables with what came out, and fails if they differ
#	check.sh MODEL SCHEME GOAL  one of them, and the steps of the attack if there is one
#
# "found": spin has found a way. "none": it has tried all, and there is none.
# "-": not tried, for it has no meaning or is covered by another cell.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=build/model
mkdir -p "$dir"

compile() { # MODEL
	cp "models/$1.pml" models/*.h "$dir"
	(cd "$dir" && spin -a "$1.pml" >spin.log &&
		gcc -O2 -w -I../../include -DSAFETY -DCOLLAPSE -o pan pan.c) ||
		{ echo "make model: spin or gcc failed, see $dir/spin.log; the packages are spin and gcc" >&2; exit 1; }
}

# A step that Eve has not the mask for has nowhere to go: -E, it's not an error
explore() { # SCHEME GOAL
	local out

	out=$(cd "$dir" && SCHEME=$1 GOAL=$2 ./pan -E -n -m10000 -w20 2>&1) || true
	# Out of memory or of depth is neither
	case $out in
	*"search depth too small"* | *"out of memory"*) echo "incomplete" ;;
	*"assertion violated"*"errors: 1"*) echo "found" ;;
	*"Search not completed"*) echo "incomplete" ;;
	*"errors: 0"*) echo "none" ;;
	*) echo "failed" ;;
	esac
}

if (($# == 3)); then
	compile "$1"
	rm -f "$dir"/*.trail
	explore "$2" "$3"
	# What the model prints, which ends where spin says what was violated
	(cd "$dir" && SCHEME=$2 GOAL=$3 ./pan -r -n 2>/dev/null | sed -n '/^pan\|^spin/q; /./p') || true
	exit
fi

result=0
while read -r scheme verdicts; do
	if [[ $scheme == \#* || ! $scheme ]]; then
		continue
	elif [[ -f models/$scheme.pml ]]; then
		[[ ! ${goals:-} ]] || echo
		compile "$scheme"
		read -ra goals <<<"$verdicts"
		line=$verdicts
	else
		read -ra wanted <<<"$verdicts"
		line=
		for i in "${!goals[@]}"; do
			got=-
			[[ ${wanted[i]} == - ]] || got=$(explore "$scheme" "${goals[i]}")
			[[ $got == "${wanted[i]}" ]] || { got+="(!)" result=1; }
			line+=" $got"
		done
	fi
	# shellcheck disable=SC2086 # a list of words
	{ printf '%-20s' "$scheme"; printf '%-10s' $line; echo; } | sed 's/ *$//'
done <models/verdicts
((result == 0)) || echo "not as in models/verdicts: (!)" >&2
exit $result
