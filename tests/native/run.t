#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# "extkey_loader run" runs no program that the library does not reach: it would go on without the
# key. Each answer is compared with what ld.so makes of another library, which says so.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

NOBODY=65534
dir=$TAP_TMP/open # for others as well

chmod 755 "$TAP_TMP" && mkdir "$dir" && mount -t tmpfs -o mode=755 none "$dir" || bail "no file system"
on_exit umount "$dir"
cp build/extkey_loader build/libextkey_preload.so "$dir"
echo 0102030405060708 >"$dir/key"
chmod 600 "$dir/key"

compile() { # NAME FLAG...: from stdin
	cc -O0 -o "$dir/$1" "${@:2}" -x c -
}

program() {
	echo 'int main(int argc, char **argv) { return argc > 1 ? 7 : 0; }' | compile "$@"
}

# A header of 32 bits is all of it: EM_386, which may have no compiler here
program_32() {
	printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1\0\0\0' >"$dir/elf32"
	printf '%32s' '' | tr ' ' '\0' >>"$dir/elf32"
	chmod 755 "$dir/elf32"
}

script() { # NAME LINE
	echo "$2" >"$dir/$1"
	chmod 755 "$dir/$1"
}

# As USER, "" for root
as_user() {
	local user=$1
	shift

	chown "${user:-0}" "$dir/key"
	if [[ $user ]]; then
		setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
	else
		"$@"
	fi
}

reached() { # USER PROGRAM
	[[ $(as_user "$1" env LD_PRELOAD="$dir/says.so" "$dir/$2" 2>/dev/null) == *reached* ]]
}

run_as() { # USER WORD...
	as_user "$1" "$dir/extkey_loader" run --key-file "$dir/key" "${@:2}"
}

takes() { # DESC USER PROGRAM
	check "$1: the library reaches it" reached "$2" "$3"
	refuses 7 "" "$1: it runs" run_as "$2" "$dir/$3" 7
}

leaves() { # DESC WHY USER PROGRAM
	check "$1: no library reaches it" eval '! reached "$3" "$4"'
	refuses 1 "$2; give the key to its cgroup: 'extkey_loader attach CGROUP --key-file FILE'" \
		"$1: it is refused" run_as "$3" "$dir/$4" 7
}

echo '#include <unistd.h>
	__attribute__((constructor)) static void say(void) { if (write(1, "reached", 7)) return; }' |
	compile says.so -shared -fPIC || bail "no library"
check "a program" program dynamic
check "one without PIE" program fixed -no-pie
check "a static one" program static -static
check "a static one with PIE" program static-pie -static-pie
program_32

takes "a program" "" dynamic
takes "one without PIE" "" fixed
leaves "static" "is linked statically" "" static
leaves "static with PIE" "is linked statically" "" static-pie
leaves "32 bits" "is for another machine, such as one of 32 bits" "" elf32

# Scripts
script by-sh $'#! /bin/sh\nexit $1'
script by-nothing 'exit $1'
script by-static "#!$dir/static"
script by-script "#!$dir/by-static -x"
script by-env $'#!/usr/bin/env -S sh\nexit $1'
takes "a script" "" by-sh
takes "a script that env finds the interpreter of" "" by-env
refuses 7 "" "what the shell runs, as execvp() has it" run_as "" "$dir/by-nothing" 7
leaves "the script of a static interpreter" "'$dir/static', which is linked statically" "" by-static
leaves "a script of a script" "'$dir/static', which is linked statically" "" by-script

# Through PATH, as execvp() goes
mkdir "$dir/first" "$dir/second"
mkdir "$dir/first/tool"
cp "$dir/dynamic" "$dir/second/tool"
cp "$dir/static" "$dir/first/other"
chmod 644 "$dir/first/other"
cp "$dir/dynamic" "$dir/second/other"
PATH=$dir/first:$dir/second:$PATH refuses 7 "" "not a directory of that name" run_as "" tool 7
PATH=$dir/first:$dir/second:$PATH refuses 7 "" "nor what cannot be run" run_as "" other 7
chmod 755 "$dir/first/other"
PATH=$dir/first:$dir/second:$PATH refuses 1 "'$dir/first/other', which is linked statically" \
	"but what comes first" run_as "" other 7
refuses 1 "'first/other', which is linked statically" "by a path" env -C "$dir" "$dir/extkey_loader" run \
	--key-file "$dir/key" first/other 7
PATH=:$PATH refuses 1 "'other', which is linked statically" "here, by an empty name" env -C "$dir/first" \
	"$dir/extkey_loader" run --key-file "$dir/key" other 7
refuses 1 "cannot run 'no-such-program': No such file or directory" "no program" run_as "" no-such-program
refuses 1 "cannot run '$dir': Permission denied" "a directory" run_as "" "$dir"

# Privileges
PRIVILEGES="would run with other privileges (set-user-ID, set-group-ID or file capabilities)"
for name in setuid setgid setgid-alone caps setuid-nobody; do
	cp "$dir/dynamic" "$dir/$name"
done
chmod u+s "$dir/setuid"
chmod g+s "$dir/setgid"
chmod g+s,g-x "$dir/setgid-alone"
chown $NOBODY "$dir/setuid-nobody"
chmod u+s "$dir/setuid-nobody"
check "give a program a capability" setcap cap_net_raw+ep "$dir/caps"
for name in setuid setgid caps; do
	leaves "$name" "$PRIVILEGES" $NOBODY "$name"
	takes "$name, as root" "" "$name"
done
takes "setgid without x" $NOBODY setgid-alone
leaves "setuid to another user, as root" "$PRIVILEGES" "" setuid-nobody
takes "setuid to oneself" $NOBODY setuid-nobody
chmod 711 "$dir/dynamic"
refuses 1 "cannot be read, to see whether it takes one" "what cannot be read" run_as $NOBODY "$dir/dynamic" 7
chmod 755 "$dir/dynamic"

# Where these bits do not count
reached_nnp() {
	[[ $(setpriv --no-new-privs --reuid $NOBODY --regid $NOBODY --clear-groups \
		env LD_PRELOAD="$dir/says.so" "$dir/setuid") == *reached* ]]
}
check "no_new_privs: the library reaches setuid" reached_nnp
chown $NOBODY "$dir/key"
refuses 7 "" "no_new_privs: it runs" setpriv --no-new-privs --reuid $NOBODY --regid $NOBODY --clear-groups \
	"$dir/extkey_loader" run --key-file "$dir/key" "$dir/setuid" 7
check "mount without setuid" mount -o remount,nosuid "$dir"
for name in setuid setgid caps; do
	takes "$name, mounted nosuid" $NOBODY "$name"
done

# Without a library there is nothing to be reached
refuses 7 "" "with neither key nor --mptcp" "$dir/extkey_loader" run "$dir/static" 7
refuses 1 "which is linked statically; --mptcp is not for it" "--mptcp alone" "$dir/extkey_loader" run --mptcp "$dir/static" 7
done_testing
