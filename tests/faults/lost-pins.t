#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Somebody removes or moves the pins while all is attached. What still runs without
# them, detach --all finds in all network namespaces and takes away; it says what it
# cannot; and it leaves alone what belongs to another BPF file system.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/faults.sh
. tests/lib/kernel.sh

ELSEWHERE=$BPFFS/elsewhere-$TAP_PID
FOREIGN=$BPFFS/foreign-$TAP_PID

remove_others() {
	rm -rf "$ELSEWHERE" "$FOREIGN"
}

attach_all() {
	check "$1: attach the client's cgroup" "${ATTACH[@]}"
	check "$1: and to the server's interfaces" build/extkey_loader attach "$CG_S" --engine tc --netns "$NS_S"
	check "$1: and to one of a namespace without a name" build/extkey_loader attach "$CG_S" \
		--netns "/proc/$HOLDER/ns/net" --dev n1
	is "$(bind_in "$CG_C")" EPERM "$1: a key is required"
}

# "DEV: FILTERS" wherever there are ours
all_filters() {
	local dev

	for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		# shellcheck disable=SC2086 # two words
		echo "${dev#* }: $(filters $dev | wc -l)"
	done
	echo "n1: $(in_holder tc -j filter show dev n1 ingress | jq '[.[] | select(.options.handle)] | length')"
}

foreign_filter() {
	bpftool prog load build/foreign_tc.bpf.o "$FOREIGN" type classifier &&
		in_c tc qdisc add dev lo clsact &&
		in_c tc filter add dev lo ingress prio 49 handle 1 bpf da pinned "$FOREIGN"
}

# Of those that were pinned: which are linked to something now
alive() {
	bpftool -j link show | jq --argjson ids "[$(xargs <<<"$1" | tr ' ' ,)]" \
		'[.[] | select(.id | IN($ids[]))] | length'
}

none_alive() {
	local got

	got=$(alive "$1")
	echo "links: $got"
	((got == 0))
}

# To a cgroup, which is 0 for a link that was detached; tcx is not known to bpftool
linked_cgroups() {
	bpftool -j link show | jq --argjson ids "[$(xargs <<<"$1" | tr ' ' ,)]" \
		'[.[] | select((.id | IN($ids[])) and .cgroup_id > 0)] | length'
}

link_numbers() {
	pinned_links | cut -d" " -f 2
}

faults_up
on_exit remove_others
check "a namespace without a name" nameless
check "with an interface" in_holder ip link add n1 type veth peer name n2
serve "$NET1_S:$PORT"

# (a) Links have no other owner
attach_all links
ids=$(link_numbers)
is "$(wc -l <<<"$ids")" 26 "links: of two cgroups, the gate and five interfaces"
check "links: the pins are removed" rm -r "$BPFFS/extkey"
check "links: no link is left" wait_for 20 none_alive "$ids"
check "links: no program is left" no_programs
is "$(bind_in "$CG_C")" bound "links: no key is required"
check "links: joins without a key work" plain_join
refuses 0 "nothing is attached" "links: status has nothing" build/extkey_loader status
is "$(build/extkey_loader detach --all 2>&1)" "" "links: and detach --all nothing to say"

# (b) Filters are the interfaces'
export LD_PRELOAD=$PWD/build/no_tcx.so
attach_all filters
check "filters: one of somebody else, with the place of ours" foreign_filter
check "filters: the pins are removed" rm -r "$BPFFS/extkey"
is "$(all_filters | xargs)" "c1: 2 c2: 2 s1: 2 s2: 2 n1: 1" "filters: they are still there"
unset LD_PRELOAD
refuses 3 "cannot remove our filter from n1, egress" "filters: what cannot be removed is an error" \
	env LD_PRELOAD="$PWD/build/refuse.so" EXTKEY_REFUSE=filter_delete build/extkey_loader detach --all
is "$(all_filters | xargs)" "c1: 2 c2: 2 s1: 2 s2: 2 n1: 1" "filters: they are still there"
said=$(build/extkey_loader detach --all)
is "$?" 0 "filters: detach --all"
for dev in c1 c2 s1 s2 n1; do
	is "$(grep -c "^$dev in /.*: 2 filters that nobody knew of removed" <<<"$said")" 1 \
		"filters: says that those of $dev are removed"
done
is "$(wc -l <<<"$said")" 5 "filters: and nothing else"
is "$(all_filters | xargs)" "c1: 0 c2: 0 s1: 0 s2: 0 n1: 0" "filters: they are gone"
is "$(filters "$NS_C" lo | wc -l)" 1 "filters: that of somebody else is not"
check "filters: no program is left" no_programs
for dev in c1 c2; do
	check "filters: clsact of $dev stays" has_clsact "$NS_C" $dev
	in_c tc qdisc del dev $dev clsact
done
check "filters: joins without a key work" plain_join
is "$(build/extkey_loader detach --all 2>&1)" "" "filters: nothing is found again"
remove_others

# (c) Whoever has the pins somewhere else still has the links
neighbour() {
	private_shell "mount -t bpf none $BPFFS && mount -t tmpfs -o mode=700 none /run/extkey &&
		${ATTACH_S[*]} && echo attached && read -r line &&
		build/extkey_loader status && echo complete && read -r line"
}
spawn neighbour neighbour
check "moved: a neighbour with a BPF file system of its own" \
	wait_for 30 grep -q '^attached' "$TAP_TMP/neighbour.out" || diag "$(<"$TAP_TMP/neighbour.err")"
attach_all moved
ids=$(link_numbers)
programs=$(our_programs | wc -l)
check "moved: the pins are moved" mv "$BPFFS/extkey" "$ELSEWHERE"
refuses 0 "nothing is attached" "moved: status has nothing" build/extkey_loader status
is "$(bind_in "$CG_C")" EPERM "moved: a key is required still"
refuses 3 "cannot be detached: Operation not permitted" "moved: what cannot be detached is an error" \
	env LD_PRELOAD="$PWD/build/refuse.so" EXTKEY_REFUSE=link_detach build/extkey_loader detach --all
is "$(linked_cgroups "$ids")" 16 "moved: the links are as before"
is "$(bind_in "$CG_C")" EPERM "moved: a key is required still"
said=$(build/extkey_loader detach --all)
is "$?" 0 "moved: detach --all"
is "$(sort <<<"$said")" "$(sort <<<"$ids" | sed 's/.*/link &, whose pin is lost: detached/' | sort)" \
	"moved: says of all links that they are detached"
is "$(linked_cgroups "$ids")" 0 "moved: they are"
is "$(bind_in "$CG_C")" bound "moved: no key is required"
check "moved: joins without a key work" plain_join
is "$(our_programs | wc -l)" "$programs" "moved: programs are there for as long as the pins are"
tell neighbour
check "moved: the neighbour has all that it had" wait_for 30 grep -q '^complete' "$TAP_TMP/neighbour.out"
stop neighbour
remove_others
check "moved: no program is left" no_programs
check "attach after all that" "${ATTACH[@]}"
check "detach --all" build/extkey_loader detach --all
check "nothing is left" state_is "$NOTHING"
done_testing
