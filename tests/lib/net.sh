# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Two hosts with two paths between them. Wants tap.sh.
#
#	+----------- $NS_C -----------+           +----------- $NS_S -----------+
#	|   client                    |           |                    server   |
#	|   $NET1_C 10.0.1.1/24    c1 |===========| s1    $NET1_S 10.0.1.2/24   |
#	|                             |  path 1   |                             |
#	|   $NET2_C 10.0.2.1/24    c2 |===========| s2    $NET2_S 10.0.2.2/24   |
#	|                             |  path 2   |                             |
#	+-----------------------------+           +-----------------------------+
#
# The client's address decides the path: a subflow from $NET2_C to $NET1_S takes
# path 2, and so do the answers. Names and addresses may be set before this file is sourced.
#
#	net_up			makes all that, to be removed at the end
#	net_down		removes it earlier
#	in_c CMD..., in_s CMD..., in_ns NS CMD...
#	endpoint_c ADDR FLAG..., endpoint_s ADDR FLAG...
#				an MPTCP endpoint ("subflow", "signal", ...)
#	net_rate RATE		limits each path, in both directions ("20mbit")
#
#	mib NS NAME		value of a counter, named as by nstat, or without
#				its MPTcpExt or TcpExt
#	mib_snapshot NS		remembers all counters,
#	mib_diff NS		prints those that moved since, and by how much
#	mib_moved NS NAME	by how much this one did
#
#	capture_start NS IFACE FILE	returns when packets are really captured
#	capture_stop [FILE]	returns when all packets up to now are in FILE;
#				without FILE, stops all captures
#	join_tokens FILE	"SRC DST TOKEN NONCE" for each MP_JOIN SYN, those
#				that are repeated only once
#	mpcapable_keys FILE	"SRC DST CLIENTKEY SERVERKEY" for each connection
#	plain_token KEY		the token of a key by RFC 8684
#				(SRC, DST are ADDR:PORT, all others hex digits)
#
#	subflows NS		"LOCAL REMOTE FLAGS" for each established subflow of
#				MPTCP, with the flags that ss prints

: "${NS_C:=extkey-c-$TAP_PID}" "${NS_S:=extkey-s-$TAP_PID}"
: "${NET1_C:=10.0.1.1}" "${NET1_S:=10.0.1.2}" "${NET2_C:=10.0.2.1}" "${NET2_S:=10.0.2.2}"
: "${NET_PREFIX:=24}"
NET1_C6=fd00:1::1 NET1_S6=fd00:1::2 NET2_C6=fd00:2::1 NET2_S6=fd00:2::2

NET_DISCARD_PORT=9
NET_SNAPLEN=256 # all headers and MPTCP options, and little data
declare -A NET_CAPTURES=()
NET_NR_CAPTURES=0

# "ip netns exec" would mount another /sys, in which no BPF file system is
in_ns() {
	local ns=$1
	shift

	nsenter --net="/run/netns/$ns" "$@"
}

in_c() {
	in_ns "$NS_C" "$@"
}

in_s() {
	in_ns "$NS_S" "$@"
}

# Processes that are still in there would keep a namespace alive
net_remove() {
	local pid

	[[ -e /run/netns/$1 ]] || return 0
	for pid in $(ip netns pids "$1"); do
		kill -KILL "$pid" 2>/dev/null
	done
	ip netns del "$1"
}

# Leftovers of a test that was killed: its PID is in the name
net_sweep() {
	local ns

	# "a" and "f" are the attackers of tests/attack/ and flood.t, "b" is another
	# host of tests/attack/, "m" is the host in the middle of tests/lib/devices.sh
	for ns in /run/netns/extkey-[abcfms]-*; do
		[[ ! -e $ns || -d /proc/${ns##*-} ]] || net_remove "${ns##*/}"
	done
}

# NS IFACE ADDR
net_address() {
	ip -n "$1" addr add "$3/$NET_PREFIX" dev "$2" && ip -n "$1" link set "$2" up
}

# IFACE ADDR GATEWAY TABLE: all that the client sends from ADDR goes by IFACE.
# The server needs no such rule: it goes by the addresses that it answers to.
net_route() {
	ip -n "$NS_C" route add default via "$3" dev "$1" table "$4" &&
		ip -n "$NS_C" rule add from "$2" table "$4"
}

net_host() {
	ip -n "$1" link set lo up &&
		in_ns "$1" sysctl -q net.mptcp.enabled=1 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 &&
		ip -n "$1" mptcp limits set subflow 4 add_addr_accepted 4
}

# Whether the hosts know each other's link addresses, for which a packet was sent
net_settled() {
	net_mark "$NS_C" c1 settle && net_mark "$NS_C" c2 settle
	[[ $(ip -n "$NS_C" neigh show to "$NET1_S" dev c1 nud reachable) &&
		$(ip -n "$NS_C" neigh show to "$NET2_S" dev c2 nud reachable) ]]
}

net_make() {
	ip netns add "$NS_C" && ip netns add "$NS_S" &&
		net_host "$NS_C" && net_host "$NS_S" &&
		ip link add c1 netns "$NS_C" type veth peer name s1 netns "$NS_S" &&
		ip link add c2 netns "$NS_C" type veth peer name s2 netns "$NS_S" &&
		net_address "$NS_C" c1 "$NET1_C" && net_address "$NS_S" s1 "$NET1_S" &&
		net_address "$NS_C" c2 "$NET2_C" && net_address "$NS_S" s2 "$NET2_S" &&
		net_route c1 "$NET1_C" "$NET1_S" 1 && net_route c2 "$NET2_C" "$NET2_S" 2 &&
		wait_for 10 net_settled
}

net_ipv6() {
	in_c sysctl -q net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip -n "$NS_C" addr add "$NET1_C6/64" dev c1 nodad &&
		ip -n "$NS_S" addr add "$NET1_S6/64" dev s1 nodad &&
		ip -n "$NS_C" addr add "$NET2_C6/64" dev c2 nodad &&
		ip -n "$NS_S" addr add "$NET2_S6/64" dev s2 nodad &&
		ip -n "$NS_C" -6 route add default via "$NET1_S6" dev c1 table 1 &&
		ip -n "$NS_C" -6 route add default via "$NET2_S6" dev c2 table 2 &&
		ip -n "$NS_C" -6 rule add from "$NET1_C6" table 1 &&
		ip -n "$NS_C" -6 rule add from "$NET2_C6" table 2
}

net_up() {
	net_sweep
	on_exit net_down
	net_make || bail "cannot set up the network namespaces"
}

net_down() {
	# shellcheck disable=SC2119
	capture_stop >/dev/null
	net_remove "$NS_C"
	net_remove "$NS_S"
}

# With the device the kernel's path manager takes this path, whatever the routes
net_endpoint() {
	local ns=$1 addr=$2 dev
	shift 2

	dev=$(ip -n "$ns" -json addr show to "$addr" | jq -r '.[].ifname // empty')
	[[ $dev ]] || { diag "no interface of $ns has the address $addr"; return 1; }
	ip -n "$ns" mptcp endpoint add "$addr" dev "$dev" "$@"
}

endpoint_c() {
	net_endpoint "$NS_C" "$@"
}

endpoint_s() {
	net_endpoint "$NS_S" "$@"
}

net_rate() {
	local end

	for end in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		# burst and latency: a few packets of 64 KiB, as veth has them
		tc -n "${end% *}" qdisc replace dev "${end#* }" root \
			tbf rate "$1" burst 128kb latency 100ms || return
	done
}

# "Name value" of each counter: a line of names, then one of values
mib_all() {
	# shellcheck disable=SC2016
	in_ns "$1" awk '{
		prefix = $1
		sub(":", "", prefix)
		if (prefix != previous)
			split($0, names)
		else
			for (i = 2; i <= NF; i++)
				print prefix names[i], $i
		previous = prefix == previous ? "" : prefix
	}' /proc/net/netstat /proc/net/snmp
}

# A counter that does not exist isn't one of value 0
mib_pick() {
	awk -v name="$1" '
		$1 == name || $1 == "MPTcpExt" name || $1 == "TcpExt" name {
			print $2
			found = 1
			exit
		}
		END { exit !found }' || { echo "no counter has the name $1" >&2; return 1; }
}

mib() {
	mib_all "$1" | mib_pick "$2"
}

mib_snapshot() {
	mib_all "$1" >"$TAP_TMP/mib.$1"
}

mib_changes() {
	mib_all "$1" | awk '
		NR == FNR { before[$1] = $2; next }
		{ print $1, $2 - before[$1] }' "$TAP_TMP/mib.$1" -
}

mib_diff() {
	mib_changes "$1" | awk '$2 != 0'
}

mib_moved() {
	mib_changes "$1" | mib_pick "$2"
}

# A packet that is seen on an interface, and goes to a port where nobody is
net_mark() {
	local ns=$1 iface=$2 text=$3 to

	case $iface in
	s1) to=$NET1_C ;;
	s2) to=$NET2_C ;;
	c2) to=$NET2_S ;;
	*) to=$NET1_S; [[ $ns != "$NS_S" ]] || to=$NET1_C ;;
	esac
	# shellcheck disable=SC2016
	in_ns "$ns" bash -c 'echo "$1" >"/dev/udp/$2/$3"' - "$text" "$to" "$NET_DISCARD_PORT"
}

# Sent again each time, as packets are missed until the capture has begun
net_marked() {
	running "$1" || return 0
	net_mark "$2" "$3" "$4" 2>/dev/null
	grep -qaF "$4" "$5"
}

capture_start() {
	local ns=$1 iface=$2 file=$3 name=capture-$((++NET_NR_CAPTURES))

	NET_CAPTURES[$file]="$name $ns $iface"
	spawn "$name" in_ns "$ns" tcpdump -q -Z root -U --immediate-mode -s "$NET_SNAPLEN" -B 16384 -i "$iface" -w "$file"
	if wait_for 30 net_marked "$name" "$ns" "$iface" "$name-begins" "$file" &&
	   running "$name"; then
		return 0
	fi
	diag "cannot capture on $iface: $(tail -n 5 "$TAP_TMP/$name.err")"
	stop "$name"
	unset "NET_CAPTURES[$file]"
	return 1
}

# Packets stay in order: all that came before the last marker are there with it
capture_stop_one() {
	local file=$1 name ns iface status=0

	read -r name ns iface <<<"${NET_CAPTURES[$file]}"
	unset "NET_CAPTURES[$file]"
	wait_for 30 net_marked "$name" "$ns" "$iface" "$name-ends" "$file" || status=1
	running "$name" || status=1
	stop "$name"
	if ! grep -q '^0 packets dropped by kernel' "$TAP_TMP/$name.err"; then
		diag "packets are missing in $file: $(tail -n 5 "$TAP_TMP/$name.err")"
		status=1
	fi
	return $status
}

# shellcheck disable=SC2120
capture_stop() {
	local file status=0

	(($#)) || set -- "${!NET_CAPTURES[@]}"
	for file in "$@"; do
		capture_stop_one "$file" || status=1
	done
	return $status
}

# "SRC DST MPTCP-OPTION" of each packet with one. tcpdump, not tshark: in an
# emulated machine that takes 5 seconds to start.
net_dissect() {
	tcpdump -nn -r "$1" 'ip or ip6' 2>/dev/null |
		sed -nE 's/^[^ ]+ (.* )?IP6? ([^ ]+)\.([0-9]+) > ([^ ]+)\.([0-9]+): (.*)$/\2:\3 \4:\5 \6/
			s/^([^ ]+ [^ ]+) .*(Flags \[[^]]*\]).*mptcp [0-9]+ ([^],{]*(\{[^}]*\})?).*/\1 \2 \3/p'
}

join_tokens() {
	local src dst token nonce

	net_dissect "$1" | sed -nE \
		's/^([^ ]+ [^ ]+) Flags \[S\] join .*token 0x([0-9a-f]+) nonce 0x([0-9a-f]+).*/\1 \2 \3/p' |
		while read -r src dst token nonce; do
			printf '%s %s %08x %08x\n' "$src" "$dst" "0x$token" "0x$nonce"
		done | awk '!seen[$0]++'
}

# The client's ACK has both keys, and so has the first packet with data
mpcapable_keys() {
	local src dst client server

	net_dissect "$1" | sed -nE \
		's/^([^ ]+ [^ ]+) Flags \[P?\.\] capable .*\{0x([0-9a-f]+),0x([0-9a-f]+)\}.*/\1 \2 \3/p' |
		while read -r src dst client server; do
			printf '%s %s %016x %016x\n' "$src" "$dst" "0x$client" "0x$server"
		done | awk '!seen[$0]++'
}

# RFC 8684, section 3.2: the most significant 32 bits of the key's SHA-256
plain_token() {
	perl -MDigest::SHA=sha256_hex -e 'print substr(sha256_hex(pack "H*", $ARGV[0]), 0, 8)' "$1"
}

subflows() {
	in_ns "$1" ss -tnOiH state established | awk '
		match($0, /tcp-ulp-mptcp flags:[A-Za-z]*/) {
			flags = substr($0, RSTART + 20, RLENGTH - 20)
			sub(/%[^:]*/, "", $3)
			print $3, $4, flags
		}'
}
