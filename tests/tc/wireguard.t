#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Both paths are of WireGuard, and what they go over has programs as well.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/devices.sh

E2E_BYTES=$((512 << 10)) # to encrypt is slow work for an emulated machine

below() {
	local ns=$1 end=$2 n=$3 addr=$4

	ip -n "$ns" link set "$end$n" down && ip -n "$ns" addr flush dev "$end$n" &&
		ip -n "$ns" link set "$end$n" name "below$n" &&
		ip -n "$ns" addr add "$addr/24" dev "below$n" &&
		ip -n "$ns" link set "below$n" up
}

# The public key of END, whose private key is in a file
public_key() {
	wg pubkey <"$TAP_TMP/$1.wg"
}

wireguard() {
	local ns=$1 end=$2 n=$3 peer=$4 endpoint=$5

	ip -n "$ns" link add "$end$n" type wireguard &&
		in_ns "$ns" wg set "$end$n" private-key "$TAP_TMP/$end.wg" listen-port "600$n" \
			peer "$(public_key "$peer")" allowed-ips 0.0.0.0/0 endpoint "$endpoint:600$n" &&
		move_path "$n" "$end" "$end$n"
}

need_device try type wireguard
command -v wg >/dev/null || skip_all "there is no wg; install the package wireguard-tools"
(umask 077 && wg genkey >"$TAP_TMP/c.wg" && wg genkey >"$TAP_TMP/s.wg")
e2e_up
for n in 1 2; do
	check "path $n has other addresses, client" below "$NS_C" c $n "172.16.$n.1"
	check "path $n has other addresses, server" below "$NS_S" s $n "172.16.$n.2"
	check "WireGuard on path $n, client" wireguard "$NS_C" c $n s "172.16.$n.2"
	check "WireGuard on path $n, server" wireguard "$NS_S" s $n c "172.16.$n.1"
done
check "their rate is limited" net_rate "$E2E_RATE"
join_works wireguard
done_testing
