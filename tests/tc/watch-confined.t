#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What systemd/extkey-watch.service lets watch do is enough for it: capabilities, files
# and sockets are those of the unit. Namespaces that it may not enter are not known to
# it; that is not gone. A link tells when its interface is gone, wherever that was.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/kernel.sh

UNIT=systemd/extkey-watch.service

# What a line of the unit says
setting() {
	sed -n "s/^$1=//p" "$UNIT"
}

# "-all,+bpf,..." of "CAP_BPF ..."
capabilities() {
	local cap list=-all

	for cap in $(setting CapabilityBoundingSet); do
		cap=${cap#CAP_}
		list+=,+${cap,,}
	done
	echo "$list"
}

# All file systems are read-only, but those of the kernel and what the unit has for it
# to write to: ProtectSystem=strict
read_only() {
	local dir fs

	for dir in $(setting ReadWritePaths) $(setting RuntimeDirectory | sed 's|[^ ]*|/run/&|g'); do
		mkdir -p "$dir" && mount --bind "$dir" "$dir" || return
		writable+=" $dir"
	done
	while read -r _ fs _; do
		[[ $fs == /proc* || $fs == /sys* || $fs == /dev* || " $writable " == *" $fs "* ]] ||
			mount -o remount,bind,ro "$fs" 2>/dev/null
	done </proc/self/mounts
	# It is so indeed
	! touch /run/extkey-writable 2>/dev/null
}

# CMD... as the unit would have it run, in the client's network namespace
confined() {
	local families

	read -ra families <<<"$(setting RestrictAddressFamilies)"
	export UNIT
	in_c unshare --mount --propagation slave bash -c "$(declare -f setting read_only)"'
		read_only && exec "$@"' bash \
		setpriv --no-new-privs --inh-caps "$(capabilities)" --bounding-set "$(capabilities)" \
		build/only_families "${families[@]}" -- "$@"
}

status_json() {
	confined build/extkey_loader status -j 2>/dev/null
}

# "NAME BY KNOWN IN_PLACE" of those that are not the client's
others() {
	status_json | jq -r --arg netns "/run/netns/$NS_C" '.devices[] | select(.netns != $netns) |
		"\(.device) \(.by) \(.known) \(.in_place)"' | sort
}

# "NETNS IFINDEX NAME" as it is in the map, and the pins
entries() {
	bpftool -j map dump pinned "$BPFFS/extkey/devices" |
		jq -r '.[].formatted | "\(.key.netns) \(.key.ifindex) \(.value.name)"' | sort
	find "$BPFFS/extkey/tc/links" | sort
}

veth() {
	"${@:2}" ip link add "$1" type veth peer name "$1-peer" && "${@:2}" ip link set "$1" up
}

watch_says() {
	grep -qx "$1" "$TAP_TMP/watch.out"
}

# CAP_NET_ADMIN 12, CAP_PERFMON 38, CAP_BPF 39
three_alone() {
	[[ $(confined sed -n 's/^CapEff:\t//p' /proc/self/status) == 000000c000001000 ]]
}

e2e_up
is "$(setting RuntimeDirectory) $(setting RuntimeDirectoryPreserve)" "extkey yes" \
	"the unit keeps /run/extkey, in which others lock the same file"
if command -v systemd-analyze >/dev/null; then
	sed "s|@PREFIX@|$PWD/build|; s|/sbin/|/|" "$UNIT" >"$TAP_TMP/extkey-watch.service"
	is "$(systemd-analyze verify --man=no "$TAP_TMP/extkey-watch.service" 2>&1 |
		grep extkey-watch.service:)" "" "systemd finds nothing wrong with it"
fi
check "the capabilities are three" three_alone
refuses 1 "Read-only file system" "files are read-only" confined touch "$PWD/$UNIT"
exits 1 "other namespaces cannot be entered" confined nsenter --net="/run/netns/$NS_S" true

# By links and by filters, in namespaces with a name and without
check "a namespace without a name" nameless
for dev in n1 n2; do
	check "it has $dev" veth $dev in_holder
done
for dev in x1 x2; do
	check "the server has $dev" veth $dev in_s
done
attach_s=(build/extkey_loader attach "$CG_S" --engine tc --netns)
check "attach the client's cgroup" build/extkey_loader attach "$CG_C" --engine tc --netns "$NS_C"
check "by filters" env LD_PRELOAD="$PWD/build/no_tcx.so" "${attach_s[@]}" "$NS_S" --dev x2
check "in the other namespace" env LD_PRELOAD="$PWD/build/no_tcx.so" "${attach_s[@]}" "/proc/$HOLDER/ns/net" --dev n2
check "by a link there" "${attach_s[@]}" "/proc/$HOLDER/ns/net" --dev n1
check "by links to all of the server" "${attach_s[@]}" "$NS_S"
before=$(entries)

check "status" confined build/extkey_loader status
is "$(others | xargs -n 4)" "n1 link true true
n2 filter false false
s1 link true true
s2 link true true
x1 link true true
x2 filter false false" "filters where it may not look are not known"
is "$(confined build/extkey_loader status 2>/dev/null | grep -c "^device .2 in .*: programs not to be seen from here, by filter")" 2 \
	"and people are told so"
check "attach again" confined build/extkey_loader attach "$CG_C"
check "attach with another policy" confined build/extkey_loader attach "$CG_C" --require-key
is "$(status_json | jq -r --arg cgroup "$CG_C" '.cgroups[] | select(.cgroup == $cgroup).require_key')" true \
	"it is in force"
refuses 3 "cannot enter the network namespace" "attach where it may not" \
	confined "${attach_s[@]}" "$NS_S"
is "$(entries)" "$before" "nothing was forgotten"

before_upgrade=$(pinned_links)
refuses 3 "the network namespace" "another build, where filters are that it may not replace" \
	confined "$NEXT" upgrade
is "$(pinned_links)" "$before_upgrade" "none was replaced"
check "and status is complete" confined build/extkey_loader status

spawn watch confined build/extkey_loader watch
check "watch: an interface comes up" veth hot0 in_c
check "watch covers it" wait_for 30 watch_says "hot0: attached"
check "and its other end comes up" ip -n "$NS_C" link set hot0-peer up
check "watch covers that" wait_for 30 watch_says "hot0-peer: attached"
is "$(comm -23 <(sort <<<"$before") <(entries | sort))" "" "watch has forgotten nothing"
is "$(status_json | jq -r --arg netns "/run/netns/$NS_C" '[.devices[] | select(.netns == $netns and .in_place).device] | sort | join(" ")')" \
	"c1 c2 hot0 hot0-peer" "all of its own namespace are in place"

check "interfaces of the server go away" in_s ip link del x1
check "with filters, too" in_s ip link del x2
stop holder
check "and the namespace without a name" wait_for 20 test ! -e "/proc/$HOLDER"
check "an interface goes, which watch hears of" ip -n "$NS_C" link del hot0
check "watch forgets it" wait_for 30 watch_says "hot0: gone"
known() { [[ $(others) == "$1" ]] || { others; return 1; }; }
check "by their links, watch has noticed the others, and by nothing else" known "n2 filter false false
s1 link true true
s2 link true true
x2 filter false false"
is "$(entries | grep -cE ' (n1|x1|hot0|hot0-peer)$')" 0 "their entries are gone"
is "$(entries | grep -cE ' (n2|x2)$')" 2 "the others are there"
is "$(<"$TAP_TMP/watch.err")" "" "watch had nothing to complain about"
kill -TERM "$(pgrep -g "${TAP_SPAWNED[watch]}" extkey_loader)"
check "SIGTERM ends it" reap watch 10

# Who may look there knows
check "root's next attach" build/extkey_loader attach "$CG_C"
is "$(entries | grep -cE ' (n2|x2)$')" 0 "has forgotten those, too"
check "status is complete" build/extkey_loader status
check "with all else by links, another build" confined "$NEXT" upgrade
check "runs everywhere" links_match
check "status is complete" "$NEXT" status
done_testing
