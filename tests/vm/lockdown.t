#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Both engines work on a kernel under lockdown=confidentiality, which refuses programs
# that read its memory as they like.
cd "$(dirname "$0")/../.." || exit 1
[[ ${EXTKEY_INSIDE:-} == 1 ]] ||
	EXTKEY_INSIDE=1 EXTKEY_NO_SKIP=1 exec tests/vm/run.sh --lockdown --timeout 900 -- "$0"
. tests/lib/tap.sh

load() { # OBJECT
	bpftool prog load "build/$1.bpf.o" "/sys/fs/bpf/$1"
}

plays() { # ENGINE TEST...
	local engine=$1 name
	shift

	for name; do
		EXTKEY_ENGINES="$engine $engine" check "engine $engine: $name.t" "tests/e2e/$name.t"
	done
}

is "$(grep -o '\[.*\]' /sys/kernel/security/lockdown)" "[confidentiality]" "the kernel is locked down"
check "a program that does nothing loads" load empty_gate
rm /sys/fs/bpf/empty_gate
# Of which libbpf makes bpf_probe_read() where the kernel does not have it
refuses 255 "cannot use helper bpf_probe_read" "one that calls bpf_probe_read_kernel() does not" \
	load reads_kernel

plays tc same-key different-keys
plays hook same-key add-addr
done_testing
