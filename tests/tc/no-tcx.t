#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel without tcx links, as before Linux 6.6: filters of clsact do the same, and
# are taken away again. Any other error of such a link is an error, and nothing stays.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh
. tests/lib/kernel.sh

FOREIGN=$BPFFS/foreign-$TAP_PID

# All that attach leaves on the interfaces and at the cgroup of the client
traces() {
	ls -d "$BPFFS"/extkey* 2>/dev/null
	bpftool -j cgroup show "$CG_C" 2>/dev/null | jq -r '.[]?.name'
	filters "$NS_C" c1
	filters "$NS_C" c2
	in_c tc -j qdisc show | jq -r '.[] | select(.kind == "clsact") | .dev'
}

# "DEVICE BY IN_PLACE" of a namespace in status
devices() {
	loader status --json | jq -r --arg netns "/run/netns/$1" \
		'.devices[] | select(.netns == $netns) | "\(.device) \(.by) \(.in_place)"' | sort | xargs
}

both_filters() {
	printf "%s 49 0x1 %s\n" ingress "$(program tc/programs/ingress)" \
		egress "$(program tc/programs/egress)"
}

loaded() {
	build/extkey_loader status -j | jq -r '[.loaded[]] | unique | join(",")'
}

hot_plug() {
	ip -n "$NS_C" link add "$1" type veth peer name "$1-peer"
}

up() {
	ip -n "$NS_C" link set "$1" up
}

remove_pin() {
	rm -f "$FOREIGN"
}

# Somebody else's filter with the priority and the handle of ours
foreign_filter() {
	on_exit remove_pin
	bpftool prog load build/foreign_tc.bpf.o "$FOREIGN" type classifier &&
		in_c tc qdisc add dev hot1 clsact &&
		in_c tc filter add dev hot1 egress prio 49 handle 1 bpf da pinned "$FOREIGN"
}

other_filters() {
	local i

	for ((i = 0; i < 20; i++)); do
		in_c tc filter add dev c1 ingress prio 7 handle 1 bpf da bytecode "1,6 0 0 0" &&
			in_c tc filter del dev c1 ingress prio 7 || return
	done
}

complaints() {
	grep -c "somebody else's filter" "$TAP_TMP/watch.err"
}

complained() {
	(($(complaints) > 0))
}

devices_are() {
	[[ $(devices "$NS_C") == "$1" ]] || { devices "$NS_C"; return 1; }
}

another_join() {
	client "$1" --key-file "$KEY" --wait-subflows 2
	check "$1: the connection has two subflows" client_ready "$1"
	both_subflows "$1"
}

e2e_up
export LD_PRELOAD=$PWD/build/no_tcx.so
attach=(build/extkey_loader attach "$CG_C" --engine tc --netns "$NS_C")

# EPERM, EBUSY, ENOMEM; none says that the kernel has no such links
for error in "1 3 Operation not permitted" "16 1 Device or resource busy" "12 1 Cannot allocate memory"; do
	read -r number status text <<<"$error"
	refuses "$status" "tcx links: $text" "attach, links refused: $text" \
		env EXTKEY_TCX_ERRNO="$number" "${attach[@]}"
	is "$(traces)" "" "it leaves nothing"
	check "no program stays" no_programs
done
refuses 6 "lost     tcx links" "check says what the kernel lacks" build/extkey_loader check

check "clsact is on s2 already" in_s tc qdisc add dev s2 clsact
join_works no-tcx
is "$(devices "$NS_C")" "c1 filter true c2 filter true" "status: filters at the client"
is "$(devices "$NS_S")" "s1 filter true s2 filter true" "and at the server"
is "$(pinned_links | grep -c tc/links)" 0 "there are no links"
first=$(both_filters)
for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
	# shellcheck disable=SC2086 # two words
	is "$(filters $dev)" "$first" "${dev#* }: both filters, and no more"
done

check "attach again" loader attach "$CG_S"
is "$(filters "$NS_S" s2)" "$first" "the filters are the same"
check "somebody deletes a filter" in_s tc filter del dev s2 ingress
refuses 5 "interface s2 in /run/netns/$NS_S does not have all programs" "status says so" \
	build/extkey_loader status
check "attach again" loader attach "$CG_S"
is "$(filters "$NS_S" s2)" "$first" "it is there again"
check "upgrade" "$NEXT" upgrade
isnt "$(both_filters)" "$first" "the programs are others"
first=$(both_filters)
for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
	# shellcheck disable=SC2086 # two words
	is "$(filters $dev)" "$first" "${dev#* }: both filters, of the new build"
done
check "status is complete" "$NEXT" status
check "back to the first build" build/extkey_loader upgrade
another_join upgraded
is "$(counter "$CG_S" join_ack_rx)" 2 "the join was unmasked and completed"
stop server

check "watch" spawn watch build/extkey_loader watch --netns "$NS_C"
check "an interface comes" hot_plug hot0
check "and up" up hot0
check "watch covers it, by filters" wait_for 20 devices_are "c1 filter true c2 filter true hot0 filter true"
check "somebody deletes clsact of c2" in_c tc qdisc del dev c2 clsact
check "watch puts all back" wait_for 20 devices_are "c1 filter true c2 filter true hot0 filter true"
check "the interface has another name" ip -n "$NS_C" link set hot0 name hot9
check "watch knows it" wait_for 20 devices_are "c1 filter true c2 filter true hot9 filter true"

# What a failed attach takes back is no reason for the next try
check "an interface with a filter of somebody else" hot_plug hot1
check "in the place of ours" foreign_filter
before=$(filters "$NS_C" hot1)
check "it comes up" up hot1
check "watch complains" wait_for 20 complained
check "others add and delete filters" other_filters
check "another interface comes" hot_plug hot2
check "with a qdisc of another kind" in_c tc qdisc add dev hot2 ingress
check "and up" up hot2
check "watch complains of that" wait_for 20 grep -q "hot2 has a qdisc 'ingress'" "$TAP_TMP/watch.err"
check "each time when an interface changes, and no more" test "$(complaints)" -lt 20
is "$(filters "$NS_C" hot1)" "$before" "the filter of somebody else is there, and none of ours"
is "$(in_c tc -j qdisc show dev hot2 | jq -r '.[] | select(.kind == "ingress").kind')" ingress \
	"the qdisc of another kind is there"
check "hot1 is gone" ip -n "$NS_C" link del hot1
check "hot2 is gone" ip -n "$NS_C" link del hot2

# Nor is one that takes the place of ours a reason to leave an upgrade half done
stop watch
check "somebody else takes the place of ours on c2" in_c tc filter replace dev c2 egress prio 49 handle 1 \
	bpf da pinned "$FOREIGN"
refuses 1 "on c2, egress; remove it with" "upgrade says so" "$NEXT" upgrade
is "$(loaded)" "$("$NEXT" status -j | jq -r .build)" "all other programs are of the new build"
is "$(filters "$NS_C" c1)" "$(both_filters)" "on c1 as well"
refuses 5 "interface c2" "status tells of c2" "$NEXT" status
refuses 1 "on c2, egress; remove it with" "attach tells of c2" "$NEXT" attach "$CG_C" --netns "$NS_C" --dev c2
check "it goes" in_c tc filter del dev c2 egress prio 49
check "attach again, with the first build" build/extkey_loader attach "$CG_C" --netns "$NS_C"
check "status is complete" build/extkey_loader status
check "watch" spawn watch build/extkey_loader watch --netns "$NS_C"
check "somebody deletes clsact again" in_c tc qdisc del dev c2 clsact
check "watch puts all back" wait_for 20 devices_are "c1 filter true c2 filter true hot9 filter true"
stop watch

check "detach the client's cgroup" loader detach "$CG_C"
check "detach the server's cgroup" loader detach "$CG_S"
check "programs stay that take keys, and no others" cgroup_programs_alone
for dev in "$NS_C c1" "$NS_C c2" "$NS_C hot9" "$NS_S s1" "$NS_S s2"; do
	# shellcheck disable=SC2086 # two words
	is "$(filters $dev)" "" "${dev#* }: no filter is left"
	[[ $dev == *s2 ]] || exits 1 "${dev#* }: nor clsact" has_clsact $dev
done
check "clsact of s2, which was there before, stays" has_clsact "$NS_S" s2

e2e_attach
serve "$NET1_S:$PORT,$KEY"
another_join again
check "detach --all" loader detach --all
is "$(traces)" "" "nothing is left"
is "$(filters "$NS_S" s2)" "" "nor at the server"
check "clsact of s2 stays" has_clsact "$NS_S" s2
check "no program stays" no_programs
done_testing
