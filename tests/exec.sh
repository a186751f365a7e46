#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs one test for prove, where it belongs. Those in e2e/ get a virtual machine
# each, with the patched kernel: one that falls over takes no other test with
# it. There all that they need is there, so to skip is to fail; and it is slow.
cd "$(dirname "$0")/.." || exit 1
case $1 in
build/unit/*)
	CMOCKA_MESSAGE_OUTPUT=TAP exec "$1" ;;
tests/e2e/*)
	EXTKEY_NO_SKIP=1 EXTKEY_SLOWNESS=3 exec tests/vm/run.sh -- "$1" ;;
tests/vm/*)
	EXTKEY_SLOWNESS=3 exec "$1" ;;
*)
	# A bpffs of its own: pins of the host, or of a test beside it, stay out
	exec unshare --mount sh -c 'mount -t bpf none /sys/fs/bpf && exec "$0"' "$1" ;;
esac
