#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What tools find wrong in the sources. Each complaint begins with the tool and the file.
# If nothing is wrong nothing is printed, and the exit status is 0.
#
#	lint.sh [TOOL]...	clang-format, clang-tidy, shellcheck or codespell; all
#				of them without an argument
#
# clang-tidy wants the headers that are made: "make lint" makes them first.
cd "$(dirname "$0")/.." || exit 1

version=-19
# Words that are meant as they are: a function, a typo for a test of typos, an octet
codespell_ignore=isnt,atach,seh

# Where the sources are no checkout, there is no git to ask
files() {
	find . \( -path ./.git -o -path ./build \) -prune -o -type f "$@" -printf '%P\n' | sort
}

shell_files() {
	files | xargs awk 'FNR > 2 { nextfile }
		/^#!\/bin\/(ba)?sh|^# shellcheck shell=/ { print FILENAME; nextfile }'
}

# Prefixes the lines of a tool; false if there are any
report() {
	! sed "s/^/$1: /" | grep .
}

clang_format() {
	files -name '*.[ch]' | xargs "clang-format$version" --dry-run -Werror 2>&1 |
		report clang-format
}

# The analyzer follows paths. What leaks in a program for tests ends with it, so this is
# for what gets installed. StdCLibraryFunctions wants each descriptor checked before the
# call that would fail with it. The others are about what a function leaves unset when it
# fails, and take -errno for 0.
tidy_installed="clang-analyzer-core.*,clang-analyzer-deadcode.*,clang-analyzer-unix.*"
tidy_installed+=",-clang-analyzer-unix.StdCLibraryFunctions,-clang-analyzer-core.uninitialized.*"
tidy_installed+=",-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.UndefinedBinaryOperatorResult"
tidy_flags=(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-parameter -Iinclude)
tidy_host_flags=(-Wno-unknown-attributes -Iloader -Ibuild -Itests/peer -Ibpf)
tidy_bpf_flags=(-O2 --target=bpf -D__TARGET_ARCH_x86 -Ibpf
	-idirafter "/usr/include/$(cc -print-multiarch)")

# FILE. What is found in build/, in the skeletons, is bpftool's.
tidy_one() {
	local checks=() flags=("${tidy_host_flags[@]}") said found

	[[ $1 != loader/* && $1 != preload/* ]] || checks=(--checks="$tidy_installed")
	[[ $1 != *.bpf.c ]] || flags=("${tidy_bpf_flags[@]}")
	said=$("clang-tidy$version" --quiet "${checks[@]}" "$1" -- "${tidy_flags[@]}" "${flags[@]}" 2>&1) &&
		return
	said=$(sed "s|$PWD/||; / generated\.$/d" <<<"$said")
	found=$(grep -E '(^|: )(error|warning): ' <<<"$said")
	[[ $found && ! $(grep -v '^build/' <<<"$found") ]] || echo "$said"
}

clang_tidy() {
	local file

	for file in $(files -name '*.c'); do
		# One for each processor: they take seconds
		while (($(jobs -pr | wc -l) >= $(nproc))); do
			wait -n
		done
		tidy_one "$file" &
	done 2>&1 | report clang-tidy
}

# A library sets variables for the tests, and they for it (SC2034): to follow who sources
# what would take minutes.
shell_check() {
	shell_files | xargs -n 15 -P "$(nproc)" shellcheck -f gcc -S warning -e SC2034 2>&1 |
		report shellcheck
}

code_spell() {
	files | xargs codespell -L "$codespell_ignore" 2>&1 | report codespell
}

(($#)) || set -- clang-format clang-tidy shellcheck codespell
failed=0
for tool; do
	case $tool in
	clang-format)	clang_format ;;
	clang-tidy)	clang_tidy ;;
	shellcheck)	shell_check ;;
	codespell)	code_spell ;;
	*)		echo "usage: tests/lint.sh [clang-format | clang-tidy | shellcheck | codespell]..." >&2
			exit 2 ;;
	esac || failed=1
done
exit $failed
