# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Rows in which connections wait for a key of their own, which the programs give to them when they
# are there: see rows.sh, which wants this. In plain MPTCP there is nothing to give. Rows have
# parts, as those of change.sh.

. tests/lib/sockets.sh

# As does of sockets.sh, which is a check
did() {
	sockets_tell "$@"
	[[ ${SOCKETS_ANSWER##*: } == "done" ]]
}

# NAME HOST...: this connection gets its key there
key_at() {
	local name=$1 host
	shift

	[[ $SETTING != plain ]] || return 0
	for host; do
		did "$host" key "$name" "$KEY_HEX" || return
	done
}

# The programs whose calls a row makes, in the place of the server
programs_begin() {
	parts_begin
	JOINED=0 CONTROL='' SYNCOOKIES=1
	stop server
	sockets_up
	did server socket listener && did server bind listener "$NET1_S" "$PORT" && did server listen listener
}

# NAME HOST...: a connection that has its key at these, and at the others none. SYN cookies, if they
# are in use, are from now on.
waiting() {
	in_s sysctl -q net.ipv4.tcp_syncookies=1
	did client socket "$1" && did client connect "$1" "$NET1_S" "$PORT" &&
		did server accept listener "$1" && goes_on "$1" && key_at "$@" &&
		in_s sysctl -q net.ipv4.tcp_syncookies="$SYNCOOKIES"
}

goes_on() {
	did client send "$1" && did server receive "$1"
}

# NAME...: the connections that go on if nothing came through
judge_waiting() {
	local name

	parts_agree || return
	if ((!${#PARTS_TAKEN[@]})); then
		for name; do
			goes_on "$name" || { attack_broken "$(listed "${PARTS_REFUSED[@]}"), but $name does not go on"; return; }
		done
	fi
	judge_listed
}

# WHO CONNECTION: the plain join of who saw the first handshake
join_waiting() {
	join_part "$1 has the key:" conn="$2" token=real ack=real
}

row_32() {
	programs_begin && second_subflow && waiting a || { attack_broken "no connection"; return; }
	SYNCOOKIES=${1:-1}
	in_s sysctl -q net.ipv4.tcp_syncookies="$SYNCOOKIES"
	join_waiting "no end" 0 || return
	key_at a client && join_waiting "the client" 0 || return
	key_at a server && wait_for 30 seen joins 1 || { attack_broken "no join of the client's"; return; }
	join_waiting "each end" 0 &&
		join_part "what was seen:" conn=0 token=recorded nonce=recorded ack=learned || return

	ip -n "$NS_C" mptcp endpoint flush
	waiting b server || { attack_broken "no other connection"; return; }
	JOINED=0
	join_waiting "the server" 1 || return
	[[ $SETTING == plain || $REPLY_LINE == *syn=answered* ]] || { attack_broken "stopped before the HMAC"; return; }
	judge_waiting a b
}

row_32c() {
	row_32 2
}

# WHO CONNECTION ID: forged with the HMAC of RFC 8684
announce_waiting() {
	inject_part "$1 has the key:" AddAddr conn="$2" what=add-addr id="$3" addr="$NET1_A"
}

row_33() {
	programs_begin && waiting a && waiting b server || { attack_broken "no connections"; return; }
	announce_waiting "no end" 0 66 && key_at a client && announce_waiting "the client" 0 67 &&
		key_at a server && announce_waiting "each end" 0 68 && announce_waiting "the server" 1 66 || return
	judge_waiting a b
}

row_34a() {
	programs_begin && waiting a && waiting b server || { attack_broken "no connections"; return; }
	inject_part "no end has the key:" MPFastcloseRx conn=0 what=fastclose &&
		inject_part "the server has it:" MPFastcloseRx conn=1 what=fastclose || return
	judge_waiting a b
}

row_34b() {
	programs_begin && waiting a client && waiting b client server && waiting c server ||
		{ attack_broken "no connections"; return; }
	inject_part "the client has it:" MPFastcloseRx conn=0 what=fastclose &&
		inject_part "each end has it:" MPFastcloseRx conn=1 what=fastclose &&
		option_part "$NS_S" "the server has it, and is told:" MPFastcloseRx to=server conn=2 what=fastclose || return
	judge_waiting a b c
}

PORTS=(40000 64) # that the client takes, the first one and how many

join_begun() {
	in_c ss -Htn state syn-sent | grep -q .
}

# No packet of the join has to be seen: there are not too many ports
row_35() {
	local ports unproven begun

	ports=$(in_c sysctl -n net.ipv4.ip_local_port_range)
	in_c sysctl -q net.ipv4.ip_local_port_range="${PORTS[0]} $((PORTS[0] + PORTS[1] - 1))"
	unproven=$(dropped "$CG_C" '^drop_unproven$')
	no_answer && programs_begin && second_subflow && waiting a && wait_for 10 join_begun &&
		attack unproven conn=0 what=ports to="$NET2_C" port="${PORTS[0]}" count="${PORTS[1]}"
	begun=$?
	answer_again
	in_c sysctl -q net.ipv4.ip_local_port_range="$ports"
	((!begun)) || { attack_broken "no connection, or no join is begun"; return; }

	unproven=$(($(dropped "$CG_C" '^drop_unproven$') - unproven))
	if [[ $(reply data) == answered ]]; then
		did client receive a || { attack_broken "taken, but not by the application"; return; }
		attack_succeeds "the client's application read bytes of the attacker's"
	elif [[ $(reply syn) != silent ]]; then
		attack_broken "answered, but no data is taken"
	elif ((!unproven)); then
		attack_broken "no answer, but nothing was dropped"
	else
		key_at a client server && wait_for 30 has_moved "$NS_S" MPJoinAckRx && goes_on a ||
			{ attack_broken "the join does not succeed later"; return; }
		attack_stopped "dropped by engine tc: $unproven; with the keys the client's join succeeds ($(moved "$NS_S" MPJoinAckRx))"
	fi
}
