#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs that know nothing of extkey, and use TLS: their connections get the key of their
# session, at both ends, and then join. The key is another one for each connection.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh
. tests/lib/tls.sh

RUN=("$PWD/build/extkey_loader" run --tls --mptcp --)
BYTES=6000000

client_program() {
	in_cgroup "$CG_C" in_c "${RUN[@]}" "$@"
}

server_program() { # NAME PORT PROGRAM ARG...
	local name=$1 port=$2
	shift 2

	spawn "$name" in_cgroup "$CG_S" in_s "${RUN[@]}" "$@"
	check "$name listens" wait_for 30 listens_at "$port"
}

listens_at() {
	in_s ss -MHltn "sport = :$1" | grep -q .
}

joined() {
	(($(mib_moved "$NS_S" MPJoinAckRx) >= $1))
}

bytes_on() {
	ip -n "$NS_C" -s -json link show "$1" | jq '.[].stats64 | .tx.bytes + .rx.bytes'
}

# NAME CONNECTIONS CMD...: a client that gets the file, or sends as much
joins() {
	local name=$1 connections=$2 before
	shift 2

	mib_snapshot "$NS_S"
	before=$(bytes_on c2)
	check "$name: it runs" "$@"
	check "$name: its join is accepted" wait_for 10 joined "$connections"
	is "$(mib_moved "$NS_S" MPJoinAckRx) $(mib_moved "$NS_S" MPJoinAckHMacFailure)" "$connections 0" \
		"$name: one for each connection"
	check "$name: data on the second path" test $(($(bytes_on c2) - before)) -gt $((BYTES / 20))
}

fetch() { # PORT ARG...
	local port=$1
	shift

	[[ $(client_program curl -s --cacert "$TAP_TMP/cert" -o /dev/null -w '%{size_download}' --max-time 60 \
		"$@" "https://$NET1_S:$port/file") == "$BYTES" ]]
}

# The whole file, in half a minute
s_client() { # PORT ARG...
	local port=$1
	shift

	printf 'GET /file HTTP/1.0\r\n\r\n' | client_program timeout 60 openssl s_client -quiet -ign_eof -CAfile "$TAP_TMP/cert" \
		-connect "$NET1_S:$port" "$@" 2>"$TAP_TMP/s_client.err" | wc -c >"$TAP_TMP/s_client"
	(($(<"$TAP_TMP/s_client") >= BYTES))
}

haproxy_conf() { # BIND: in front of nginx
	cat <<-END
		defaults
			mode http
			timeout connect 20s
			timeout client 60s
			timeout server 60s
		frontend in
			bind $1
			default_backend out
		backend out
			server nginx $NET1_S:8443 ssl verify required ca-file $TAP_TMP/cert
	END
}

PYTHON_CLIENT='
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection((sys.argv[2], int(sys.argv[3]))), server_hostname=sys.argv[2]) as s:
    s.sendall(b"GET /file HTTP/1.0\r\n\r\n")
    got = 0
    while data := s.recv(65536):
        got += len(data)
sys.exit(got < int(sys.argv[4]))'

PYTHON_SERVER='
import http.server, ssl, sys, os
os.chdir(sys.argv[2])
server = http.server.ThreadingHTTPServer(("", 8446), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/cert", sys.argv[1] + "/private")
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()'

python() { # PORT
	client_program python3 -c "$PYTHON_CLIENT" "$TAP_TMP/cert" "$NET1_S" "$1" "$BYTES"
}

through_socat() { # PORT
	client_program socat -u "OPENSSL:$NET1_S:$1,cafile=$TAP_TMP/cert,verify=1" "CREATE:$TAP_TMP/got" <<<"" 2>"$TAP_TMP/socat.err"
}

e2e_up
tls_files "$BYTES" || bail "no certificate"
cat "$TAP_TMP/cert" "$TAP_TMP/private" >"$TAP_TMP/both"
check "attach the client's cgroup" loader attach "$CG_C" --wait-key
check "attach the server's cgroup" loader attach "$CG_S" --wait-key
check "endpoint of the second path" endpoint_c "$NET2_C" subflow

server_program nginx 8443 nginx -c "$TAP_TMP/nginx.conf" -e "$TAP_TMP/nginx.log"
joins "curl, nginx" 1 fetch 8443
joins "curl, nginx, TLS 1.2" 1 fetch 8443 --tls-max 1.2
joins "openssl s_client, nginx" 1 s_client 8443
joins "openssl s_client, a resumed session" 1 s_client 8443 -sess_out "$TAP_TMP/session"
joins "openssl s_client, resumes it" 1 s_client 8443 -sess_in "$TAP_TMP/session"
joins "python3, nginx" 1 python 8443

haproxy_conf ":8444 ssl crt $TAP_TMP/both" >"$TAP_TMP/haproxy.cfg"
server_program haproxy 8444 haproxy -db -f "$TAP_TMP/haproxy.cfg"
joins "curl, haproxy" 1 fetch 8444

# As a client: what it gets without TLS it asks for with TLS
haproxy_conf "127.0.0.1:8448" >"$TAP_TMP/client.cfg"
spawn client_haproxy client_program haproxy -db -f "$TAP_TMP/client.cfg"
through_haproxy() {
	[[ $(in_c curl -s -o /dev/null -w '%{size_download}' --retry-connrefused --retry 20 --retry-delay 1 --max-time 60 \
		http://127.0.0.1:8448/file) == "$BYTES" ]]
}
joins "haproxy, nginx" 1 through_haproxy
stop client_haproxy

cd "$TAP_TMP/www" || bail "no directory"
spawn s_server in_cgroup "$CG_S" in_s "${RUN[@]}" openssl s_server -quiet -accept 8445 -WWW -cert "$TAP_TMP/cert" -key "$TAP_TMP/private"
cd "$OLDPWD" || bail "no directory"
check "s_server listens" wait_for 30 listens_at 8445
joins "curl, openssl s_server" 1 fetch 8445 --http0.9

server_program python3 8446 python3 -c "$PYTHON_SERVER" "$TAP_TMP" "$TAP_TMP/www"
joins "curl, python3" 1 fetch 8446

server_program socat 8447 socat -u "OPEN:$TAP_TMP/www/file" "OPENSSL-LISTEN:8447,reuseaddr,fork,cert=$TAP_TMP/both,verify=0"
joins "socat, socat" 1 through_socat 8447

is "$(cat "$TAP_TMP"/{nginx,haproxy,s_server,python3,socat}.err | grep extkey)" "" "nobody complains"
# As long as it is open
PYTHON_HOLD="${PYTHON_CLIENT/sys.exit*/print(\"read\", flush=True); sys.stdin.readline()}"
PYTHON_HOLD=${PYTHON_HOLD/    while/    print(s.version(), flush=True); sys.stdin.readline()
    while}
spawn hold client_program python3 -c "$PYTHON_HOLD" "$TAP_TMP/cert" "$NET1_S" 8443 "$BYTES"
check "a session that stays" wait_for 20 grep -q TLS "$TAP_TMP/hold.out"
client_end=$(loader status --json | jq -c --arg id "$(stat -c %i "$CG_C")" '.sockets[] | select(.cgroup == $id)')
is "$(jq -rs length <<<"$client_end")" 1 "status: one connection of the client's"
is "$(loader status --json | jq -r --argjson client "$client_end" \
	'.sockets[] | select(.local == $client.remote and .remote == $client.local) | .fingerprint')" \
	"$(jq -r .fingerprint <<<"$client_end")" "status: both ends have the same key"
stop hold

check "each connection had a key of its own" test "$(counter "$CG_C" keys_taken)" -ge 9
# A thousand handshakes at once
echo small >"$TAP_TMP/www/small"
before=$(counter "$CG_C" keys_taken) before_s=$(counter "$CG_S" keys_taken)
for ((i = 0; i < 4; i++)); do
	for ((j = 0; j < 250; j++)); do
		printf 'url = "https://%s:8443/small"\noutput = "/dev/null"\n' "$NET1_S"
	done >"$TAP_TMP/urls"
	spawn "many$i" client_program curl -sS --cacert "$TAP_TMP/cert" --parallel --parallel-immediate --parallel-max 250 \
		-H "Connection: close" --max-time 60 --config "$TAP_TMP/urls"
done
for ((i = 0; i < 4; i++)); do
	check "250 connections of a thousand" reap "many$i" 60
done
is "$(($(counter "$CG_C" keys_taken) - before)) $(($(counter "$CG_S" keys_taken) - before_s))" "1000 1000" \
	"none of a thousand went on without a key, at either end"

# Who asks for a key does not go without
mib_snapshot "$NS_S"
WITHOUT="context.maximum_version = ssl.TLSVersion.TLSv1_2; context.options |= 1 # SSL_OP_NO_EXTENDED_MASTER_SECRET"
client_program python3 -c "${PYTHON_CLIENT/with context/$WITHOUT
with context}" "$TAP_TMP/cert" "$NET1_S" 8443 "$BYTES" >"$TAP_TMP/without" 2>&1
check "TLS 1.2 without extended master secret: it ends, with one line" \
	grep -q "^extkey_tls: the TLS session has no key to give" "$TAP_TMP/without"
check "the client's cgroup does not wait" loader attach "$CG_C" --no-wait-key
complaint() {
	in_cgroup "$CG_C" in_c env "$@" "${RUN[@]}" curl -s --cacert "$TAP_TMP/cert" -o "$TAP_TMP/got" \
		-w '%{size_download}\n' --max-time 20 "https://$NET1_S:8443/file" 2>&1 | tr '\n' ' '
}
is "$(complaint A=1)" "extkey_tls: the connection does not wait for a key: attach its cgroup by 'extkey_loader attach --wait-key' first, or set EXTKEY_OPTIONAL=1 to go on without 0 " \
	"not waiting: it ends, with one line"
is "$(complaint EXTKEY_OPTIONAL=1)" "$BYTES " "EXTKEY_OPTIONAL=1: it goes on"
check "detach the client's cgroup" loader detach "$CG_C"
is "$(complaint A=1)" "extkey_tls: no policy covers this process: run 'extkey_loader attach --wait-key' for its cgroup first, or set EXTKEY_OPTIONAL=1 to go on without a key 0 " \
	"no policy: it ends, with one line"
is "$(mib_moved "$NS_S" MPJoinAckRx)" 0 "none of these was joined"
# TCP is left alone
is "$(in_cgroup "$CG_C" in_c build/extkey_loader run --tls -- curl -s --cacert "$TAP_TMP/cert" -o /dev/null -w '%{size_download}' \
	"https://$NET1_S:8443/file" 2>&1)" "$BYTES" "a client of TCP goes on"
done_testing
