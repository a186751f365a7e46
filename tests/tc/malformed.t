#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets that are wrong on purpose, and some that only look it, at a listener
# with a key. Whoever sends them knows what the right token on the wire is, so
# that nothing but its form stops a join. After each, a well-formed one must be
# answered; after all of them, the connection goes on and takes a real join.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh

FROM=10.0.1.77 FROM6=fd00:1::77 # nobody: no RST for what is answered
NET1_S6=fd00:1::2
NONCE=11223344
# Long enough for IPv6; what the schemes make of it: docs/protocol.md
KEY=$(key k16 0102030405060708090a0b0c0d0e0f10)
KEY_PAD=00000010 KEY_MASK=f0a355f622956be2e46bfb90abc29df5
WIRE=$TAP_TMP/wire.pcap
ACK=0x10
sport=20000

KEYLESS=5001 # a listener without a key
to_port=$PORT

rawsend() { # SOURCE-PORT WORD...
	local port=$1 to=$NET1_S
	shift
	[[ $FROM != *:* ]] || to=$NET1_S6
	in_c build/extkey_rawsend dev=c1 mac="$MAC" from="$FROM/$port" to="$to/$to_port" "$@"
}

# NONCE: of the token of the SYN, by docs/protocol.md
token_mask() {
	local hex nonce=$1

	[[ $SCHEME != xor ]] || { echo "$KEY_PAD"; return; }
	hex=$(printf '%b' "T\\0\\0\\0$(sed 's/../\\x&/g' <<<"$nonce")" |
		openssl mac -macopt "hexkey:$KEY_MASK" -macopt size:8 -in - SIPHASH)
	# The number's bytes come little-endian, and its low half is the mask
	echo "${hex:6:2}${hex:4:2}${hex:2:2}${hex:0:2}"
}

masked() { # NONCE
	printf %08x $((0x$TOKEN ^ 0x$(token_mask "$1")))
}

# The answers to a port and to its control: each kind once, "none" if there is none
answers() {
	tcpdump -nn -r "$WIRE" "(tcp src port $PORT or $KEYLESS) and (dst port $1 or dst port $2)" 2>/dev/null |
		awk -v port="$1" '
			{ kind = "other" }
			/Flags \[S\.\]/ { kind = / join / ? "join" : "plain" }
			/Flags \[R/ { kind = "reset" }
			{
				match($0, / > [^ ]*:/)
				to = substr($0, RSTART, RLENGTH) ~ "\\." port ":$"
				if (index(kinds[to], kind) == 0)
					kinds[to] = kinds[to] kind
			}
			END {
				print kinds[1] == "" ? "none" : kinds[1], kinds[0] == "" ? "none" : kinds[0]
			}'
}

# What was counted up to now: ours, then the kernel's. Without jq, which in an
# emulated machine would take most of the time of this test.
numbers() {
	loader status --json | awk -v cgroup="\"$CG_S\"," '
		$1 == "\"cgroup\":" { ours = $2 == cgroup }
		ours { gsub(/[":]/, "", $1); value[$1] = $2 + 0 }
		END {
			print value["join_syn_rx"], value["drop_strange"], value["join_ack_rx"],
				value["drop_no_join"], value["drop_unverified"]
		}'
	mib_all "$NS_S" | awk '
		$1 == "MPTcpExtMPJoinSynRx" { syn = $2 }
		$1 == "MPTcpExtMPJoinNoTokenFound" { unknown = $2 }
		END { print syn, unknown }'
}

# PORT CONTROL-PORT WANT: "ANSWER SYN_RX STRANGE ACK_RX NO_JOIN UNVERIFIED", and the kernel's "SYNRX NOTOKEN"
# since $before, in $got, and the answer to the control in $control
since() {
	local i

	read -r got control <<<"$(answers "$1" "$2")"
	mapfile -t now < <(numbers)
	read -ra now <<<"${now[*]}"
	for i in "${!now[@]}"; do
		got+=" $((now[i] - before[i]))"
	done
	[[ $control == join && $got == "$3" ]]
}

# WANT DESC WORD...: WANT is a word below, and another for engine hook if it differs
wrong() {
	local want=$1 desc=$2 number outcome
	shift 2

	[[ $want != */* || $ENGINE_S == tc ]] && want=${want%/*} || want=${want#*/}
	case $want in
	#			answer syn_rx strange ack_rx no_join unverified SynRx NoToken
	joined)		outcome="join 1 0 0 0 0 1 0" ;;
	unknown)	outcome="reset 1 0 0 0 0 1 1" ;;
	plain)		outcome="plain 0 0 0 0 0 0 0" ;;	# left alone: no MPTCP in it
	reset)		outcome="reset 0 0 0 0 0 0 0" ;;	# left alone: plain TCP refuses it
	strange)	outcome="none 0 1 0 0 0 0 0" ;;	# dropped by the gate
	unverified)	outcome="none 0 0 0 0 1 0 0" ;;	# the same: nobody vouches for it
	silent)		outcome="none 0 0 0 0 0 0 0" ;;	# left alone: the kernel drops it
	spoilt)		outcome="none 1 0 0 0 0 0 0" ;;	# unmasked; the kernel drops it
	astray)		outcome="none 0 0 0 1 0 0 0" ;;
	rejected)	outcome="reset 0 0 0 0 0 1 1" ;;	# the kernel does it
	esac
	number=$((++sport))
	rawsend "$number" "$@" || { fail "$desc: cannot send"; return; }
	# What comes after it shows that it has come, and that the listener still listens
	to_port=$PORT rawsend $((number + 10000)) options="$JOIN"
	((before[0]++, before[5]++))
	wait_for 30 since "$number" $((number + 10000)) "$outcome" >"$TAP_TMP/since"
	[[ $control == join ]] || { fail "$desc: a well-formed join after it is not answered"; return; }
	is "$got" "$outcome" "$want: $desc"
	before=("${now[@]}") # what comes late is found in the next one
}

repeat() { # N HEX
	printf "%.0s$2" $(seq "$1")
}

e2e_up
e2e_attach
mac() { # NS IFACE
	ip -n "$1" -json link show "$2" | jq -r '.[].address'
}
neighbours() {
	ip -n "$NS_S" addr add "$NET1_S6/64" dev s1 nodad &&
		ip -n "$NS_S" neigh add "$FROM" lladdr "$(mac "$NS_C" c1)" dev s1 &&
		ip -n "$NS_S" neigh add "$FROM6" lladdr "$(mac "$NS_C" c1)" dev s1
}
MAC=$(mac "$NS_S" s1)
check "addresses of nobody" neighbours
capture_start "$NS_S" s1 "$CAPTURES/live-s1.pcap"
serve "$NET1_S:$PORT,$KEY" "[$NET1_S6]:$PORT,$KEY" "$NET1_S:$KEYLESS"
client client --key-file "$KEY"
check "a connection with a key" client_ready client
capture_stop
TOKEN=$(real_token live)
REST=02$(masked "$NONCE")$NONCE # address id, token, nonce
JOIN=1e0c10$REST
capture_start "$NS_S" s1 "$WIRE"
mapfile -t before < <(numbers)
read -ra before <<<"${before[*]}"

# What is right: the test reaches the listener
wrong joined "a well-formed join" options="$JOIN"
wrong unknown "the token without its mask" options="1e0c1002$TOKEN$NONCE"
wrong unknown "the mask of another nonce" options="1e0c1002$(masked 55667788)$NONCE"
wrong joined "at an odd byte" options="01${JOIN}010101"
wrong joined "in the last bytes of the largest header" options="$(repeat 28 01)$JOIN"
wrong joined "behind a timestamp of length 2, with a nonce that looks like data alone" \
	options="010108021e0c1002$(masked 1e142005)1e142005"
wrong joined "with data in the SYN" options="$JOIN" payload=68656c6c6f
wrong joined "IPv4 header of 60 bytes" head="$(repeat 40 01)" options="$JOIN"
wrong joined "IPv4 header of 60 bytes, at an odd byte, with data" \
	head="$(repeat 40 01)" options="010101${JOIN}01" payload=0102
wrong joined "IPv4 header of 24 bytes" head=01010100 options="$JOIN"

# Lengths of options: what the kernel does not read is not read by us
wrong plain "an option of length 0 before it" options="0500$JOIN"
wrong plain "an option of length 1 before it" options="0501$JOIN"
wrong plain "an option longer than the header before it" options="0528$JOIN"
wrong plain "MP_JOIN of length 0" options="1e0010$REST"
wrong plain "MP_JOIN of length 1" options="1e0110$REST"
wrong plain "MP_JOIN of length 2, and what looks like more of it" options="1e0210$REST"
wrong plain "MP_JOIN of length 3" options="1e0310$REST"
wrong plain "MP_JOIN of length 11" options="1e0b10$REST"
wrong plain "MP_JOIN of length 13" options="1e0d10${REST}00000000"
wrong plain "MP_JOIN longer than the header" options="1e1810$REST"
wrong plain "MP_JOIN of length 255" options="1eff10$REST"
wrong plain "behind the end of the options" options="00020101$JOIN"
wrong plain "another kind of option" options="1f0c10$REST"
wrong plain "another subtype" options="1e0c60$REST"
wrong joined "an option of length 0 behind it" options="${JOIN}05000000"

# Fields where they have no business, and more of them than one
wrong strange/plain "MP_JOIN of a SYN/ACK in the SYN" options="1e1010${REST}00000000"
wrong strange/plain "MP_JOIN of an ACK in the SYN" options="1e1810${REST}$(repeat 12 00)"
wrong strange/joined "two MP_JOIN" options="$JOIN$JOIN"
wrong strange/joined "three MP_JOIN" options="$JOIN$JOIN$JOIN"
wrong strange/joined "MP_JOIN and MP_FASTCLOSE" options="${JOIN}1e0c7000$(repeat 8 00)"
wrong strange/reset "no SYN, but its MP_JOIN" flags=$ACK options="$JOIN"
wrong strange/silent "no flag at all" flags=0 options="$JOIN"
[[ $SCHEME == xor ]] ||
	wrong astray/reset "the ACK of a join that nobody has asked for" flags=$ACK \
		options="1e181002$(repeat 20 ab)"

# Headers that say what is not so, or are not there. The kernel looks at them
# after us; that a checksum is wrong must not get lost by the unmasking
wrong spoilt/silent "checksum of TCP wrong" badsum=1 options="$JOIN"
wrong silent "doff beyond the packet" doff=15 options="$JOIN"
wrong silent "doff less than a header" doff=4 options="$JOIN"
wrong silent "doff 0" doff=0x10 options="$JOIN"
wrong silent "ihl less than a header" ihl=4 options="$JOIN"
wrong silent "ihl beyond the packet" ihl=15 options="$JOIN"
wrong silent "the packet ends in the IPv4 header" cut=12 options="$JOIN"
wrong silent "the packet ends in the ports" cut=22 options="$JOIN"
wrong silent "the packet ends in the TCP header" cut=36 total=36 options="$JOIN"
wrong silent "the packet ends in the option" cut=48 total=48 options="$JOIN"
wrong spoilt/silent "it says that it ends in the option, and goes on" total=48 options="$JOIN"
wrong plain "the option is behind the packet's end" trailer="$JOIN"

# No host sends a TCP header in pieces: the kernel puts them together, behind us
for piece in 8 16 24; do
	wrong unverified/joined "fragments of $piece bytes" piece=$piece options="$JOIN"
done

# To a listener without a key, the real token of a connection that has one
to_port=$KEYLESS
real=1e0c1002$TOKEN$NONCE
wrong unverified/rejected "no key here: its token" options="$real"
wrong strange/rejected "no key here: its token behind MP_FASTCLOSE" \
	options="1e0c7000$(repeat 8 00)$real"
wrong strange/rejected "no key here: its token behind another one" options="1e0c1002${NONCE}00000001$real"
wrong strange/rejected "no key here: its token before another one" options="${real}1e0c1002${NONCE}00000001"
wrong strange/rejected "no key here: its token behind two others" \
	options="1e0c1002${NONCE}000000011e0c1002${NONCE}00000002$real"
wrong rejected "no key here: nobody's token" options="1e0c1002${NONCE}00000001"
wrong astray/reset "no key here: the ACK of a join that nobody has asked for" flags=$ACK \
	options="1e181002$(repeat 20 ab)"
to_port=$PORT

# IPv6, with headers before that of TCP
ipv4=$FROM FROM=$FROM6
padding=00010400000000 # options for the destination, behind the next one's number
wrong joined "IPv6" options="$JOIN"
wrong unknown "IPv6, the token without its mask" options="1e0c1002$TOKEN$NONCE"
wrong joined "IPv6, an option in front, at an odd byte" next=60 head="06$padding" \
	options="01${JOIN}010101"
wrong joined "IPv6, seven headers in front" next=60 head="$(repeat 6 3c$padding)06$padding" \
	options="$JOIN"
wrong unverified/joined "IPv6, eight headers in front: the programs on interfaces do not follow" next=60 \
	head="$(repeat 7 3c$padding)06$padding" options="$JOIN"
wrong joined "IPv6, a fragment that is all" piece=1024 options="$JOIN"
wrong unverified/joined "IPv6, fragments" piece=24 options="$JOIN"
wrong unverified/joined "IPv6, fragments with an option in each" next=60 head="2c$padding" \
	piece=24 options="$JOIN"
wrong silent "IPv6, the packet ends in a header in front" next=60 head="06ff010400000000" \
	options="$JOIN"
wrong strange/joined "IPv6, two MP_JOIN" options="$JOIN$JOIN"
wrong plain "IPv6, an option of length 1 before it" options="0501$JOIN"
wrong spoilt/silent "IPv6, checksum of TCP wrong" badsum=1 options="$JOIN"
FROM=$ipv4

# On the connection itself; sequence numbers that are not its own do no harm
live=$(subflows "$NS_C" | awk -v to="$NET1_S:$PORT" '$2 == to { sub(".*:", "", $1); print $1; exit }')
strange=$(counter "$CG_S" drop_strange)
for options in "1e0c7000$(repeat 8 00)" "1e103005$(repeat 12 00)"; do
	FROM=$NET1_C rawsend "$live" flags=$ACK options="$options$options"
	((++strange))
	[[ $ENGINE_S == tc ]] || continue
	check "strange: on the connection, the option ${options:0:6} twice" \
		wait_for 10 counter_is "$CG_S" drop_strange "$strange"
done

capture_stop
mib_snapshot "$NS_C"
mib_snapshot "$NS_S"
joined() { (($(mib_moved "$NS_S" MPJoinAckRx) == 1)); }
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
check "after all that, a real join is accepted" wait_for 60 joined
both_subflows client
done_testing
