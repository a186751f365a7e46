#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel patches are as reviewers want them. That they apply without fuzz is seen
# by kernel/build.sh.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

source=/usr/src/linux-source-6.12.tar.xz
[[ -r $source ]] || skip_all "no $source; install the package linux-source-6.12"
tar -xJf "$source" -C "$TAP_TMP" --strip-components=2 --wildcards \
	'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
mapfile -t series < <(grep -v '^#' kernel/series)
is "${#series[@]}" 4 "four patches in kernel/series"
is "$(printf '%s\n' "${series[@]}" mptcp_join_bpf_hook_selftest.patch | sort)" \
	"$(cd kernel && ls -- *.patch)" "and no patch but these and the selftest"
for file in "${series[@]}" mptcp_join_bpf_hook_selftest.patch; do
	# The files that it adds are in MAINTAINERS by a pattern; this is not the kernel's git
	check "checkpatch --strict has nothing to say of $file" bash -c \
		"perl $TAP_TMP/checkpatch.pl --strict --no-tree \
			--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID $PWD/kernel/$file |
			grep -q '^total: 0 errors, 0 warnings, 0 checks'"
	check "it has the form of git format-patch" bash -c \
		"grep -qE '^Subject: \[PATCH\] (mptcp|selftests/bpf): ' kernel/$file &&
			grep -q '^Signed-off-by: ' kernel/$file"
done
added=$(grep -c '^+[^+]' kernel/mptcp_join_bpf_hook.patch)
check "around 250 added lines or fewer ($added)" test "$added" -le 270
done_testing
