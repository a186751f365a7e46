#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs one test for prove, where it belongs. build/runs/WHERE-CLIENT-SERVER[-SCHEME]/NAME
# is a link to a test of two hosts. Its directory says the engine of each, the
# scheme if it is not the default, and where to run: "vm" or "host".
cd "$(dirname "$0")/.." || exit 1
test=$1 options=()

case $test in
build/runs/*)
	IFS=- read -r where client server scheme <<<"$(basename "$(dirname "$test")")"
	options=(--client "$client" --server "$server" --scheme "${scheme:-siphash}")
	# With EXTKEY_DEBUG=1 this is that machine already: tests/vm/debug.sh
	if [[ ${EXTKEY_DEBUG:-} == 1 ]]; then
		export EXTKEY_NO_SKIP=1 EXTKEY_SLOWNESS=10
	elif [[ $where == vm ]]; then
		options+=(--vm)
	fi
	test=$(realpath --relative-to=. "$test") ;;
esac
exec tests/run "${options[@]}" -- "$test"
