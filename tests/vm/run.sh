#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run a program as root in a virtual machine that has the kernel of this
# checkout and the files of this host: what tests need is a kernel of their own,
# not a system of their own.
#
# Nothing but a token that came back over its own port, with a console that has
# nothing to complain about, is taken for an end in good order.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
readonly no_start=97 died=98

usage()
{
	cat <<-USAGE
	Usage: tests/vm/run.sh [--kernel BZIMAGE | --unpatched | --debug]
	                       [--lockdown | --no-tracing] [--timeout SECONDS]
	                       -- PROGRAM [ARG]...

	PROGRAM runs in the top directory of the checkout. All it can write to are
	build/, which is the one of the host, and file systems in memory. It gets
	variables whose name starts with EXTKEY_ or TEST_.

	  --kernel BZIMAGE   boot this kernel, not the one of kernel/build.sh
	  --unpatched        boot the one of kernel/build.sh --unpatched
	  --debug            boot the one that has kernel/debug.config as well
	  --lockdown         boot with lockdown=confidentiality
	  --no-tracing       let nobody load BPF programs of types TRACING, LSM and EXT
	  --timeout SECONDS  how long the machine may run, boot included (300)

	Exit status: the one of PROGRAM, or
	  $no_start  the machine could not be started
	  $died  it hung or crashed, or its kernel had a warning or worse
	USAGE
}

fail() { printf 'tests/vm/run.sh: error: %s\n' "$2" >&2; exit "$1"; }

kernel='' timeout=300 build_args=() security=() refuse_tracing=
while (($#)); do
	case $1 in
	--kernel)	kernel=${2-}; [[ -r $kernel ]] || fail "$no_start" "cannot read the kernel '$kernel'"; shift ;;
	--unpatched)	build_args=(--unpatched) ;;
	--debug)	build_args=(--config "$top/kernel/debug.config") ;;
	--lockdown)	security=("lsm=lockdown,bpf" lockdown=confidentiality) ;;
	--no-tracing)	security=(lsm=bpf) refuse_tracing=1 ;;
	--timeout)	timeout=${2-}; [[ $timeout =~ ^[0-9]+$ ]] || fail "$no_start" "--timeout needs a number of seconds"; shift ;;
	-h | --help)	usage; exit 0 ;;
	--)		shift; break ;;
	*)		usage >&2; fail "$no_start" "unknown argument: $1" ;;
	esac
	shift
done
(($#)) || { usage >&2; fail "$no_start" "no program to run"; }

command -v qemu-system-x86_64 >/dev/null ||
	fail "$no_start" "qemu-system-x86_64 is missing: apt install qemu-system-x86"
[[ $kernel ]] || kernel=$("$top/kernel/build.sh" "${build_args[@]}") ||
	fail "$no_start" "there is no kernel to boot, see above"
mkdir -p "$top/build"
if [[ $refuse_tracing ]]; then
	for file in hold_programs refuse_tracing.bpf.o; do
		[[ -e $top/build/$file ]] || fail "$no_start" "no build/$file: run make tests"
	done
fi

dir=$(mktemp -d -t extkey-vm.XXXXXX)
machine='' readers=()
# shellcheck disable=SC2317 # reached by the trap
stop()
{
	local pid

	for pid in $machine "${readers[@]}"; do
		kill "$pid" 2>/dev/null || :
	done
	[[ ! $machine ]] || wait "$machine" || :
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What the guest is to do. It reads this from the file system of the host, like
# all the rest; as a copy, so that it may change here while the machine runs.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
cp "$here/init.sh" "$dir/init"
printf '%s\n' "$token" >"$dir/token"
printf '%s\n' "$top" >"$dir/top"
printf '%s\0' "$@" >"$dir/argv"
[[ ! $refuse_tracing ]] || touch "$dir/refuse_tracing"
env -0 | grep -z -E '^(EXTKEY_|TEST_|TERM=)' >"$dir/env" || :

# Ports write to files which cannot make the machine wait, nor lose what it
# wrote last, if whoever reads the output of this script is slow.
touch "$dir"/{console,stdout,stderr,status}
ports=()
for name in stdout stderr status; do
	ports+=(-chardev "file,id=$name,path=$dir/$name"
		-device "virtserialport,chardev=$name,name=$name")
done

share() { echo "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap"; }

# "panic" wants the reset that -no-reboot turns into an exit. The clocks are as
# good as those of the host, but their ticks come late on a busy one. QEMU keeps
# what it has translated by virtual address: a test takes half the time if each
# process has its libraries where the one before had them.
# shellcheck disable=SC2054 # these commas are for the kernel
cmdline=(
	console=ttyS0 loglevel=5
	panic=-1 oops=panic panic_on_warn=1 softlockup_panic=1 reboot=t
	sysctl.kernel.hung_task_panic=1 sysctl.kernel.panic_on_rcu_stall=1
	watchdog_thresh=30 rcupdate.rcu_cpu_stall_timeout=60
	tsc=reliable no_timer_check mitigations=off norandmaps
	dummy.numdummies=0 ifb.numifbs=0 bonding.max_bonds=0
	"${security[@]}"
	root=root rootfstype=9p rootflags=trans=virtio,version=9p2000.L,cache=loose,msize=512000 ro
	"init=$dir/init" -- "$dir"
)

# One thread for all its processors. With one for each, QEMU may run code of the kernel
# that another processor has changed since ("Oops: int3"), and is slower where it has not
# as many of the host's.
timeout --kill-after=5 "$timeout" qemu-system-x86_64 \
	-accel tcg,thread=single -cpu max -smp 2 -m 2G \
	-nodefaults -no-user-config -display none -no-reboot \
	-kernel "$kernel" -append "${cmdline[*]}" \
	-serial "file:$dir/console" \
	-device virtio-rng-pci \
	-fsdev "$(share root /),readonly=on" -device virtio-9p-pci,fsdev=root,mount_tag=root \
	-fsdev "$(share build "$top/build")" -device virtio-9p-pci,fsdev=build,mount_tag=build \
	-device virtio-serial-pci "${ports[@]}" \
	</dev/null >"$dir/qemu" 2>&1 &
machine=$!

for name in stdout stderr; do
	fd=1
	[[ $name == stdout ]] || fd=2
	tail -q -s 0.1 -c +1 -f --pid="$machine" "$dir/$name" >&"$fd" &
	readers+=($!)
done

status=0
wait "$machine" || status=$?
machine=
for reader in "${readers[@]}"; do
	wait "$reader" || :
done
readers=()

complaint='WARNING: |BUG: |Oops: |Kernel panic'

# 60 lines of it, from the first complaint on, which says what is wrong; else the last
show_console()
{
	local from

	from=$(grep -nE -m 1 "$complaint" "$dir/console" | cut -d : -f 1) ||
		from=$(($(wc -l <"$dir/console") - 59))
	((from > 0)) || from=1
	echo "--- console of the virtual machine, from line $from"
	sed -n "$from,$((from + 59))p" "$dir/console" | tr -d '\r'
	echo "---"
}

give_up()
{
	{
		[[ ! -s $dir/qemu ]] || sed 's/^/qemu: /' "$dir/qemu"
		show_console
	} >&2
	fail "$died" "$1"
}

((status != 124 && status != 137)) || give_up "not done after $timeout seconds (--timeout)"
if grep -qE "$complaint" "$dir/console"; then
	give_up "the kernel complained"
fi
read -r got result <"$dir/status" || :
[[ ${got-} == "$token" ]] || give_up "the machine stopped before the program was done (qemu: $status)"
case $result in
complaint)	give_up "the program ended, but the kernel complained" ;;
*)		exit "$result" ;;
esac
