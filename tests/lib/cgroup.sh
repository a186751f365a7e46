# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Control groups (version 2) and the BPF file system. Wants tap.sh.
#
#	cgroup_root		where cgroup2 is mounted
#	cgroup_make NAME [DIR]	makes a new cgroup, in DIR or the root, and prints
#				its path; it goes away at the end of the test
#	cgroup_remove DIR	kills what is in there, and removes it
#	in_cgroup DIR CMD...	runs CMD in there
#	bpffs_ready		sees to it that /sys/fs/bpf is mounted

CGROUP_SUFFIX=-extkey-$TAP_PID
BPFFS=/sys/fs/bpf

# Where an older hierarchy is in use as well, it isn't at the usual place
cgroup_root() {
	awk '$3 == "cgroup2" { print $2; found = 1; exit } END { exit !found }' /proc/self/mounts
}

# Leftovers of a test that was killed: its PID is in the name
cgroup_sweep() {
	local dir

	while IFS= read -r dir; do
		[[ -d /proc/${dir##*-} ]] || cgroup_remove "$dir"
	done < <(find "$1" -depth -type d -name "*-extkey-[0-9]*")
}

cgroup_make() {
	local dir root

	root=$(cgroup_root) || return
	cgroup_sweep "$root" >&2
	dir=${2:-$root}/$1$CGROUP_SUFFIX
	mkdir "$dir" && echo "$dir"
}

cgroup_remove() {
	local dir

	[[ -d $1 ]] || return 0
	echo 1 >"$1/cgroup.kill"
	# Those below first
	while IFS= read -r dir; do
		wait_for 5 cgroup_remove_one "$dir" || return
	done < <(find "$1" -depth -type d)
}

# Busy for as long as a killed process has not gone altogether
cgroup_remove_one() {
	rmdir "$1"
}

cgroup_remove_all() {
	local dir root

	root=$(cgroup_root) || return 0
	while IFS= read -r dir; do
		cgroup_remove "$dir"
	done < <(find "$root" -depth -type d -name "*$CGROUP_SUFFIX")
}
on_exit cgroup_remove_all

# A function works too. The shell that runs it is in the cgroup as well.
in_cgroup() (
	echo "$BASHPID" >"$1/cgroup.procs" || exit 125
	shift
	"$@"
)

bpffs_mounted() {
	awk -v dir="$BPFFS" '$2 == dir && $3 == "bpf" { found = 1 } END { exit !found }' \
		/proc/self/mounts
}

# Left mounted if there is something in it that isn't ours
bpffs_unmount() {
	[[ $(ls -A "$BPFFS") ]] || umount "$BPFFS"
}

bpffs_ready() {
	bpffs_mounted && return
	mount -t bpf bpf "$BPFFS" && on_exit bpffs_unmount
}
