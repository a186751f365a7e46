#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The gate of engine tc guards all sockets, from the root of all cgroups. Where a
# cgroup namespace or a bind mount shows another cgroup as the root, attach must fail
# and not guard a part; where the real one is mounted as well, it is found.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh
. tests/lib/kernel.sh

# MOUNTS CMD: CMD after MOUNTS, in namespaces of its own and in $outer. No interface
# of this machine is touched.
inside() {
	in_cgroup "$outer" unshare --cgroup --mount --net --propagation private bash -c "
		ip link add v1 type veth peer name v2 && ip link set v1 up && $1 && $2"
}

# Below the root that is shown at $1
attach() {
	echo "build/extkey_loader attach $1/inner --engine tc"
}

left() {
	ls -d "$BPFFS"/extkey* 2>/dev/null
	bpftool -j cgroup show "$outer/inner" 2>/dev/null | jq -r '.[]?.name'
}

cgroup_of() {
	bpftool -j link show pinned "$BPFFS/extkey/tc/root/$1" | jq .cgroup_id
}

bpffs_ready
on_exit build/extkey_loader detach --all
build/extkey_loader detach --all
root=$(cgroup_root) && outer=$(cgroup_make view) && mkdir "$outer/inner" || bail "no cgroups"
bound=$TAP_TMP/bound real=$TAP_TMP/real
mkdir "$bound" "$real"

declare -A views=(
	["a cgroup namespace"]="umount $root && mount -t cgroup2 none $root"
	["a bind mount"]="mount --bind $outer $bound && umount $root && mount --bind $bound $root"
)
for view in "${!views[@]}"; do
	isnt_root() { [[ $(inside "${views[$view]}" "stat -c %i $root") -gt 1 ]]; }
	check "$view: its root is not the root of all" isnt_root
	check "$view: the cgroup below is seen" inside "${views[$view]}" "test -d $root/inner"
	refuses 4 "the root of all cgroups cannot be seen from here" "$view: attach" \
		inside "${views[$view]}" "$(attach "$root")"
	is "$(left)" "" "$view: it leaves nothing"
	check "$view: and no program" no_programs
	refuses 4 "root of all cgroups" "$view: check says so" \
		inside "${views[$view]}" "build/extkey_loader check"

	check "$view: with the real root somewhere else, attach" \
		inside "mount --bind $root $real && ${views[$view]}" "$(attach "$root")"
	is "$(cgroup_of gate) $(cgroup_of established)" "1 1" "$view: the gate is at the root of all"
	is "$(build/extkey_loader status -j | jq -r '.cgroups[].id')" "$(stat -c %i "$outer/inner")" \
		"$view: the cgroup is the right one"
	# What is there already is found without the root
	check "$view: attach again, without the real root" inside "${views[$view]}" \
		"$(attach "$root") --require-key"
	check "$view: detach --all" build/extkey_loader detach --all
done
done_testing
