#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make names the package that is missing; make install leaves what it should.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL
refuses 2 "install the package clang-19" "no clang" make B="$TAP_TMP/b" CLANG=no-clang
refuses 2 "install the package bpftool" "no bpftool" make B="$TAP_TMP/b" BPFTOOL=no-bpftool
refuses 2 "install the package libbpf-dev" "no libbpf" \
	make B="$TAP_TMP/b" CC="gcc -nostdinc -isystem $TAP_TMP"

check "make install" make install DESTDIR="$TAP_TMP/root" PREFIX=/usr
check "the command runs" "$TAP_TMP/root/usr/sbin/extkey_loader" version
check "the library is there" test -f "$TAP_TMP/root/usr/lib/libextkey_preload.so"
check "the unit for systemd starts the command" grep -qx "ExecStart=/usr/sbin/extkey_loader watch" \
	"$TAP_TMP/root/usr/lib/systemd/system/extkey-watch.service"
echo '#include <extkey.h>' >"$TAP_TMP/app.c"
check "the header compiles from there" \
	gcc -Wall -Wextra -Werror -I "$TAP_TMP/root/usr/include" -c "$TAP_TMP/app.c" -o "$TAP_TMP/app.o"
check "nothing generated is in the sources" bash -c "! git ls-files | grep -E '^build/|\.(o|pcap)\$'"
done_testing
