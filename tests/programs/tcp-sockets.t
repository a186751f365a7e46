#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that open TCP sockets, as they are, in cgroups with a key: by themselves they use TCP,
# and with the library of mptcpize at both ends all joins have masks.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/experiment.sh
. tests/lib/programs.sh

HAPROXY=8081 SSHD=2222 IPERF=5201 NODE=8082 JAVA=8083
MPTCPIZE=("${LIBRARY[@]}")

# ROW PORT CONNECTIONS CLIENT SERVER...: by themselves, and with the library
both_ends() {
	local row=$1 port=$2 connections=$3 client=$4 alone
	shift 4

	LIBRARY=()
	server_program server "$@"
	check "$row: a listener of TCP" wait_for 60 listens_plain "$port"
	plain "$row" "they open TCP sockets, which have no key" "$client"
	alone=$RESULT
	stop server
	LIBRARY=("${MPTCPIZE[@]}")
	server_program server "$@"
	check "$row: a listener of MPTCP" wait_for 60 listens_at "$port"
	joins "$client" "$connections" "$client"
	row "$row" "$alone" "$RESULT"
	stop server
}

# CMD...: prints the number of all bytes
counts() {
	client_program "$@" >"$TAP_TMP/counted" && has_bytes "$TAP_TMP/counted"
}

client_of_nginx() {
	fetch "$NET1_S:$NGINX"
}

client_of_haproxy() {
	client_program wget -q -T 60 -t 1 -O "$TAP_TMP/got" "http://$NET1_S:$HAPROXY/file" &&
		cmp "$TAP_TMP/got" "$TAP_TMP/www/file"
}

client_of_iperf() {
	iperf "$NET1_S"
}

client_of_sshd() {
	client_program ssh -F none -i "$TAP_TMP/client_key" -p $SSHD -o BatchMode=yes -o LogLevel=ERROR \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "root@$NET1_S" \
		"head -c $BYTES /dev/zero" >"$TAP_TMP/got" && cmp "$TAP_TMP/got" "$TAP_TMP/www/file"
}

client_of_node() {
	counts node tests/programs/web.js get "http://$NET1_S:$NODE/"
}

client_of_java() {
	counts "${java[@]}" get "http://$NET1_S:$JAVA/"
}

haproxy_files() {
	cat >"$TAP_TMP/haproxy.cfg" <<-END
		defaults
			mode http
			timeout connect 10s
			timeout client 60s
			timeout server 60s
		listen all
			bind :$HAPROXY
			server one 127.0.0.1:$NGINX
	END
}

# Without PAM, which may take sessions to cgroups of their own
sshd_files() {
	ssh-keygen -q -t ed25519 -N '' -f "$TAP_TMP/host_key" &&
		ssh-keygen -q -t ed25519 -N '' -f "$TAP_TMP/client_key" || return
	cat >"$TAP_TMP/sshd_config" <<-END
		Port $SSHD
		HostKey $TAP_TMP/host_key
		AuthorizedKeysFile $TAP_TMP/client_key.pub
		PidFile none
		StrictModes no
		UsePAM no
		PermitRootLogin yes
	END
	# Where its processes without privileges have their root
	[[ -d /run/sshd ]] || { mkdir /run/sshd && on_exit rmdir /run/sshd; }
}

root_is_locked() {
	getent shadow root | grep -q '^root:!'
}

java=(java -XX:TieredStopAtLevel=1 -cp "$TAP_TMP" Web)

programs_up
nginx_files
haproxy_files
check "keys of ssh" sshd_files
check "a program in Java" javac -d "$TAP_TMP" tests/programs/Web.java

both_ends "curl, nginx" $NGINX 1 client_of_nginx "${RUN_NGINX[@]}"
nginx_up
both_ends "wget, haproxy" $HAPROXY 1 client_of_haproxy haproxy -f "$TAP_TMP/haproxy.cfg"
both_ends "iperf3" $IPERF 2 client_of_iperf iperf3 -s
if root_is_locked; then
	left_out "ssh, sshd" "root is locked, and nobody can log in as root"
else
	both_ends "ssh, sshd" $SSHD 1 client_of_sshd /usr/sbin/sshd -D -e -f "$TAP_TMP/sshd_config"
fi
both_ends "node, its \`http\` at both ends" $NODE 1 client_of_node node tests/programs/web.js serve $NODE $BYTES
both_ends "Java, its \`HttpServer\` and \`URL\`" $JAVA 1 client_of_java "${java[@]}" serve $JAVA $BYTES
is "$(dropped "$CG_C") $(dropped "$CG_S")" "0 0" "nothing was dropped"
is_documented
done_testing
