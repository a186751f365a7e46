#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	prove-one.sh RUN	runs a test for prove, as tests/lib/matrix.sh calls it
#
# How long that took is added to the file EXTKEY_TIMES.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/matrix.sh

run=$1
test=${run#*/}
options=$(matrix_options "$run" | xargs)

begun=${EPOCHREALTIME/[.,]/}
# shellcheck disable=SC2086 # a list
tests/run $options -- "$(test_program "$test")"
status=$?
ended=${EPOCHREALTIME/[.,]/}
[[ ! ${EXTKEY_TIMES:-} ]] || echo "$run $((ended - begun))" >>"$EXTKEY_TIMES"
((status == 0)) || echo "# to run it alone: tests/run ${options:+$options }$test"
exit $status
