#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, and says nothing if it is all there:
#
#	install-packages.sh [host|vm]
#
#	host	the command, and what runs of the tests on the running kernel
#	vm	that, the kernel with the hook, and the virtual machine for it; the default
set -euo pipefail

packages=(
	# the command and the BPF programs
	gcc make libc6-dev clang-19 llvm-19 libbpf-dev libelf-dev zlib1g-dev bpftool
	libjansson-dev libmnl-dev
	# the tests
	perl libcmocka-dev openssl iproute2 tcpdump jq util-linux procps bsdextrautils
	libcap2-bin libssl-dev strace ethtool iperf3 gnuplot-nox spin libclang-rt-19-dev wireguard-tools
	iptables nftables iputils-ping
)
case ${1-vm} in
host)	;;
vm)	packages+=(linux-source-6.12 flex bison bc cpio kmod xz-utils patch dwarves
		qemu-system-x86) ;;
*)	echo "usage: tests/install-packages.sh [host|vm]" >&2; exit 1 ;;
esac

# dpkg-query fails if there is one among them that this machine never had
# shellcheck disable=SC2016 # ${...} is for dpkg-query
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) || :
missing=$(awk '$2 == "installed" { print $1 }' <<<"$installed" | sort |
	comm -13 - <(printf '%s\n' "${packages[@]}" | sort))
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "packages are missing; install them as root:" $missing >&2
	exit 1
fi
echo "installing:" $missing >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing >&2
