#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which key applies ("Whose external key" in docs/protocol.md): to connections whose listener
# has got another key or was closed, and to a socket that is used again.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/sockets.sh

# NAME PORT KEY: a listener of the server's
listener() {
	does server socket "$1"
	does server bind "$1" "$NET1_S" "$2" "$3"
	does server listen "$1"
}

# SOCKET LISTENER ACCEPTED PORT [KEY]: the client connects, and has sent a byte
connection() {
	does client connect "$1" "$NET1_S" "$4" $5
	does server accept "$2" "$3"
	lives "connected" "$1" "$3"
}

# DESC: the listener has another key by now, the accepted connection has not
has_moved_on() {
	is "$(fingerprint listener local "$NET1_S:$PORT")" "$OTHER_FINGERPRINT" \
		"$1: the listener has the other key"
	is "$(fingerprint server local "$NET1_S:$PORT")" "$KEY_FINGERPRINT" \
		"$1: the connection has the first one"
	joins "$1: of this connection" refused
	lives "$1" old accepted
	does client abort old
	does client socket new
	connection new l accepted2 "$PORT" "$OTHER_HEX"
	joins "$1: of a new connection, with the other key" accepted
	does client abort new
	for name in l accepted accepted2; do does server close $name; done
}

e2e_up
e2e_attach
sockets_up
listener l2 5001 "$OTHER_HEX"
OTHER_FINGERPRINT=$(fingerprint listener local "$NET1_S:5001")

for how in reopened disconnected; do
	listener l "$PORT" "$KEY_HEX"
	does client socket old
	connection old l accepted "$PORT" "$KEY_HEX"
	if [[ $how == reopened ]]; then
		does server close l
		listener l "$PORT" "$OTHER_HEX"
	else
		does server disconnect l
		# It keeps its port, so bind() fails. But the key of its address is taken before.
		does_not server "Invalid argument" bind l "$NET1_S" "$PORT" "$OTHER_HEX"
		does server listen l
	fi
	has_moved_on "$how"
done

listener l "$PORT" "$KEY_HEX"
does client socket c
connection c l a "$PORT" "$KEY_HEX"
joins "the first key" accepted
does client disconnect c
connection c l2 b 5001 "$OTHER_HEX"
joins "used again, with another key" accepted
does client disconnect c
connection c l2 d 5001
joins "used again, without one: it has that which it had" accepted
does client disconnect c
connection c l e "$PORT"
joins "so it cannot join where another one is" refused
lives "refused" c e

# An accepted one has that of its listener, and takes it along
does client close c
does client socket k
does client bind k "$NET1_C" "$PORT" "$KEY_HEX"
does client listen k
does server disconnect e
does server connect e "$NET1_C" "$PORT"
is "$(fingerprint client remote "$NET1_C:$PORT")" "$KEY_FINGERPRINT" \
	"an accepted one is used again, without a key: it has that of its listener"
done_testing
