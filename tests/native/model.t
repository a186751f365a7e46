#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The model of joins: attacks where there are some, and none on siphash.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

check "spin finds what models/verdicts has" models/check.sh
check "and shows the steps of an attack" bash -c 'models/check.sh xor join | grep -q joined'
done_testing
