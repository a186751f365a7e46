#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The programs call no helper that a kernel under lockdown=confidentiality refuses.
# tests/vm/lockdown.t loads them on one, in the few cases that it plays; this looks at
# every call.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Those that read the kernel's memory, by number: bpf_probe_read(), _str(), _kernel(),
# _kernel_str(). In the code it is a call (0x85) with no source register.
refused() { # OBJECT
	llvm-objdump-19 -d "$1" | grep -cE $'\t?85 00 00 00 (04|2d|71|73) 00 00 00'
}

instructions() { # OBJECT
	llvm-objdump-19 -d "$1" | grep -cE '^ +[0-9]+:'
}

is "$(refused build/reads_kernel.bpf.o)" 1 "a call is recognized"
for object in extkey tc hook; do
	check "$object: there are programs in it" \
		test "$(instructions "build/$object.bpf.o")" -gt 100
	is "$(refused "build/$object.bpf.o")" 0 "$object: calls none of these"
done
done_testing
