#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
#	prove-one.sh RUN	runs a test for prove, as tests/lib/matrix.sh calls it
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/matrix.sh

run=$1
test=${run#*/}
options=$(matrix_options "$run" | xargs)

# shellcheck disable=SC2086 # a list
tests/run $options -- "$(test_program "$test")"
status=$?
((status == 0)) || echo "# to run it alone: tests/run ${options:+$options }$test"
exit $status
