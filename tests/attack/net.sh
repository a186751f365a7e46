# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The two hosts of tests/lib/net.sh, and an attacker in the middle of both paths.
# Wants e2e.sh, and is to be sourced before e2e_up.
#
#	+---- $NS_C ----+        +---- $NS_A -----+        +---- $NS_S ----+
#	|  $NET1_C   c1 |========| a1          a2 |========| s1   $NET1_S  |
#	|               | path 1 |   $NET1_A      | path 1 |               |
#	|               |        |    attacker    |        |               |
#	|               |        |   $NET2_A      |        |               |
#	|  $NET2_C   c2 |========| a3          a4 |========| s2   $NET2_S  |
#	+---------------+ path 2 +----------------+ path 2 +---------------+
#				     a5 ======= b1  $NS_B: another host,
#						    $NET1_B and $NET2_B
#
# No kernel forwards there: the attacker passes frames on, so it can change and
# withhold them. Its addresses are its own as well, not those of the namespace.
# $ATTACKER may be another program than build/attacker, with its arguments: it gets
# the names of the interfaces, and says "ready".
#
#	attack COMMAND [NAME=VALUE]...	what build/attacker answers to that, which
#				ends up in $REPLY_LINE too; false if it has no answer
#	attack_begin COMMAND...	does not wait for the answer, but for its beginning
#	attack_end		waits for it
#	reply NAME		a value of the answer

NS_A=extkey-a-$TAP_PID
NS_B=extkey-b-$TAP_PID
NET1_A=10.0.1.66
NET2_A=10.0.2.66
NET1_B=10.0.1.3
NET2_B=10.0.1.4
ATTACKER=(build/attacker --own "$NET1_A" --own "$NET2_A" --other a5
	--patience $((500 * ${EXTKEY_SLOWNESS:-1})))
ATTACK_NR=0
REPLY_LINE=

# NS IFACE: frames as they would be on a wire, and none larger
attack_wire() {
	in_ns "$1" ethtool -K "$2" tx off tso off gso off gro off >/dev/null
}

# HOST-NS HOST-IFACE IFACE
attack_link() {
	ip link add "$2" netns "$1" type veth peer name "$3" netns "$NS_A" &&
		attack_wire "$1" "$2" && attack_wire "$NS_A" "$3" &&
		ip -n "$NS_A" link set "$3" arp off up
}

# To whom all is the attacker; the server knows it by that link address as well
other_host() {
	local address=02:00:00:00:00:66

	ip netns add "$NS_B" && net_host "$NS_B" && attack_link "$NS_B" b1 a5 &&
		net_address "$NS_B" b1 "$NET1_B" && net_address "$NS_B" b1 "$NET2_B" &&
		ip -n "$NS_B" neigh add "$NET1_S" dev b1 lladdr $address &&
		ip -n "$NS_B" neigh add "$NET1_A" dev b1 lladdr $address &&
		ip -n "$NS_S" neigh add "$NET2_B" dev s1 lladdr $address
}

attacker_ready() {
	grep -q '^ready' "$TAP_TMP/attacker.out" || running attacker || bail "no attacker"
	grep -q '^ready' "$TAP_TMP/attacker.out"
}

# In the place of that in net.sh
net_make() {
	ip netns add "$NS_C" && ip netns add "$NS_S" && ip netns add "$NS_A" &&
		net_host "$NS_C" && net_host "$NS_S" &&
		in_ns "$NS_A" sysctl -q net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 &&
		attack_link "$NS_C" c1 a1 && attack_link "$NS_S" s1 a2 &&
		attack_link "$NS_C" c2 a3 && attack_link "$NS_S" s2 a4 &&
		net_address "$NS_C" c1 "$NET1_C" && net_address "$NS_S" s1 "$NET1_S" &&
		net_address "$NS_C" c2 "$NET2_C" && net_address "$NS_S" s2 "$NET2_S" &&
		net_route c1 "$NET1_C" "$NET1_S" 1 && net_route c2 "$NET2_C" "$NET2_S" 2 &&
		other_host || return
	spawn attacker in_ns "$NS_A" "${ATTACKER[@]}" a1 a2 a3 a4
	wait_for 10 attacker_ready && wait_for 10 net_settled
}

attack_down() {
	net_remove "$NS_B"
	net_remove "$NS_A"
}
on_exit attack_down

attack_said() {
	grep -q "^$1 $ATTACK_NR\\b.*$2" "$TAP_TMP/attacker.out"
}

attack_begin() {
	tell attacker "$((++ATTACK_NR)) $*"
	wait_for 10 attack_said begin ''
}

attack_end() {
	wait_for 60 attack_said reply ' end$' || return
	REPLY_LINE=$(sed -n "s/^reply $ATTACK_NR //p" "$TAP_TMP/attacker.out")
	echo "$REPLY_LINE"
	[[ $REPLY_LINE != *error=* ]]
}

attack() {
	attack_begin "$@" && attack_end
}

reply() {
	sed -nE "s/.*\\b$1=([^ ]*).*/\\1/p" <<<"$REPLY_LINE"
}
