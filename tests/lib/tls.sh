# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# HTTPS on the server's host. Wants e2e.sh.
#
#	tls_files BYTES		a certificate of $NET1_S, $TAP_TMP/cert, its key, $TAP_TMP/private, and
#				a file of that size, which nginx serves at $NET1_S:8443, by $TAP_TMP/nginx.conf

tls_files() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$TAP_TMP/private" \
		-out "$TAP_TMP/cert" -days 2 -subj "/CN=$NET1_S" -addext "subjectAltName=IP:$NET1_S" 2>/dev/null || return
	mkdir "$TAP_TMP/www" && head -c "$1" /dev/zero >"$TAP_TMP/www/file" && chmod 755 "$TAP_TMP" "$TAP_TMP/www" || return
	cat >"$TAP_TMP/nginx.conf" <<-END
		daemon off;
		user root;
		pid $TAP_TMP/nginx.pid;
		error_log $TAP_TMP/nginx.log;
		worker_processes 2;
		events { worker_connections 4096; }
		http {
			access_log off;
			ssl_certificate $TAP_TMP/cert;
			ssl_certificate_key $TAP_TMP/private;
			server { listen 8443 ssl; root $TAP_TMP/www; }
		}
	END
}
