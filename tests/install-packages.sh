#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what is missing, and does nothing, nor asks a registry, if it is all there:
#
#	install-packages.sh [GROUP]...	all groups if none is named
#
#	host	the command, and what runs the tests on the running kernel
#	lint	what tests/lint.sh runs
#	source	the kernel's source, which a few tests on the running kernel look into
#	vm	what builds kernels of it, and runs them
set -euo pipefail

host=(
	# the command and the BPF programs
	gcc make libc6-dev clang-19 llvm-19 libbpf-dev libelf-dev zlib1g-dev bpftool
	libjansson-dev libmnl-dev libssl-dev
	# the tests
	perl libcmocka-dev openssl iproute2 tcpdump jq util-linux procps bsdextrautils
	libcap2-bin strace ethtool iperf3 gnuplot-nox spin libclang-rt-19-dev wireguard-tools
	iptables nftables iputils-ping
	# other people's programs
	nginx-light libnginx-mod-stream haproxy curl socat wget mptcpize openssh-client openssh-server systemd
	nodejs openjdk-17-jdk-headless python3 golang-go liburing-dev
)
lint=(clang-format-19 clang-tidy-19 shellcheck codespell)
source=(linux-source-6.12 xz-utils)
vm=("${source[@]}" flex bison bc cpio kmod patch dwarves qemu-system-x86)

(($#)) || set -- host lint vm
packages=()
for group; do
	case $group in
	host)	packages+=("${host[@]}") ;;
	lint)	packages+=("${lint[@]}") ;;
	source)	packages+=("${source[@]}") ;;
	vm)	packages+=("${vm[@]}") ;;
	*)	echo "usage: tests/install-packages.sh [host | lint | source | vm]..." >&2; exit 1 ;;
	esac
done

# dpkg-query fails if there is one among them that this machine never had
# shellcheck disable=SC2016 # ${...} is for dpkg-query
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null) || :
missing=$(awk '$2 == "installed" { print $1 }' <<<"$installed" | sort |
	comm -13 - <(printf '%s\n' "${packages[@]}" | sort -u))
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "packages are missing; install them as root:" $missing >&2
	exit 1
fi
echo "installing:" $missing >&2
export DEBIAN_FRONTEND=noninteractive
# Servers are there to be tested, not to run: see invoke-rc.d(8)
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -y -qq --no-install-recommends $missing >&2
