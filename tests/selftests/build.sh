#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Unpacks the MPTCP selftests of the kernel source package and builds their
# programs. The directory that they are in is all there is on stdout.
#
# What was built once is kept in $EXTKEY_CACHE, as that of kernel/build.sh is.
set -euo pipefail

readonly package=linux-source-6.12
readonly cache=${EXTKEY_CACHE:-/var/cache/extkey}/selftests
readonly source=${EXTKEY_KERNEL_SOURCE:-/usr/src/$package.tar.xz}
readonly suites=tools/testing/selftests/net

die() { echo "tests/selftests/build.sh: error: $*" >&2; exit 1; }

# The size stands for the content: to hash all of it takes as long as to unpack it
[[ -r $source ]] || die "cannot read $source: apt install $package, or set EXTKEY_KERNEL_SOURCE"
id=$({ stat -L -c %s "$source"; gcc --version; cat "$0"; } | sha256sum | cut -c 1-24)
readonly dir=$cache/$id

mkdir -p "$cache" 2>/dev/null || :
[[ -w $cache ]] || die "cannot write to $cache: run as root, or set EXTKEY_CACHE to another directory"
exec 9>"$cache/lock"
flock 9
if [[ ! -e $dir/built ]]; then
	echo "unpacking the selftests of $source, about 20 s" >&2
	rm -rf "$dir"
	mkdir "$dir"
	tar -x -f "$source" -C "$dir" --strip-components=1 --wildcards \
		"*/$suites/mptcp" "*/$suites/lib.sh" "*/$suites/net_helper.sh" ||
		die "cannot unpack $source"
	for program in mptcp_connect mptcp_inq mptcp_sockopt pm_nl_ctl; do
		gcc -Wall -O2 -o "$dir/$suites/mptcp/$program" "$dir/$suites/mptcp/$program.c" ||
			die "cannot build $program"
	done
	touch "$dir/built"
fi
echo "$dir/$suites/mptcp"
