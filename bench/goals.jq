# SPDX-License-Identifier: GPL-2.0-only
#
# What is aimed at, and what came out, of all files of build/bench/, slurped. A goal
# is met if both quartiles meet it, missed if neither does, and unclear else.

def digits($n): . * pow(10; $n) | round / pow(10; $n);
def show: if fabs >= 10 then round else digits(3) end;

def verdict($least; $most):
	[.q1, .q3 | . >= $least and . <= $most] |
	if all then "met" elif any then "unclear" else "missed" end;
def line($what; $s; $least; $most): ([$s.figures[]][0].values | length) as $rounds |
	"| \($what) | \(if $least == null then "\($most) or less" else "\($least) or more" end) | \($s.setting), \($s.where) | \(.median | show) (\(.q1 | show) to \(.q3 | show)) | \(verdict($least // -infinite; $most // infinite))\(if $rounds < 3 then ", rounds: \($rounds)" else "" end) |";

def settings($name): .[] | select(.name == $name) |
	(if .where == "vm" then "emulated" else "running kernel" end) as $where |
	.turns[] | .what as $what | .base as $base | .settings[] |
	select(.setting | test("^(hook|tc)-")) | . + {$where, $what};

. as $all |
"## Goals", "",
"| what | goal | setting | came out: median (quartiles) | |", "|---|---|---|---|---|",
($all | settings("connect") | . as $s | .figures.ns.ratio |
	line("connect() and close(), time to that with an empty program"; $s; null; 1.02)),
($all | settings("join") | . as $s | .figures.ns.ratio |
	line("join, time to plain"; $s; null; 1.02)),
($all | settings("join") | . as $s | .figures.per_second.ratio |
	line("joins a second to plain"; $s; 0.98; null)),
($all | settings("throughput") | . as $s | .figures.mbit.ratio |
	line("\($s.what), throughput to plain"; $s; 0.99; null)),
($all | settings("growth") | . as $s | .figures.last_to_first.ratio |
	line("growth of a join's time to that of plain"; $s; null; 1.05)),
# So few connections as in a virtual machine are lost in what else it does with memory
($all | settings("growth") | select(.where != "emulated") | . as $s | .figures.bytes.more |
	line("bytes of ours, one end of a connection"; $s; null; 256))
