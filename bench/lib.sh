# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the benchmarks share. Wants tests/lib/e2e.sh.
#
#	bench_up		two hosts, no limit on the paths
#	bench_engines		the engines to be measured: EXTKEY_BENCH_ENGINES, or
#				all that the kernel has
#	bench_settings SCHEME...  "plain", and each engine with each of these schemes
#	bench_attach SETTING	as it says: nothing attached if "plain", both cgroups
#				if ENGINE-SCHEME; programs that do nothing if
#				"empty-link" or "empty-filter", in all places where tc
#				has one that data passes: each interface, by a tcx link
#				or a filter of clsact, and the root of the cgroups;
#				"empty-gate" the latter alone, "empty-netfilter" none
#				of these, but local-in of netfilter on both hosts
#	bench_key SETTING	the key file of ENGINE-SCHEME, or nothing
#	bench_turns WHAT N "SETTING..." CMD...
#				runs "CMD SETTING" for each setting in turn, and all
#				that N times. It prints a JSON object of figures. Kept
#				are their median and quartiles, and those of the ratio
#				and of the difference to the first setting in the
#				same round.
#	bench_programs TRAFFIC CMD...
#				keeps the time of a run of each of our BPF programs
#				that has run 100 times or more with CMD, and how much
#				the verifier went through
#	bench_end NAME PROGRAM	ends PROGRAM, which spawn NAME runs. The shells around
#				it reap it, as "stop" would leave to init, which on
#				some machines looks for orphans once a second only.
#	bench_note TEXT		for the reader of the report
#	bench_save NAME		leaves all that was kept in build/bench/
#
# A machine that is emulated says so: EXTKEY_BENCH_WHERE=vm.

BENCH_WHERE=${EXTKEY_BENCH_WHERE:-host}
BENCH_TURNS=()
BENCH_NOTES=()
BENCH_PROGRAMS='[]'
BENCH_ATTACHED=
BENCH_LOAD=$(cut -d ' ' -f 1 /proc/loadavg)

bench_up() {
	local dev

	e2e_up
	on_exit bench_empty_gate del
	on_exit rm -rf "$BENCH_EMPTY-links"
	for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		tc -n "${dev% *}" qdisc del dev "${dev#* }" root 2>/dev/null
	done
	# Thousands of connections, one after the other: no port is to wait
	for dev in "$NS_C" "$NS_S"; do
		in_ns "$dev" sysctl -q net.ipv4.tcp_max_tw_buckets=1000 \
			net.ipv4.ip_local_port_range="1024 65535" net.core.somaxconn=65535 ||
			bail "cannot set sysctls"
	done
}

bench_engines() {
	if [[ ${EXTKEY_BENCH_ENGINES:-} ]]; then
		echo "$EXTKEY_BENCH_ENGINES"
	elif [[ $(tests/running-kernel.sh 2>/dev/null) == hook ]]; then
		echo hook tc
	else
		echo tc
	fi
}

bench_settings() {
	local engine scheme all=plain

	for engine in $(bench_engines); do
		for scheme; do
			all+=" $engine-$scheme"
		done
	done
	echo "$all"
}

BENCH_EMPTY=$BPFFS/bench-$TAP_PID

bench_empty_gate() {
	local root

	root=$(cgroup_root)
	case $1 in
	add)
		bpftool prog load build/empty_gate.bpf.o "$BENCH_EMPTY" type cgroup/skb &&
			bpftool cgroup attach "$root" ingress pinned "$BENCH_EMPTY" multi
		;;
	del)
		[[ ! -e $BENCH_EMPTY ]] ||
			bpftool cgroup detach "$root" ingress pinned "$BENCH_EMPTY"
		rm -f "$BENCH_EMPTY"
		;;
	esac
}

# What the kernel's way to the programs costs: they do nothing
bench_empty_gates() {
	bench_empty_gate "$1"
}

bench_empty_netfilters() {
	local ns

	rm -rf "$BENCH_EMPTY-links"
	[[ $1 == add ]] || return 0
	mkdir "$BENCH_EMPTY-links" || return
	for ns in "$NS_C" "$NS_S"; do
		in_ns "$ns" build/netfilter_link "$BENCH_EMPTY-links/$ns" || return
	done
}

bench_empty_links() {
	local dev way

	bench_empty_gate "$1" || return
	rm -rf "$BENCH_EMPTY-links"
	[[ $1 == add ]] || return 0
	mkdir "$BENCH_EMPTY-links" || return
	for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		for way in ingress egress; do
			bpftool prog load build/foreign_tc.bpf.o "$BENCH_EMPTY-links/${dev#* }-$way" type classifier &&
				in_ns "${dev% *}" build/tcx_link "$BENCH_EMPTY-links/${dev#* }-$way" \
					"${dev#* }" "$BENCH_EMPTY-links/${dev#* }-$way-link" "$way" || return
		done
	done
}

bench_empty_filters() {
	local dev way

	bench_empty_gate "$1" || return

	for dev in "$NS_C c1" "$NS_C c2" "$NS_S s1" "$NS_S s2"; do
		tc -n "${dev% *}" qdisc "$1" dev "${dev#* }" clsact || return
		[[ $1 == add ]] || continue
		for way in ingress egress; do
			tc -n "${dev% *}" filter add dev "${dev#* }" $way \
				bpf da obj build/foreign_tc.bpf.o sec tc || return
		done
	done
}

bench_attach() {
	[[ $BENCH_ATTACHED != "$1" ]] || return 0
	loader detach --all || bail "cannot detach"
	[[ $BENCH_ATTACHED != empty-* ]] || "bench_${BENCH_ATTACHED/-/_}s" del || bail "cannot remove $BENCH_ATTACHED"
	case $1 in
	plain)
		;;
	empty-*)
		"bench_${1/-/_}s" add || bail "cannot attach empty programs" ;;
	*)
		# shellcheck disable=SC2034 # of e2e.sh
		ENGINE_C=${1%-*} ENGINE_S=${1%-*} SCHEME=${1#*-}
		{ loader attach "$CG_C" && loader attach "$CG_S"; } >/dev/null ||
			bail "cannot attach $1" ;;
	esac
	BENCH_ATTACHED=$1
}

bench_key() {
	[[ $1 == plain || $1 == empty-* ]] || echo "$KEY"
}

# In jq: of an array of numbers
# shellcheck disable=SC2016
BENCH_JQ='
	def quantile($q): sort | ((length - 1) * $q) as $at | .[$at | floor] as $low |
		$low + (.[$at | ceil] - $low) * ($at - ($at | floor));
	def spread: {median: quantile(0.5), q1: quantile(0.25), q3: quantile(0.75),
		min: min, max: max};'

bench_turns() {
	local what=$1 rounds=$2 settings=$3 raw=$TAP_TMP/turns i setting figures
	shift 3

	: >"$raw"
	for ((i = 0; i < rounds; i++)); do
		for setting in $settings; do
			# Not in a subshell, so that CMD may set variables
			"$@" "$setting" >"$TAP_TMP/figures" || bail "$what: $setting failed"
			figures=$(jq -c . "$TAP_TMP/figures") && [[ $figures ]] ||
				bail "$what: no figures of $setting: $(<"$TAP_TMP/figures")"
			echo "$what, $setting: $figures" >&2
			jq -nc --arg setting "$setting" --argjson round "$i" \
				--argjson figures "$figures" '{$setting, $round, $figures}' >>"$raw"
		done
	done
	BENCH_TURNS+=("$(jq -sc --arg what "$what" --arg base "${settings%% *}" "$BENCH_JQ"'
		. as $all |
		[.[0].figures | to_entries[] | select(.value | type == "number") | .key] as $names |
		{$what, $base, settings: [group_by(.setting) | sort_by(.[0] as $first |
			$all | index([$first]))[] | . as $rows | {
			setting: .[0].setting,
			figures: [$names[] as $name | {key: $name, value: (
				[$rows[].figures[$name]] as $values |
				[$all[] | select(.setting == $base) | .figures[$name]] as $bases |
				{$values, spread: ($values | spread),
				 more: ([range(0; $values | length) | $values[.] - $bases[.]] | spread),
				 ratio: ([range(0; $values | length) |
					select($bases[.] != 0) | $values[.] / $bases[.]] |
					if length > 0 then spread else null end)})}] | from_entries}]}' \
		"$raw")")
}

bench_programs() {
	local traffic=$1 before pin info
	shift

	before=$(sysctl -n kernel.bpf_stats_enabled)
	on_exit sysctl -qw kernel.bpf_stats_enabled="$before"
	sysctl -qw kernel.bpf_stats_enabled=1 || bail "no bpf_stats"
	"$@" >/dev/null || bail "$traffic: failed"
	sysctl -qw kernel.bpf_stats_enabled="$before"
	# There are maps among the pins, which are refused
	BENCH_PROGRAMS=$(for pin in "$BPFFS"/extkey/*/programs/* "$BPFFS"/extkey-bench-*; do
		[[ ! -f $pin ]] || ! info=$(build/program_info "$pin" 2>/dev/null) || echo "$info"
	done | jq -cs --argjson others "$BENCH_PROGRAMS" --arg traffic "$traffic" \
		'$others + [.[][] | select(.runs >= 100) | .traffic = $traffic]') ||
		bail "no figures of the programs"
}

bench_end() {
	pkill -TERM -g "${TAP_SPAWNED[$1]}" -x "$2"
	reap "$1" 20
	(($? != 124))
}

bench_note() {
	BENCH_NOTES+=("$1")
}

bench_save() {
	local file=build/bench/$1-$BENCH_WHERE.json cpu

	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	mkdir -p build/bench
	jq -n --arg name "$1" --arg where "$BENCH_WHERE" --arg kernel "$(uname -r)" \
		--argjson cpus "$(nproc)" --arg cpu "$cpu" --argjson load "$BENCH_LOAD" --argjson programs "$BENCH_PROGRAMS" \
		--argjson turns "[$(IFS=,; echo "${BENCH_TURNS[*]}")]" '
		{$name, $where, $kernel, $cpus, $cpu, $load, $turns, $programs, notes: $ARGS.positional}' \
		--args "${BENCH_NOTES[@]}" >"$file.new" && mv "$file.new" "$file" ||
		bail "cannot write $file"
	# shellcheck disable=SC2034 # of tap.sh
	TAP_LEFT=bench
	echo "$file" >&2
}
