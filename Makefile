# SPDX-License-Identifier: GPL-2.0
# Pinhole. `make help` lists the targets. V=1 shows the commands.

CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=

# That of the tag v1.2.3, and the commits since then; without git or tags, this one.
BASE_VERSION := 0.1.0
VERSION      := $(or $(shell tools/packaging/version 2>/dev/null),$(BASE_VERSION))

Q := $(if $(V),,@)
comma := ,
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

# `make CC=...` and the environment are honoured; the implicit `cc` is not.
ifeq ($(origin CC),default)
CC := gcc
endif

CPPFLAGS += -D_GNU_SOURCE -DPINHOLE_VERSION='"$(VERSION)"' \
	    -I. -Iinclude -Iloader -I$(BUILD)/include
CFLAGS   ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror
# The same from every directory.
PATH_MAP := -ffile-prefix-map=$(CURDIR)=.
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(PATH_MAP) -MMD -MP
# Compiled in half the time of -O2, and run in little more.
SAN_OPTIMIZE := -Og
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Kernel headers for the BPF target: Debian keeps asm/ below the triplet.
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_CFLAGS := -target bpf -std=gnu11 -O2 -g -mcpu=v3 $(WARNINGS) $(PATH_MAP) -Iinclude -Ibpf \
	      $(if $(MULTIARCH),-I/usr/include/$(MULTIARCH)) -MMD -MP

LIBPOLICY   := $(BUILD)/libpolicy.a
LIBFIREWALL := $(BUILD)/libfirewall.a
BPF_OBJ     := $(BUILD)/bpf/pinhole.bpf.o $(BUILD)/bpf/host.bpf.o
SKELETON    := $(BUILD)/include/pinhole.skel.h $(BUILD)/include/host.skel.h

c_objs = $(patsubst %.c,$(BUILD)/$(2)/%.o,$(wildcard $(1)))

POLICY_SRC   := $(wildcard loader/acl/*.c loader/analysis/*.c loader/policy/*.c loader/util/*.c)
POLICY_OBJ   := $(POLICY_SRC:%.c=$(BUILD)/obj/%.o)
FIREWALL_OBJ := $(call c_objs,loader/firewall/*.c,obj)
FWCTL_OBJ    := $(call c_objs,tools/fwctl/*.c,obj)
EXPORTER_OBJ := $(call c_objs,tools/exporter/*.c,obj)
POLICY_SAN   := $(POLICY_SRC:%.c=$(BUILD)/san/%.o)
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
DATAPATH_OBJ := $(call c_objs,tests/datapath/*.c,obj)
DIFF_OBJ     := $(call c_objs,tests/diff/*.c,obj)
REPLAY_OBJ   := $(call c_objs,tests/replay/*.c,obj)
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH_OBJ    := $(call c_objs,tests/bench/*.c,obj)

# The pure parts of tools are unit-tested without their main().
UNIT_EXTRA := $(filter-out %/main.o,$(patsubst %.c,$(BUILD)/san/%.o,\
		$(wildcard tools/exporter/format*.c tools/fwctl/format*.c) tools/dev/loops.c))

.PHONY: all deps build demo lab check unit golden datapath diff e2e fmt lint fuzz bench \
	install uninstall clean help verifier FORCE
.DEFAULT_GOAL := all

all: deps-build ## Build everything, installing what the build lacks from Debian
	$(Q)$(MAKE) --no-print-directory build

build: $(BUILD)/fwctl $(BUILD)/fw-exporter $(BUILD)/bpf/verified
	@:

.PHONY: deps-build deps-test deps-lint deps-package deps-bench deps-fuzz deps-vm
deps: deps-test ## Install what build, demo and tests need
deps-build deps-test deps-lint deps-package deps-bench deps-fuzz deps-vm: deps-%:
	$(Q)BUILD='$(abspath $(BUILD))' tools/dev/install-deps $*

# ---- datapath -------------------------------------------------------------

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MF $(@:.o=.d) -c $< -o $@
	$(Q)llvm-strip -g $@

$(SKELETON): $(BUILD)/include/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@.tmp && mv $@.tmp $@

.SECONDARY: $(BPF_OBJ)

# What the verifier walks for each program, and what stack it takes. Kernels give
# up at a million instructions, and older ones walk more than newer ones do.
VERIFIER_MAX_INSTRUCTIONS := 600000

$(BUILD)/verifier: $(BUILD)/obj/tools/dev/verifier.o $(BUILD)/obj/tools/dev/loops.o
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz

$(BUILD)/bpf/verified: $(BPF_OBJ) $(BUILD)/verifier
	$(Q)for object in $(BPF_OBJ); do \
		$(BUILD)/verifier $$object $(VERIFIER_MAX_INSTRUCTIONS) || [ $$? -eq 77 ] || exit 1; \
	done
	@touch $@

# ---- user space -----------------------------------------------------------

$(BUILD)/obj/%.o: %.c Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

$(BUILD)/san/%.o: %.c Makefile
	$(call say,CC.san,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(SAN_OPTIMIZE) $(SANITIZE) -c $< -o $@

$(FIREWALL_OBJ) $(DATAPATH_OBJ) $(REPLAY_OBJ) $(BENCH_OBJ): | $(SKELETON)

# What tells the version is built anew when that changes.
$(patsubst %.c,$(BUILD)/obj/%.o,$(shell grep -l PINHOLE_VERSION tools/*/*.c)): $(BUILD)/version
$(BUILD)/version: FORCE
	@mkdir -p $(@D)
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

$(LIBPOLICY): $(POLICY_OBJ)
$(BUILD)/san/libpolicy.a: $(POLICY_SAN)
$(LIBFIREWALL): $(FIREWALL_OBJ)
%.a:
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^

FWCTL_LIBS := -lbpf -lelf -lz -ljansson -lpcre2-8 -lpcap -lncursesw

$(BUILD)/fwctl: $(FWCTL_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(FWCTL_LIBS)

EXPORTER_LIBS := -lmicrohttpd -lgnutls -lyaml -lcrypt -lseccomp -lbpf -lelf -lz -lpcre2-8

$(BUILD)/fw-exporter: $(EXPORTER_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(EXPORTER_LIBS)

# ---- tests ----------------------------------------------------------------

# What check builds, it builds on all CPUs. Its tests that only compute run side by side, each
# with its output whole; those in the kernel look at the clock and have the machine to
# themselves; what traffic takes its time for comes last.
PARALLEL := -j$(shell nproc)
SIDE_BY_SIDE := $(PARALLEL) --output-sync=target

check: deps-test ## Run all tests: unit, golden, cli, show, man, prometheus, reference, datapath, spoilt, host, acl-proof, diff, e2e, package
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) build
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) check-programs
	$(Q)$(MAKE) --no-print-directory $(SIDE_BY_SIDE) unit golden cli show man prometheus \
		reference fuzz-replay
	$(Q)$(MAKE) --no-print-directory check-kernel
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) e2e
	$(Q)$(MAKE) --no-print-directory $(PARALLEL) package
	@echo 'check: all tests passed'

.PHONY: check-programs check-kernel
check-programs: $(UNIT_TESTS) acl-digests fuzz-replays $(addprefix $(BUILD)/tests/,golden-driver \
	show datapath host diff replay faults/packets acl/proof reference/property reference/scale \
	reference/scale-san)
# One after the other: they speak of the same kernel, and some of its time.
check-kernel:
	$(Q)$(MAKE) --no-print-directory datapath
	$(Q)$(MAKE) --no-print-directory spoilt
	$(Q)$(MAKE) --no-print-directory host
	$(Q)$(MAKE) --no-print-directory acl-proof
	$(Q)$(MAKE) --no-print-directory diff

# Linked without -lbpf: that it links proves that the policy library is pure.
$(BUILD)/tests/unit/%: $(BUILD)/san/tests/unit/%.o $(UNIT_EXTRA) $(BUILD)/san/libpolicy.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $(UNIT_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		-lcmocka -lpcre2-8 $(UNIT_LIBS)

# One of its allocations is made to fail.
$(BUILD)/tests/unit/test_policy_memory: UNIT_LDFLAGS := \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc

# What the exporter does without a kernel, or only with its own rights.
$(BUILD)/tests/unit/test_exporter_web: $(patsubst %,$(BUILD)/san/tools/exporter/%.o,\
	web_auth web_config web_config_tls web_page web_yaml)
$(BUILD)/tests/unit/test_exporter_web: UNIT_LIBS := -lyaml -lcrypt -lgnutls
$(BUILD)/tests/unit/test_exporter_privilege: $(BUILD)/san/tools/exporter/privilege.o
$(BUILD)/tests/unit/test_exporter_privilege: UNIT_LIBS := -lseccomp

.PRECIOUS: $(BUILD)/san/%.o

unit: $(UNIT_TESTS) acl-digests ## Pure code, natively, under the sanitizers
	$(Q)tests/unit/run.sh $(UNIT_TESTS)
	$(Q)tests/acl/reproducible.sh $(ACL_DIGESTS)

$(BUILD)/tests/golden-driver: $(BUILD)/san/tests/golden/driver.o $(BUILD)/san/libpolicy.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lpcre2-8

golden: $(BUILD)/tests/golden-driver ## Policies against expected output
	$(Q)tests/golden/run.sh $<

.PHONY: cli
cli: $(BUILD)/fwctl ## What fwctl says where no kernel is needed
	$(Q)tests/cli/run.sh $<

# fwctl with a made-up firewall: what tests/show defines takes the place of the real.
SHOW_TEST_OBJ := $(call c_objs,tests/show/*.c,obj)
SHOW_WRAPS    := $(patsubst __wrap_%,-Wl$(comma)--wrap=%,$(sort \
	$(shell grep -oh '__wrap_[a-z0-9_]*' tests/show/*.c)))

$(BUILD)/tests/show: $(SHOW_TEST_OBJ) $(FWCTL_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(SHOW_WRAPS) -o $@ $^ $(FWCTL_LIBS)

.PHONY: show
show: $(BUILD)/tests/show ## What fwctl shows, and the schemas of its JSON
	$(Q)tests/schema/run.sh
	$(Q)tests/show/run.sh $<

.PHONY: man
man: $(BUILD)/fwctl $(BUILD)/fw-exporter ## The manual against the sources, and completion
	$(Q)tests/man/run.sh $(BUILD)

.PHONY: prometheus
prometheus: ## Recording rules, alerts and dashboard, by promtool
	$(Q)tests/prometheus/run.sh $(BUILD)

$(BUILD)/tests/datapath: $(DATAPATH_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -lpcre2-8

datapath: $(BUILD)/tests/datapath ## Packets through the programs in the kernel
	$(Q)timeout 300 $<

$(BUILD)/tests/diff: $(DIFF_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -lpcre2-8

HOST_TEST_OBJ := $(call c_objs,tests/host/*.c,obj)
$(HOST_TEST_OBJ): | $(SKELETON)

$(BUILD)/tests/host: $(HOST_TEST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz

.PHONY: host
host: $(BUILD)/tests/host ## Sockets watched by the programs of host mode
	$(Q)timeout 120 $<

diff: deps-test ## The same packets through Pinhole and nftables: SEED=, COUNT=
	$(Q)$(MAKE) --no-print-directory build $(BUILD)/tests/diff
	$(Q)timeout 600 $(BUILD)/tests/diff $(BUILD)/fwctl tests/diff

# What the harness shares with the datapath tests.
REPLAY_SHARED := $(patsubst %,$(BUILD)/obj/tests/datapath/%.o,network tap wire world world_run world_tables conn_counts)

$(BUILD)/tests/replay: $(REPLAY_OBJ) $(REPLAY_SHARED) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpcap -ljansson -lbpf -lelf -lz -lpcre2-8

e2e: deps-test ## Real servers and clients in network namespaces
	$(Q)$(MAKE) --no-print-directory build $(BUILD)/tests/replay
	$(Q)BUILD='$(abspath $(BUILD))' tests/e2e/run.sh

demo: deps-test ## See the firewall do its job
	$(Q)$(MAKE) --no-print-directory build
	$(Q)BUILD='$(abspath $(BUILD))' tests/lab/demo.sh

lab: deps-test ## Open a shell in the lab: client - firewall - server
	$(Q)$(MAKE) --no-print-directory build
	$(Q)BUILD='$(abspath $(BUILD))' tests/lab/shell.sh

FUZZ_SECONDS ?= 60
# Sources are compiled for the fuzzers once, and linked into each.
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
.PRECIOUS: $(BUILD)/fuzz/obj/%.o
FUZZ_LIB   := $(POLICY_SRC:%.c=$(BUILD)/fuzz/obj/%.o)
# What fuzz_policy asks besides.
FUZZ_EXTRA := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(filter-out %_main.c,$(wildcard tests/reference/*.c)))

$(BUILD)/fuzz/obj/%.o: %.c Makefile
	$(call say,CC.fuzz,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -std=gnu11 -O1 -g $(WARNINGS) -MMD -MP $(FUZZ_FLAGS) -c $< -o $@

$(BUILD)/fuzz/libpolicy.a: $(FUZZ_LIB)
$(BUILD)/fuzz/fuzz_policy: $(FUZZ_EXTRA)
$(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/tests/fuzz/%.o $(BUILD)/fuzz/libpolicy.a
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) -lpcre2-8

fuzz: deps-fuzz ## Fuzz the parsers, FUZZ_SECONDS each (60)
	$(Q)$(MAKE) --no-print-directory $(FUZZERS)
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZERS)

# Their seeds alone need no fuzzer: what the unit tests are linked with will do.
FUZZ_REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/replay-%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/tests/replay-fuzz_policy: $(FUZZ_EXTRA:$(BUILD)/fuzz/obj/%=$(BUILD)/san/%)
$(FUZZ_REPLAYS): $(BUILD)/tests/replay-%: $(BUILD)/san/tests/fuzz/%.o \
		$(BUILD)/san/tests/fuzz/replay.o $(BUILD)/san/libpolicy.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lpcre2-8

.PHONY: fuzz-replay fuzz-replays
fuzz-replays: $(FUZZ_REPLAYS)
fuzz-replay: $(FUZZ_REPLAYS) ## The seeds of the fuzzers
	$(Q)tests/fuzz/run.sh 0 $(FUZZ_REPLAYS)

# bench: the BPF programs of its generator, its sink and its ceiling
BENCH_SKEL := $(patsubst tests/bench/%.bpf.c,$(BUILD)/include/bench_%.skel.h,\
		$(wildcard tests/bench/*.bpf.c))
BENCH_OBJ  := $(filter-out %.bpf.o,$(BENCH_OBJ))
$(BENCH_OBJ): | $(BENCH_SKEL)

$(BUILD)/bpf/bench/%.bpf.o: tests/bench/%.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MF $(@:.o=.d) -c $< -o $@
	$(Q)llvm-strip -g $@

$(BENCH_SKEL): $(BUILD)/include/bench_%.skel.h: $(BUILD)/bpf/bench/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name bench_$* > $@.tmp
	@# clang-tidy takes what libbpf frees for a leak
	$(Q)sed 's|return err;$$|return err; // NOLINT|' $@.tmp > $@ && rm $@.tmp

.PHONY: bench-skeletons
lint: bench-skeletons
bench-skeletons: deps-lint
	$(Q)$(MAKE) --no-print-directory $(BENCH_SKEL)
# end of bench's programs

$(BUILD)/tests/bench: $(BENCH_OBJ) $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -lpcre2-8

bench: deps-bench ## Benchmarks beside the peers, in one run: SECTIONS=, QUICK=1
	$(Q)$(MAKE) --no-print-directory build $(BUILD)/tests/bench
	$(Q)BUILD='$(abspath $(BUILD))' BENCH_QUICK='$(QUICK)' tests/bench/run.sh $(SECTIONS)

# The oldest kernel that is promised, whatever runs here.
.PHONY: vmcheck
vmcheck: deps-test deps-vm ## The programs and their tests on Debian's kernel, in qemu
	$(Q)$(MAKE) --no-print-directory build $(BUILD)/tests/datapath $(BUILD)/tests/host
	$(Q)BUILD='$(abspath $(BUILD))' tests/vm/run.sh

# ---- access lists: the generator of tests/acl/, and what is proven with it ----

ACL_LIST_SRC := $(addprefix tests/acl/,draw.c generate.c realistic.c adversarial.c products.c \
		print.c)
ACL_LIST_OBJ := $(ACL_LIST_SRC:%.c=$(BUILD)/obj/%.o)
ACL_LIB_SRC  := $(filter-out %_main.c %.bpf.c %/kernel.c,$(wildcard tests/acl/*.c))
ACL_LIB_OBJ  := $(ACL_LIB_SRC:%.c=$(BUILD)/obj/%.o)
ACL_LIB_SAN  := $(ACL_LIB_SRC:%.c=$(BUILD)/san/%.o)

$(BUILD)/tests/acl/print: $(BUILD)/obj/tests/acl/print_main.o $(ACL_LIST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

$(addprefix $(BUILD)/tests/unit/test_acl_,oracle proof): $(ACL_LIB_SAN)

# The same images from every compiler.
ACL_DIGESTS    := $(addprefix $(BUILD)/tests/acl/digest-,gcc-O2 gcc-O0 clang-O2)
ACL_DIGEST_SRC := tests/acl/digest_main.c $(ACL_LIST_SRC) \
		  $(wildcard loader/acl/*.c loader/util/*.c)

$(ACL_DIGESTS): $(BUILD)/tests/acl/digest-%: $(ACL_DIGEST_SRC) \
		$(wildcard tests/acl/*.h loader/acl/*.h include/pinhole/*.h) Makefile
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(subst -, -,$*) $(CPPFLAGS) -std=gnu11 $(WARNINGS) -o $@ $(ACL_DIGEST_SRC)

.PHONY: acl-digests
acl-digests: $(ACL_DIGESTS)

ACL_PROOF_SKEL := $(BUILD)/include/acl_proof.skel.h
ACL_PROOF_OBJ  := $(patsubst %,$(BUILD)/obj/tests/acl/%.o,proof_main kernel)

$(BUILD)/bpf/tests/acl_proof.bpf.o: tests/acl/acl_proof.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -I. -MF $(@:.o=.d) -c $< -o $@
	$(Q)llvm-strip -g $@

$(ACL_PROOF_SKEL): $(BUILD)/bpf/tests/acl_proof.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name acl_proof > $@.tmp
	@# clang-tidy takes what libbpf frees for a leak
	$(Q)sed 's|return err;$$|return err; // NOLINT|' $@.tmp > $@ && rm $@.tmp

$(ACL_PROOF_OBJ): | $(ACL_PROOF_SKEL)

$(BUILD)/tests/acl/proof: $(ACL_PROOF_OBJ) $(ACL_LIB_OBJ) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz

.PHONY: acl-proof-skeleton
lint: acl-proof-skeleton
acl-proof-skeleton: deps-lint
	$(Q)$(MAKE) --no-print-directory $(ACL_PROOF_SKEL)

.PHONY: acl-proof
acl-proof: deps-test ## Compiled access lists against their lines, natively and in BPF
	$(Q)$(MAKE) --no-print-directory $(BUILD)/tests/acl/proof
	$(Q)timeout 240 $(BUILD)/tests/acl/proof

# bench-acl: what a lookup costs; its programs have skeletons of their own
ACL_BENCH_SRC  := $(filter-out %.bpf.c,$(wildcard tests/bench/acl/*.c))
ACL_BENCH_OBJ  := $(ACL_BENCH_SRC:%.c=$(BUILD)/obj/%.o)
ACL_BENCH_SKEL := $(patsubst tests/bench/acl/%.bpf.c,$(BUILD)/include/bench_acl_%.skel.h,\
		$(wildcard tests/bench/acl/*.bpf.c))
$(ACL_BENCH_OBJ): | $(ACL_BENCH_SKEL)

$(BUILD)/bpf/bench-acl/%.bpf.o: tests/bench/acl/%.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MF $(@:.o=.d) -c $< -o $@
	$(Q)llvm-strip -g $@

$(ACL_BENCH_SKEL): $(BUILD)/include/bench_acl_%.skel.h: $(BUILD)/bpf/bench-acl/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name bench_$* > $@.tmp
	$(Q)sed 's|return err;$$|return err; // NOLINT|' $@.tmp > $@ && rm $@.tmp

.PHONY: bench-acl-skeletons
lint: bench-acl-skeletons
bench-acl-skeletons: deps-lint
	$(Q)$(MAKE) --no-print-directory $(ACL_BENCH_SKEL)

$(BUILD)/tests/bench-acl: $(ACL_BENCH_OBJ) $(ACL_LIB_OBJ) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lbpf -lelf -lz -lpcre2-8

.PHONY: bench-acl
bench-acl: deps-test ## Cost of an access-list lookup; QUICK=1: limits only
	$(Q)$(MAKE) --no-print-directory $(BUILD)/tests/bench-acl
	$(Q)timeout 600 $(BUILD)/tests/bench-acl $(if $(QUICK),--quick) \
		--json $(BUILD)/bench-acl.json \
		--commit "$$(git describe --always --dirty 2>/dev/null || echo unknown)" \
		$(BENCH_ACL_OPTIONS)
# end of bench-acl

# ---- the language: compiled policies against a reference that reads the text ----

REFERENCE_SRC := $(filter-out %_main.c,$(wildcard tests/reference/*.c))
REFERENCE_OBJ := $(REFERENCE_SRC:%.c=$(BUILD)/obj/%.o)
REFERENCE_SAN := $(REFERENCE_SRC:%.c=$(BUILD)/san/%.o)

$(BUILD)/tests/unit/test_policy_reference: $(REFERENCE_SAN)

.PRECIOUS: $(BUILD)/obj/%.o

$(BUILD)/tests/reference/%: $(BUILD)/obj/tests/reference/%_main.o $(REFERENCE_OBJ) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lpcre2-8

$(BUILD)/tests/reference/%-san: $(BUILD)/san/tests/reference/%_main.o $(REFERENCE_SAN) \
		$(BUILD)/san/libpolicy.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ -lpcre2-8

.PHONY: reference
reference: $(addprefix $(BUILD)/tests/reference/,property scale scale-san) ## Policies against a reference that reads the text
	$(Q)timeout 120 $(BUILD)/tests/reference/property tests/reference/policies/*.pix
	$(Q)timeout 120 $(BUILD)/tests/reference/scale
	$(Q)timeout 120 $(BUILD)/tests/reference/scale-san 20

.PHONY: corpus
corpus: $(BUILD)/tests/reference/corpus ## How a directory of configurations loads: CORPUS=DIR
	$(Q)$< $(CORPUS_OPTIONS) $(CORPUS)
# end of the language

# ---- faults: what is done to the firewall, and what traffic sees of it --------

FAULTS_SKEL   := $(patsubst tests/faults/%.bpf.c,$(BUILD)/include/faults_%.skel.h,\
		$(wildcard tests/faults/*.bpf.c))
FAULTS_SRC    := $(filter-out %.bpf.c,$(wildcard tests/faults/*.c))
FAULTS_OBJ    := $(FAULTS_SRC:%.c=$(BUILD)/obj/%.o)
FAULTS_TOOLS  := $(FAULTS_SRC:%.c=$(BUILD)/%)
$(FAULTS_OBJ): | $(FAULTS_SKEL) $(SKELETON)

$(BUILD)/bpf/faults/%.bpf.o: tests/faults/%.bpf.c Makefile
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MF $(@:.o=.d) -c $< -o $@
	$(Q)llvm-strip -g $@

$(FAULTS_SKEL): $(BUILD)/include/faults_%.skel.h: $(BUILD)/bpf/faults/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name faults_$* > $@.tmp
	@# clang-tidy takes what libbpf frees for a leak
	$(Q)sed 's|return err;$$|return err; // NOLINT|' $@.tmp > $@ && rm $@.tmp

.PHONY: faults-skeletons
lint: faults-skeletons
faults-skeletons: deps-lint
	$(Q)$(MAKE) --no-print-directory $(FAULTS_SKEL)

# What the packets are run in is that of the datapath tests.
FAULTS_WORLD := $(filter-out %/main.o $(BUILD)/obj/tests/datapath/scenarios_%,$(DATAPATH_OBJ))
$(BUILD)/tests/faults/packets: $(FAULTS_WORLD)

$(FAULTS_TOOLS): $(BUILD)/tests/faults/%: $(BUILD)/obj/tests/faults/%.o $(LIBFIREWALL) $(LIBPOLICY)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lbpf -lelf -lz -lpcre2-8

# A sample of a known seed, for check; `make faults FAULTS=packets` makes millions.
.PHONY: spoilt
spoilt: $(BUILD)/tests/faults/packets ## Spoilt packets through the programs in the kernel, a million
	$(Q)timeout 120 $< --seed 10 --count 1000000 --seconds 20

.PHONY: faults faults-short soak
faults: deps-test ## Faults, all of them: system calls, applies under load, floods, devices, full tables and disks
	$(Q)$(MAKE) --no-print-directory build $(FAULTS_TOOLS)
	$(Q)BUILD='$(abspath $(BUILD))' tests/faults/run.sh $(FAULTS)

faults-short: deps-test ## A sample of them, in a minute
	$(Q)$(MAKE) --no-print-directory build $(FAULTS_TOOLS)
	$(Q)BUILD='$(abspath $(BUILD))' FAULTS_SHORT=yes tests/faults/run.sh $(FAULTS)

SOAK_SECONDS ?= 1800
soak: deps-test ## Mixed load with applies and a look for leaks, SOAK_SECONDS (1800)
	$(Q)$(MAKE) --no-print-directory build $(FAULTS_TOOLS)
	$(Q)BUILD='$(abspath $(BUILD))' tests/faults/soak.sh $(SOAK_SECONDS)
# end of faults

# ---- care -----------------------------------------------------------------

SOURCES := $(wildcard include/pinhole/*.h bpf/*.[ch] loader/*/*.[ch] tools/*/*.[ch] \
		      tests/*/*.[ch] tests/bench/*/*.[ch])
SCRIPTS := $(shell grep -rlE '^\#!.*\b(ba)?sh\b' .ci tools tests 2>/dev/null)

fmt: deps-lint ## Format all C sources
	$(Q)clang-format -i $(SOURCES)

lint: deps-lint ## clang-format, clang-tidy, cppcheck, shellcheck
	$(Q)$(MAKE) --no-print-directory $(SKELETON)
	$(Q)tools/dev/lint $(SOURCES) -- $(SCRIPTS)

# ---- install and packages ---------------------------------------------------

SYSCONFDIR  ?= /etc
UNIT_DIR    ?= $(PREFIX)/lib/systemd/system
SHARE       := $(PREFIX)/share
DOC_DIR     ?= $(SHARE)/doc/pinhole
LIBEXEC_DIR := $(PREFIX)/libexec/pinhole

# Files to install, as MODE:SOURCE:DESTINATION. Pages go in the folders of their
# sections, completion where the shells look for it.
install_to = $(foreach file,$(2),$(1):$(file):$(3)/$(notdir $(file)))
INSTALLED := $(call install_to,0755,$(BUILD)/fwctl $(BUILD)/fw-exporter,$(PREFIX)/sbin) \
	0755:tools/systemd/service.sh:$(LIBEXEC_DIR)/service \
	$(call install_to,0644,$(wildcard tools/systemd/*.service),$(UNIT_DIR)) \
	$(call install_to,0644,$(wildcard tools/examples/*.pix),$(DOC_DIR)/examples) \
	$(call install_to,0644,$(wildcard tools/schema/*.schema.json),$(DOC_DIR)/schema) \
	$(call install_to,0644,README.md,$(DOC_DIR)) \
	$(foreach page,$(wildcard tools/man/*.[1-9]),\
		$(call install_to,0644,$(page),$(SHARE)/man/man$(patsubst .%,%,$(suffix $(page))))) \
	0644:tools/completion/fwctl.bash:$(SHARE)/bash-completion/completions/fwctl \
	0644:tools/completion/_fwctl:$(SHARE)/zsh/site-functions/_fwctl \
	$(call install_to,0644,$(wildcard tools/prometheus/*.yml),$(SHARE)/pinhole/prometheus) \
	$(call install_to,0644,$(wildcard tools/grafana/*.json),$(SHARE)/pinhole/grafana)
# An edited one is the operator's: neither written over nor removed.
CONFIGURED := $(foreach file,$(wildcard tools/systemd/*.default),\
		0644:$(file):$(SYSCONFDIR)/default/$(notdir $(file:.default=))) \
	0640:tools/systemd/policy:$(SYSCONFDIR)/pinhole/policy
INSTALLER := tools/packaging/install --destdir '$(DESTDIR)' --prefix '$(PREFIX)' \
	--sysconfdir '$(SYSCONFDIR)'

install: $(BUILD)/fwctl $(BUILD)/fw-exporter ## Install below DESTDIR/PREFIX, and what is missing in /etc
	$(call say,INSTALL,$(DESTDIR)$(PREFIX)/sbin and share)
	$(Q)$(INSTALLER) put $(INSTALLED) --keep $(CONFIGURED)

uninstall: ## Remove what install put there; an edited configuration stays
	$(call say,REMOVE,$(DESTDIR)$(PREFIX)/sbin and share)
	$(Q)$(INSTALLER) remove $(INSTALLED) --keep $(CONFIGURED)

.PHONY: version deb deb-check package
version: ## Show the version
	@echo '$(VERSION)'

# Where the packages come to lie: $(BUILD)/deb
deb: deps-package ## Build the Debian packages
	$(Q)tools/packaging/build-deb --version '$(VERSION)' --output '$(BUILD)/deb'

deb-check: deb ## Build them once more, elsewhere and later: the same bytes
	$(Q)BUILD='$(abspath $(BUILD))' tests/package/reproducible.sh '$(VERSION)'

package: deps-test ## Install, use and purge the packages, under a systemd of their own
	$(Q)$(MAKE) --no-print-directory deb
	$(Q)BUILD='$(abspath $(BUILD))' tests/package/run.sh '$(VERSION)'
# end of packages

clean: ## Remove the build directory
	rm -rf $(BUILD)

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' Makefile

-include $(shell find $(BUILD)/obj $(BUILD)/san $(BUILD)/bpf $(BUILD)/fuzz -type f -name '*.d' 2>/dev/null)
