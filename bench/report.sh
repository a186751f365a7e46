#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Out of the figures in build/bench/: report.md, and the plots as SVG and PNG. With
# --docs the report is copied to the end of docs/performance.md as well.
cd "$(dirname "$0")/.." || exit 1
set -eu
OUT=build/bench

files=()
for name in connect join throughput flood growth programs; do
	for where in host vm; do
		[[ ! -e $OUT/$name-$where.json ]] || files+=("$OUT/$name-$where.json")
	done
done
((${#files[@]})) || { echo "no figures in $OUT; run bench/all.sh" >&2; exit 1; }
{
	printf '# What extkey costs\n\n'
	jq -r -s -f bench/goals.jq "${files[@]}"
	jq -r -s -f bench/report.jq "${files[@]}"
} >"$OUT/report.md"

# Columns for gnuplot: label, median, first and third quartile
data=$OUT/plot.data
trap 'rm -f "$data" "$data".*' EXIT
for file in "${files[@]}"; do
	name=$(basename "$file" .json)
	case $name in
	connect-* | join-* | throughput-*)
		jq -r '.turns[] | .what as $what | .base as $base | .settings[] | .setting as $s |
			select($s != $base) | .figures | to_entries[] |
			select(.key | IN("ns", "per_second", "mbit")) |
			[if .key == "per_second" then "\($s), joins a second"
			 elif .key == "mbit" then "\($s), \($what | sub("two subflows, "; ""))"
			 else "\($s), time" end,
			 .value.ratio.median, .value.ratio.q1, .value.ratio.q3] | @tsv' "$file" >"$data"
		gnuplot -e "data='$data'; out='$OUT/$name'; base='$(jq -r '.turns[0].base' "$file")'; name='$name'" \
			bench/ratios.gp ;;
	flood-* | growth-*)
		# A file for each setting
		rm -f "$data".*
		settings=$(jq -r '.turns[0].settings[].setting' "$file")
		for setting in $settings; do
			jq -r --arg setting "$setting" -f "bench/${name%-*}.jq" "$file" >"$data.$setting"
		done
		gnuplot -e "data='$data'; out='$OUT/$name'; settings='${settings//$'\n'/ }'; name='$name'" \
			"bench/${name%-*}.gp" ;;
	esac
done
echo "$OUT/report.md" >&2

if [[ ${1:-} == --docs ]]; then
	sed '/^<!-- what follows/q' docs/performance.md >"$OUT/performance.md"
	sed 1d "$OUT/report.md" >>"$OUT/performance.md"
	mv "$OUT/performance.md" docs/performance.md
fi
