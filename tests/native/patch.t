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
for file in "$patch" "${patch%.patch}_selftest.patch"; do
	# The files that it adds are in MAINTAINERS by a pattern
	check "checkpatch --strict has nothing to say of ${file##*/}" bash -c \
		"perl $TAP_TMP/checkpatch.pl --strict --no-tree --ignore FILE_PATH_CHANGES $file |
			grep -q '^total: 0 errors, 0 warnings, 0 checks'"
	check "it has the form of git format-patch" bash -c \
		"grep -qE '^Subject: \[PATCH\] (mptcp|selftests/bpf): ' $file && grep -q '^Signed-off-by: ' $file"
done
added=$(grep -c '^+[^+]' "$patch")
check "around 150 added lines or fewer ($added)" test "$added" -le 155
done_testing
