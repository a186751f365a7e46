#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The test vectors of docs/protocol.md, computed without a line of our own C.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

pad() { # KEY in hex
	perl -e '($a, $b) = unpack("N2", pack("H*", $ARGV[0])); printf "%08x", $a ^ $b' "$1"
}

fingerprint() { # KEY in hex
	printf extkeyfp | openssl mac -macopt "hexkey:${1}0000000000000000" -macopt size:8 \
		-in - SIPHASH | cut -c 1-8 | tr A-F a-f
}

rows=0
while IFS='|' read -r _ key want_pad want_fingerprint _; do
	key=$(tr -d ' `' <<<"${key%%(*}")
	is "$(pad "$key")" "$(tr -d ' `' <<<"$want_pad")" "pad of key $key"
	is "$(fingerprint "$key")" "$(tr -d ' `' <<<"$want_fingerprint")" "fingerprint of key $key"
	rows=$((rows + 1))
done < <(grep -E '^\| `([0-9a-f]{2} ){7}[0-9a-f]{2}`' docs/protocol.md)
is "$rows" 4 "docs/protocol.md has four vectors"

token=$(perl -MDigest::SHA=sha256_hex -e 'print substr(sha256_hex(pack "H*", $ARGV[0]), 0, 8)' \
	000000000000002a)
check "the worked example has the token of its key" \
	grep -q "^    token  *= $token\$" docs/protocol.md
wire=$(printf %08x $((0x$token ^ 0x$(pad 0102030405060708))))
check "the worked example has the token on the wire" \
	grep -q "^    token on the wire  *= $wire\$" docs/protocol.md
done_testing
