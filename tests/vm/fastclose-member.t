#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's hook reads the received key of MP_FASTCLOSE, and no other member beside it:
# fastclose.t, on a kernel where these differ. It takes another build of the kernel, so it
# runs with EXTKEY_LONG=1 alone.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

[[ ${EXTKEY_LONG:-} == 1 ]] || skip_all "it builds a kernel of its own: set EXTKEY_LONG=1"
kernel=$(kernel/build.sh --patch tests/vm/fastclose-member.patch) || bail "no kernel"
EXTKEY_ENGINES="hook hook" EXTKEY_NO_SKIP=1 check "fastclose.t" \
	tests/vm/run.sh --kernel "$kernel" -- tests/e2e/fastclose.t
done_testing
