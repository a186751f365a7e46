#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The examples of giving a key by an option of the socket, in each language, as they are in
# examples/: short, and with both subflows, as a client and as a server.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
KEY=$(key k32 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
. tests/lib/sockets.sh

KEY_FINGERPRINT=$(build/extkey_loader fingerprint "$KEY")
MAIN=tests/peer/examples/main

# Those of code
lines() {
	perl -0777 -pe 's|/\*.*?\*/||gs; s/""".*?"""//gs' "$1" | grep -cvE '^[[:space:]]*(#($|[^i])|//|$)'
}

build_c() {
	cc -Wall -Wextra -Werror -Iinclude examples/keyed_socket.c "$MAIN.c" -o "$TAP_TMP/c"
}

# All files of a program have to be in one directory
build_go() {
	mkdir "$TAP_TMP/src" && cp examples/keyed_socket.go "$MAIN.go" "$TAP_TMP/src" &&
		GO111MODULE=off GOCACHE=$PWD/build/go CGO_ENABLED=0 go build -o "$TAP_TMP/go" "$TAP_TMP/src/"*.go
}

declare -A PROGRAMS=([c]=$TAP_TMP/c [go]=$TAP_TMP/go [pl]="perl $MAIN.pl" [py]="python3 $MAIN.py")

example() { # NAME HOST CGROUP VERB: until it is ready
	# shellcheck disable=SC2086 # words
	spawn "$1" in_cgroup "$3" "in_$2" ${PROGRAMS[$LANGUAGE]} "$4" "$NET1_S" "$PORT" "$KEY_HEX"
	wait_for 20 grep -q ready "$TAP_TMP/$1.out" || {
		diag "$(<"$TAP_TMP/$1.err")"
		return 1
	}
}

has_key() { # DESC ROLE END
	is "$(fingerprint "$2" "$3" "$NET1_S:$PORT" | sort -u)" "$KEY_FINGERPRINT" "$1: status has the fingerprint of its key"
}

both_subflows_up() {
	[[ $(mib_moved "$NS_S" MPJoinAckRx) == 1 && $(subflows "$NS_S" | wc -l) == 2 && $(subflows "$NS_C" | wc -l) == 2 ]]
}

connections() { # HOST
	"in_$1" ss -MnH state established | wc -l
}

no_connections() {
	[[ $(connections c)$(connections s) == 00 ]]
}

has_subflows() { # DESC
	check "$1: both subflows are up" wait_for 30 both_subflows_up
	is "$(connections c) $(connections s)" "1 1" "$1: of one connection"
}

ended() { # DESC
	stop client
	stop server
	check "$1: the connection ends" wait_for 20 no_connections
	mib_snapshot "$NS_S"
}

short() {
	local count

	count=$(lines "$1")
	echo "$count lines"
	((count && count <= 10))
}

for file in examples/*; do
	check "$file is short" short "$file"
done
is "$(printf '%s\n' examples/* | sed 's/.*\.//' | sort | xargs)" "$(printf '%s\n' "${!PROGRAMS[@]}" | sort | xargs)" \
	"each of them is run"
check "build what is in C" build_c
check "build what is in Go" build_go
e2e_up
e2e_attach
check "endpoint of the second path" endpoint_c "$NET2_C" subflow
mib_snapshot "$NS_S"

for LANGUAGE in "${!PROGRAMS[@]}"; do
	serve "$NET1_S:$PORT,$KEY"
	check "$LANGUAGE: a client connects" example client c "$CG_C" connect
	has_subflows "$LANGUAGE, client"
	has_key "$LANGUAGE, client" client remote
	ended "$LANGUAGE, client"

	check "$LANGUAGE: a server listens" example server s "$CG_S" listen
	has_key "$LANGUAGE, listener" listener local
	client client --key-file "$KEY" --wait-subflows 2
	check "$LANGUAGE: a client of it is ready" client_ready client
	has_subflows "$LANGUAGE, server"
	has_key "$LANGUAGE, server" server local
	ended "$LANGUAGE, server"
	((++PORT)) # the kernel may keep the old one for a while
done

# Without a policy each of them says so, and goes no further
check "detach the client's cgroup" loader detach "$CG_C"
for LANGUAGE in "${!PROGRAMS[@]}"; do
	# shellcheck disable=SC2086 # words
	in_cgroup "$CG_C" in_c ${PROGRAMS[$LANGUAGE]} connect "$NET1_S" "$PORT" "$KEY_HEX" >"$TAP_TMP/refused" 2>&1
	is "$? $(grep -ciE 'protocol not available|not supported' "$TAP_TMP/refused")" "$([[ $LANGUAGE == pl ]] && echo 92 || echo 1) 1" \
		"$LANGUAGE: where no policy applies the option fails"
done
is "$(dropped "$CG_S")" 0 "nothing was dropped"
done_testing
