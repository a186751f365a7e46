#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	inside.sh SETTING COUNTERS DIR SCRIPT [ARG]...
#
# Runs a selftest of the kernel's on the kernel that is running, which may be that
# of a virtual machine. If the SETTING has an engine, in a cgroup with a policy,
# with a key on every MPTCP socket; what extkey has counted goes to the file
# COUNTERS. Leaves with the status of SCRIPT.
cd "$(dirname "$0")/../.." || exit 1
# Whatever is attached to all interfaces at hand finds none
[[ ${SELFTESTS_NETNS:-} ]] || SELFTESTS_NETNS=own exec unshare --net "$0" "$@"
. tests/lib/tap.sh
. tests/lib/cgroup.sh

setting=$1 counters=$(realpath -- "$2") dir=$3 script=$4
shift 4
export TMPDIR=$TAP_TMP
export SELFTESTS_CGROUP SELFTESTS_LOADER=$PWD/build/extkey_loader SELFTESTS_FAILED=$TAP_TMP/failed
# A subtest that its authors call flaky counts, too: what differs is run again
setup=(SELFTESTS_MPTCP_LIB_OVERRIDE_FLAKY=1)

# What a suite leaves behind when it is killed goes with the mount namespace
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns || bail "cannot mount on /run/netns"
on_exit umount --recursive --lazy /run/netns
SELFTESTS_CGROUP=$(cgroup_make selftests) || bail "no cgroup"

engine=${setting#*-}
case $engine in
tc | hook)
	bpffs_ready
	on_exit "$SELFTESTS_LOADER" detach --all
	"$SELFTESTS_LOADER" attach "$SELFTESTS_CGROUP" --engine "$engine" || bail "cannot attach"
	# As long as they come, so that it is behind the addresses of IPv6, too
	(umask 077 && openssl rand -hex 32 >"$TAP_TMP/key") || bail "no key"
	setup+=(EXTKEY_KEY_FILE="$TAP_TMP/key" LD_PRELOAD="$PWD/build/libextkey_preload.so") ;;
esac
[[ $engine != tc ]] || setup+=(PATH="$PWD/tests/selftests/bin:$PATH")

cd "$dir" || bail "no $dir"
status=0
in_cgroup "$SELFTESTS_CGROUP" env "${setup[@]}" "./$script" "$@" || status=$?
cd - >/dev/null || exit
[[ ! -e $SELFTESTS_FAILED ]] || bail "engine tc is not on all interfaces"
if [[ $engine == tc || $engine == hook ]]; then
	"$SELFTESTS_LOADER" status --json |
		jq --arg cgroup "$SELFTESTS_CGROUP" \
			'.cgroups[] | select(.cgroup == $cgroup) | .counters' >"$counters"
fi
TAP_LEFT=yes
exit "$status"
