#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that open MPTCP sockets by themselves, in whatever way, in cgroups with a key. The
# socket has the key of the cgroup in which it was made.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/programs.sh

MPTCPIZE=("${LIBRARY[@]}")
LIBRARY=()

# Without a privilege of its own it could not bind to this port
setuid() {
	client_program "${UNPRIVILEGED[@]}" "$TAP_TMP/setuid_client" --connect "$NET1_S:$PORT" --bind "$NET1_C:99" \
		--wait-subflows 2 --bytes "$BYTES" --timeout 60 >"$TAP_TMP/setuid"
}

# CGROUP of the socket, and that of the service
activated() {
	# shellcheck disable=SC2016 # of sh and perl
	spawn receiver in_cgroup "$1" in_s "${MPTCPIZE[@]}" systemd-socket-activate -l "$NET1_S:$PORT" \
		sh -c 'echo 0 >"$0/cgroup.procs" && exec perl -e "$1"' "$2" '$| = 1;
			open my $s, "+<&=3" or die $!;
			accept my $c, $s or die $!;
			$n += length while sysread $c, $_, 65536;
			print "$n\n"; sleep 600'
	check "systemd-socket-activate listens" wait_for 20 listens_at "$PORT"
}

# What the client's join comes to: its listener knows no such token
no_key() {
	local failed=$TAP_FAILED

	activated "$CG_O" "$CG_S"
	mib_snapshot "$NS_S"
	check "a socket without a key: data arrives" python_sends
	check "a socket without a key: its joins are refused" wait_for 20 refuses_joins
	is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "a socket without a key: none is accepted"
	refuses 5 "(perl) in $CG_S uses MPTCP sockets that were made in $CG_O" \
		"a socket without a key: status says so" build/extkey_loader status
	came_out "$failed" "n/a: the socket has no key, so its joins are refused, and \`status\` names it"
}

refuses_joins() {
	(($(mib_moved "$NS_S" MPJoinNoTokenFound) > 0))
}

# Neither end has a library
go_net() {
	server_program receiver "$TAP_TMP/stream" receive tcp "$NET1_S" "$PORT"
	check "a listener of TCP" wait_for 20 listens_plain "$PORT"
	plain "Go's net" "Go 1.19 opens TCP sockets, and the library of mptcpize does not reach it" \
		sends "${MPTCPIZE[@]}" "$TAP_TMP/stream" send tcp "$NET1_S" "$PORT" "$BYTES"
}

programs_up
CG_O=$(cgroup_make other) || bail "no cgroup"
build_programs static_client setuid_client stream uring

python_receives
joins python 1 python_sends
row "python3" "its module \`socket\`, with protocol 262" "$RESULT"

receiver "$TAP_TMP/stream" receive mptcp "$NET1_S" "$PORT"
joins go 1 sends "$TAP_TMP/stream" send mptcp "$NET1_S" "$PORT" "$BYTES"
row "Go, static" "sockets by system calls, then its package \`net\`" "$RESULT"

go_net
row "Go, static" "its package \`net\` alone" "$RESULT"
row "Go 1.21 or later" "its package \`net\`, with \`SetMultipathTCP()\`" "n/a: Debian 12 has $(go version | cut -d ' ' -f 3 | cut -d . -f 1,2)"

serve "$NET1_S:$PORT"
refuses 1 "Permission denied" "who starts the setuid program may not bind to its port" \
	client_program "${UNPRIVILEGED[@]}" "$TAP_TMP/static_client" --connect "$NET1_S:$PORT" --bind "$NET1_C:99"
joins setuid 1 setuid
row "a program in C, setuid" "run by another user" "$RESULT"
stop server

activated "$CG_S" "$CG_O"
joins activated 1 python_sends
row "systemd-socket-activate, by mptcpize's library" "the service is in another cgroup, which has no key" "$RESULT"

no_key
row "systemd-socket-activate, by mptcpize's library" "the socket is made in a cgroup without a key, and the service is in one that has it" "$RESULT"
stop receiver

check "the client sends data in its SYN" in_c sysctl -q net.ipv4.tcp_fastopen=5
check "and the server takes it" in_s sysctl -q net.ipv4.tcp_fastopen=515
python_receives fastopen
joins fastopen 1 python_sends fastopen
is "$(mib_moved "$NS_S" TCPFastOpenPassive)" 1 "fastopen: the server took data of a SYN"
row "python3, \`MSG_FASTOPEN\`" "data in the SYN of the first subflow" "$RESULT"

if "$TAP_TMP/uring" probe 0.0.0.0 0; then
	receiver "$TAP_TMP/uring" receive "$NET1_S" "$PORT"
	joins uring 1 sends "$TAP_TMP/uring" send "$NET1_S" "$PORT" "$BYTES"
	row "a program in C, io_uring" "\`socket()\`, \`connect()\` and \`accept()\` by io_uring" "$RESULT"

	receiver "$TAP_TMP/uring" receive "$NET1_S" "$PORT"
	joins sqpoll 1 sends "$TAP_TMP/uring" send "$NET1_S" "$PORT" "$BYTES" sqpoll
	row "a program in C, io_uring" "the client's calls by a thread of the kernel (SQPOLL)" "$RESULT"
else
	left_out "a program in C, io_uring" "io_uring may not be used here"
fi

is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"
is_documented
done_testing
