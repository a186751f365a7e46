#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the README tells people to type works as printed, and what it names is there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL

# The lines to type that have TEXT in them, without their prompt
typed() {
	sed -n 's/^    [$#] //p' README.md | grep -F -e "$1"
}

# In the place of /etc
in_tmp() {
	bash -c "${1//\/etc\/myservice/$TAP_TMP}"
}

check "a key file is made" in_tmp "$(typed openssl)"
# That there is no network shows that the key was taken
refuses 1 "unreachable" "and is one" unshare --net build/extkey_client \
	--connect 10.0.1.2:5000 --key-file "$TAP_TMP/extkey"

path=$(typed LD_PRELOAD | grep -o 'LD_PRELOAD=[^ ]*')
path=${path#*=}
make -n install >"$TAP_TMP/install" 2>&1
check "the library is preloaded from where it is installed" grep -qF "'$path'" "$TAP_TMP/install"
path=$(grep -oE '/[^ ]*/extkey_loader attach' README.md | head -n 1)
check "and so is the command started by systemd" grep -qF "'${path% attach}'" "$TAP_TMP/install"

# Where the interface of the README has the address of the README
path_manager() {
	typed "ip mptcp" | sed 's/^sudo //' >"$TAP_TMP/commands" &&
		unshare --net sh -ec "ip link add wwan0 type veth peer name peer
			ip addr add 192.0.2.17/24 dev wwan0
			$(<"$TAP_TMP/commands")
			ip mptcp endpoint show | grep -q 'subflow dev wwan0'
			ip mptcp limits show | grep -q 'subflows 2'"
}

check "endpoint and limits of the path manager" path_manager
is "$(wc -l <"$TAP_TMP/commands")" 2 "they are two commands"

missing() {
	local word

	for word in $(grep -oE '\b(keys|joins)_[a-z_]+' README.md | sort -u); do
		grep -q "__u64 $word;" include/extkey_maps.h || echo "counter $word"
	done
	for word in $(grep -oE 'make [a-z-]+`|sudo make [a-z-]+' README.md | sed 's/.*make //; s/`//' | sort -u); do
		grep -q "^$word:" Makefile || echo "make $word"
	done
	for word in $(sed -n '/^## Where things are/,$ s/^    \([^ ]*\).*/\1/p' README.md) \
		$(grep -oE '\]\([a-z][^):#]*\)' README.md | sed 's/](\(.*\))/\1/'); do
		# shellcheck disable=SC2086 # one of them is a pattern
		ls -d ${word%,} >/dev/null 2>&1 || echo "file $word"
	done
}

is "$(missing)" "" "all counters, targets and files that it names are there"
done_testing
