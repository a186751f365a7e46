# SPDX-License-Identifier: GPL-2.0-only
#
# The Markdown report of all files of build/bench/, slurped. Each figure is a median
# with its quartiles; a ratio or a difference is one to the first setting, within the
# same round.

def digits($n): . * pow(10; $n) | round / pow(10; $n);
def number:
	if fabs >= 1000 then round elif fabs >= 10 then digits(1) else digits(3) end;
def spread:
	if . == null then "-" elif .min == .max then .median | number
	else "\(.median | number) (\(.q1 | number) to \(.q3 | number))" end;

# What a figure is called, and what it is compared by
def title: {
	ns: "ns", per_second: "a second", mbit: "Mbit/s",
	second_path: "share of the path with less", syns_per_second: "SYNs a second",
	ns_per_syn: "ns of CPU a SYN", cpu_percent: "% of the CPU",
	joined_percent: "% joined", last_to_first: "ns, last to first",
	fallbacks: "fell back to TCP", bytes: "bytes an end"}[.] // sub("^ns_at_(?<n>.*)"; "ns at \(.n)");
def compared: IN("ns", "per_second", "mbit", "ns_per_syn");
def columns($base):
	title,
	(if IN("bytes", "ns", "ns_per_syn") then "more than \($base)" else empty end),
	(if compared then "ratio to \($base)" else empty end);
def cells($is_base):
	(.value.spread | spread),
	(if .key | IN("bytes", "ns", "ns_per_syn") | not then empty
	 elif $is_base then "" else .value.more | spread end),
	(if .key | compared | not then empty
	 elif $is_base then "" else .value.ratio | spread end);
def row: "| \(join(" | ")) |";

def turns:
	.base as $base |
	[.settings[0].figures | keys_unsorted[] | select(. != "mean_ns")] as $names |
	"", "**\(.what)**", "",
	(["setting", ($names[] | columns($base))] | row, (map("---") | row)),
	(.settings[] | .figures as $figures | (.setting == $base) as $is_base |
		[.setting, ($names[] | {key: ., value: $figures[.]} | cells($is_base))] | row);

def programs:
	"", (["program", "with", "runs", "ns a run", "instructions verified", "bytes of machine code"] |
		row, (map("---") | row)),
	(.[] | [.name, .traffic, .runs, (.ns | round), .verified_insns, .bytes] | row);

.[] | "",
	"## \(.name), \(if .where == "vm" then "virtual machine, emulated: only ratios count"
		else "running kernel" end)", "",
	"Linux \(.kernel), \(.cpus) CPUs, \(.cpu), load \(.load) at the beginning.", (.notes[] | "Note: \(.)."),
	(.turns[] | turns), (select(.programs | length > 0) | .programs | programs)
