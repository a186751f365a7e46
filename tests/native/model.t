#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The models of joins: attacks where there are some or a rule is left out, and none else.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# What docs/security.md prints of them
documented() {
	sed -n '/^## The models/,$s/^    //p' docs/security.md
}

tables() {
	models/check.sh >"$TAP_TMP/tables" || { cat "$TAP_TMP/tables"; return 1; }
}

check "spin finds what models/verdicts has" tables
is "$(documented)" "$(grep . "$TAP_TMP/tables")" "docs/security.md has the same tables"
check "and shows the steps of an attack" bash -c 'models/check.sh mp_join xor join | grep -q joined'
check "also of a change of keys" bash -c 'models/check.sh rotation follows pinned | grep -q Eve'
check "also of engine tc" bash -c 'models/check.sh gate no-hmac join | grep -q accepted'
done_testing
