#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Connections that wait for a key, where the kernel puts what the client sends into IPsec or into
# IPv6 before programs at its cgroup see it. The first subflow works; joins are held as elsewhere,
# and with engine hook, whose masks are inside, they succeed when the keys are there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/sockets.sh

[[ $SCHEME == siphash ]] || skip_all "--wait-key goes with scheme siphash"

ESP_KEY=0x$(printf '%040d' 1)

# NS DIRECTION FROM: between there and the server's address, in transport mode
ipsec_policy() {
	ip -n "$1" xfrm policy add dir "$2" src "$3" dst "$NET1_S" tmpl proto esp mode transport
}

# FROM SPI: what goes from there to the server
ipsec() {
	local ns

	for ns in "$NS_C" "$NS_S"; do
		ip -n "$ns" xfrm state add src "$1" dst "$NET1_S" proto esp spi "$2" mode transport \
			aead 'rfc4106(gcm(aes))' "$ESP_KEY" 128 || return
	done
	ipsec_policy "$NS_C" out "$1" && ipsec_policy "$NS_S" in "$1"
}

# TABLE ADDR DEV: all that the client sends by that path
segments() {
	ip -n "$NS_C" route replace default encap seg6 mode encap segs "$2" dev "$3" table "$1"
}

in_ipv6() {
	in_s sysctl -qw net.ipv6.conf.{all,s1,s2}.seg6_enabled=1 && net_ipv6 &&
		segments 1 "$NET1_S6" c1 && segments 2 "$NET2_S6" c2
}

held() {
	in_c ss -Htn state syn-sent | grep -q .
}

tunnel() {
	if in_ipv6; then
		diag "in IPv6, by segment routing"
	elif ipsec "$NET1_C" 1001 && ipsec "$NET2_C" 1002; then
		diag "in IPsec"
	else
		return 1
	fi
} 2>/dev/null

e2e_up
tunnel || skip_all "the kernel has neither segment routing nor IPsec"
check "attach the client's cgroup" loader attach "$CG_C" --wait-key
check "attach the server's cgroup" loader attach "$CG_S" --wait-key
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
sockets_up
mib_snapshot "$NS_S"
does server socket listener
does server bind listener 0.0.0.0 "$PORT"
does server listen listener
does client socket a
does client connect a "$NET1_S" "$PORT"
does server accept listener a
lives "the first subflow works" a a
check "the client's join is held" wait_for 10 held
lives "and still" a a
is "$(mib_moved "$NS_S" MPJoinSynRx)" 0 "no SYN of a join arrives"
does server key a "$KEY_HEX"
does client key a "$KEY_HEX"
joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
[[ $ENGINE_C$ENGINE_S != hookhook ]] || check "with the keys, it succeeds" wait_for 30 joined
lives "data" a a
done_testing
