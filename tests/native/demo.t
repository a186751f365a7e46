#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make demo: what it says where the running kernel cannot, and that the demonstration
# fails if an experiment does not come out as it must.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL

# private COMMAND...: sh, in a mount namespace of its own
private() {
	unshare --mount sh -c "$@"
}

# What make would call make for is shown, for there is no need of a virtual machine
demo_without() { # WHAT-IS-HIDDEN
	private 'mount -t tmpfs none "$0" && exec make demo MAKE="echo made:"' "$1"
}

# FILE SCRIPT CMD...: CMD finds SCRIPT in the place of FILE, and $TAP_TMP in build/demo/
with_stub() {
	local file=$1

	mkdir -p build/demo && printf '#!/bin/bash\n%s\n' "$2" >"$TAP_TMP/stub" &&
		cp "$file" "$TAP_TMP/${file##*/}" && chmod 755 "$TAP_TMP/stub" || return
	shift 2
	private 'mkdir -p "$1/demo" && mount --bind "$1/demo" build/demo &&
		mount --bind "$1/stub" "$0" && shift && exec "$@"' "$file" "$TAP_TMP" "$@"
}

# Of the last command
printed() {
	grep -c -e "$1" "$TAP_TMP/check"
}

verdicts() {
	sed -nE 's/^([1-3]): .* (ok|FAILED)$/\1 \2/p' "$TAP_TMP/check" | xargs
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

refuses 2 "make demo: run as root" "make demo as nobody" nobody make demo
is "$(printed virtual)" 0 "and there is no virtual machine then"
refuses 1 "run as root" "the check as nobody" nobody tests/running-kernel.sh

cannot="The running kernel cannot:"
refuses 0 "$cannot no BTF in /sys/kernel/btf/vmlinux" "make demo with no BTF" \
	demo_without /sys/kernel/btf
is "$(printed "made:.* demo-vm")" 1 "it goes on in the virtual machine"

if ! tests/running-kernel.sh >"$TAP_TMP/why" 2>&1; then
	skip "the demonstration" "the running kernel cannot: $(<"$TAP_TMP/why")"
	done_testing
fi
# As with an older kernel, where all options are there
refuses 1 "the kernel refuses the BPF programs: Invalid" "programs that do not load" \
	with_stub build/extkey_loader \
	'echo "{\"requirements\": [
		{\"level\": \"required\", \"tc\": false, \"met\": false, \"why\": \"no hook\"},
		{\"level\": \"optional\", \"tc\": true, \"met\": false, \"why\": \"no list\"},
		{\"level\": \"required\", \"tc\": true, \"met\": false,
		 \"why\": \"the kernel refuses the BPF programs: Invalid argument\\na log\"}]}"
	exit 4' tests/running-kernel.sh
is "$(printed "")" 1 "the reason is one line"

engine=$(tests/running-kernel.sh)
demo=(tests/run --client "$engine" --server "$engine" -- tests/demo.sh)
check "the demonstration" with_stub build/extkey_client "exec $TAP_TMP/extkey_client \"\$@\"" \
	"${demo[@]}"
is "$(verdicts)" "1 ok 2 ok 3 ok" "each experiment came out as it must"
is "$(printed "make demo-vm")" "$([[ $engine == tc ]] && echo 1 || echo 0)" \
	"the patched kernel is proposed if this is not one"
# The client's key, where both ends should have the same one
refuses 1 "FAILED" "the demonstration with a wrong key" with_stub build/extkey_client \
	'args=("$@"); for i in "${!args[@]}"; do
		[[ ${args[i]} != */same.key ]] || args[i]=${args[i]%same.key}other.key
	done
	exec '"$TAP_TMP"'/extkey_client "${args[@]}"' "${demo[@]}"
is "$(verdicts)" "1 FAILED 2 ok 3 ok" "the verdict is about the one with the wrong key"
done_testing
