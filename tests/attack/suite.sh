#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Plays the attacks of rows.sh against each setting, with the engine that
# EXTKEY_ENGINES says, and leaves one JSON object for each in build/attacks/NAME.
#
#	suite.sh NAME [ROW...]		EXTKEY_SETTINGS="plain xor ..." for some
#
# An attack that does not succeed against plain MPTCP shows nothing: its row is
# "n/a". Exit status: 0 if all came out as in tests/attack/expected.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh
. tests/attack/cells.sh

name=${1:?"usage: tests/attack/suite.sh NAME [ROW...]"}
shift
(($#)) || set -- "${ROWS[@]}"
read -ra settings <<<"${EXTKEY_SETTINGS:-plain xor siphash siphash-bound}"

mkdir -p build/attacks
cells=build/attacks/$name.json
: >"$cells"
e2e_up

failed=0
for setting in "${settings[@]}"; do
	setting_begin "$setting"
	for row; do
		is_played "$row" || continue
		cell "$row" "$setting" || failed=1
		cell_json "$row" "$setting" >>"$cells"
		printf '%-4s %-14s %-10s %s\n' "$row" "$setting" "$OUTCOME" "$WHY" >&2
		[[ $EXPECTED == "$OUTCOME" ]] ||
			echo "     ^ unexpected: tests/attack/expected says $EXPECTED" >&2
	done
	setting_end
done
TAP_LEFT=suite
exit $failed
