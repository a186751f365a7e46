#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tools of make lint find nothing wrong in the sources, and do find what is wrong.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

tree=$TAP_TMP/tree
mkdir -p "$tree/tests" "$tree/loader" "$tree/bpf" "$tree/build"
cp .clang-format .clang-tidy "$tree"
cp tests/lint.sh "$tree/tests"

# TOOL FILE TEXT...: the lines of a file
finds() {
	local tool=$1 file=$2
	shift 2

	printf '%s\n' "$@" >"$tree/$file"
	refuses 1 "$tool: $file:" "$tool finds what is wrong with $file" "$tree/tests/lint.sh" "$tool"
	rm "$tree/$file"
}

finds clang-format bpf/wide.h 'static int  wide;'
finds clang-tidy tests/twice.c '#define TWICE(a) a * 2' 'int four = TWICE(2);'
finds clang-tidy tests/half.bpf.c '#define HALF 1 - 2' 'int half = HALF;'
finds clang-tidy loader/null.c 'int null(void)' '{' '	int *none = 0;' '' '	return *none;' '}'
finds clang-tidy loader/none.c '#include "no.skel.h"'
finds shellcheck tests/list.t '#!/bin/bash' 'list=*.c'
finds codespell loader/word.c "/* t""eh word */"
# As all of them are, for make lint
check "nothing is found where nothing is wrong" "$tree/tests/lint.sh"

for tool in clang-format codespell shellcheck clang-tidy; do
	if said=$(tests/lint.sh "$tool" 2>&1); then
		pass "$tool finds nothing in the sources"
	else
		fail "$tool finds nothing in the sources"
		diag "$(grep -E ': (error|warning): | ==> ' <<<"$said" || echo "$said")"
	fi
done
done_testing
