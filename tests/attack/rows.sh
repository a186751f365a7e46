# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The attacks, one function for each row of the table. Wants e2e.sh and net.sh.
# A row plays its attack in the setting that is in force, and says
#
#	attack_succeeds WHAT	by what the victims' kernels and applications show
#	attack_stopped WHAT	the same
#	attack_broken WHAT	neither: the attack could not be played
#
# and leaves. What the attacker has seen of the victims is in each row's title.

ATTACK_BYTES=1000
TAKEN="$ATTACK_BYTES bytes of the attacker's taken by a subflow of theirs"
SERVER6=fd00::$NET1_S
PORT_B=6000
ROWS=(1 1c 2 2c 3 4a 4b 5 6 7 8 9 10 10c 11a 11b 12 13 14 15 16a 16b 17a 17b 17c 18a 18b 19 20 21a 21b 21c 22 23 24a 24b 24c 24d 24e 24f 24g 25 26a 26b 27 28a 28b 29 30a 30b 31 32 32c 33 34a 34b 35)
declare -A TITLES=(
	[1]="Eavesdropper of the first handshake joins from their own address"
	[1c]="The same, with SYN cookies"
	[2]="Row 1 with one observed join"
	[2c]="The same, with SYN cookies"
	[3]="Forged ADD_ADDR draws the client to the attacker"
	[4a]="Half-open joins fill the listener's queue, first handshake seen"
	[4b]="The same, by one observed MP_JOIN SYN again and again"
	[5]="Replay of a recorded join"
	[6]="Reflection of the server's HMAC"
	[7]="One right token guessed, used for more joins"
	[8]="Man in the middle of a join rewrites its source address"
	[9]="Forged FASTCLOSE with the eavesdropped key"
	[10]="Client's join to one connection as an oracle for another"
	[10c]="The same, with SYN cookies"
	[11a]="MP_CAPABLE stripped: the client falls back to TCP"
	[11b]="MP_JOIN stripped: the client has no second subflow"
	[12]="Forged REMOVE_ADDR and MP_PRIO"
	[13]="Row 2 with SYN cookies, by way of a listener without a key"
	[14]="ACK of the client's join to one connection used for another, with SYN cookies"
	[15]="Own connection with the keys of another as an oracle of FASTCLOSE, with SYN cookies"
	[16a]="Row 9 to the server, while another CPU completes the first handshake"
	[16b]="Forged ADD_ADDR at that moment"
	[17a]="Row 1 in fragments, and behind 16 headers of IPv6"
	[17b]="One observed MP_JOIN SYN again, and its ACK hidden in the same ways"
	[17c]="The same, with SYN cookies"
	[18a]="Half-open join, by the SYN of another host that has the key"
	[18b]="The same, on to the end, with that host as the oracle"
	[19]="Another host that has the key as an oracle of ADD_ADDR and FASTCLOSE"
	[20]="Row 13 after copies of the SYN from 80000 addresses"
	[21a]="Joins with masks that ICMP errors quote"
	[21b]="The same for ADD_ADDR and FASTCLOSE, to the client"
	[21c]="Row 21a by a firewall that rejects what is of no connection it knows"
	[22]="Join to a twin without a key, ended when the keyed connection is there, with SYN cookies"
	[23]="Join of the client's that nobody answers, answered and taken over from elsewhere"
	[24a]="The server joins the attacker's own connection, whose keys are crossed with the client's"
	[24b]="Row 24a: the server's ADD_ADDR there is that of the client here"
	[24c]="Row 24a with the connection of another host that has the key, which gets the attacker"
	[24d]="Row 24a with a connection to another service, which is killed: its FASTCLOSE is that of the client"
	[24e]="Row 24c with the attacker in the middle of that host's path to the server: it joins from its own address"
	[24f]="Row 24c: that host announces an address, where the server joins"
	[24g]="Row 24a by the middle of the first subflow: another server's ADD_ADDR is that of the client's server"
	[25]="Beside the path of a join: the server's answer to a copy of the SYN, before its own"
	[26a]="Masks of the old key, recorded before a change of keys, while both are accepted"
	[26b]="What was recorded before a change of keys, after the old one was dropped"
	[27]="Who has the old key joins, announces and closes, after it was dropped"
	[28a]="Plain T to a listener of the path manager, at an announced address with a port"
	[28b]="The same into a connection that has announced no address"
	[29]="Half-open join by a plain T from before the connection was there, again in fragments"
	[30a]="Half-open join by an old T, replayed before its key was dropped, then plain and in fragments"
	[30b]="The same, replayed in a packet that the kernel refuses"
	[31]="Plain A with another field beside it, at a listener of the other engine on that host"
	[32]="Row 1 while connections wait for a key, when one end has it, and when both have"
	[32c]="The same, with SYN cookies from then on"
	[33]="Forged ADD_ADDR at these moments"
	[34a]="Row 9 while the client waits for a key"
	[34b]="Row 9, to an end that has the key"
	[35]="SYNs without an option to all ports that a join may come from, which waits for a key"
)

. tests/attack/change.sh # rows 26, 27 and 30
. tests/attack/waiting.sh # rows 32 to 35

# Whether the kernel has the patches of kernel/series, one of which brings this function
patched() {
	bpftool btf dump file /sys/kernel/btf/vmlinux | grep -q "FUNC 'mptcp_cookie_key_valid'"
}

attack_succeeds() { OUTCOME=succeeds WHY=$*; }
attack_stopped() { OUTCOME=stopped WHY=$*; }
attack_broken() { OUTCOME=broken WHY="$* (attacker: $REPLY_LINE)"; }

# NS NAME, as it is told
moved() {
	echo "$2 +$(mib_moved "$1" "$2")"
}

has_moved() {
	(($(mib_moved "$1" "$2") > 0))
}

victim_begins() {
	client "$1" ${VICTIM_KEY:+--key-file "$VICTIM_KEY"} "${@:2}"
}

victim() {
	victim_begins "$@"
	client_ready "$1"
}

# Another service, CGROUP NS ADDR: it has the key as well
other_server() {
	OTHER_PORT=$((PORT + 1)) OTHER_NS=$2
	spawn other in_cgroup "$1" in_ns "$2" build/extkey_server \
		--listener "$3:$OTHER_PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	wait_for 20 grep -q '"event":"listening"' "$TAP_TMP/other.out"
}

# A client on the other host, which gets the attacker
other_client() {
	spawn other in_cgroup "$CG_B" in_ns "$NS_B" build/extkey_client --connect "$NET1_S:$PORT" \
		--hold-start ${VICTIM_KEY:+--key-file "$VICTIM_KEY"}
}

# Without a word; but its kernel says FASTCLOSE if something is unread
killed() {
	kill -KILL -- "-${TAP_SPAWNED[$1]}"
	reap "$1" 10
}

second_subflow() {
	endpoint_c "$NET2_C" subflow
}

has_subflow() {
	subflows "$1" | grep -qF " $2:"
}

# A join of the client's that the attacker has seen from its SYN to its ACK
seen() {
	attack seen >/dev/null && [[ $(reply "$1") -ge $2 ]]
}

seen_join() {
	second_subflow && victim client && wait_for 20 seen joins 1 && wait_for 20 has_subflow "$NS_S" "$NET2_C"
}

# Whether NAME's data arrived at the server's application as it was sent
intact() {
	release "$1" && [[ $(event "$1" "done" .ok) == true ]]
}

foreign_bytes() {
	release client
	[[ $(event client "done" .ok) == false ]] &&
		[[ $(event server closed .bytes) == "$E2E_BYTES" ]]
}

# Of these, as nobody knew whose it is, or it was that of no join
refused_by_us() {
	dropped "$CG_S" '^drop_(unknown|no_join)$'
}

# Of both cgroups there, if the row has two
dropped_s() {
	echo $(($(dropped "$CG_S") + $(dropped "${CG_H:-none}")))
}

snapshot_s() {
	mib_snapshot "$NS_S"
	DROPPED=$(dropped_s) # by engine tc, before the kernel could count it
	REFUSED=$(refused_by_us)
}

# Why the server did not take the attacker's join, in $WHY. A counter has to show
# it, of the kernel or ours: that they got no answer may be for any reason.
refusal() {
	local counter dropped

	case $REPLY_LINE in
	*syn=refused* | *syn=silent*)
		WHY="refused at the SYN" counter=MPJoinNoTokenFound ;;
	*ack=refused* | *ack=silent*)
		WHY="refused at the ACK" counter=MPJoinAckHMacFailure ;;
	*)
		attack_broken "no join"; return 1 ;;
	esac
	dropped=$(($(dropped_s) - DROPPED))
	if has_moved "$NS_S" "$counter"; then
		WHY+=" ($(moved "$NS_S" "$counter"))"
	elif ((dropped)); then
		WHY+=" (dropped by engine tc: $dropped)"
	else
		attack_broken "$WHY, but neither did $counter move nor was anything dropped"
		return 1
	fi
}

joined() {
	[[ $(reply ack) == answered && $(reply data) == answered ]] && has_moved "$NS_S" MPJoinAckRx
}

# As the server's application must have read what the attacker sent
joined_is() {
	foreign_bytes || { attack_broken "joined, but no foreign bytes in the stream"; return; }
	attack_succeeds "$* ($(moved "$NS_S" MPJoinAckRx))"
}

# NAME...: $WHY is why, but only if all goes on for these
stopped_is() {
	local name

	for name; do
		intact "$name" || { attack_broken "$WHY, but the data of $name did not arrive"; return; }
	done
	attack_stopped "$WHY"
}

# What the attacker's last join led to
judge_join() {
	if joined; then
		joined_is "the server's application read $ATTACK_BYTES bytes of the attacker's"
		return
	fi
	refusal || return
	stopped_is client
}

# ARG...: a join, once with a nonce of their own, once with the one that they saw
join_with_nonces() {
	local nonce

	seen_join || { attack_broken "no join of the client's"; return; }
	snapshot_s
	for nonce in fresh recorded; do
		attack join conn=0 from="$NET1_A" nonce=$nonce bytes=$ATTACK_BYTES "$@" ||
			{ attack_broken "no join"; return; }
		joined && break
	done
	judge_join
}

# COUNTER ARG...: a forged option to the client, and a moment for it to be counted
inject_told() {
	attack inject conn=0 to=client field=told "${@:2}" || { attack_broken "nothing injected"; return 1; }
	wait_for 1 has_moved "$NS_C" "$1" || true
}

# WHY: what the client makes of both
judge_told() {
	WHY="$(moved "$NS_C" AddAddr), $(moved "$NS_C" MPFastcloseRx), $1"
	if has_moved "$NS_C" AddAddr && has_moved "$NS_C" MPFastcloseRx; then
		attack_succeeds "the client takes both ($WHY)"
	elif has_moved "$NS_C" AddAddr || has_moved "$NS_C" MPFastcloseRx; then
		attack_broken "the client takes one of both ($WHY)"
	else
		WHY="both ignored ($WHY)"
		stopped_is client
	fi
}

row_1() {
	victim client || { attack_broken "no connection"; return; }
	attack join conn=0 from="$NET1_A" token=real ack=real bytes=$ATTACK_BYTES || { attack_broken "no join"; return; }
	judge_join
}

row_1c() {
	row_1
}

row_2() {
	join_with_nonces token=learned ack=learned
}

row_2c() {
	row_2
}

drawn() {
	has_subflow "$NS_C" "$NET1_A" && has_subflow "$NS_S" "$NET1_A"
}

row_3() {
	victim client || { attack_broken "no connection"; return; }
	attack rewrite path=1 from="$NET1_C" to="$NET1_A" newfrom="$NET1_A" newto="$NET1_S" &&
		attack inject conn=0 to=client what=add-addr addr="$NET1_A" || { attack_broken "no ADD_ADDR"; return; }
	if wait_for 2 drawn; then
		intact client || { attack_broken "drawn, but the data did not arrive"; return; }
		attack_succeeds "the client has a subflow by way of the attacker ($(moved "$NS_C" AddAddr)), $(received "$NET1_A") bytes on it"
	elif has_moved "$NS_C" AddAddr; then
		attack_broken "the client took ADD_ADDR for genuine ($(moved "$NS_C" AddAddr)), but was not drawn"
	elif intact client; then
		attack_stopped "ADD_ADDR ignored ($(moved "$NS_C" AddAddr))"
	else
		attack_broken "the client's data did not arrive"
	fi
}

# With SYN cookies, or a queue of thousands, this takes more packets than are sent
# here. So the row is about what a valid token is good for, not about the defaults.
small_queue() {
	in_s sysctl -q net.core.somaxconn=64 net.ipv4.tcp_syncookies=0
}

# The kernel drops half-open requests before long if there are many: so the SYNs
# go on while the client tries, with retransmissions. ARG...: how they are made
half_open() {
	local answered

	attack syns conn=0 from="$NET1_A" count=128 "$@" || { attack_broken "no SYNs"; return; }
	answered=$(reply answered)
	mib_snapshot "$NS_C"
	attack_begin syns conn=0 from="$NET1_A" count=128 ms=$((3000 * ${EXTKEY_SLOWNESS:-1})) "$@"
	second_subflow && attack_end || { attack_broken "no SYNs, or no legitimate join"; return; }
	if has_subflow "$NS_S" "$NET2_C"; then
		attack_stopped "$answered of 128 SYNs half-open; a legitimate join succeeds ($(moved "$NS_S" MPJoinNoTokenFound))"
	elif has_moved "$NS_C" MPJoinSynTx || has_moved "$NS_S" ListenDrops; then
		attack_succeeds "$answered of 128 SYNs half-open; a legitimate join gets no answer ($(moved "$NS_C" MPJoinSynAckRx))"
	else
		attack_broken "no legitimate join"
	fi
}

row_4a() {
	victim client || { attack_broken "no connection"; return; }
	half_open token=real
}

row_4b() {
	seen_join || { attack_broken "no join of the client's"; return; }
	ip -n "$NS_C" mptcp endpoint flush
	wait_for 10 no_subflow "$NS_S" "$NET2_C" || { attack_broken "the join of the client's stays"; return; }
	mib_snapshot "$NS_S"
	half_open token=recorded nonce=recorded
}

no_subflow() {
	! has_subflow "$@"
}

# WHERE ARG...: the recorded nonce and ACK; false if that is the end of the row
replayed() {
	snapshot_s
	attack join from="$NET1_A" nonce=recorded ack=recorded "${@:2}" || { attack_broken "no join"; return 1; }
	[[ $(reply ack) != answered ]] || { attack_succeeds "$1"; return 1; }
	refusal || return
	REPLAYED+="$1: $WHY; "
}

row_5() {
	REPLAYED=
	seen_join || { attack_broken "no join of the client's"; return; }
	replayed "same connection" conn=0 token=recorded || return

	ip -n "$NS_C" mptcp limits set subflow 0
	victim second && wait_for 10 seen connections 2 || { attack_broken "no other connection"; return; }
	replayed "another" conn=1 learn=0 token=learned || return

	intact client && intact second || { attack_broken "the clients' data did not arrive"; return; }
	wait_for 10 closed_at_server 2 || { attack_broken "the connections stay"; return; }
	replayed "after close" conn=0 token=recorded || return
	attack_stopped "${REPLAYED%; }"
}

closed_at_server() {
	[[ $(grep -c '"event":"closed"' "$TAP_TMP/server.out") -ge $1 ]] &&
		[[ ! $(in_s ss -MnH state established) ]]
}

row_6() {
	join_with_nonces token=learned ack=reflected
}

# A right guess is one of a nonce and a token. Once with other nonces, once with it
row_7() {
	local more nonce

	seen_join || { attack_broken "no join of the client's"; return; }
	attack syns conn=0 from="$NET1_A" count=16 token=random && [[ $(reply refused) == 16 ]] ||
		{ attack_broken "random tokens were not refused"; return; }
	for nonce in fresh recorded; do
		snapshot_s
		attack syns conn=0 from="$NET1_A" count=8 token=recorded nonce=$nonce ||
			{ attack_broken "no SYNs"; return; }
		more=$(reply answered)
		[[ $more != 8 ]] || break
	done
	if [[ $more != 8 ]]; then
		has_moved "$NS_S" MPJoinNoTokenFound || { attack_broken "no answer, but no token refused"; return; }
		intact client || { attack_broken "the client's data did not arrive"; return; }
		attack_stopped "$more of 8 further SYNs answered ($(moved "$NS_S" MPJoinNoTokenFound))"
		return
	fi
	attack join conn=0 from="$NET1_A" token=recorded nonce=recorded ack=random || { attack_broken "no join"; return; }
	[[ $(reply ack) != answered ]] || { attack_succeeds "joined with no HMAC"; return; }
	refusal || return
	intact client || { attack_broken "the client's data did not arrive"; return; }
	attack_succeeds "8 of 8 further SYNs answered, nonce $nonce; but none joins without the keys: $WHY"
}

row_8() {
	attack rewrite path=2 from="$NET2_C" to="$NET1_S" newfrom="$NET2_A" newto="$NET1_S" || { attack_broken "no rule"; return; }
	second_subflow && victim client || { attack_broken "no connection"; return; }
	if wait_for 2 has_subflow "$NS_S" "$NET2_A"; then
		intact client || { attack_broken "joined, but the client's data did not arrive"; return; }
		attack_succeeds "the server has a subflow with the attacker's address ($(moved "$NS_S" MPJoinAckRx)), $(received "$NET2_A") bytes on it"
	elif intact client; then
		has_moved "$NS_S" MPJoinNoTokenFound || { attack_broken "no subflow, but no token refused"; return; }
		attack_stopped "token refused at the SYN ($(moved "$NS_S" MPJoinNoTokenFound))"
	else
		attack_broken "the client's data did not arrive"
	fi
}

row_9() {
	victim client || { attack_broken "no connection"; return; }
	attack inject conn=0 to=client what=fastclose || { attack_broken "no FASTCLOSE"; return; }
	if wait_for 1 has_moved "$NS_C" MPFastcloseRx; then
		release client && { attack_broken "the client did not notice"; return; }
		grep -q 'Connection reset\|broke' "$TAP_TMP/client.err" || { attack_broken "the client ended otherwise"; return; }
		attack_succeeds "the client's connection is reset ($(moved "$NS_C" MPFastcloseRx))"
	elif intact client && ! has_moved "$NS_C" MPFastcloseRx; then
		attack_stopped "FASTCLOSE ignored ($(moved "$NS_C" MPFastcloseRx)), the connection goes on"
	else
		attack_broken "the client's data did not arrive, or FASTCLOSE did late"
	fi
}

# COMMAND: connection 0 is the attacker's target; the client joins connection 1 alone
one_for_another() {
	ip -n "$NS_C" mptcp limits set subflow 0
	second_subflow && victim client && wait_for 10 seen connections 1 || { attack_broken "no connection"; return; }
	ip -n "$NS_C" mptcp limits set subflow 4
	attack_begin "$1" conn=0 learn=1 path=2 bytes=$ATTACK_BYTES "${@:2}"
	victim second && attack_end || { attack_broken "no $1"; return; }
	if joined; then
		joined_is "joined connection 0 by the answers of connection 1"
		return
	fi
	case $REPLY_LINE in
	*client=silent*)
		has_moved "$NS_C" MPJoinSynAckHMacFailure || { attack_broken "the client is silent, but has refused nothing"; return; }
		WHY="the client refuses the SYN/ACK ($(moved "$NS_C" MPJoinSynAckHMacFailure))" ;;
	*)
		refusal || return ;;
	esac
	stopped_is client second
}

row_10() {
	one_for_another oracle
}

row_10c() {
	row_10
}

row_11a() {
	attack strip what=capable || { attack_broken "not stripped"; return; }
	if ! victim client; then
		attack_stopped "no connection"
		return
	fi
	if [[ $(event client connected .fallback) != true ]]; then
		attack_stopped "the client did not fall back"
	elif intact client; then
		attack_succeeds "plain TCP, and the client's application does not notice ($(moved "$NS_C" MPCapableFallbackSYNACK))"
	else
		attack_broken "the client's data did not arrive"
	fi
}

row_11b() {
	attack strip what=join || { attack_broken "not stripped"; return; }
	second_subflow && victim client || { attack_broken "no connection"; return; }
	wait_for 5 has_moved "$NS_C" MPJoinSynTx && wait_for 5 seen stripped 1 ||
		{ attack_broken "no join of the client's"; return; }
	if wait_for 1 has_subflow "$NS_S" "$NET2_C"; then
		attack_stopped "joined ($(moved "$NS_S" MPJoinAckRx))"
	elif intact client; then
		attack_succeeds "no second subflow ($(moved "$NS_S" MPJoinSynRx)); the first goes on"
	else
		attack_broken "the client's data did not arrive"
	fi
}

row_12() {
	seen_join && wait_for 10 seen id 0 || { attack_broken "no join of the client's"; return; }
	mib_snapshot "$NS_S"
	attack inject conn=0 to=server what=prio && wait_for 2 has_moved "$NS_S" MPPrioRx
	attack seen >/dev/null
	attack inject conn=0 to=server what=remove-addr id="$(reply id)" &&
		wait_for 2 has_moved "$NS_S" RmAddr
	if has_moved "$NS_S" MPPrioRx && has_moved "$NS_S" RmAddr && no_subflow "$NS_S" "$NET2_C"; then
		attack_succeeds "first subflow made a backup, second one removed ($(moved "$NS_S" MPPrioRx), $(moved "$NS_S" RmAddr))"
	elif intact client; then
		attack_stopped "ignored ($(moved "$NS_S" MPPrioRx), $(moved "$NS_S" RmAddr))"
	else
		attack_broken "the client's data did not arrive"
	fi
}

# The kernel keeps joins with a cookie by ports and sequence number alone
row_13() {
	seen_join || { attack_broken "no join of the client's"; return; }
	snapshot_s
	attack join conn=0 from="$NET1_A" token=learned nonce=recorded ack=real via="$NET2_S" \
		bytes=$ATTACK_BYTES || { attack_broken "no join"; return; }
	judge_join
}

# The same table again: now it is the slot of the client's join that is taken
row_14() {
	one_for_another slot from="$NET2_A"
}

accepted() {
	grep -q '"event":"accepted"' "$TAP_TMP/other.out"
}

unread() {
	[[ $(in_ns "$OTHER_NS" ss -MnH state established sport = "$OTHER_PORT" | awk '{ print $1 }') -gt 0 ]]
}

no_connections_c() {
	[[ ! $(in_c ss -MnH) ]]
}

# Without a word to the server. All hosts here have one kernel, which gives no token twice:
# for its key to be named at the server, the client's own connection has to be gone.
client_vanishes() {
	local status

	ip -n "$NS_C" rule add pref 1 to "$NET1_S" blackhole || return
	killed client
	in_c ss -Ktn >/dev/null
	wait_for 10 no_connections_c
	status=$?
	ip -n "$NS_C" rule del pref 1
	return $status
}

# The attacker's own connection to another service with the same key, with the MPTCP keys of
# the victim's the other way round
open_at_another() {
	other_server "$CG_S" "$NS_S" "$NET1_S" &&
		attack open-named conn=0 from="$NET1_A" to_port="$OTHER_PORT" &&
		wait_for 10 accepted
}

# That service does not read, and is killed: so its kernel sends FASTCLOSE
told_by_another() {
	open_at_another || return
	kill -STOP -- "-${TAP_SPAWNED[other]}"
	attack_begin hear-named ms=20000
	wait_for 10 unread && killed other
	attack_end && [[ $(reply fastclose) != none ]]
}

still_served() {
	[[ $(in_s ss -MnH state established sport = "$PORT") ]] &&
		! grep -q '"event":"closed"' "$TAP_TMP/server.out"
}

row_15() {
	victim client && client_vanishes && still_served || { attack_broken "no connection"; return; }
	told_by_another || { attack_broken "no FASTCLOSE on their own connection"; return; }
	attack inject conn=0 to=server what=fastclose field=told || { attack_broken "no FASTCLOSE"; return; }
	if wait_for 1 has_moved "$NS_S" MPFastcloseRx; then
		wait_for 5 grep -q '"event":"closed"' "$TAP_TMP/server.out" ||
			{ attack_broken "the server did not notice"; return; }
		attack_succeeds "the server's connection is reset ($(moved "$NS_S" MPFastcloseRx))"
	elif still_served; then
		attack_stopped "FASTCLOSE ignored ($(moved "$NS_S" MPFastcloseRx)), the connection goes on"
	else
		attack_broken "the connection ended otherwise"
	fi
}

# NAME N: as many connections of the client's, and the data of each as it was sent
all_intact() {
	release "$1" && [[ $(event "$1" "done" 'select(.ok) | .id' | wc -l) == "$2" ]]
}

# COUNTER ARG...: with what is forged, beside the end of each of the client's handshakes
at_first_handshakes() {
	local counter=$1 connections=48 taken unknown
	shift

	attack_begin race count=$connections "$@"
	victim_begins client --connections $connections
	attack_end || { attack_broken "no race"; return; }
	taken=$(mib_moved "$NS_S" "$counter")
	unknown=$(($(refused_by_us) - REFUSED))
	if ((taken)); then
		attack_succeeds "taken for genuine ($(moved "$NS_S" "$counter")), on $connections connections"
	elif has_moved "$NS_S" MPCapableFallbackACK || ! client_ready client || ! all_intact client "$connections"; then
		attack_broken "none taken for genuine, but the client's data did not arrive by MPTCP"
	elif [[ $(reply raced) != "$connections" ]]; then
		attack_broken "not beside all $connections handshakes"
	elif ((!unknown)); then
		attack_broken "none of $(reply forged) came while the connection was made"
	else
		attack_stopped "none taken for genuine ($(moved "$NS_S" "$counter")), on $connections connections; \
$unknown of $(reply forged) came while one was made"
	fi
}

row_16a() {
	at_first_handshakes MPFastcloseRx what=fastclose
}

row_16b() {
	at_first_handshakes AddAddr what=add-addr addr="$NET1_A"
}

# What programs on interfaces do not follow, and the kernel puts together before TCP
HIDINGS=("piece=32" "ipv6=1 headers=16" "ipv6=1 piece=32" "ipv6=1 headers=16 piece=32")

# ARG...: a join in each of these ways. All succeed, or none.
hidden_joins() {
	local hiding ways=0 whys=()

	for hiding in "${HIDINGS[@]}"; do
		snapshot_s
		# shellcheck disable=SC2086 # words
		attack join conn=0 from="$NET1_A" ack=real bytes=$ATTACK_BYTES \
			offset=$((1 + ways * ATTACK_BYTES)) $hiding "$@" || { attack_broken "no join"; return; }
		if joined; then
			((++ways))
		else
			refusal || return
			whys+=("$hiding: $WHY")
		fi
	done
	WHY=$(printf '%s; ' "${whys[@]}" | sed 's/; $//')
	if ((!ways)); then
		stopped_is client
	elif ((ways < ${#HIDINGS[@]})); then
		attack_broken "joined in $ways ways, but not by $WHY"
	else
		joined_is "joined in each of $ways ways, with $ATTACK_BYTES bytes of the attacker's"
	fi
}

row_17a() {
	victim client || { attack_broken "no connection"; return; }
	hidden_joins token=real
}

row_17b() {
	seen_join || { attack_broken "no join of the client's"; return; }
	hidden_joins token=recorded nonce=recorded hide=ack
}

row_17c() {
	row_17b
}

# Another host with the key connects to the server, and gets the attacker; then it joins
# that connection, and the attacker the client's by what it answers
by_another_host() {
	ip -n "$NS_C" mptcp limits set subflow 0
	victim client && wait_for 10 seen connections 1 || return
	mib_snapshot "$NS_B"
	snapshot_s
	attack_begin lure conn=0
	other_client
	attack_end && attack_begin oracle conn=0 learn=1 bytes=$ATTACK_BYTES &&
		ip -n "$NS_B" mptcp endpoint add "$NET2_B" dev b1 subflow && attack_end
}

row_18a() {
	by_another_host || { attack_broken "the other host does not join"; return; }
	if [[ $(reply syn) == answered ]]; then
		attack_succeeds "the server answers the other host's nonce and token ($(moved "$NS_S" MPJoinSynRx))"
	elif refusal && intact client; then
		attack_stopped "$WHY"
	else
		attack_broken "the client's data did not arrive"
	fi
}

row_18b() {
	by_another_host || { attack_broken "the other host does not join"; return; }
	if joined; then
		joined_is "joined by the answers of the other host"
	elif [[ $(reply client) == silent ]] && has_moved "$NS_B" MPJoinSynAckHMacFailure; then
		WHY="the other host refuses the SYN/ACK ($(moved "$NS_B" MPJoinSynAckHMacFailure))"
		stopped_is client
	else
		attack_broken "neither joined nor refused by the other host"
	fi
}

# As told_by_another(), but the other host has its own MPTCP key, and the attacker the client's
told_by_another_host() {
	other_server "$CG_B" "$NS_B" "$NET1_B" &&
		attack open-named conn=0 path=3 from="$NET1_A" to="$NET1_B" to_port="$OTHER_PORT" as=client &&
		wait_for 10 accepted || return
	mib_snapshot "$NS_B"
	kill -STOP -- "-${TAP_SPAWNED[other]}"
	attack_begin hear-named ms=20000
	wait_for 10 unread && ip -n "$NS_B" mptcp endpoint add "$NET2_B" dev b1 id 66 signal &&
		wait_for 10 has_moved "$NS_B" AddAddrTx
	killed other
	attack_end && [[ $(reply add_addr) && $(reply fastclose) != none ]]
}

row_19() {
	local told

	victim client && wait_for 10 seen connections 1 && told_by_another_host ||
		{ attack_broken "no ADD_ADDR or FASTCLOSE on their own connection"; return; }
	told="told: add_addr=$(reply add_addr) fastclose=$(reply fastclose)"
	inject_told AddAddr what=add-addr id=66 addr="$NET2_B" &&
		inject_told MPFastcloseRx what=fastclose && judge_told "$told"
}

# From where the attacker sends copies of a SYN
many_addresses() {
	ip -n "$NS_S" route replace 10.64.0.0/10 via "$NET1_A"
}

# More than any table of engine tc has room for, by addresses
row_20() {
	local copies=80000 got

	seen_join && many_addresses || { attack_broken "no join of the client's"; return; }
	snapshot_s
	attack join conn=0 from="$NET1_A" token=learned nonce=recorded ack=real via="$NET2_S" \
		bytes=$ATTACK_BYTES copies=$copies || { attack_broken "no join"; return; }
	got=$(mib_moved "$NS_S" MPJoinSynRx)
	judge_join
	[[ $OUTCOME == broken || $REPLY_LINE != *syn=answered* ]] || ((got >= copies)) ||
		attack_broken "$got of $copies SYNs arrived"
}

# The kernel quotes a packet with an IP option that it refuses, behind the programs
row_21a() {
	victim client || { attack_broken "no connection"; return; }
	attack quote-join conn=0 from="$NET1_A" bytes=$ATTACK_BYTES || { attack_broken "no join"; return; }
	[[ $REPLY_LINE != *unquoted* ]] || { attack_broken "nothing quoted"; return; }
	judge_join
}

row_21c() {
	seen_join || { attack_broken "no join of the client's"; return; }
	in_s nft -f - <<-RULES || { attack_broken "no firewall"; return; }
	table inet extkey_test {
		chain input {
			type filter hook input priority 0;
			ct state established,related accept
			tcp dport $PORT ct state new accept
			reject with icmp host-prohibited
		}
	}
	RULES
	attack quote-join conn=0 from="$NET1_A" token=recorded nonce=recorded by=firewall bytes=$ATTACK_BYTES
	in_s nft delete table inet extkey_test
	[[ $REPLY_LINE != *unquoted* ]] || { attack_broken "nothing quoted"; return; }
	judge_join
}

row_21b() {
	local told

	victim client && wait_for 10 seen connections 1 || { attack_broken "no connection"; return; }
	attack quote-inject conn=0 to=client what=add-addr addr="$NET1_A" || { attack_broken "no ADD_ADDR"; return; }
	told="quoted: add_addr=$(reply field)"
	inject_told AddAddr what=add-addr addr="$NET1_A" || return
	attack quote-inject conn=0 to=client what=fastclose || { attack_broken "no FASTCLOSE"; return; }
	told+=" fastclose=$(reply field)"
	inject_told MPFastcloseRx what=fastclose && judge_told "$told"
}

# A record of a join says what key its connection had, not what that of now has
row_22() {
	attack_begin twin via="$NET2_S" bytes=$ATTACK_BYTES
	victim_begins client
	attack_end || { attack_broken "no twin"; return; }
	client_ready client || { attack_broken "no connection"; return; }
	if joined; then
		release client
		[[ $(event client "done" .ok) == false ]] ||
			{ attack_broken "joined, but no foreign bytes in the stream"; return; }
		attack_succeeds "the server's application read the attacker's bytes ($(moved "$NS_S" MPJoinAckRx))"
		return
	fi
	refusal || return
	stopped_is client
}

# As behind a firewall at the server: nobody answers on the client's second path
no_answer() {
	ip -n "$NS_S" rule add pref 2 lookup local && ip -n "$NS_S" rule del pref 0 &&
		ip -n "$NS_S" rule add pref 1 from "$NET2_C" blackhole
}

answer_again() {
	ip -n "$NS_S" rule del pref 1 && ip -n "$NS_S" rule add pref 0 lookup local &&
		ip -n "$NS_S" rule del pref 2
}

# The attacker changes and withholds nothing
row_23() {
	no_answer || { attack_broken "no rule"; return; }
	attack_begin overtake path=2 bytes=$ATTACK_BYTES
	second_subflow && victim client
	attack_end
	answer_again
	[[ $REPLY_LINE != *error=* ]] || { attack_broken "no overtaking"; return; }
	if [[ $(reply client) == silent ]]; then
		attack_broken "the client does not answer"; return
	fi
	judge_join
}

# A server that opens subflows itself, as e2e/server-joins has it
row_24a() {
	local why

	ip -n "$NS_S" mptcp endpoint flush
	attack_begin cross from="$NET1_A" to="$NET1_S" to_port="$PORT" bytes=$ATTACK_BYTES
	victim client || { attack_broken "no connection"; return; }
	# As an address that comes up: the kernel joins for accepted connections alone
	endpoint_s "$NET2_S" subflow && attack_end || { attack_broken "no join of the server's"; return; }
	ip -n "$NS_S" mptcp endpoint flush
	why="$(moved "$NS_S" MPJoinAckRx), $(moved "$NS_S" MPJoinSynAckHMacFailure), $(moved "$NS_S" MPJoinSynTx)"
	diag "$(in_s ss -MnHi sport = "$PORT")"
	if joined; then
		attack_succeeds "$TAKEN ($why)"
	elif has_moved "$NS_S" MPJoinSynAckHMacFailure || has_moved "$NS_S" MPJoinNoTokenFound; then
		attack_stopped "refused ($why, $(moved "$NS_S" MPJoinNoTokenFound))"
	else
		attack_broken "no join ($why)"
	fi
}

row_24b() {
	local why

	ip -n "$NS_S" mptcp endpoint flush
	endpoint_s "$NET2_S" id 66 signal
	attack_begin cross from="$NET1_A" to="$NET1_S" to_port="$PORT" what=add-addr
	victim client && attack_end || { ip -n "$NS_S" mptcp endpoint flush; attack_broken "no connection"; return; }
	wait_for 2 has_moved "$NS_S" AddAddr
	ip -n "$NS_S" mptcp endpoint flush
	why="$(moved "$NS_S" AddAddr), $(moved "$NS_S" AddAddrTx)"
	if [[ $(reply announced) != 1 ]]; then
		attack_broken "no ADD_ADDR ($why)"
	elif has_moved "$NS_S" AddAddr; then
		attack_succeeds "the server takes its own ADD_ADDR for the client's ($why)"
	else
		attack_stopped "ignored ($why)"
	fi
}

# The server's own answer takes longer than one by way of the attacker
row_25() {
	tc -n "$NS_S" qdisc replace dev s2 root netem delay "$((300 * ${EXTKEY_SLOWNESS:-1}))ms"
	victim client && wait_for 10 seen connections 1 || { net_rate "$E2E_RATE"; attack_broken "no connection"; return; }
	snapshot_s
	attack_begin beside conn=0 from="$NET1_A" bytes=$ATTACK_BYTES
	second_subflow && attack_end || { net_rate "$E2E_RATE"; attack_broken "no join of the client's"; return; }
	net_rate "$E2E_RATE"
	judge_join
}

# ENDPOINT-FLAGS ARG...: the client is further away from the server than the attacker and the
# other host
cross_lured() {
	local status

	ip -n "$NS_C" mptcp limits set subflow 0
	tc -n "$NS_C" qdisc replace dev c1 root netem delay "$((100 * ${EXTKEY_SLOWNESS:-1}))ms"
	# shellcheck disable=SC2086 # words
	ip -n "$NS_B" mptcp endpoint add "$NET2_B" dev b1 $1
	mib_snapshot "$NS_B"
	attack_begin cross-lured from="$NET1_A" bytes=$ATTACK_BYTES offset=0 "${@:2}"
	other_client
	sleep 0.3 # its SYN has MP_CAPABLE twice or three times
	victim client
	attack_end
	status=$?
	net_rate "$E2E_RATE"
	return $status
}

row_24e() {
	cross_lured subflow by=path || { attack_broken "no connection"; return; }
	WHY="$(moved "$NS_S" MPJoinAckRx), $(moved "$NS_S" MPJoinNoTokenFound), $(moved "$NS_S" MPJoinAckHMacFailure)"
	if joined && has_subflow "$NS_S" "$NET2_B"; then
		attack_succeeds "$TAKEN, from the other host's address ($WHY)"
	elif has_moved "$NS_S" MPJoinNoTokenFound || has_moved "$NS_S" MPJoinAckHMacFailure; then
		attack_stopped "refused ($WHY)"
	else
		attack_broken "no join ($WHY)"
	fi
}

# A port, for a listener there; the kernel takes each port once
row_24f() {
	((++PORT_B))
	cross_lured "id 66 signal port $PORT_B" what=add-addr || { attack_broken "no connection"; return; }
	ip -n "$NS_B" mptcp endpoint flush
	WHY="$(moved "$NS_S" AddAddr), $(moved "$NS_S" MPJoinSynAckRx), $(moved "$NS_B" MPJoinAckRx), $(moved "$NS_B" MPJoinNoTokenFound)"
	if has_moved "$NS_S" AddAddr && has_moved "$NS_S" MPJoinSynAckRx && has_moved "$NS_B" MPJoinAckRx; then
		attack_succeeds "the server has a subflow with the other host ($WHY)"
	elif has_moved "$NS_B" MPJoinNoTokenFound; then
		attack_stopped "the other host refuses the server's join ($WHY)"
	elif [[ $(reply announced) == 1 ]] && ! has_moved "$NS_S" AddAddr; then
		attack_stopped "ignored ($WHY)"
	else
		attack_broken "announced, but not joined ($WHY)"
	fi
}

row_24g() {
	other_server "$CG_B" "$NS_B" "$NET1_B" &&
		ip -n "$NS_B" mptcp endpoint add "$NET2_B" dev b1 id 66 signal || { attack_broken "no other server"; return; }
	attack_begin cross-middle path=3 with=client from="$NET1_A" to="$NET1_B" to_port="$OTHER_PORT"
	victim client
	attack_end || { attack_broken "not crossed"; return; }
	wait_for 2 has_moved "$NS_C" AddAddr
	WHY="$(moved "$NS_C" AddAddr)"
	if [[ $(reply announced) != 1 ]]; then
		attack_broken "no ADD_ADDR"
	elif has_moved "$NS_C" AddAddr; then
		attack_succeeds "the client takes the other server's ADD_ADDR for that of its own ($WHY)"
	else
		attack_stopped "ignored ($WHY)"
	fi
}

row_24c() {
	cross_lured subflow || { attack_broken "no connection"; return; }
	WHY="$(moved "$NS_S" MPJoinAckRx), $(moved "$NS_S" MPJoinNoTokenFound), $(moved "$NS_S" MPJoinAckHMacFailure)"
	if joined; then
		attack_succeeds "$TAKEN ($WHY)"
	elif has_moved "$NS_S" MPJoinNoTokenFound || has_moved "$NS_S" MPJoinAckHMacFailure || [[ $(reply other) == silent ]]; then
		attack_stopped "refused ($WHY, $REPLY_LINE)"
	else
		attack_broken "no join ($WHY)"
	fi
}

row_24d() {
	other_server "$CG_S" "$NS_S" "$NET1_S" || { attack_broken "no other service"; return; }
	kill -STOP -- "-${TAP_SPAWNED[other]}"
	attack_begin cross from="$NET1_A" to="$NET1_S" to_port="$OTHER_PORT" what=fastclose
	victim client || { attack_broken "no connection"; return; }
	killed other
	attack_end || { attack_broken "not crossed"; return; }
	if [[ $(reply closed) != 1 ]]; then
		attack_broken "no FASTCLOSE"
	elif wait_for 2 has_moved "$NS_S" MPFastcloseRx; then
		attack_succeeds "the server's connection is reset ($(moved "$NS_S" MPFastcloseRx))"
	else
		attack_stopped "ignored ($(moved "$NS_S" MPFastcloseRx))"
	fi
}

# The kernel listens there itself, with no key
pm_listener() {
	in_cgroup "$CG_S" endpoint_s "$NET2_S" id 66 signal port "$1"
}

# ARG...: their join to that listener, with what RFC 8684 has; and under the masks of the join
# that they saw, if there is one
join_pm_listener() {
	local ack acks=(real)

	! seen joins 1 || acks+=(learned)
	snapshot_s
	for ack in "${acks[@]}"; do
		attack join conn=0 path=2 from="$NET2_A" to="$NET2_S" token=real ack=$ack \
			bytes=$ATTACK_BYTES "$@" || { attack_broken "no join"; return 1; }
		! joined || break
	done
}

row_28a() {
	pm_listener $((PORT + 1)) && victim client && wait_for 10 has_moved "$NS_C" AddAddr ||
		{ attack_broken "no connection, or nothing announced"; return; }
	[[ $SETTING == xor ]] || wait_for 10 seen joins 1 || { attack_broken "no join of the client's"; return; }
	join_pm_listener to_port=$((PORT + 1)) || return
	[[ $SETTING != siphash* || $REPLY_LINE == *syn=answered*synack=masked* ]] ||
		{ attack_broken "stopped before the HMAC"; return; }
	judge_join
	WHY+=", $(moved "$NS_S" MPJoinPortSynRx)"
}

# Plain MPTCP itself refuses a join to a port that was not announced, so it is that of the
# connection. With a path manager in user space, which does nothing, nothing is announced.
row_28b() {
	local at_pm

	stop server
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	pm_listener "$PORT" || { attack_broken "no listener of the path manager"; return; }
	in_s sysctl -q net.mptcp.pm_type=1
	spawn monitor in_s ip mptcp monitor # or no join is accepted
	second_subflow && victim client && wait_for 10 seen joins 1 || { attack_broken "no join of the client's"; return; }
	at_pm=$(pm_joins)
	join_pm_listener || return
	at_pm=$(($(pm_joins) - at_pm))
	[[ $SETTING == plain ]] || ((at_pm)) || { attack_broken "not at a listener of the path manager"; return; }
	judge_join
	WHY+=", $(moved "$NS_S" AddAddrTx)"
	[[ $SETTING == plain ]] || WHY+=", join_syn_rx_pm +$at_pm"
}

pm_joins() {
	[[ $SETTING == plain ]] || counter "$CG_S" join_syn_rx_pm
}

# What the program on the interface lets pass when it leads nowhere, it must not let pass later
row_29() {
	local syn=(from="$NET1_A" port=2900 nonce=2900 token=real)

	attack_begin early "${syn[@]}"
	victim client && attack_end || { attack_broken "no connection, or no SYN before it is there"; return; }
	[[ $(reply syn) == refused ]] || { attack_broken "T led somewhere before the connection was there"; return; }
	snapshot_s
	attack join conn=0 "${syn[@]}" piece=24 ack=random || { attack_broken "no join"; return; }
	if [[ $(reply ack) == answered ]]; then
		attack_broken "joined with no HMAC"
	elif [[ $(reply syn) == answered ]]; then
		intact client || { attack_broken "answered, but the client's data did not arrive"; return; }
		attack_succeeds "the server answers T of before in fragments ($(moved "$NS_S" MPJoinSynRx))"
	else
		refusal || return
		stopped_is client
	fi
}

# A cgroup of the server's host with the other engine listens where the connection has announced
# an address
other_engine() {
	local engine=(--engine hook)

	[[ $ENGINE_S == tc ]] || engine=(--engine tc --netns "$NS_S")
	: "${CG_H:=$(cgroup_make other-engine)}"
	[[ $SETTING == plain ]] ||
		build/extkey_loader attach "$CG_H" "${engine[@]}" --scheme "$SCHEME" || return
	spawn other in_cgroup "$CG_H" in_s build/extkey_server \
		--listener "$NET2_S:$PORT${VICTIM_KEY:+,$OTHER_KEY}"
	wait_for 20 grep -q '"event":"listening"' "$TAP_TMP/other.out"
}

row_31() {
	stop server
	serve "$NET1_S:$PORT${VICTIM_KEY:+,$VICTIM_KEY}"
	other_engine || { attack_broken "no listener of the other engine"; return; }
	ip -n "$NS_C" mptcp limits set subflow 4 add_addr_accepted 0
	endpoint_s "$NET2_S" signal
	victim client && wait_for 10 has_moved "$NS_C" AddAddr || { attack_broken "no connection, or nothing announced"; return; }
	snapshot_s
	attack join conn=0 path=2 from="$NET2_A" to="$NET2_S" token=real ack=real beside=syn \
		bytes=$ATTACK_BYTES || { attack_broken "no join"; return; }
	# With engine hook the listener is one of tc, where T leads to no connection of hook
	[[ $SETTING != siphash* || $ENGINE_S == hook || $REPLY_LINE == *syn=answered* ]] ||
		{ attack_broken "stopped before the HMAC"; return; }
	judge_join
}
