#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# With nothing attached, the patched kernel does on the wire what the unpatched
# one does, which is what RFC 8684 says: but for random numbers, ports and times
# the packets are the same, and the kernel counts the same.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# Packets come in no fixed order from two paths. On the second one it is a matter
# of time whether its first acknowledgment (DSS) has 32 or 64 bits, which depends
# on the data on the first path, and which RST ends it.
same_but_random() {
	sed -E 's/^.* IP /IP /; s/(IP [0-9.]+)\.[0-9]+ > ([0-9.]+)\.[0-9]+:/\1 > \2:/
		s/0x[0-9a-f]+/RANDOM/g; s/(seq|ack|val|ecr) [0-9:]+/\1 RANDOM/g
		/10\.0\.2\..*(Flags \[R| dss ack)/d' "$1" | sort -u
}

fields() {
	tests/lib/rfc8684.pl <"build/wire/$1.txt" | sort | uniq -c | awk '{ print $2, $3 }' | xargs
}

rm -rf build/wire
check "unpatched kernel" tests/vm/run.sh --unpatched -- tests/vm/plain-wire.sh unpatched
check "patched kernel" tests/vm/run.sh -- tests/vm/plain-wire.sh patched
for file in {un,}patched.{txt,mib}; do
	check "there is $file" test -s "build/wire/$file"
done
for name in unpatched patched; do
	is "$(fields "$name")" "ack ok add_addr ok fastclose ok synack ok token ok" \
		"$name: all five fields are those of RFC 8684"
done
is "$(same_but_random build/wire/patched.txt)" "$(same_but_random build/wire/unpatched.txt)" \
	"the packets are the same"
is "$(<build/wire/patched.mib)" "$(<build/wire/unpatched.mib)" "the kernel's counters are the same"
done_testing
