# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sockets whose calls a test makes one by one: tests/lib/sockets.pl. Wants e2e.sh.
#
#	sockets_up		one such process on each host, "client" and "server"
#	does NAME WORD...	the process did what these words say; they are in sockets.pl
#	does_not NAME ERROR WORD...  it says so
#	informs NAME SOCKET INFO  what EXTKEY_SO_INFO says of the socket, see sockets.pl
#	fingerprint ROLE END ADDR:PORT  of the sockets of that role with this "local" or
#				"remote" end
#	joins DESC accepted|refused	the client joins on path 2, all connections that have
#				not done so
#	lives DESC SOCKET ACCEPTED  a byte of the client's arrives

KEY_HEX=$(<"$KEY") OTHER_HEX=$(<"$OTHER_KEY")
KEY_FINGERPRINT=ef7f36d8
declare -A SOCKETS_SAID=()

sockets_up() {
	spawn client in_cgroup "$CG_C" in_c tests/lib/sockets.pl
	spawn server in_cgroup "$CG_S" in_s tests/lib/sockets.pl
	SOCKETS_SAID=([client]=0 [server]=0)
}

sockets_said() {
	(($(wc -l <"$TAP_TMP/$1.out") > SOCKETS_SAID[$1]))
}

# Not in a subshell, as it counts the lines
sockets_tell() {
	local name=$1
	shift

	tell "$name" "$*"
	wait_for 20 sockets_said "$name" || bail "the $name does not answer to: $*"
	((++SOCKETS_SAID[$name]))
	SOCKETS_ANSWER=$(sed -n "${SOCKETS_SAID[$name]}p" "$TAP_TMP/$name.out")
}

does() {
	sockets_tell "$@"
	is "${SOCKETS_ANSWER##*: }" "done" "$*"
}

does_not() {
	local name=$1 why=$2
	shift 2

	sockets_tell "$name" "$@"
	is "${SOCKETS_ANSWER##*: }" "$why" "$name $*: $why"
}

informs() {
	sockets_tell "$1" info "$2"
	is "${SOCKETS_ANSWER##*: }" "$3" "${4:-$1 $2: $3}"
}

fingerprint() {
	loader status --json | jq -r --arg role "$1" --arg which "$2" --arg addr "$3" \
		'.sockets[] | select(.role == $role and .[$which] == $addr) | .fingerprint'
}

joins_moved() {
	(($(mib_moved "$NS_S" "$1") > 0))
}

joins() {
	local counter=MPJoinAckRx other=MPJoinNoTokenFound

	[[ $2 == accepted ]] || counter=MPJoinNoTokenFound other=MPJoinAckRx
	mib_snapshot "$NS_S"
	endpoint_c "$NET2_C" subflow
	check "$1: its join is $2" wait_for 20 joins_moved "$counter"
	is "$(mib_moved "$NS_S" "$counter") $(mib_moved "$NS_S" "$other")" "1 0" "$1: that one alone"
	ip -n "$NS_C" mptcp endpoint flush
}

lives() {
	does client send "$2"
	does server receive "$3"
}
