# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Rows in which hosts have the key of their cgroup, and change it: see rows.sh, which wants
# this. The programs there know of no key. A row has several parts; in plain MPTCP all of them
# have to succeed, and with keys one is enough for the row to succeed.

. tests/lib/experiment.sh # for wire_fields

OLD_HEX=0102030405060708090a0b0c0d0e0f10 # $KEY of cells.sh
NEW_KEY=$(key new 0102030405060708090a0b0c0d0e0f1011121314)
# By the fingerprint: docs/protocol.md
declare -A MASK_KEYS=([cf75c8a7]=f0a355f622956be2e46bfb90abc29df5 [fe77875f]=d480317afa8274ee2eb3494c676ff695)
declare -A PADS=([cf75c8a7]=00000010 [fe77875f]=11121304)

# ARG...: a step of a change, on both hosts
step() {
	local host

	[[ $SETTING != plain ]] || return 0
	for host in "$CG_C" "$CG_S"; do
		loader key "$host" "$@" || return
	done
}

# The new one is sent
both_accepted() {
	step --add "$NEW_KEY" && step --use-new
}

# CGROUP: "SENDING STEP" as status has them
key_state() {
	loader status --json | jq -r --arg cgroup "$1" \
		'.cgroups[] | select(.cgroup == $cgroup) | "\(.key.sending) \(.key.step)"'
}

parts_begin() {
	PARTS_TAKEN=() PARTS_REFUSED=()
}

# NAME CMD...: whether this part of the attack came through
part() {
	if "${@:2}"; then
		PARTS_TAKEN+=("$1")
		return
	fi
	PARTS_REFUSED+=("$1")
	return 1
}

# "a; b; c"
listed() {
	local list

	printf -v list '%s; ' "$@"
	echo "${list%; }"
}

# NAME ARG...: a join of the attacker's; behind the bytes of the joins before it
join_part() {
	local name=$1
	shift

	snapshot_s
	attack join from="$NET1_A" bytes=$ATTACK_BYTES offset=$((1 + JOINED * ATTACK_BYTES)) "$@" ||
		{ attack_broken "no join"; return 1; }
	if part "$name ($(moved "$NS_S" MPJoinAckRx))" joined; then
		((++JOINED))
		return
	fi
	refusal || return
	PARTS_REFUSED[-1]="$name $WHY"
}

# NAMESPACE NAME COUNTER ARG...: an option to that host
option_part() {
	local ns=$1 name=$2 counter=$3
	shift 3

	mib_snapshot "$ns"
	attack inject "$@" || { attack_broken "nothing injected"; return 1; }
	wait_for 2 has_moved "$ns" "$counter"
	part "$name" has_moved "$ns" "$counter"
	if has_moved "$ns" "$counter"; then
		PARTS_TAKEN[-1]+=" ($(moved "$ns" "$counter"))"
	else
		PARTS_REFUSED[-1]+=" ignored ($(moved "$ns" "$counter"))"
	fi
}

# NAME COUNTER ARG...: to the client
inject_part() {
	option_part "$NS_C" "$@" to=client
}

# The client's next connection has its join answered by the attacker
answer_part() {
	mib_snapshot "$NS_C"
	ip -n "$NS_C" mptcp limits set subflow 4
	attack_begin answer path=2
	victim "$1" && attack_end || { attack_broken "no join of the client's to answer"; return 1; }
	if part "S" test "$(reply client)" = answered; then
		PARTS_TAKEN[-1]="the client answers S"
		return
	fi
	has_moved "$NS_C" MPJoinSynAckHMacFailure ||
		{ attack_broken "the client is silent, but has refused nothing"; return 1; }
	PARTS_REFUSED[-1]="S refused by the client ($(moved "$NS_C" MPJoinSynAckHMacFailure))"
}

# The next join of a client's on the wire: each field has the mask of the key that status says
# is sent, at both ends. So nothing that was received has changed it.
honest_join() {
	local name state_c state_s fields want="ack ok synack ok token ok" pad
	local KEY_MASK=$KEY_MASK EXTKEY_BOUND=

	for name in client second third unread; do
		stop "$name"
	done
	ip -n "$NS_C" mptcp limits set subflow 4
	capture_start "$NS_S" s1 "$TAP_TMP/honest-s1.pcap" &&
		capture_start "$NS_S" s2 "$TAP_TMP/honest-s2.pcap" || { attack_broken "no capture"; return 1; }
	victim last --wait-subflows 2 || { attack_broken "an honest join fails then"; return 1; }
	capture_stop || { attack_broken "packets are missing in the capture"; return 1; }
	release last || { attack_broken "the data does not arrive then"; return 1; }

	state_c=$(key_state "$CG_C") state_s=$(key_state "$CG_S")
	if [[ $SETTING != plain ]]; then
		KEY_MASK=${MASK_KEYS[${state_c%% *}]}
		want="ack masked synack masked token masked"
	fi
	if [[ $SETTING == xor ]]; then
		want="ack ok synack ok token differs"
		pad=$(printf %08x $((0x$(real_token honest) ^ 0x$(wire_token honest))))
		[[ $pad == "${PADS[${state_c%% *}]}" ]] || { attack_broken "the pad is $pad, but status has $state_c"; return 1; }
	fi
	[[ $SETTING != *-bound ]] || EXTKEY_BOUND=bound
	fields=$(wire_fields honest)
	[[ $fields == "$want" && $state_c == "$state_s" && $state_c == "${1:-}"* ]] ||
		{ attack_broken "the next join has $fields, by $state_c and $state_s"; return 1; }
	HONEST="the next join has ${state_c:-no key}"
}

# In plain MPTCP all of them come through, or none
parts_agree() {
	[[ ! ${PARTS_TAKEN[*]} || $SETTING != plain || ! ${PARTS_REFUSED[*]} ]] ||
		{ attack_broken "came through: $(listed "${PARTS_TAKEN[@]}"); but not $(listed "${PARTS_REFUSED[@]}")"; return 1; }
}

# ALSO: what else was found
judge_listed() {
	if ((${#PARTS_TAKEN[@]})); then
		attack_succeeds "$CONTROL$(listed "${PARTS_TAKEN[@]}" "$@")"
	else
		attack_stopped "$CONTROL$(listed "${PARTS_REFUSED[@]}" "$@")"
	fi
}

# NAME...: the clients that go on if nothing came through
judge_parts() {
	local name

	parts_agree || return
	if ((!${#PARTS_TAKEN[@]})); then
		for name; do
			intact "$name" || { attack_broken "$(listed "${PARTS_REFUSED[@]}"), but the data of $name did not arrive"; return; }
		done
	fi
	honest_join "$NEW_FINGERPRINT" || return
	judge_listed "$HONEST"
}

# It does not read, and when it is killed its kernel says FASTCLOSE
# shellcheck disable=SC2016 # of perl
UNREAD_SERVER='use Socket; $| = 1;
	socket my $s, PF_INET, SOCK_STREAM, 262 or die $!;
	bind $s, pack_sockaddr_in $ARGV[1], inet_aton $ARGV[0] or die $!;
	listen $s, 5 or die $!;
	print qq({"event":"listening"}\n);
	accept my $c, $s or die $!;
	sleep 600'

# Under the old key: T, S and A of a join to connection 0, F to the client of connection 1,
# which does not get it, and D of connection 0, of an address that is taken back
record_old() {
	local want=masked

	ip -n "$NS_C" mptcp limits set subflow 4 add_addr_accepted 0
	seen_join && attack keep || return

	ip -n "$NS_C" mptcp limits set subflow 0
	OTHER_PORT=$((PORT + 1)) OTHER_NS=$NS_S
	spawn other in_cgroup "$CG_S" in_s perl -e "$UNREAD_SERVER" "$NET1_S" "$OTHER_PORT"
	wait_for 20 grep -q listening "$TAP_TMP/other.out" &&
		victim unread --connect "$NET1_S:$OTHER_PORT" && wait_for 10 unread && attack withhold || return
	killed other
	wait_for 10 seen fastcloses 1 || return

	endpoint_s "$NET2_S" id 66 signal && wait_for 10 seen add_addrs 1 &&
		wait_for 10 has_moved "$NS_C" AddAddr || return
	ip -n "$NS_S" mptcp endpoint flush
	wait_for 10 has_moved "$NS_C" RmAddr || return

	# It is under that key: or what comes would show nothing
	attack seen
	[[ $SETTING == siphash* ]] || want=plain
	[[ $(reply add_addr) == "$want" && $(reply fastclose) == "$want" ]]
}

# Which key is to be sent at the end: none in plain MPTCP
change_begins() {
	parts_begin
	JOINED=0 CONTROL='' NEW_FINGERPRINT=''
	[[ $SETTING == plain ]] || NEW_FINGERPRINT=fe77875f
}

# Plain MPTCP stops that as well: row 5
no_replay() {
	attack join from="$NET1_A" conn=0 token=kept nonce=kept ack=recorded || { attack_broken "no join"; return 1; }
	[[ $(reply ack) != answered ]] || { attack_succeeds "A as it was recorded is taken"; return 1; }
}

# What a host accepts is taken as in plain MPTCP, where it was sent; but it must change nothing
taken_again() {
	mib_snapshot "$NS_C"
	attack inject to=client conn=0 what=add-addr id=66 addr="$NET2_S" field=seen &&
		attack inject to=client conn=1 what=fastclose field=seen &&
		wait_for 5 has_moved "$NS_C" AddAddr && wait_for 5 has_moved "$NS_C" MPFastcloseRx ||
		{ attack_broken "D and F as they were recorded are not taken, and the old key is accepted"; return 1; }
	CONTROL="taken once more: D ($(moved "$NS_C" AddAddr)) and F ($(moved "$NS_C" MPFastcloseRx)) as recorded; "
}

row_26a() {
	change_begins
	record_old || { attack_broken "not all was recorded"; return; }
	both_accepted || { attack_broken "the key does not change"; return; }
	join_part "T and A" conn=0 token=kept nonce=kept ack=kept || return
	no_replay || return
	answer_part second || return
	inject_part D AddAddr conn=0 what=add-addr id=67 addr="$NET1_A" field=seen || return
	taken_again || return
	inject_part F MPFastcloseRx conn=0 what=fastclose field=seen || return
	judge_parts client second
}

row_26b() {
	change_begins
	record_old || { attack_broken "not all was recorded"; return; }
	both_accepted && step --drop-old || { attack_broken "the key does not change"; return; }
	join_part "T and A" conn=0 token=kept nonce=kept ack=kept || return
	answer_part second || return

	# Past T, with one of the new key
	victim third --wait-subflows 2 || { attack_broken "no join of the client's"; return; }
	join_part "A alone" conn=0 learn=3 token=learned nonce=recorded ack=kept || return
	[[ $SETTING != siphash || $(reply syn) == answered ]] || { attack_broken "A was not reached"; return; }
	inject_part D AddAddr conn=0 what=add-addr id=66 addr="$NET2_S" field=seen &&
		inject_part F MPFastcloseRx conn=1 what=fastclose field=seen || return
	judge_parts client second third
}

# CONNECTION: who has the old key joins with T of their own, and with one that was seen in the
# last join, which was one of connection LEARN; announces an address, and closes
by_old_key() {
	local masks=(token=real ack=real) field=(field=real) seen=(token=learned nonce=recorded ack=real)

	if [[ $SETTING != plain ]]; then
		field=(field=masked "key=$OLD_HEX" "scheme=${SETTING%-bound}")
		masks=(token=masked ack=masked "${field[@]:1}")
		seen=(token=learned nonce=recorded ack=masked "${field[@]:1}")
		[[ $SETTING != *-bound ]] || masks+=(bound=1)
		[[ $SETTING != *-bound ]] || seen+=(bound=1)
	fi
	JOINED=0
	join_part "joins" conn="$1" "${masks[@]}" || return
	[[ $SETTING == *-bound ]] || # T of another place is refused
		join_part "joins by a T that was seen" conn="$1" learn="$2" "${seen[@]}" || return
	inject_part "announces" AddAddr conn="$1" what=add-addr id=67 addr="$NET1_A" "${field[@]}" &&
		inject_part "closes" MPFastcloseRx conn="$1" what=fastclose "${field[@]}"
}

row_27() {
	change_begins
	ip -n "$NS_C" mptcp limits set subflow 4 add_addr_accepted 0
	seen_join && victim second && wait_for 10 seen joins 2 || { attack_broken "no connections"; return; }
	both_accepted || { attack_broken "the key does not change"; return; }
	by_old_key 0 1 || return
	[[ ! ${PARTS_REFUSED[*]} ]] || { attack_broken "before it is dropped: $(listed "${PARTS_REFUSED[@]}")"; return; }
	[[ $SETTING == plain ]] || CONTROL="before it is dropped: $(listed "${PARTS_TAKEN[@]}"); then: "

	# A connection from before, and one from after
	parts_begin
	step --drop-old || { attack_broken "the key does not change"; return; }
	victim third --wait-subflows 2 || { attack_broken "no join of the client's"; return; }
	by_old_key 1 2 && by_old_key 2 2 || return
	judge_parts second third
}

# NAME ARG...: the SYN of a join of the attacker's has an answer
half_open_part() {
	local name=$1
	shift

	snapshot_s
	attack join conn=0 from="$NET1_A" nonce=recorded ack=random "$@" ||
		{ attack_broken "no join"; return 1; }
	[[ $(reply ack) != answered ]] || { attack_broken "joined with no HMAC"; return 1; }
	if part "$name is answered ($(moved "$NS_S" MPJoinSynRx))" test "$(reply syn)" = answered; then
		return
	fi
	refusal || return
	PARTS_REFUSED[-1]="$name $WHY"
}

# T in plain, in fragments, from where it was replayed before the old key was dropped
once_more_plain() {
	both_accepted && step --drop-old || { attack_broken "the key does not change"; return; }
	parts_begin
	half_open_part "T" port=3000 token=real piece=24 || return
	judge_parts client
}

# What was let pass under the old key must not be let pass later
row_30a() {
	change_begins
	seen_join || { attack_broken "no join of the client's"; return; }
	half_open_part "the SYN that they saw" port=3000 token=recorded || return
	[[ $SETTING == *-bound || ! ${PARTS_REFUSED[*]} ]] ||
		{ attack_broken "before it is dropped: $(listed "${PARTS_REFUSED[@]}")"; return; }
	once_more_plain
}

# The kernel drops it between the program on the interface and the gate
row_30b() {
	change_begins
	seen_join || { attack_broken "no join of the client's"; return; }
	mib_snapshot "$NS_S"
	attack join conn=0 from="$NET1_A" port=3000 nonce=recorded token=recorded header=bad ||
		{ attack_broken "no SYN"; return; }
	[[ $(reply syn) == silent ]] || { attack_broken "the kernel takes that packet"; return; }
	once_more_plain
}
