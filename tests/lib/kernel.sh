# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the kernel has of extkey, told by others than the command. Wants e2e.sh.
#
#	our_programs		numbers of the programs that were loaded for this BPF file
#				system, wherever they are pinned or run
#	no_programs		waits for the last one to go: a moment after its last pin
#	cgroup_programs_alone	waits until there are none but those that take keys
#	pinned_links		"PATH ID PROGRAM PIN" for each link that is pinned: the number
#				of its program, and where that is pinned, below the directory
#				of extkey
#	links_match		whether each runs the program of its name, from programs/
#	program PATH		the number of a program that is pinned
#	filters NS DEV		"DIRECTION PRIORITY HANDLE PROGRAM" for each filter of clsact
#	has_clsact NS DEV
#	private_shell CMD	CMD, by bash, in a mount namespace of its own
#	nameless		a network namespace without a name; its process is $HOLDER
#	in_holder CMD...	runs CMD there
#	NEXT			the command of another build
#	OTHER			that of one which has a counter more, "another"

NEXT=build/next/extkey_loader
OTHER=build/other/extkey_loader

# Of the map that each of them has, as bpf/keys.bpf.h says
our_programs() {
	local dev maps="" id

	dev=$(stat -c %d "$BPFFS")
	for id in $(bpftool -j map show | jq '.[] | select(.name == ".rodata.id") | .id'); do
		[[ $(bpftool -j map dump id "$id" 2>/dev/null |
			jq '.[0]?.formatted.value[".rodata.id"][0].installation') != "$dev" ]] ||
			maps+="$id,"
	done
	bpftool -j prog show | jq --argjson ours "[${maps%,}]" \
		'.[] | select(.map_ids // [] | any(IN($ours[]))) | .id'
}

no_programs_now() {
	local got

	got=$(our_programs)
	echo "programs: $got"
	[[ ! $got ]]
}

no_programs() {
	wait_for 20 no_programs_now
}

cgroup_programs_now() {
	local got

	got=$(our_programs | wc -l)
	echo "programs: $got"
	((got == $(find "$BPFFS/extkey/cgroup/programs" -type f | wc -l)))
}

cgroup_programs_alone() {
	wait_for 20 cgroup_programs_now
}

pinned_links() {
	jq -nr --arg dir "$BPFFS/extkey/" --argjson links "$(bpftool -j -f link show)" \
		--argjson programs "$(bpftool -j -f prog show)" '
		($programs | map(select(any(.pinned[]?; startswith($dir))) | {(.id | tostring): .pinned[0]}) | add // {}) as $pins |
		$links[] | select(any(.pinned[]?; startswith($dir))) |
		"\(.pinned[0] | ltrimstr($dir)) \(.id) \(.prog_id) \($pins[.prog_id | tostring] // "not-pinned" | ltrimstr($dir))"' | sort
}

links_match() {
	pinned_links >"$TAP_TMP/links" && [[ -s $TAP_TMP/links ]] &&
		! awk '{ name = $1; sub(".*/", "", name) } $4 !~ "^(cgroup|tc)/programs/" name "$"' \
			"$TAP_TMP/links" | grep .
}

program() {
	bpftool -j prog show pinned "$BPFFS/extkey/$1" | jq .id
}

filters() {
	local direction

	for direction in ingress egress; do
		in_ns "$1" tc -j filter show dev "$2" "$direction" |
			jq -r --arg direction "$direction" '.[] | select(.options.handle) |
				"\($direction) \(.pref) \(.options.handle) \(.options.prog.id)"'
	done
}

has_clsact() {
	in_ns "$1" tc -j qdisc show dev "$2" | jq -e 'any(.[]; .kind == "clsact")'
}

private_shell() {
	unshare --mount --propagation private bash -c "$1"
}

own_namespace() {
	[[ $(readlink "/proc/$HOLDER/ns/net") != $(readlink /proc/self/ns/net) ]]
}

nameless() {
	spawn holder unshare --net sleep 1000
	HOLDER=${TAP_SPAWNED[holder]}
	wait_for 20 own_namespace
}

in_holder() {
	nsenter --net="/proc/$HOLDER/ns/net" "$@"
}
