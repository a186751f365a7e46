#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# 802.1Q: VLANs over what the hosts are connected by. The join is to an announced
# address: on a second device its mask could be taken off again. Where the tag is when
# a program sees the packet:
#
#	reorder_hdr on	in the packet's metadata, on the device below. Without offload
#			the kernel puts it into the frame after egress, and takes it
#			out before ingress.
#	reorder_hdr off	in the frame on egress, of the VLAN and of the device below
#			unless that has offload; and on ingress of the VLAN. On ingress
#			of the device below it is in the metadata even so, always.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

PINS=$BPFFS/vlan-$TAP_PID

remove_pins() {
	rm -rf "$PINS"
}

vlan() {
	local reorder=$1 end=$2 n=$3 ns=$NS_C

	[[ $end == c ]] || ns=$NS_S
	ip -n "$ns" link add link "$end$n" name "vlan$n" type vlan id "1$n" reorder_hdr "$reorder" &&
		move_path "$n" "$end" "vlan$n"
}

offload() {
	local end

	for end in c1 c2; do
		in_c ethtool -K "$end" rxvlan "$1" txvlan "$1" || return
	done
	for end in s1 s2; do
		in_s ethtool -K "$end" rxvlan "$1" txvlan "$1" || return
	done
}

# NS DEV DIRECTION: counts packets there that have the tag in the frame
count_tagged() {
	local pin=$PINS/$1-$2-$3

	mkdir -p "$PINS" && bpftool prog load build/tagged.bpf.o "$pin" type classifier || return
	in_ns "$1" tc qdisc show dev "$2" | grep -q clsact || in_ns "$1" tc qdisc add dev "$2" clsact
	in_ns "$1" tc filter add dev "$2" "$3" protocol all prio 1 bpf da pinned "$pin"
}

PLACES=("$NS_C vlan2 egress" "$NS_C c2 egress" "$NS_S s2 ingress" "$NS_S vlan2 ingress")

count_tagged_everywhere() {
	local place

	for place in "${PLACES[@]}"; do
		# shellcheck disable=SC2086 # NS DEV DIRECTION
		count_tagged $place || return
	done
}

# "some" or "none" for each place
tagged() {
	local place map

	for place in "${PLACES[@]}"; do
		map=$(bpftool -j prog show pinned "$PINS/${place// /-}" | jq '.map_ids[0]')
		bpftool -j map dump id "$map" |
			jq -r 'if .[0].formatted.value[".bss"][0].tagged > 0 then "some" else "none" end'
	done | xargs
}

# OFFLOAD REORDER_HDR TAGGED
try() {
	local path

	e2e_up
	# Before there are VLANs, which take over what the devices have
	check "offload of the tag is $1" offload "$1"
	for path in "c 1" "c 2" "s 1" "s 2"; do
		# shellcheck disable=SC2086 # END and N
		check "a VLAN on $path, reorder_hdr $2" vlan "$2" $path
	done
	check "count tags in the frame" count_tagged_everywhere
	join_works vlan add_addr
	is "$(tagged)" "$3" "in the frame: on egress of the VLAN and below, on ingress below and of the VLAN"
	remove_pins
	check "the hosts go" hosts_down
}

need_device link base name try type vlan id 5
on_exit remove_pins
try on on "none none none none"
try off on "none none none none"
try off off "some some none some"
done_testing
