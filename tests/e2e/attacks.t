#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The quick form of the attack suite (make attacks): who saw the first handshake
# joins, the same with one join seen, and FASTCLOSE, made up, told by a connection of their own,
# or sent while the connection is being made; and a man in the middle who rewrites addresses,
# where they are bound. They come out as expected.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/attack/net.sh
. tests/attack/rows.sh
. tests/attack/cells.sh

e2e_up
for setting in plain xor siphash siphash-bound; do
	setting_begin "$setting"
	rows=(1 2 9)
	[[ $setting != plain && $setting != siphash ]] || rows+=(15 16a 16b)
	[[ $setting != plain && $setting != siphash-bound ]] || rows+=(8)
	for row in "${rows[@]}"; do
		is_played "$row" || continue
		cell "$row" "$setting"
		is "$OUTCOME" "$EXPECTED" "$setting: ${TITLES[$row]}: $OUTCOME" || diag "$WHY"
	done
	setting_end
done
done_testing
