#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each number of docs/protocol.md from "Vectors" on, computed by openssl without a
# line of our own C; and our C, in build/unit/test_mask, comes to the same ones.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

# All values are hex digits

# To bytes. By the shell's own means, as below: a process for each would take most of the time.
unhex() {
	printf %b "${1//??/\\x&}"
}

siphash() { # KEY MESSAGE: 8 bytes, in the order of the reference implementation
	unhex "$2" | openssl mac -macopt "hexkey:$1" -macopt size:8 -in - SIPHASH | tr A-F a-f
}

hmac() { # KEY MESSAGE
	unhex "$2" | openssl mac -macopt "hexkey:$1" -digest SHA256 -in - HMAC | tr A-F a-f
}

token() { # KEY of MPTCP
	local hash

	hash=$(unhex "$1" | openssl dgst -sha256 -r)
	echo "${hash::8}"
}

reversed() { # BYTES
	local i out=""

	for ((i = ${#1} - 2; i >= 0; i -= 2)); do
		out+=${1:i:2}
	done
	printf %s "$out"
}

xor() { # BYTES BYTES, of the same length
	local i out="" digit

	for ((i = 0; i < ${#1}; i++)); do
		printf -v digit %x $((0x${1:i:1} ^ 0x${2:i:1}))
		out+=$digit
	done
	printf %s "$out"
}

zeros() { # NUMBER of bytes
	printf "%0$((2 * $1))d" 0
}

pad() { # KEY
	perl -e '$pad ^= $_ for unpack "N*", pack "H*", shift; printf "%08x", $pad' "$1"
}

derive() { # KEY WHAT
	local len=$((${#1} / 2)) padded

	padded=$1
	((len == 32)) || padded+=$(zeros $((32 - len)))
	# "extky2"
	siphash "${padded::32}" "6578746b7932$2$(printf %02x $len)${padded:32}"
}

mask() { # MESSAGE, under $mask_key
	reversed "$(siphash "$mask_key" "$1")"
}

initiator=a0a1a2a3a4a5a6a7 responder=000000000000002a
nonces=(11223344 55667788)
mapped=00000000000000000000ffff
addresses4=${mapped}0a000201${mapped}0a000102c0001f90
addresses6=fd000002000000000000000000000001fd000001000000000000000000000002c0001f90
announced4=01041f900a000202$(zeros 12)
announced6=01060000fd000002000000000000000000000002

message() { # FIELD BOUND [ADDRESSES]
	local both=${nonces[0]}${nonces[1]}

	case $1 in
	T) echo "5400${2}00${nonces[0]}${3:-}" ;;
	S) echo "5300${2}01$both$responder$initiator${3:-}" ;;
	A[012]) echo "410${1#A}${2}00$both$initiator$responder${3:-}" ;;
	D) echo "44000001$responder$initiator$3" ;;
	F) echo "46000001$responder$initiator" ;;
	esac
}

line() { # NAME VALUE...
	printf '    %-14s%s\n' "$1" "${*:2}"
}

# What is masked with the token and the HMACs of a join. The name is for people.
masks_of_join() { # NAME BOUND [ADDRESSES]
	local words=() i name=$1
	shift

	line "T$name" "$(mask "$(message T "$@")" | tail -c 8)"
	line "S$name" "$(mask "$(message S "$@")")"
	for i in 0 1 2; do
		words+=("$(mask "$(message A$i "$@")")")
	done
	line "A$name" "${words[0]}" "${words[1]}" "${words[2]::8}"
}

vectors() {
	local key

	line "key of I" $initiator
	line "key of R" $responder
	line "nonce of I" "${nonces[0]}"
	line "nonce of R" "${nonces[1]}"
	line addresses4 $addresses4
	line addresses6 $addresses6
	line announced4 "$announced4"
	line announced6 $announced6
	for key in 0102030405060708 0102030405060708090a0b0c0d0e0f10 \
		01020304050607080000000000000000 \
		0102030405060708090a0b0c0d0e0f1011121314 \
		0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20; do
		line "external key" $key
		mask_key=$(derive $key 00)$(derive $key 01)
		line "mask key" "$mask_key"
		line fingerprint "$(derive $key 02 | head -c 8)"
		line pad "$(pad $key)"
		masks_of_join "" 00
		line D4 "$(mask "$(message D 00 "$announced4")")"
		line D6 "$(mask "$(message D 00 $announced6)")"
		line F "$(mask "$(message F 00)")"
		masks_of_join " bound4" 01 $addresses4
		masks_of_join " bound6" 01 $addresses6
	done
}

# A masked field: how it comes to be, and the option that it stands in
field() { # PLAIN MASK HEAD [TAIL]
	line mask "$2"
	line RFC "$1"
	line wire "$(xor "$1" "$2")"
	line option "$3" "$(xor "$1" "$2")" "${4:-}" | sed 's/ *$//'
}

show_mask() { # MESSAGE
	line message "$1"
	line SipHash "$(siphash "$mask_key" "$1")"
}

join_fields() { # BOUND [ADDRESSES]
	local i all=

	show_mask "$(message T "$@")"
	field "$(token $responder)" "$(mask "$(message T "$@")" | tail -c 8)" 1e0c1002 "${nonces[0]}"
	show_mask "$(message S "$@")"
	field "$(hmac $responder$initiator "${nonces[1]}${nonces[0]}" | head -c 16)" \
		"$(mask "$(message S "$@")")" 1e101002 "${nonces[1]}"
	for i in 0 1 2; do
		show_mask "$(message A$i "$@")"
		all+=$(mask "$(message A$i "$@")")
	done
	field "$(hmac $initiator$responder "${nonces[0]}${nonces[1]}" | head -c 40)" "${all::40}" 1e181000
}

example() {
	local key=0102030405060708090a0b0c0d0e0f10 what

	line "external key" $key
	line sockaddr_in "02001f900a0001020000000000000000"
	line tail "896578746b65790110000000$key"
	line sockaddr_in6 "0a001f9000000000fd00000100000000000000000000000200000000"
	line tail "896578746b65790110000000$key"

	for what in 00 01 02; do
		line message "6578746b7932${what}10$(zeros 16)"
		line SipHash "$(derive $key $what)"
	done
	mask_key=$(derive $key 00)$(derive $key 01)
	line "mask key" "$mask_key"
	line fingerprint "$(derive $key 02 | head -c 8)"

	line SYN 1e040101
	line SYN/ACK 1e0c0101 $responder
	line ACK 1e140101 $initiator $responder
	line "token of R" "$(token $responder)"

	join_fields 00
	show_mask "$(message D 00 "$announced4")"
	field "$(hmac $responder$initiator 010a0002021f90 | tail -c 17)" \
		"$(mask "$(message D 00 "$announced4")")" "1e123001 0a000202 1f90"
	show_mask "$(message D 00 $announced6)"
	field "$(hmac $responder$initiator "01${announced6:8}0000" | tail -c 17)" \
		"$(mask "$(message D 00 $announced6)")" "1e1c3001 ${announced6:8}"
	show_mask "$(message F 00)"
	field $initiator "$(mask "$(message F 00)")" 1e0c7000

	join_fields 01 $addresses4
	join_fields 01 $addresses6

	key=0102030405060708
	line "external key" $key
	line sockaddr_in "02001f900a000102$key"
	line pad "$(pad $key)"
	field "$(token $responder)" "$(pad $key)" 1e0c1002 "${nonces[0]}" | tail -n +2
}

document() {
	sed -n '/^## Vectors/,$ { /^    /p }' docs/protocol.md
}

# To write the document: it's what this prints, and prose
if [[ ${1:-} == --print ]]; then
	TAP_LEFT=yes
	vectors && example
	exit
fi

document >"$TAP_TMP/document"
{ vectors && example; } >"$TAP_TMP/computed"
check "there are vectors" test "$(wc -l <"$TAP_TMP/computed")" -gt 150
check "docs/protocol.md has what openssl computes" diff -u "$TAP_TMP/document" "$TAP_TMP/computed"

# Each number of ours is in the unit test, as a number or as a string
check "there is build/unit/test_mask" test -x build/unit/test_mask
check "our C computes what its test has" build/unit/test_mask
# All of it, but for the last word of A: the document has half of that
vectors | grep -vE '^    (addresses|announced)' | sed -E '/^    A/ s/$/[0-9a-f]{8}/' |
	cut -c 19- | tr ' ' '\n' | sort -u >"$TAP_TMP/numbers"
while read -r number; do
	number=${number#"${number%%[!0]*}"}
	grep -qE "0x0*$number\b|\"0*$number\"" tests/unit/test_mask.c || echo "$number"
done <"$TAP_TMP/numbers" >"$TAP_TMP/missing"
is "$(<"$TAP_TMP/missing")" "" "tests/unit/test_mask.c has each of them"
done_testing
