#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# nginx and haproxy as they are, with the key of their cgroup, which changes while they reload:
# old and new processes have listeners at the same port. No connection is without its joins, and
# a client with another key never has one. With EXTKEY_LONG=1 for ten minutes.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/programs.sh

SECONDS_IN_ALL=20
CONNECTIONS=5
[[ ${EXTKEY_LONG:-} != 1 ]] || SECONDS_IN_ALL=600

NGINX=5001 HAPROXY=5002 BACKEND=5003
keys=("$(key one 000102030405060708090a0b0c0d0e0f10111213)"
	"$(key two 202122232425262728292a2b2c2d2e2f30313233)")
joins=0 intruders=0

cat >"$TAP_TMP/nginx.conf" <<-END
	load_module /usr/lib/nginx/modules/ngx_stream_module.so;
	daemon off;
	worker_processes 2;
	pid $TAP_TMP/nginx.pid;
	error_log $TAP_TMP/nginx.log;
	events { worker_connections 256; }
	stream {
		server { listen $NGINX; proxy_pass 127.0.0.1:$BACKEND; proxy_half_close on; }
	}
END
cat >"$TAP_TMP/haproxy.cfg" <<-END
	global
		stats socket $TAP_TMP/haproxy.sock level admin expose-fd listeners
	defaults
		mode tcp
		timeout connect 10s
		timeout client 60s
		timeout server 60s
	listen all
		bind :$HAPROXY
		server one 127.0.0.1:$BACKEND
END

start_servers() {
	in_s ip link set lo up
	spawn server in_s build/extkey_server --protocol tcp --listener "127.0.0.1:$BACKEND"
	server_program nginx nginx -c "$TAP_TMP/nginx.conf" -e "$TAP_TMP/nginx.log"
	server_program haproxy haproxy -W -f "$TAP_TMP/haproxy.cfg" -p "$TAP_TMP/haproxy.pid"
}

# The masters stay; their files are empty for a moment while they reload
reload() {
	kill -HUP "$nginx" && kill -USR2 "$haproxy" && ((++reloads))
}

# Each connection with a join to the first address, and one to that which the server announces
burst() {
	local port

	for port in $NGINX $HAPROXY; do
		in_cgroup "$CG_C" in_c build/extkey_client --connect "$NET1_S:$port" --wait-subflows 3 \
			--connections "$CONNECTIONS" --bytes 1000 --timeout 30 >"$TAP_TMP/burst" 2>&1 || {
			cat "$TAP_TMP/burst"
			return 1
		}
		((joins += CONNECTIONS * 2))
	done
}

# With another key: all that it gets is the first subflow
intrude() {
	local status

	in_cgroup "$CG_O" in_c build/extkey_client --connect "$NET1_S:$1" --wait-subflows 2 \
		--connections 2 --bytes 1000 --timeout 1 >"$TAP_TMP/intrude" 2>&1
	status=$?
	((intruders += 2))
	((status == 4)) || {
		cat "$TAP_TMP/intrude"
		return 1
	}
}

step() { # ARG...: at either host first, with connections in between
	local order=("$CG_S" "$CG_C") cgroup

	((RANDOM % 2)) || order=("$CG_C" "$CG_S")
	for cgroup in "${order[@]}"; do
		loader key "$cgroup" "$@" >/dev/null && reload && burst || return
	done
}

rotation() {
	step --add "$1" && step --use-new && intrude "$2" && step --drop-old
}

e2e_up
CG_O=$(cgroup_make other) || bail "no cgroup"
for ns in "$NS_C" "$NS_S"; do
	ip -n "$ns" mptcp limits set subflow 8 add_addr_accepted 8
done
check "endpoint of the client" endpoint_c "$NET2_C" subflow
check "endpoint of the server" endpoint_s "$NET2_S" signal
for cgroup in "$CG_C" "$CG_S"; do
	check "attach a cgroup with a key" loader attach "$cgroup" --key-file "${keys[0]}" --require-key
done
check "and one with another key" loader attach "$CG_O" --key-file "$OTHER_KEY" --require-key
start_servers
check "nginx listens, as a server of MPTCP" wait_for 60 listens_at $NGINX
check "so does haproxy" wait_for 60 listens_at $HAPROXY
has_pids() {
	nginx=$(<"$TAP_TMP/nginx.pid") haproxy=$(<"$TAP_TMP/haproxy.pid")
	[[ $nginx && $haproxy ]]
}
wait_for 20 has_pids || bail "no process ids"
mib_snapshot "$NS_S"
mib_snapshot "$NS_C"
check "connections" burst

rotations=0 reloads=0 lost=0
for ((SECONDS = 0; SECONDS < SECONDS_IN_ALL && !lost;)); do
	rotation "${keys[(rotations + 1) % 2]}" $((rotations % 2 ? NGINX : HAPROXY)) >"$TAP_TMP/rotation" 2>&1 || lost=1
	((++rotations))
done
diag "$rotations rotations, $reloads reloads of each, $joins joins, $intruders connections with another key"
((!lost)) || diag "$(tail -20 "$TAP_TMP/rotation")"
is "$lost" 0 "no connection without its joins, none with another key has one"
check "there were rotations" test "$rotations" -ge 1
is "$(mib_moved "$NS_S" MPJoinAckRx)" "$joins" "all joins with the key were accepted, and no others"
is "$(mib_moved "$NS_S" MPJoinAckHMacFailure) $(mib_moved "$NS_C" MPJoinSynAckHMacFailure)" "0 0" \
	"none was refused for its HMAC"
is "$(dropped "$CG_C") $(dropped "$CG_S" '^drop_')" "0 0" "nothing was dropped"
done_testing
