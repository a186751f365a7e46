# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the benchmarks share. Wants tests/lib/e2e.sh.
#
#	bench_up		two hosts, no limit on the paths
#	bench_pairs NAME N CMD	runs "CMD A" and "CMD B" in turn, N times, each of which
#				prints a number; keeps median and spread of B/A
#	bench_program_stats PIN... -- CMD...
#				time of a run of these BPF programs while CMD runs,
#				and how many instructions the verifier went through
#	bench_table FILE	prints all that was kept, and leaves it there as JSON

BENCH_ROWS=()
BENCH_PROGRAMS='[]'

bench_up() {
	local dev

	e2e_up
	for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		tc -n "${dev% *}" qdisc del dev "${dev#* }" root 2>/dev/null
	done
	echo "Linux $(uname -r), $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" >&2
}

bench_pairs() {
	local name=$1 n=$2 a=() b=() i row
	shift 2

	for ((i = 0; i < n; i++)); do
		a+=("$("$@" A)") b+=("$("$@" B)")
		[[ ${a[i]} && ${b[i]} ]] || bail "$name: no figure"
		printf '%s: A %.0f, B %.0f\n' "$name" "${a[i]}" "${b[i]}" >&2
	done
	row=$(jq -nc --arg name "$name" --argjson a "[$(IFS=,; echo "${a[*]}")]" \
		--argjson b "[$(IFS=,; echo "${b[*]}")]" '
		def median: sort | if length % 2 == 1 then .[length / 2 | floor]
			else (.[length / 2] + .[length / 2 - 1]) / 2 end;
		[range(0; $a | length) | $b[.] / $a[.]] as $ratio |
		{$name, $a, $b, $ratio, median_a: ($a | median), median_b: ($b | median),
		 median: ($ratio | median), min: ($ratio | min), max: ($ratio | max)}')
	BENCH_ROWS+=("$row")
}

bench_program_stats() {
	local pins=() before

	while [[ $1 != -- ]]; do
		pins+=("/sys/fs/bpf/extkey/$1")
		shift
	done
	shift
	before=$(sysctl -n kernel.bpf_stats_enabled)
	sysctl -qw kernel.bpf_stats_enabled=1 || bail "no bpf_stats"
	"$@" >/dev/null
	sysctl -qw kernel.bpf_stats_enabled="$before"
	BENCH_PROGRAMS=$(build/program_info "${pins[@]}") || bail "no figures of the programs"
}

bench_table() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "${BENCH_ROWS[@]}" | jq -s --argjson programs "$BENCH_PROGRAMS" \
		--arg kernel "$(uname -r)" --argjson cpus "$(nproc)" \
		'{$kernel, $cpus, rows: ., $programs}' >"$1"
	jq -r '
		def round3: . * 1000 | round / 1000;
		"| what | without (A), median Mbit/s | with (B), median Mbit/s | B/A: median (min to max) |",
		"|---|---|---|---|",
		(.rows[] | "| \(.name) | \(.median_a | round) | \(.median_b | round) | \(.median | round3) (\(.min | round3) to \(.max | round3)) |"),
		"", "| program | runs | ns a run | instructions verified | bytes of machine code |", "|---|---|---|---|---|",
		(.programs[] | "| \(.name) | \(.runs) | \(.ns | round) | \(.verified_insns) | \(.bytes) |")' "$1"
}
