#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# With all packages installed make check asks no registry: what installs them does not,
# and nothing else installs anything.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

unset MAKEFLAGS MFLAGS MAKELEVEL

# These take the place of whatever asks one, and say so
mkdir "$TAP_TMP/bin"
for name in apt apt-get aptitude pip pip3 npm curl wget git; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\nexit 1\n' "$name" "$TAP_TMP" >"$TAP_TMP/bin/$name"
	chmod +x "$TAP_TMP/bin/$name"
done

# No network in reach either
without_registry() {
	rm -f "$TAP_TMP/asked"
	PATH=$TAP_TMP/bin:$PATH unshare --net "$@" && [[ ! -e $TAP_TMP/asked ]]
}

# GROUP...
missing() {
	PATH=$TAP_TMP/bin:$PATH tests/install-packages.sh "$@" 2>&1 | sed -n 's/^installing: //p'
}

for group in host lint source vm; do
	if [[ $group != host && $(missing "$group") ]]; then
		skip "$group: nothing is asked for" "not installed; only make check wants all groups"
		continue
	fi
	check "$group: nothing is asked for" without_registry tests/install-packages.sh "$group"
done
refuses 1 "usage:" "a group that there is not" tests/install-packages.sh others

# Something is missing: then it is asked, or else what was seen above has no meaning
sed 's/^lint=(/&extkey-no-such-package /' tests/install-packages.sh >"$TAP_TMP/install.sh"
refuses 1 "installing: extkey-no-such-package" "what is missing is asked for" \
	env PATH="$TAP_TMP/bin:$PATH" bash "$TAP_TMP/install.sh" lint
is "$(head -n 1 "$TAP_TMP/asked")" "apt-get update -qq" "by apt-get"

# The commands before the tests and the kernels, which are stubs here
for command in check-quick check-host check; do
	[[ $command == check-quick || ! $(missing) ]] || {
		skip "make $command: nothing is asked for" "not all packages are installed"
		continue
	}
	check "make $command: nothing is asked for" without_registry make "$command" MAKE=true \
		CHECK=true
done
is "$(grep -rlE '(^|[;&|(]|sudo|exec) *(apt|apt-get|pip3?|npm|curl|wget) ' --include='*.sh' --include='*.t' \
	--include=run --include=Makefile . .ci | grep -v '^./build/' | sort | xargs)" \
	"./tests/install-packages.sh" "one script knows how to ask"
done_testing
