#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What an operator sees: status and the pinned maps; and the key never.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

FINGERPRINT=ef7f36d8 # of the key 0102030405060708, docs/protocol.md
BPF=/sys/fs/bpf/extkey

policy() { # CGROUP NAME
	bpftool -j map dump pinned "$BPF/policies" | jq -r --arg cgroup "$1" \
		".[].formatted.value | select(.cgroup == \$cgroup) | .$2"
}

sockets() { # ROLE COLUMN
	loader status --json | jq -r ".sockets[] | select(.role == \"$1\") | .$2"
}

says() { # TEXT CMD...
	local text=$1
	shift
	"$@" | grep -qF "$text"
}

# Whatever is made anew has another one: links, programs, maps, filters
ids() {
	local kind dev

	for kind in link prog map; do
		bpftool -j -f "$kind" show | jq -c --arg dir "$BPF/" \
			'.[] | select(.pinned // [] | any(startswith($dir))) | [.pinned, .id, .prog_id]'
	done | sort
	for dev in c1 c2; do
		in_c tc filter show dev "$dev" ingress
		in_c tc filter show dev "$dev" egress
	done
}

attach_scheme() {
	SCHEME=$1 loader attach "$CG_S"
}

e2e_up
check "attach says what it did" says attached loader attach "$CG_C"
at_first=$(ids)
check "attach again says that nothing changed" \
	says 'nothing changed' loader attach "$CG_C"
check "there are links, programs and maps" test "$(wc -l <<<"$at_first")" -ge 12
is "$(ids)" "$at_first" "all of them are the same ones"
is "$(policy "$CG_C" require_key)" 0 "bpftool shows the policy by name"
check "attach with another policy" \
	says 'policy updated' loader attach "$CG_C" --require-key
is "$(ids)" "$at_first" "which changes nothing else"
is "$(policy "$CG_C" require_key)" 1 "bpftool shows the new policy"
check "attach the server's cgroup" loader attach "$CG_S"
is "$(bpftool cgroup show "$CG_C" | grep -c extkey_)" 7 "seven programs are linked"

serve "$NET1_S:$PORT,$KEY"
client client --key-file "$KEY"
check "connected" client_ready client
accepted() { [[ $(sockets server local) ]]; }
check "the server has accepted" wait_for 20 accepted

is "$(sockets listener local)" "$NET1_S:$PORT" "the listener's address"
is "$(sockets client remote)" "$NET1_S:$PORT" "the client's server"
is "$(sockets server remote)" "$(sockets client local)" "both ends of the connection"
for role in listener client server; do
	is "$(sockets "$role" fingerprint)" "$FINGERPRINT" "$role: fingerprint of the key"
	is "$(sockets "$role" scheme)" "$SCHEME" "$role: scheme"
done
is "$(sockets client cgroup)" "$(stat -c %i "$CG_C")" "the client's cgroup by its id"
is "$(sockets client netns)" "$(in_c stat -L -c %i /proc/self/ns/net)" "the client's network namespace"
is "$(in_c ss -HMne "dport = :$PORT" | grep -o 'sk:[0-9a-f]*')" "sk:$(sockets client cookie)" \
	"the cookie is the one that ss shows"
is "$(loader status | grep -c "^    cookie ")" 3 "status has a line for each socket"

seen=$TAP_TMP/seen
{
	loader status
	loader status --json
	find "$BPF" -type f \( -path "*/maps/*" -o -name keys -o -name policies -o -name counters \) | while read -r map; do
		bpftool map dump pinned "$map"
		bpftool -j map dump pinned "$map"
	done
} >"$seen" 2>&1
check "the dumps are not empty" grep -q "$FINGERPRINT" "$seen"
check "no key, nor what is derived from it, in any order of bytes or words" bash -c "! grep -qiE \
	-e '01[ ,\":x0]*02[ ,\":x0]*03[ ,\":x0]*04|04030201|67305985|578437695752307201|72623859790382856' \
	-e '8b[ ,\":x0]*5c[ ,\":x0]*b0[ ,\":x0]*d4' '$seen'"
check "counters by name" grep -q '"keys_taken": 1' "$seen"
check "all data arrived" release client

# Its halves are the same, so that scheme xor makes no mask of it
WEAK=$(key weak 0102030401020304)
for want in "siphash 0" "xor 1"; do
	check "scheme ${want% *}" attach_scheme "${want% *}"
	serve "$NET1_S:$PORT,$WEAK"
	is "$(counter "$CG_S" keys_weak)" "${want#* }" "weak keys with scheme ${want% *}: ${want#* }"
done
is "$(counter "$CG_S" keys_taken)" 3 "each of them was taken"
done_testing
