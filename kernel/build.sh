#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Build the kernel of the test VM. The path of its bzImage is all there is on
# stdout; what is going on is told on stderr.
#
# What was built once is kept in $EXTKEY_CACHE, by a hash of all that goes in:
#
#   images/HASH/	bzImage, config	the results
#   trees/HASH/		linux, log	where they were built. Not by patch, so that
#					a change of it compiles only what it touches

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly package=linux-source-6.12
readonly cache=${EXTKEY_CACHE:-/var/cache/extkey}
readonly source=${EXTKEY_KERNEL_SOURCE:-/usr/src/$package.tar.xz}
readonly keep_images=6 keep_trees=2

say() { printf '%s\n' "kernel/build.sh: $*" >&2; }
die() { say "error: $*"; exit 1; }

usage()
{
	cat <<-USAGE
	Usage: kernel/build.sh [--unpatched] [--patch PATCH] [--config FRAGMENT]...

	  --unpatched        leave out the patches of kernel/series
	  --patch PATCH      apply this one as well, after those
	  --config FRAGMENT  add options to those of kernel/vm.config

	Environment:
	  EXTKEY_KERNEL_SOURCE  tarball of the sources ($source)
	  EXTKEY_CACHE          where results are kept ($cache)
	USAGE
}

patched=yes
further=
fragments=("$here/vm.config")
while (($#)); do
	case $1 in
	--unpatched)	patched= ;;
	--patch)	[[ ${2-} ]] || die "--patch needs the path of a patch"
			further=$(realpath -e -- "$2") || die "no patch $2"
			shift ;;
	--config)	[[ ${2-} ]] || die "--config needs the path of a fragment"
			fragments+=("$(realpath -e -- "$2")") || die "no fragment $2"
			shift ;;
	-h | --help)	usage; exit 0 ;;
	*)		usage >&2; die "unknown argument: $1" ;;
	esac
	shift
done

# need FILE|COMMAND PACKAGE
need()
{
	if [[ $1 == /* ]]; then [[ -e $1 ]]; else command -v "$1" >/dev/null; fi ||
		die "$1 is missing, and it is needed to build a kernel: apt install $2"
}

need flock util-linux
[[ $source != "/usr/src/$package.tar.xz" ]] || need "$source" "$package"
[[ -r $source ]] || die "cannot read $source: EXTKEY_KERNEL_SOURCE should be a tarball"
patch_file=$(mktemp)
trap 'rm -f "$patch_file"' EXIT
if [[ $patched ]]; then
	while IFS= read -r name; do
		cat "$here/$name" >>"$patch_file" || die "no $here/$name: is the checkout complete?"
	done < <(grep -v '^#' "$here/series")
	[[ -s $patch_file ]] || die "no patches in $here/series: is the checkout complete?"
fi
[[ ! $further ]] || cat "$further" >>"$patch_file"
need gcc gcc
need pahole dwarves
mkdir -p "$cache/images" "$cache/trees" 2>/dev/null || :
[[ -w $cache/images && -w $cache/trees ]] ||
	die "cannot write to $cache: run as root, or set EXTKEY_CACHE to another directory"

# The version of a package stands for its content: to hash the tarball takes
# longer than all the rest, when there is nothing to build.
source_id()
{
	if [[ $source == "/usr/src/$package.tar.xz" ]]; then
		stat -c %s "$source"
		dpkg-query -W -f '${Package} ${Version}\n' "$package" 2>/dev/null && return
	fi
	sha256sum <"$source"
}

hash() { sha256sum | cut -c 1-24; }

tree_id=$({ source_id; gcc --version; pahole --version; cat "${fragments[@]}"; } | hash)
image_id=$({ echo "$tree_id"; cat "$patch_file" "$0"; } | hash)
readonly tree=$cache/trees/$tree_id image=$cache/images/$image_id
readonly linux=$tree/linux log=$tree/log

# The time of last use decides what is kept.
finish()
{
	touch -c "$image" "$tree" 2>/dev/null || :
	echo "$image/bzImage"
	exit 0
}

[[ ! -e $image/bzImage ]] || finish

for tool in make flex bison bc patch; do
	need "$tool" "$tool"
done
need xz xz-utils
need /usr/include/gelf.h libelf-dev

# All that this starts inherits the lock: should this shell be killed, nobody
# gets into the tree before its compilers are gone.
exec 9>"$cache/lock"
if ! flock -n 9; then
	say "another build is running: waiting for it to end"
	flock 9
fi
[[ ! -e $image/bzImage ]] || finish

# Whoever is not allowed to finish leaves $tree/busy behind, and nobody can tell
# in which state the tree is.
job=
trap '[[ ! $job ]] || { kill -- "-$job" && wait "$job"; } 2>/dev/null || :; rm -f "$patch_file"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck disable=SC2317 # called by phase
# What a make above this one, or the user, has set is not meant for the kernel.
kmake()
{
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u KBUILD_OUTPUT -u CROSS_COMPILE -u KCFLAGS \
		LC_ALL=C KBUILD_BUILD_USER=extkey KBUILD_BUILD_HOST=extkey \
		KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_VERSION=1 \
		make -C "$linux" ARCH=x86_64 "$@"
}

show_log()
{
	say "the last lines of $log:"
	tail -n 30 "$log" >&2
}

# phase WHAT COMMAND... : run it with its output in the log, and show that it
# is alive: on a terminal every second, elsewhere every half a minute.
phase()
{
	local what=$1 start=$SECONDS next=30 status=0 state
	shift

	say "$what"
	: >"$log"
	set -m # a process group to kill: make does not pass on signals
	"$@" </dev/null >>"$log" 2>&1 &
	job=$!
	set +m
	while kill -0 "$job" 2>/dev/null; do
		state="$((SECONDS - start)) s, $(grep -cE '^  (CC|AS|HOSTCC) ' "$log" || :) files compiled"
		if [[ -t 2 ]]; then
			printf '\r  %s' "$state" >&2
		elif ((SECONDS - start >= next)); then
			next=$((SECONDS - start + 30))
			say "  $state"
		fi
		sleep 0.5
	done
	[[ ! -t 2 ]] || printf '\r\e[K' >&2
	wait "$job" || status=$?
	job=
	return "$status"
}

unpack()
{
	rm -rf "$tree"
	mkdir -p "$linux"
	touch "$tree/busy"
	phase "unpacking $source, about 20 s" \
		tar -x -f "$source" -C "$linux" --strip-components=1 ||
		{ show_log; die "cannot unpack $source: is there room in $cache, is it complete?"; }
	touch "$tree/applied"
	phase "configuring, about 15 s" configure || { show_log; die "cannot configure the kernel"; }
	check_config
	rm "$tree/busy"
}

# shellcheck disable=SC2317 # called by phase
configure()
{
	kmake tinyconfig &&
		(cd "$linux" && scripts/kconfig/merge_config.sh -m .config "${fragments[@]}") &&
		kmake olddefconfig
}

# Kconfig drops without a word what has an unmet dependency.
check_config()
{
	local -A want=()
	local line lost=()

	while IFS= read -r line; do
		if [[ $line =~ ^(CONFIG_[A-Za-z0-9_]+)=(.+)$ ]]; then
			want[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		elif [[ $line =~ ^'# '(CONFIG_[A-Za-z0-9_]+)' is not set'$ ]]; then
			want[${BASH_REMATCH[1]}]=n
		fi
	done < <(cat "${fragments[@]}")

	for line in "${!want[@]}"; do
		if [[ ${want[$line]} == n ]]; then
			! grep -q "^$line=" "$linux/.config" || lost+=("$line=n")
		else
			grep -qxF "$line=${want[$line]}" "$linux/.config" || lost+=("$line=${want[$line]}")
		fi
	done
	if ((${#lost[@]})); then
		say "options that did not survive 'make olddefconfig':"
		printf '  %s\n' "${lost[@]}" | sort >&2
		rm -rf "$tree"
		die "look up their dependencies and add these to the fragment"
	fi
}

apply() { patch -d "$linux" -p1 --fuzz=0 --force --no-backup-if-mismatch "$@"; }

# What the patches are going to change is kept in $tree/orig: to reverse several patches to
# one file, each would have to be told from the next.
keep_originals()
{
	local file

	rm -rf "$tree/orig"
	mkdir "$tree/orig"
	while IFS= read -r file; do
		[[ ! -e $linux/$file ]] || (cd "$linux" && cp --parents -- "$file" "$tree/orig/")
	done < <(sed -n 's|^+++ b/||p' "$patch_file" | sort -u)
}

# With the time of now, for make to see
bring_originals_back()
{
	cp -r "$tree/orig/." "$linux/"
	rm -rf "$tree/orig"
}

# Go from the patches in the tree to those asked for.
change_patch()
{
	! cmp -s "$tree/applied" "$patch_file" || return 0
	touch "$tree/busy"
	if [[ -d $tree/orig ]]; then
		bring_originals_back
	elif [[ -s $tree/applied ]]; then
		# A tree of before there was more than one
		if ! apply -R <"$tree/applied" >"$log" 2>&1; then
			say "the tree is not what it should be: starting anew"
			unpack
			touch "$tree/busy"
		fi
	fi
	: >"$tree/applied"
	if [[ -s $patch_file ]]; then
		keep_originals
		if ! apply <"$patch_file" >"$log" 2>&1; then
			bring_originals_back
			rm "$tree/busy"
			show_log
			die "the patches of $here/series do not apply to $source: rebase them"
		fi
	fi
	cp "$patch_file" "$tree/applied"
	rm "$tree/busy"
}

publish()
{
	local new=$cache/images/.new

	rm -rf "$new" "$image"
	mkdir "$new"
	cp "$linux/arch/x86/boot/bzImage" "$linux/.config" "$new/"
	mv "$new/.config" "$new/config"
	mv "$new" "$image"
}

# prune DIR COUNT : keep those that were used last
prune()
{
	local old

	find "$1" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' |
		sort -rn | tail -n +"$(($2 + 1))" | cut -d ' ' -f 2- |
		while IFS= read -r old; do
			say "removing $old, not used for long"
			rm -rf "$old"
		done
}

expect="a minute or two"
if [[ -e $tree/busy || ! -e $tree/applied ]]; then
	[[ ! -e $tree/busy ]] || say "the last build was interrupted: starting anew"
	unpack
	expect="about 10 minutes on two CPUs, about 1650 files"
fi
change_patch

touch "$tree/busy"
status=0
phase "compiling, $expect" kmake -j"$(nproc)" bzImage || status=$?
rm "$tree/busy"
((status == 0)) || { show_log; die "the kernel does not compile"; }

publish
prune "$cache/images" "$keep_images"
touch "$tree"
prune "$cache/trees" "$keep_trees"
say "done in $SECONDS s"
finish
