#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel patch is as reviewers want it. That it applies without fuzz is seen
# by kernel/build.sh.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

patch=$PWD/kernel/mptcp_join_bpf_hook.patch
source=/usr/src/linux-source-6.12.tar.xz
[[ -r $source ]] || skip_all "no $source; install the package linux-source-6.12"
tar -xJf "$source" -C "$TAP_TMP" --strip-components=2 --wildcards \
	'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
check "checkpatch --strict has nothing to say" bash -c \
	"perl $TAP_TMP/checkpatch.pl --strict --no-tree $patch | grep -q '^total: 0 errors, 0 warnings, 0 checks'"
added=$(grep -c '^+[^+]' "$patch")
check "around 150 added lines or fewer ($added)" test "$added" -le 155
check "it has the form of git format-patch" bash -c \
	"grep -q '^Subject: \[PATCH\] mptcp: ' $patch && grep -q '^Signed-off-by: ' $patch"
done_testing
