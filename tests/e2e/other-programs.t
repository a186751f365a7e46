#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Other people's programs on the same cgroup keep running, before us and after.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/e2e.sh

runs() {
	bpftool -j prog show pinned "$foreign" | jq '.run_cnt // 0'
}

connect() {
	in_cgroup "$CG_C" in_c build/extkey_client --connect "$NET1_S:$PORT" --key-file "$KEY"
}

e2e_up
foreign=/sys/fs/bpf/foreign-$$
check "a foreign program" bpftool prog load build/foreign.bpf.o "$foreign" type cgroup/connect4
on_exit rm -f "$foreign"
check "attached to the client's cgroup" \
	bpftool cgroup attach "$CG_C" connect4 pinned "$foreign" multi
check "statistics" sysctl -q kernel.bpf_stats_enabled=1
on_exit sysctl -q kernel.bpf_stats_enabled=0
e2e_attach
serve "$NET1_S:$PORT,$KEY"

before=$(runs)
check "a connection" connect
check "the foreign program ran" test "$(runs)" -gt "$before"
is "$(counter "$CG_C" keys_taken)" 1 "ours did as well"

check "detach --all" loader detach --all
is "$(bpftool cgroup show "$CG_C" | grep -c connect4)" 1 "the foreign program is still attached"
before=$(runs)
check "a connection" connect
check "the foreign program ran" test "$(runs)" -gt "$before"
done_testing
