# SPDX-License-Identifier: GPL-2.0-only
#
# make            the BPF programs and the command, in build/
# make install    to DESTDIR and PREFIX
# make demo       the three experiments, on the running kernel if it can (as root)
# make demo-tls   HTTPS with keys out of TLS, and an attacker, in the same way (as root)
# make demo-vm    the same on the patched kernel, in a virtual machine (as root)
# make check      all tests; for one of them: tests/run (as root)
# make check-quick  a first answer, in less than 5 minutes (as root)
# make check-host  what needs no virtual machine, in less than 15 minutes (as root)
# make check-debug  the virtual machine's part of them again, on a kernel that checks
#                 itself: KASAN, lockdep, kmemleak; an hour and more (as root)
# make lint       what tools find wrong in the sources
# make fuzz       fuzzes the walk over options and the like, SECONDS=30 each
# make selftests  the MPTCP selftests of the kernel source, with and without extkey: hours
#                 (as root); SELFTESTS="host-tc --suite diag", see tests/selftests/run.sh --help
# make attacks    what each scheme stops, played in full (as root)
# make bench      what it costs, both engines, beside TLS, WireGuard and IPsec: 20
#                 minutes (as root); BENCH="host join", see bench/all.sh
# make bench-tc   what engine tc costs, on the running kernel (as root)
# make model      what authenticates joins, tried by spin against an attacker
# make packages   install what is missing of Debian's packages (as root)

CLANG ?= clang-19
LLVM_STRIP ?= llvm-strip-19
BPFTOOL ?= /usr/sbin/bpftool
PREFIX ?= /usr/local
DESTDIR ?=
CFLAGS ?= -O2 -g

B := build
MULTIARCH := $(shell $(CC) -print-multiarch)
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude -Iloader -I$(B) $(CFLAGS)
# No path of this machine in what a build is known by
BPF_CFLAGS := -std=gnu11 -O2 -g -fdebug-compilation-dir=. -Wall -Wextra -Werror -Wno-unused-parameter \
	--target=bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Iinclude -idirafter /usr/include/$(MULTIARCH)

LOADER_OBJS := $(patsubst loader/%.c,$(B)/loader/%.o,$(wildcard loader/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*.c))
PEERS := $(B)/extkey_server $(B)/extkey_client $(B)/extkey_rawsend
HEADERS := $(wildcard include/*.h loader/*.h)

all: $(B)/extkey_loader $(B)/libextkey_preload.so $(B)/libextkey_tls.so

# What a build needs, and the package that has it
$(B)/tools-are-there: Makefile
	@mkdir -p $(B)/loader $(B)/unit
	@need() { command -v $$1 >/dev/null || { echo "make: no $$1; install the package $$2" >&2; exit 1; }; }; \
	header() { echo "#include <$$1>" | $(CC) -E - >/dev/null 2>&1 || \
		{ echo "make: no <$$1>; install the package $$2" >&2; exit 1; }; }; \
	need $(CC) gcc; need $(CLANG) clang-19; need $(BPFTOOL) bpftool; \
	header bpf/libbpf.h libbpf-dev; header libelf.h libelf-dev; header jansson.h libjansson-dev; header libmnl/libmnl.h libmnl-dev; \
	header linux/mptcp.h linux-libc-dev; \
	printf '#include <bpf/libbpf.h>\n#if LIBBPF_MAJOR_VERSION < 1\n#error\n#endif\n' | \
		$(CC) -E - >/dev/null 2>&1 || { echo "make: libbpf is older than 1.0; install libbpf-dev of Debian 12 or later" >&2; exit 1; }; \
	header openssl/ssl.h libssl-dev; \
	version=$$($(CLANG) -dumpversion | cut -d. -f1); \
	[ "$$version" -ge 14 ] || { echo "make: $(CLANG) is version $$version, 14 is needed; install the package clang-19" >&2; exit 1; }
	@touch $@

# One object for what is at cgroups, and one for each engine
OBJECTS := $(patsubst bpf/%.bpf.c,$(B)/%.bpf.o,$(wildcard bpf/*.bpf.c))
SKELETONS := $(OBJECTS:.bpf.o=.skel.h)

$(OBJECTS): $(B)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(HEADERS) $(B)/tools-are-there
	$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(SKELETONS): $(B)/%.skel.h: $(B)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.new && mv $@.new $@

# What tells one build's programs from another's
$(B)/build_id.h: $(OBJECTS)
	echo "#define EXTKEY_BUILD_ID \"$$(cat $^ | sha256sum | cut -c 1-12)\"" > $@

$(B)/loader/%.o: loader/%.c $(HEADERS) $(SKELETONS) $(B)/build_id.h
	$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/extkey_loader: $(LOADER_OBJS)
	$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -ljansson -lmnl

$(B)/libextkey_preload.so $(B)/libextkey_tls.so: $(B)/lib%.so: preload/%.c $(HEADERS) $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) -fPIC -shared $(LDFLAGS) $< -o $@

$(B)/unit/test_options: $(B)/loader/options.o $(B)/loader/names.o $(B)/loader/verbs.o
$(B)/unit/test_keys: $(B)/loader/cgroup_keys.o $(B)/loader/error.o
$(B)/unit/%: tests/unit/%.c $(HEADERS) $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) $(filter %.c %.o,$^) -o $@ -lcmocka -lbpf

$(B)/extkey_%: tests/peer/extkey_%.c $(wildcard tests/peer/*.h) $(HEADERS) $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) $< -o $@

$(B)/hold_programs $(B)/tcx_link: $(B)/%: tests/bpf/%.c $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) $< -o $@ -lbpf

# Loaded before libc, for the command to find a kernel or a clock of another kind
PRELOADS := $(B)/no_tcx.so $(B)/refuse.so $(B)/fast_clock.so
$(B)/no_tcx.so: tests/bpf/no_tcx.c
$(B)/refuse.so $(B)/fast_clock.so: $(B)/%.so: tests/faults/%.c
$(PRELOADS): $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) -fPIC -shared $(filter %.c,$^) -o $@

$(B)/only_families: tests/tc/only_families.c $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) $< -o $@

# The same as another build: its objects differ in what is for debuggers alone
$(B)/next/extkey_loader: $(B)/extkey_loader
	@$(MAKE) --no-print-directory B=$(B)/next BPF_CFLAGS="$(BPF_CFLAGS) -fdebug-compilation-dir=next" $@

# And one that counts something else as well, before all others
$(B)/other/extkey_maps.h: include/extkey_maps.h
	@mkdir -p $(@D)
	sed 's/^struct extkey_counters {/&\n\t__u64 another;/' $< >$@

$(B)/other/extkey_loader: $(B)/extkey_loader $(B)/other/extkey_maps.h
	@$(MAKE) --no-print-directory B=$(B)/other BPF_CFLAGS="-I$(B)/other $(BPF_CFLAGS)" $@

MEASURES := $(patsubst bench/%.c,$(B)/%,$(wildcard bench/*.c))
$(B)/program_info $(B)/netfilter_link: LDLIBS := -lbpf
$(B)/join: LDLIBS := -lmnl
$(B)/pour: LDLIBS := -lssl -lcrypto

$(MEASURES): $(B)/%: bench/%.c $(wildcard bench/*.h tests/peer/*.h) $(HEADERS) $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) -Itests/peer $< -o $@ $(LDLIBS)

$(B)/mutator: tests/fuzz/mutator.c
$(B)/attacker: $(wildcard tests/attack/attacker/*.[ch])
$(B)/flood: tests/attack/flood.c
$(B)/attacker $(B)/flood $(B)/mutator: $(wildcard tests/attack/*.h) $(B)/tools-are-there
	$(CC) $(ALL_CFLAGS) $(filter %.c,$^) -o $@ -lcrypto

# Not among the tests' programs: few need the package with the sanitizers
FUZZ_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Iinclude -Ibpf \
	-Wno-unknown-attributes -Wno-unused-parameter
FUZZ_CHECKS := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SECONDS ?= 30

$(B)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/naive.h tests/fuzz/%.seeds $(wildcard bpf/*.h) $(HEADERS) $(B)/tools-are-there
	@mkdir -p $@.seeds
	@echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		$(CLANG) -fsanitize=fuzzer,address,undefined -x c - -o $@.probe 2>/dev/null || \
		{ echo "make: $(CLANG) has no libFuzzer; install the package libclang-rt-19-dev" >&2; exit 1; }
	@rm $@.probe
	perl tests/fuzz/seeds.pl $@.seeds <tests/fuzz/$(@F).seeds
	$(CLANG) $(FUZZ_CFLAGS) $(FUZZ_CHECKS) $< -o $@
	$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer -fprofile-instr-generate -fcoverage-mapping $< -o $@-coverage

$(B)/%.bpf.o: tests/bpf/%.bpf.c bpf/vmlinux.h $(B)/tools-are-there
	$(CLANG) $(BPF_CFLAGS) -Ibpf -c $< -o $@

tests: all $(UNIT_TESTS) $(PEERS) $(B)/attacker $(B)/flood $(B)/mutator $(B)/foreign.bpf.o $(B)/all_fields.bpf.o $(B)/hold_programs \
	$(MEASURES) $(B)/foreign_tc.bpf.o $(B)/empty_gate.bpf.o $(B)/pass.bpf.o $(B)/slow_synack.bpf.o $(B)/reads_kernel.bpf.o $(B)/refuse_tracing.bpf.o $(B)/tagged.bpf.o $(B)/tcx_link \
	$(PRELOADS) $(B)/only_families $(B)/next/extkey_loader $(B)/other/extkey_loader

# One word for the shell, whatever is in it
quoted = '$(subst ','\'',$(1))'
target = $(call quoted,$(DESTDIR)$(PREFIX)/$(1))

install: all
	install -D -m 755 $(B)/extkey_loader $(call target,sbin/extkey_loader)
	install -D -m 644 $(B)/libextkey_preload.so $(call target,lib/libextkey_preload.so)
	install -D -m 644 $(B)/libextkey_tls.so $(call target,lib/libextkey_tls.so)
	prefix=$$(printf '%s\n' $(call quoted,$(PREFIX)) | sed 's/[\\&|]/\\&/g') && \
		sed "s|@PREFIX@|$$prefix|" systemd/extkey-watch.service | \
		install -D -m 644 /dev/stdin $(call target,lib/systemd/system/extkey-watch.service)
	install -D -m 644 include/extkey.h $(call target,include/extkey.h)
	install -D -m 644 include/extkey_sockopt.h $(call target,include/extkey_sockopt.h)
	install -D -m 644 include/extkey_tls.h $(call target,include/extkey_tls.h)

# For a fresh machine: packages first, then a make that finds them
demo demo-tls:
	@[ "$$(id -u)" = 0 ] || { echo "make $@: run as root" >&2; exit 1; }
	@tests/install-packages.sh host
	@$(MAKE) --no-print-directory tests >&2
	@if said=$$(tests/running-kernel.sh 2>&1); then \
		tests/run --client "$$said" --server "$$said" -- tests/$@.sh; \
	else \
		echo "The running kernel cannot: $$said. So it is the virtual machine's." >&2; \
		$(MAKE) --no-print-directory $@-vm; \
	fi

demo-vm demo-tls-vm: packages
	@$(MAKE) --no-print-directory tests >&2
	@tests/run --vm -- tests/$(@:-vm=).sh

# tests/matrix says what each of them runs
CHECK := tests/check.sh

check: packages
	@$(MAKE) --no-print-directory tests
	@$(CHECK) all

check-host:
	@tests/install-packages.sh host lint source
	@$(MAKE) --no-print-directory tests
	@$(CHECK) host

check-quick:
	@tests/install-packages.sh host lint
	@$(MAKE) --no-print-directory tests
	@$(CHECK) quick

check-debug: packages
	@$(MAKE) --no-print-directory tests
	@$(CHECK) debug

# clang-tidy reads the skeletons
lint:
	@tests/install-packages.sh host lint
	@$(MAKE) --no-print-directory all
	@tests/lint.sh

# What they learn is kept in build/fuzz/, and so is what they find. For SECONDS each;
# then what of the code under test that has reached.
fuzz:
	@tests/install-packages.sh host
	@$(MAKE) --no-print-directory $(FUZZERS)
	@for fuzzer in $(FUZZERS); do \
		tests/fuzz/run.sh $$fuzzer $$fuzzer.corpus -max_total_time=$(SECONDS) && \
			tests/fuzz/coverage.sh $$fuzzer $$fuzzer.corpus || exit 1; \
	done

# The table is left in build/attacks/
attacks: packages
	@$(MAKE) --no-print-directory tests
	@kernel/build.sh >/dev/null
	@tests/attack/all.sh

# The report is left in build/selftests/; what was run already is not run again
selftests: packages
	@$(MAKE) --no-print-directory tests
	@tests/selftests/run.sh $(SELFTESTS)

# The figures are left in build/bench/, with a report and plots
bench: packages
	@$(MAKE) --no-print-directory tests >&2
	@kernel/build.sh >/dev/null
	@bench/all.sh $(BENCH)

bench-tc:
	@tests/install-packages.sh host
	@$(MAKE) --no-print-directory tests >&2
	@tests/run --client tc --server tc -- bench/tc.sh

# Two minutes; nothing else of this has to be built
model:
	@tests/install-packages.sh host
	@models/check.sh

packages:
	@tests/install-packages.sh

clean:
	rm -rf $(B)

.PHONY: all tests install demo demo-tls demo-vm demo-tls-vm check check-host check-quick check-debug lint selftests attacks bench bench-tc model fuzz packages clean
.SECONDARY:
