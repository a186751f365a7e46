#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How many instructions the verifier goes through is known, so that no change brings
# the programs near its limit, which is 1,000,000, on a kernel not tried here.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

insns() {
	build/program_info "/sys/fs/bpf/extkey/$1" | jq '.[0].verified_insns'
}

e2e_up
e2e_attach
budgets=(cgroup/programs/{connect4,connect6,bind4,bind6,setsockopt,getsockopt,hold}" 50000" cgroup/programs/knock" 2000")
[[ "$ENGINE_C $ENGINE_S" != *tc* ]] ||
	budgets+=(tc/programs/established" 2000" tc/programs/{gate,egress}" 100000"
		tc/programs/ingress" 200000")
[[ "$ENGINE_C $ENGINE_S" != *hook* ]] || budgets+=(hook/programs/hook" 200000")
for budget in "${budgets[@]}"; do
	got=$(insns "${budget% *}")
	diag "${budget% *}: $got"
	check "${budget% *}: the verifier went through some" test "${got:-0}" -gt 10
	check "${budget% *}: and not more than ${budget#* }" test "${got:-0}" -le "${budget#* }"
done
done_testing
