# SPDX-License-Identifier: GPL-2.0-only
# Of a setting: SYNs a second, then median and quartiles of ns a SYN, and joined %
.turns[].settings[] | select(.setting == $setting) | .figures |
	[.syns_per_second.spread.median,
	 (.ns_per_syn.spread | .median, .q1, .q3), .joined_percent.spread.median] | @tsv
