#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the documents tell people to type works as printed, and what they name is there:
# README.md, HACKING.md, docs/operations.md, and links in all of them.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/cgroup.sh

unset MAKEFLAGS MFLAGS MAKELEVEL

guides="README.md HACKING.md docs/operations.md"
all="$guides docs/*.md kernel/README.md"
loader=build/extkey_loader

# The lines to type in FILE, with their prompt: "$ " or "# " for root
typed() {
	sed -n 's/^    \([$#] \)/\1/p' "$1"
}

# The text of a section of FILE that begins with HEADING
section() {
	awk -v heading="$2" '/^#/ { inside = $0 == heading } inside' "$1"
}

# --- What they name ---

# As GitHub makes anchors of headings
anchors() {
	sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

broken_links() {
	local file link path anchor

	# shellcheck disable=SC2086 # a list, and patterns
	for file in $(ls $all | sort -u); do
		for link in $(grep -oE '\]\([^)]*\)' "$file" | sed 's/](\(.*\))/\1/'); do
			[[ $link != http* ]] || continue
			path=${link%%#*} anchor=
			[[ $link != *#* ]] || anchor=${link#*#}
			path=${path:+$(dirname "$file")/$path}
			[[ -e ${path:=$file} ]] || { echo "$file: no file $link"; continue; }
			[[ ! $anchor ]] || anchors "$path" | grep -qxF -e "$anchor" ||
				echo "$file: no heading $link"
		done
	done
}

is "$(broken_links)" "" "links lead to files and headings"

# Words in code that are paths of this tree: from a directory that is at its top
paths() {
	# shellcheck disable=SC2016 # of the text
	grep -ohE '`[^`]+`' "$@" | tr -d '`' | tr -s ' ,();' '\n' |
		grep -E "^($(directories | grep -v / | paste -sd '|'))/" | sort -u
}

# Of the sources, and those in them; a tarball has no git to ask
directories() {
	find . -mindepth 1 -maxdepth 2 \( -path ./.git -o -path ./build \) -prune -o \
		-type d -printf '%P\n' | sort
}

missing_paths() {
	local word

	for word; do
		[[ $word != *NAME* && $word != *DIRECTORY* ]] || continue
		compgen -G "$word" >/dev/null || echo "$word"
	done
}

# shellcheck disable=SC2046,SC2086 # lists
is "$(missing_paths $(paths $all | grep -v '^build/'))" "" "paths that they name are there"

tree() {
	section HACKING.md "## The tree" | sed -n 's/^    \([^ ]*\) .*/\1/p'
}

# shellcheck disable=SC2046 # a list
is "$(missing_paths $(tree))" "" "the tree in HACKING.md has nothing that is not there"
is "$(for word in $(directories); do tree | grep -qF "$word/" || echo "$word"; done)" "" \
	"and all directories that are"

targets() {
	# shellcheck disable=SC2016,SC2086 # of the text; a list
	grep -ohE '(`|sudo |^ *)make( [a-z-]+)+( |`|$|#)' $guides docs/*.md | sed -E 's/^[^m]*(make)//; s/[`#]//' |
		tr ' ' '\n' | grep -E '^[a-z-]+$' | sort -u
}

is "$(for word in $(targets); do grep -qE "^([a-z-]+ )*$word( [a-z-]+)*:" Makefile || echo "$word"; done)" "" \
	"targets of make that they name are there"
check "they name some" test "$(targets | wc -l)" -ge 10

counters() {
	{
		sed -n 's/.*__u64 \([a-z_]*\);.*/\1/p' include/extkey_maps.h | grep -E '^(keys|capable|join)_'
		sed -nE 's/.*(DROP\([A-Z_]+, |__u64 )(drop_[a-z]+(_[a-z]+)*)[);].*/\2/p' include/extkey_{verdict,maps}.h
	} | sort
}

# join_entries is the kernel's
# shellcheck disable=SC2086 # a list
is "$(comm -13 <(counters) <(grep -ohE '\b(keys|joins?|drop)_[a-z_]+' $all | grep -vx join_entries |
	sort -u))" "" \
	"counters that they name are there"
is "$(section docs/operations.md "### Counters" | sed -n 's/^| `\([a-z_]*\)` .*/\1/p' | sort)" \
	"$(counters)" "docs/operations.md has a row for each counter"
is "$(section docs/operations.md "### Why did a join fail?" | grep -oE '\bMPTcpExt[A-Za-z]+' |
	sort -u | grep -vxF -f <(tr ' ' '\n' </proc/net/netstat | sed 's/^/MPTcpExt/'))" "" \
	"the kernel has the counters that it names"

verbs() {
	"$loader" help | sed -n 's/^  \([a-z]*\) .*/\1/p'
}

# "[--[no-]require-key]" is two. All verbs take --help, which they don't say.
options() {
	for verb in $(verbs); do
		"$loader" "$verb" --help
	done | sed 's/--\[no-\]\([a-z-]*\)/--\1 --no-\1/g; $ s/$/ --help/' | grep -oE -e '--[a-z-]+' | sort -u
}

# Where the command, or one of its options alone, is the text in code
named_options() {
	# shellcheck disable=SC2016 # of the text
	{
		grep -oE '`[^`]*`' docs/operations.md README.md docs/decisions.md | grep -E ':`(extkey_loader|--)'
		typed docs/operations.md | grep -oE 'extkey_loader [^|]*'
	} | grep -oE -e '--[a-z-]+' | sort -u
}

is "$(comm -13 <(options) <(named_options))" "" "options of the command that they name are there"
is "$(comm -23 <(options) <(named_options))" "" "docs/operations.md has all options"
is "$(for verb in $(verbs); do
	grep -qE "^ .*extkey_loader $verb\b|\`extkey_loader $verb|\`$verb\`" docs/operations.md || echo "$verb"
done)" "" "and all verbs"
is "$(section docs/operations.md "## Exit statuses" | grep -E '^ +(exit status: +)?[0-9]  ' | sed 's/^    //')" \
	"$("$loader" help | sed -n '/^exit status/,$p')" "it has the exit statuses of the help"
is "$(section docs/operations.md "## Exit statuses" | grep -oE '\| [0-9, ]+ \|' | tr -s ' |,' '\n' |
	sort -u | xargs)" "$(sed -n '/^enum {/,/^}/p' loader/error.h | grep -c EXIT_ |
	awk '{ for (i = 0; i < $1; i++) print i }' | xargs)" "and each of them by some verb"

# What is printed in the documents as a message must be one: the texts of the sources, with
# anything for what printf() fills in
unknown_messages() {
	# shellcheck disable=SC2086 # a list
	sed -nE 's/^    (extkey_loader|incomplete): //p' $guides | perl -e '
		local $/; my $sources = join "", map { open my $f, "<", $_; <$f> } glob "loader/*.c";
		$sources =~ s/"\s*\n\s*"//g;
		my @texts = map { s/\\[n"]//gr } grep { length > 12 } $sources =~ /"((?:[^"\\\n]|\\.)*)"/g;
		my @patterns = map { join ".+", map { quotemeta } split /%[a-z0-9*.]*?(?:ll)?[sdux]/, $_, -1 } @texts;
		$/ = "\n";
		LINE: while (my $line = <STDIN>) {
			chomp $line;
			$line =~ /^(?:$_)$/ and next LINE for @patterns;
			print "$line\n";
		}'
}

is "$(unknown_messages)" "" "messages are printed as the command has them"

is "$(grep -c '' <<<"$(sed -n 's/^row\b.*//; s/^\([0-9]*[a-z]*\)[@\t].*/\1/p' tests/attack/expected |
	sort -u)")" "$(grep -oE 'plays [0-9]+ attacks' README.md | grep -oE '[0-9]+')" \
	"the number of attacks"

# The table of make demo: its columns, and what the experiments are and come to
is "$(sed -n 's/^ *EXPERIMENT/EXPERIMENT/p' README.md | sed 's/   */|/g')" \
	"$(sed -n 's/^table=("\(EXPERIMENT.*\)")$/\1/p' tests/demo.sh)" "the table of make demo has its columns"
is "$(sed -n 's/^    \([0-9]: .*\)  ok$/\1/p' README.md | sed 's/   */|/g' |
	awk -F'|' '{ sub(/.* /, "", $4); print $1 "|" $3 "|" $4 }')" \
	"$(sed -nE 's/^run ([0-9]) "([^"]*)" .* ([a-z]+) ([a-z]+)$/\1: \2|\3|\4/p' tests/demo.sh)" \
	"and its experiments"
check "make demo refers to a section of the README" grep -qxF \
	"## $(sed -nE 's/.*README\.md, "([^"]*)".*/\1/p' tests/demo.sh)" README.md

# --- What they say of the sources ---

# From the bottom to the top, and from left to right
layers() {
	section HACKING.md "## Layers of the command" | sed -nE 's/^    [a-z]+( [a-z]+)? {2,}//p' | tac | xargs
}

includes() {
	grep -o '"[a-z_]*\.h"' loader/*.[ch] | sed -E 's|loader/(.*)\.[ch]:"(.*)\.h"|\1 \2|' |
		grep -vE ' (build_id|extkey|extkey_maps)$' | awk '$1 != $2' | sort -u
}

is "$(layers | tr ' ' '\n' | sort | xargs)" "$(basename -s .c loader/*.c | sort | xargs)" \
	"the layers in HACKING.md have each file of the command"
is "$(includes | awk -v layers="$(layers)" '
	BEGIN { n = split(layers, names); for (i = 1; i <= n; i++) at[names[i]] = i }
	!(at[$2] < at[$1])')" "" "each uses only what is below"

# tests/run PROGRAM is what comes behind "--"; words without dashes are tests
unknown_tests() {
	local word

	# shellcheck disable=SC2086 # a list
	for word in $(grep -ohE 'tests/run [^`|#]*' $guides docs/*.md | grep -vE 'TEST|\[--' |
		sed -E 's/ -- .*//; s/--(client|server|scheme|timeout) [^ ]+//g; s/\$test//' |
		tr ' ' '\n' | sort -u); do
		case $word in
		tests/run)	[[ -x $word ]] ;;
		--*)	tests/run --help 2>/dev/null | grep -qE -e "^ *$word\b" ;;
		*)	compgen -G "tests/*/$(basename -s .t "$word").t" >/dev/null ;;
		esac || echo "$word"
	done
}

is "$(unknown_tests)" "" "tests and options of tests/run that they name are there"

# The unit writes to the lock, which is below /run, and to the pins
is "$(sed -nE 's/^(ReadWritePaths|RuntimeDirectory)=//p' systemd/extkey-watch.service | tr ' ' '\n' |
	sed 's|^extkey$|/run/extkey|' | sort | xargs)" "/run/extkey /sys/fs/bpf" \
	"the unit may write where the command does"

# --- What they tell people to type ---

make -n install >"$TAP_TMP/install" 2>&1
# shellcheck disable=SC2086 # a list
for path in $(grep -ohE '/usr/local/[^ :`"]+' $guides | sort -u); do
	check "$path is installed" grep -qF "'$path'" "$TAP_TMP/install"
done
check "so is the unit" grep -qF "/$(typed docs/operations.md | grep -oE 'extkey-watch').service" "$TAP_TMP/install"

# In the place of a service: a listener without a key of its own, in the background
mkdir "$TAP_TMP/bin" "$TAP_TMP/service"
cat >"$TAP_TMP/bin/myservice" <<-SERVICE
	#!/bin/sh
	port=\$((\$(cat $TAP_TMP/port 2>/dev/null || echo 5000) + 1))
	echo \$port >$TAP_TMP/port
	$PWD/build/extkey_server --listener 0.0.0.0:\$port >$TAP_TMP/service/\$port 2>&1 &
	echo \$! >>$TAP_TMP/services
	for i in \$(seq 100); do
		grep -q listening $TAP_TMP/service/\$port && exit
		sleep 0.1
	done
	exit 1
SERVICE
chmod +x "$TAP_TMP/bin/myservice"

stop_services() {
	# shellcheck disable=SC2046 # a list
	[[ ! -e $TAP_TMP/services ]] || kill $(<"$TAP_TMP/services") 2>/dev/null
	rm -f "$TAP_TMP/services"
}
on_exit stop_services

# Lines of a document, for bash: without sudo, here instead of there. What does not end by
# itself is ended. A comment can have the exit status that is wanted.
runnable() { # FILE
	typed "$1" | sed -E -e 's/^[$#] //' \
		-e 's/\bsudo //g' \
		-e "s|/sys/fs/cgroup\b|$cgroup|g" \
		-e "s|/usr/local/lib/|$PWD/build/|g" \
		-e "s|/etc/myservice|$TAP_TMP|g" \
		-e 's/^(extkey_loader watch|ip mptcp monitor)/timeout --preserve-status 1 &/' |
		grep -vE '^(make|systemctl|nsenter|tests/run|bench/)\b'
}

wanted() { # LINE
	case $1 in
	"extkey_loader check"*)	echo "0 6 7" ;;
	*"ip mptcp monitor"*)	echo "0 143" ;;
	*"--engine hook"*)	grep -qw mptcp_auth_mask /proc/kallsyms && echo 0 || echo 4 ;;
	*"# exit status "*)	echo "${1##*# exit status }" ;;
	*)	echo 0 ;;
	esac
}

# In one shell, as they may change where it is; fails if one comes to something else
runs_as_printed() { # FILE
	local line

	{
		# Its services are covered as soon as this cgroup is
		echo "echo \$\$ >$cgroup/myservice.slice/cgroup.procs"
		echo "ip link add wwan0 type veth peer name peer; ip link set wwan0 up; ip link set lo up"
		echo "ip addr add 192.0.2.17/24 dev wwan0"
		echo "ip netns add blue; ip -n blue link add b0 type veth peer name b1; ip -n blue link set b0 up"
		while IFS= read -r line; do
			printf '%s\nstatus=$?\n' "$line"
			# shellcheck disable=SC2016 # of that shell
			printf '[[ " %s " == *" $status "* ]] || failed+=(%q" came to $status")\n' \
				"$(wanted "$line")" "$line"
		done < <(runnable "$1")
		# shellcheck disable=SC2016 # of that shell
		echo '[[ ! $failed ]] || printf "FAILED: %s\n" "${failed[@]}"; exit $((${#failed[@]} > 0))'
	} >"$TAP_TMP/script"
	# Its own /run has the lock, and the namespace that it names
	env HOME="$TAP_TMP" PATH="$TAP_TMP/bin:$PWD/build:$PATH" \
		unshare --mount --net bash -c 'mount -t tmpfs none /run && . "$0"' "$TAP_TMP/script"
}

bpffs_ready
cgroup=$(cgroup_make readme)
"$loader" check >"$TAP_TMP/why" 2>&1
[[ $? != 4 ]] || skip_all "no engine works here: $(<"$TAP_TMP/why")"
on_exit "$loader" detach --all
mkdir "$cgroup/myservice.slice" "$cgroup/other.slice"

# What the last commands printed is kept, as each check prints something
they_print() { # TEXT...
	local text

	cp "$TAP_TMP/check" "$TAP_TMP/said"
	for text; do
		check "they print '$text'" grep -qF -e "$text" "$TAP_TMP/said"
	done
}

check "the commands of README.md" runs_as_printed README.md
is "$(runnable README.md | wc -l)" 9 "all of them but make"
they_print "$cgroup/try: attached, engine " "sockets that hold a key: 1" \
	"role listener local 0.0.0.0:5001 "
"$loader" detach --all
stop_services

check "the commands of docs/operations.md" runs_as_printed docs/operations.md
they_print "policy updated, addresses free -> bound" "attached already, nothing changed" \
	"lo: attached" "b0: attached" "subflow dev wwan0" "is not attached: run" \
	"engine tc " '"engines": {'
check "and the memory that it takes" grep -qxE '[0-9]{6,}' "$TAP_TMP/said"
check "there are many" test "$(runnable docs/operations.md | wc -l)" -ge 30

# All pins that the documents name were there, with one engine or the other
pins() {
	# shellcheck disable=SC2086 # a list
	grep -ohE '/sys/fs/bpf/extkey[a-z_/]*' $all | sort -u
}

check "attach" "$loader" attach "$cgroup" --engine tc
# shellcheck disable=SC2046 # a list
is "$(missing_paths $(pins))" "" "pins that they name are there"
done_testing
