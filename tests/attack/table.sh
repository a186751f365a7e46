#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Puts what suite.sh left in build/attacks/NAME.json for each NAME into one table:
# build/attacks/table.md and table.json, and the outcomes alone on stdout.
#
#	table.sh NAME...
cd "$(dirname "$0")/../.." || exit 1

# shellcheck disable=SC2016 # these are for jq
functions='
def settings: ["plain", "xor", "siphash", "siphash-bound"];
# As the rows come, not sorted
def rows: reduce .[].row as $row ([]; if index($row) then . else . + [$row] end);
def cell($row; $setting): first(.[] | select(.row == $row and .setting == $setting)) // null;
'

markdown() {
	jq -rs "$functions"'
		. as $cells |
		"Engine \(.[0].engine), Linux \(.[0].kernel):\n",
		"| | attack | plain MPTCP | xor | siphash | siphash, addresses bound |",
		"|---|---|---|---|---|---|",
		(rows[] as $row | ($cells | first(.[] | select(.row == $row)).title) as $title |
			"| \($row) | \($title) | " + ([settings[] as $setting |
				$cells | cell($row; $setting) |
				if . == null then "not played"
				elif .outcome == "succeeds" then "**succeeds**: \(.why)"
				else "\(.outcome): \(.why)" end] | join(" | ")) + " |"), ""' "$1"
}

outcomes() {
	jq -rs "$functions"'
		. as $cells |
		(["\(.[0].engine), Linux \(.[0].kernel)", "ATTACK"] + settings),
		(rows[] as $row | [$row, ($cells | first(.[] | select(.row == $row)).title)] +
			[settings[] as $setting | $cells | cell($row; $setting) | .outcome // "not played"]) |
		join("|")' "$1" | column -t -s '|'
	echo
}

# As docs/attacks.md has them: no cell there that was not played, and came out so
rows() {
	jq -rs "$functions"'
		. as $cells |
		rows[] as $row | ($cells | first(.[] | select(.row == $row)).title) as $title |
		"| \($row) | \($title) | " + ([settings[] as $setting |
			$cells | cell($row; $setting) | .outcome // "not played" |
			if . == "succeeds" then "**succeeds**" else . end] | join(" | ")) + " |"' "$1"
}

# The rows that stand there: of all engines, or of one that was played
documented() {
	local engines

	engines=$(for name; do jq -r .engine "build/attacks/$name.json"; done | sort -u | paste -sd '|')
	awk '/^\| \| attack \|/ { table = 1; getline; next }
		!/^\|/ { table = 0 }
		table' docs/attacks.md | grep -E "^[^(]*$|\\(engine ($engines)\\)"
}

failed=0
: >build/attacks/table.md
for name; do
	markdown "build/attacks/$name.json" >>build/attacks/table.md
	outcomes "build/attacks/$name.json"
done
differences=$(diff <(documented "$@" | sort) \
	<(for name; do rows "build/attacks/$name.json"; done | sort -u)) || {
	failed=1
	sed -n 's|^<|only docs/attacks.md says:|p; s|^>|docs/attacks.md does not say:|p' <<<"$differences"
}
for name; do
	jq -c --arg run "$name" '{$run} + .' "build/attacks/$name.json"
done | jq -s . >build/attacks/table.json
echo "What was measured in each cell is in build/attacks/table.md, all counters in table.json."
exit $failed
