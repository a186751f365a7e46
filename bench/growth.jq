# SPDX-License-Identifier: GPL-2.0-only
# Of a setting: connections, then median and quartiles of a join's microseconds
.turns[].settings[] | select(.setting == $setting) | .figures | to_entries[] |
	select(.key | startswith("ns_at_")) |
	[(.key | ltrimstr("ns_at_")), (.value.spread | .median, .q1, .q3 | . / 1000)] | @tsv
