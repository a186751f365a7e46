#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make names the package that is missing; make install leaves what it should.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL
refuses 2 "install the package clang-19" "no clang" make B="$TAP_TMP/b" CLANG=no-clang
refuses 2 "install the package bpftool" "no bpftool" make B="$TAP_TMP/b" BPFTOOL=no-bpftool
refuses 2 "install the package gcc" "no compiler" make B="$TAP_TMP/b" CC=no-gcc
# They are looked for one after the other: those before are there, and empty
for header in bpf/libbpf.h,libbpf-dev libelf.h,libelf-dev jansson.h,libjansson-dev \
	libmnl/libmnl.h,libmnl-dev linux/mptcp.h,linux-libc-dev; do
	refuses 2 "install the package ${header#*,}" "no ${header%,*}" \
		make B="$TAP_TMP/b" CC="gcc -nostdinc -isystem $TAP_TMP/headers"
	install -D /dev/null "$TAP_TMP/headers/${header%,*}"
done
refuses 2 "libbpf is older than 1.0" "a libbpf with no version" \
	make B="$TAP_TMP/b" CC="gcc -nostdinc -isystem $TAP_TMP/headers"
printf '#define LIBBPF_MAJOR_VERSION 1\n' >"$TAP_TMP/headers/bpf/libbpf.h"
refuses 2 "install the package libssl-dev" "no openssl/ssl.h" \
	make B="$TAP_TMP/b" CC="gcc -nostdinc -isystem $TAP_TMP/headers"

check "make install" make install DESTDIR="$TAP_TMP/root" PREFIX=/usr
check "the command runs" "$TAP_TMP/root/usr/sbin/extkey_loader" version
check "the library is there" test -f "$TAP_TMP/root/usr/lib/libextkey_preload.so" -a -f "$TAP_TMP/root/usr/lib/libextkey_tls.so"
check "the unit for systemd starts the command" grep -qx 'ExecStart="/usr/sbin/extkey_loader" watch' \
	"$TAP_TMP/root/usr/lib/systemd/system/extkey-watch.service"
prefix="/opt/it's a|b & c"
check "make install, to a directory with an odd name" make install DESTDIR="$TAP_TMP/a root" PREFIX="$prefix"
check "the command is there" test -x "$TAP_TMP/a root$prefix/sbin/extkey_loader"
check "and the unit starts it" grep -qFx "ExecStart=\"$prefix/sbin/extkey_loader\" watch" \
	"$TAP_TMP/a root$prefix/lib/systemd/system/extkey-watch.service"
echo '#include <extkey.h>' >"$TAP_TMP/app.c"
check "the header compiles from there" \
	gcc -Wall -Wextra -Werror -I "$TAP_TMP/root/usr/include" -c "$TAP_TMP/app.c" -o "$TAP_TMP/app.o"
check "nothing generated is in the sources" bash -c "! git ls-files | grep -E '^build/|\.(o|pcap)\$'"
done_testing
