#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Data of one connection over two subflows: plain MPTCP, each engine, programs that do
# nothing where those of engine tc are, and what else keeps strangers out: TLS 1.3 over
# plain MPTCP, WireGuard or IPsec under each path. The paths are as fast as the machine.
# Devices take segments of 64 KiB, as with offloads of a network card, and then each
# packet by itself.
cd "$(dirname "$0")/.." || exit 1
. tests/lib/e2e.sh
. bench/lib.sh
. bench/paths.sh
. bench/tunnels.sh

ROUNDS=${EXTKEY_BENCH_ROUNDS:-15}
SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-0.5}
[[ ${EXTKEY_BENCH_WHERE:-} != vm ]] || SECONDS_EACH=${EXTKEY_BENCH_SECONDS:-2}
CERTIFICATE=$TAP_TMP/certificate.pem

certificate() {
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 1 -subj /CN=bench -keyout "$TAP_TMP/tls.key" -out "$CERTIFICATE" &&
		cat "$TAP_TMP/tls.key" >>"$CERTIFICATE") 2>/dev/null
}

# plain, ENGINE-siphash, tls, wireguard, esp
throughput() {
	case $1 in
	tls)		paths_pour plain "$NET1_S" "$NET2_C" "$CERTIFICATE" ;;
	wireguard)	paths_pour plain 10.0.11.2 10.0.12.1 ;;
	esp)		paths_pour plain 10.0.21.2 10.0.22.1 ;;
	*)		paths_pour "$1" ;;
	esac
}

bench_up
certificate || bail "no certificate"
engines=$(bench_settings siphash)
others="empty-link tls"
if tunnels_wireguard; then
	others+=" wireguard"
else
	bench_note "this kernel has no WireGuard"
fi
if tunnels_esp; then
	others+=" esp"
else
	bench_note "this kernel has no IPsec ESP with AES-GCM"
fi
paths_offloads on || bail "cannot set offloads"
bench_turns "two subflows, segments of 64 KiB" "$ROUNDS" "$engines $others" throughput
paths_offloads off || bail "cannot set offloads"
bench_turns "two subflows, a packet each" "$ROUNDS" "$engines $others" throughput
bench_save throughput
