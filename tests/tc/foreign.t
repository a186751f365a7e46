#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Other people's programs on the same interfaces, filters and a tcx link, see all
# packets, before ours and after; and detach leaves them as they were.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

PINS=$BPFFS/foreign-$TAP_PID

remove_pins() {
	rm -rf "$PINS"
}

# A copy of the program, with a count of its own
foreign() {
	mkdir -p "$PINS" &&
		bpftool prog load build/foreign_tc.bpf.o "$PINS/$1" type classifier
}

seen() {
	local map

	map=$(bpftool -j prog show pinned "$PINS/$1" | jq '.map_ids[0]')
	bpftool -j map dump id "$map" | jq '.[0].formatted.value[".bss"][0].seen'
}

seen_alike() {
	[[ $(seen after) == "$(seen before)" ]]
}

# Of IPv4, as a host that has just come up speaks IPv6 when it likes: what comes
# between one filter and the next must not make a difference
filter() {
	in_s tc filter add dev "$1" ingress protocol ip prio "$2" bpf da pinned "$PINS/$3"
}

# As tc shows them, without counters
filters() {
	in_s tc qdisc show dev "$1"
	in_s tc filter show dev "$1" ingress
	in_s tc filter show dev "$1" egress
}

has_clsact() {
	in_ns "$1" tc qdisc show dev "$2" | grep -q clsact
}

e2e_up
on_exit remove_pins
for name in before after tcx; do
	check "a foreign program, $name" foreign "$name"
done
check "s2 has a clsact" in_s tc qdisc add dev s2 clsact
check "a filter before ours" filter s2 1 before
check "a filter behind ours" filter s2 60000 after
check "a tcx link" in_s build/tcx_link "$PINS/tcx" s2 "$PINS/link"
at_first=$(filters s2)

join_works foreign
for name in before after tcx; do
	check "$name: it has seen the packets" test "$(seen $name)" -ge 10
done
check "none ended at ours" wait_for 10 seen_alike

check "detach --all" loader detach --all
is "$(filters s2)" "$at_first" "s2 is as it was"
exits 1 "c1 has no clsact" has_clsact "$NS_C" c1
exits 1 "c2 has none either" has_clsact "$NS_C" c2
before=$(seen tcx)
check "a packet" net_mark "$NS_C" c2 packet
check "the tcx link sees it" test "$(seen tcx)" -gt "$before"
done_testing
