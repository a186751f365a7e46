#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs whose cgroups have no key, and require one: it comes from the address, an option of
# the socket, or the library of "extkey_loader run". Whom that does not reach does not connect.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
short=("$KEY" "$KEY_MASK") # room for which is in an address of IPv4 itself
. tests/lib/programs.sh

by_address() {
	client_program build/extkey_client --connect "$NET1_S:$PORT" --key-file "${short[0]}" --wait-subflows 2 \
		--bytes "$BYTES" --timeout 60 >"$TAP_TMP/by_address"
}

# ROW TEXT CMD...: the library does not reach it
out_of_reach() {
	local row=$1 text=$2
	shift 2

	refused "run, $row" "$text" client_program "$@"
	row "\`run\`" "$row" "$RESULT"
}

programs_up --require-key
build_programs static_client setuid_client stream uring
nginx_files

LIBRARY=()
serve "$NET1_S:$PORT,${short[0]}"
KEY_MASK=${short[1]} joins address 1 by_address
row "the address, \`sin_zero\`" "a program in C" "$RESULT"
stop server

python_receives "$KEY"
joins option 1 python_sends "$KEY"
row "an option of the socket" "python3, its \`setsockopt()\`" "$RESULT"

LIBRARY=(build/extkey_loader run --key-file "$KEY" --)
python_receives
joins preload 1 python_sends
row "\`run\`" "python3" "$RESULT"

server_program nginx "${RUN_NGINX[@]}"
check "a listener of TCP" wait_for 20 listens_plain "$NGINX"
plain "run without --mptcp" "they open TCP sockets, which have no key" fetch "$NET1_S:$NGINX"
row "\`run\`" "curl, nginx" "$RESULT"
stop nginx

LIBRARY=(build/extkey_loader run --mptcp --key-file "$KEY" --)
nginx_up
joins mptcpize 1 fetch "$NET1_S:$NGINX"
row "\`run --mptcp\`" "curl, nginx" "$RESULT"

LIBRARY=(build/extkey_loader run --key-file "$KEY" --)
to=(--connect "$NET1_S:$NGINX" --timeout 5)
out_of_reach "a program in C, linked statically" "which is linked statically; give the key to its cgroup" \
	"$TAP_TMP/static_client" "${to[@]}"
out_of_reach "a program in C, setuid" "cannot connect to $NET1_S:$NGINX: Operation not permitted" \
	"${UNPRIVILEGED[@]}" "$TAP_TMP/setuid_client" "${to[@]}"
out_of_reach "Go, static" "which is linked statically; give the key to its cgroup" \
	"$TAP_TMP/stream" send mptcp "$NET1_S" "$NGINX" 1
if "$TAP_TMP/uring" probe 0.0.0.0 0; then
	out_of_reach "a program in C, io_uring" "uring: connect: Operation not permitted" \
		"$TAP_TMP/uring" send "$NET1_S" "$NGINX" 1
else
	left_out "a program in C, io_uring" "io_uring may not be used here"
fi

CG_C=$(cgroup_make other) || bail "no cgroup"
LIBRARY=(build/extkey_loader run --mptcp --key-file "$KEY" --)
refused "no policy" "no policy covers this process: run 'extkey_loader attach' for its cgroup first" \
	fetch "$NET1_S:$NGINX"
row "\`run --mptcp\`, in a cgroup that is not attached" "curl" "$RESULT"
is_documented
done_testing
