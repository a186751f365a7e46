#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The init process of the virtual machine, see run.sh: mount what programs look
# for, run the one that is asked for, and report its status. To leave without a
# report, as "set -e" does, is a panic, which run.sh takes for a failure.

set -euo pipefail

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Where run.sh put its orders, in the file system of the host. It goes out of
# sight below.
dir=$1
token=$(<"$dir/token")
top=$(<"$dir/top")
mapfile -d '' -t argv <"$dir/argv"
mapfile -d '' -t env <"$dir/env"
refuse_tracing=
[[ ! -e $dir/refuse_tracing ]] || refuse_tracing=1

mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mkdir /run/host
mount --bind / /run/host

# Root is read-only. What is in the way of programs that write becomes empty.
cat >/run/fstab <<-FSTAB
	sysfs	/sys			sysfs	defaults	0 0
	cgroup2	/sys/fs/cgroup		cgroup2	defaults	0 0
	bpf	/sys/fs/bpf		bpf	mode=700	0 0
	tracefs	/sys/kernel/tracing	tracefs	mode=700	0 0
	devpts	/dev/pts		devpts	X-mount.mkdir,ptmxmode=666	0 0
	tmpfs	/dev/shm		tmpfs	X-mount.mkdir,mode=1777	0 0
	tmpfs	/tmp			tmpfs	mode=1777	0 0
	tmpfs	/var/tmp		tmpfs	mode=1777	0 0
	tmpfs	/var/log		tmpfs	mode=755	0 0
	tmpfs	/root			tmpfs	mode=700	0 0
FSTAB
mount -a -T /run/fstab
[[ ! -d /sys/kernel/debug ]] || mount -t debugfs debugfs /sys/kernel/debug
[[ ! -d /sys/kernel/security ]] || mount -t securityfs securityfs /sys/kernel/security

# A checkout may well be below one of these.
if [[ ! -e $top ]]; then
	mkdir -p "$top"
	mount --bind "/run/host$top" "$top"
fi
mount -t 9p -o trans=virtio,version=9p2000.L,cache=mmap,msize=512000 build "$top/build"

for name in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
	ln -sfn "/proc/self/${name#*:}" "/dev/${name%:*}"
done
echo +pids >/sys/fs/cgroup/cgroup.subtree_control
echo extkey-vm >/proc/sys/kernel/hostname
ip link set lo up

# port NAME : the device of the virtio-serial port with this name
port()
{
	local file name

	for file in /sys/class/virtio-ports/*/name; do
		read -r name <"$file"
		if [[ $name == "$1" ]]; then
			file=${file%/name}
			echo "/dev/${file##*/}"
		fi
	done
}

# A port cannot be opened twice, but /dev/stderr is meant to be: the program
# gets pipes.
mkfifo /run/stdout /run/stderr
cat /run/stdout >"$(port stdout)" &
relays=($!)
cat /run/stderr >"$(port stderr)" &
relays+=($!)

cd "$top"
# From here on. The program is gone with who holds it, below.
if [[ $refuse_tracing ]]; then
	mkfifo /run/hold
	build/hold_programs build/refuse_tracing.bpf.o <>/run/hold >/run/held 2>/dev/ttyS0 &
	until [[ -s /run/held ]]; do
		kill -0 $!
		sleep 0.1
	done
fi
status=0
env -i HOME=/root PATH="$PATH" "${env[@]}" setsid "${argv[@]}" \
	</dev/null >/run/stdout 2>/run/stderr || status=$?

# What it left running would keep the pipes open. Who forks may get away once.
# Threads of the kernel are those without an executable.
while
	left=
	for exe in /proc/[0-9]*/exe; do
		process=${exe//[!0-9]/}
		[[ -e $exe && " 1 ${relays[*]} " != *" $process "* ]] || continue
		left+=" $process"
		kill -KILL "$process" 2>/dev/null || :
	done
	[[ $left ]]
do
	:
done
wait "${relays[@]}"

# There is a leak detector in the kernels for debugging only. It takes for a
# leak nothing that is younger than five seconds.
leaks=
if [[ -w /sys/kernel/debug/kmemleak ]]; then
	sleep 5
	echo scan >/sys/kernel/debug/kmemleak
	echo scan >/sys/kernel/debug/kmemleak
	leaks=$(</sys/kernel/debug/kmemleak)
	[[ ! $leaks ]] || printf '%s\n' "$leaks" >/dev/ttyS0
fi

# Not all of these are a reason for the kernel to panic.
log=$(dmesg)
if grep -E 'WARNING: |BUG: |Oops: |possible .* detected' <<<"$log" >/dev/ttyS0 || [[ $leaks ]]; then
	status=complaint
fi

# There is no ACPI to switch the machine off, but a reset does as well.
echo "$token $status" >"$(port status)"
echo b >/proc/sysrq-trigger
