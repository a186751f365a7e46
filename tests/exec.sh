#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs one test for prove, where it belongs. build/runs/WHERE-CLIENT-SERVER[-SCHEME]/NAME
# is a link to a test of two hosts. Its directory says the engine of each, the
# scheme if it is not the default, and where to run:
#
#	vm	in a virtual machine of its own, with the patched kernel: one that
#		falls over takes no other test with it. All that a test needs is
#		there, so to skip is to fail; and it is slow.
#		With EXTKEY_DEBUG=1 this is that machine already: tests/vm/debug.sh.
#	host	on the running kernel
#
cd "$(dirname "$0")/.." || exit 1
test=$1 where=

case $test in
build/runs/*)
	IFS=- read -r where client server scheme <<<"$(basename "$(dirname "$test")")"
	export EXTKEY_ENGINES="$client $server" EXTKEY_SCHEME="${scheme:-siphash}"
	test=$(realpath --relative-to=. "$test") ;;
esac
case $test in
build/unit/*)
	export CMOCKA_MESSAGE_OUTPUT=TAP ;;
tests/vm/*)
	export EXTKEY_SLOWNESS=3 ;;
esac
if [[ $where == vm && ${EXTKEY_DEBUG:-} == 1 ]]; then
	export EXTKEY_NO_SKIP=1 EXTKEY_SLOWNESS=10
elif [[ $where == vm ]]; then
	EXTKEY_NO_SKIP=1 EXTKEY_SLOWNESS=3 exec tests/vm/run.sh -- "$test"
fi
exec tests/running-kernel.sh "$test"
