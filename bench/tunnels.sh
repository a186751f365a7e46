# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What keeps strangers out of paths without extkey: WireGuard or IPsec under each
# path, with addresses of their own beside those of net.sh. Wants bench/lib.sh.
#
#	tunnels_wireguard	10.0.11.1 - 10.0.11.2 over path 1, 10.0.12.* over 2
#	tunnels_esp		10.0.21.1 over path 1 and 10.0.22.1 over path 2, both
#				to 10.0.21.2: transport mode, AES-128-GCM
#
# Both fail where the kernel has no such thing, and leave nothing then.

# NS END N PEER: END (c or s) of path N, whose own address ends in OWN
wireguard_end() {
	local ns=$1 end=$2 n=$3 own=$4 other=$5 peer=$6

	ip -n "$ns" link add "w$n" type wireguard 2>/dev/null &&
		in_ns "$ns" wg set "w$n" private-key "$TAP_TMP/$end.wg" listen-port "600$n" \
			peer "$(wg pubkey <"$TAP_TMP/$peer.wg")" allowed-ips 0.0.0.0/0 \
			endpoint "10.0.$n.$other:600$n" &&
		net_address "$ns" "w$n" "10.0.1$n.$own"
}

tunnels_wireguard() {
	local n

	command -v wg >/dev/null || return
	(umask 077 && wg genkey >"$TAP_TMP/c.wg" && wg genkey >"$TAP_TMP/s.wg") || return
	for n in 1 2; do
		wireguard_end "$NS_C" c $n 1 2 s && wireguard_end "$NS_S" s $n 2 1 c &&
			net_route "w$n" "10.0.1$n.1" "10.0.1$n.2" "1$n" || return
	done
}

# NS: both directions of path N, with the same keys on both hosts
esp_path() {
	local ns=$1 n=$2 out=$3 in=$4 up=$5 down=$6 client=10.0.2$2.1 server=10.0.21.2

	ip -n "$ns" xfrm state add src "$client" dst "$server" proto esp spi "0x10$n" mode transport \
		aead 'rfc4106(gcm(aes))' "$up" 128 2>/dev/null &&
		ip -n "$ns" xfrm state add src "$server" dst "$client" proto esp spi "0x20$n" mode transport \
			aead 'rfc4106(gcm(aes))' "$down" 128 &&
		ip -n "$ns" xfrm policy add src "$client" dst "$server" dir "$out" \
			tmpl proto esp mode transport &&
		ip -n "$ns" xfrm policy add src "$server" dst "$client" dir "$in" \
			tmpl proto esp mode transport
}

tunnels_esp() {
	local n up down

	net_address "$NS_S" s1 10.0.21.2 || return
	for n in 1 2; do
		up=0x$(openssl rand -hex 20) down=0x$(openssl rand -hex 20)
		net_address "$NS_C" c$n 10.0.2$n.1 &&
			net_route c$n 10.0.2$n.1 "10.0.$n.2" "2$n" &&
			ip -n "$NS_S" route replace 10.0.2$n.1 via 10.0.$n.1 dev s$n &&
			esp_path "$NS_C" $n out in "$up" "$down" &&
			esp_path "$NS_S" $n in out "$up" "$down" || return
	done
}
