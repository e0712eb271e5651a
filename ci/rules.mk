# SPDX-License-Identifier: GPL-2.0-or-later
# How the tree is built and tested; the Makefile names what is in it.

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# ---- one build directory -------------------------------------------------
# OBJ: where programs and archives go. The sanitiser build is this same make
# with SAN=yes; STATIC=yes links the plain build's objects into static programs.

ifeq ($(SAN),yes)
OBJ := $(SAN_BUILD)
XFLAGS := $(SANFLAGS)
else ifeq ($(STATIC),yes)
OBJ := $(BUILD)/static
STATIC_LDFLAGS := -static
else
OBJ := $(BUILD)
endif

# Objects have a tree of their own: the program and the room are both called hiod.
ifeq ($(STATIC),yes)
O := $(BUILD)/obj
else
O := $(OBJ)/obj
endif

COMPILE = $(CC) $(STD) $(ARCHFLAGS) $(CFLAGS) $(XFLAGS) $(WARN) $(CPP) $(JANSSON_CFLAGS) $(SECCOMP_CFLAGS) -MMD -MP
LINK = $(CC) $(ARCHFLAGS) $(CFLAGS) $(XFLAGS) $(STATIC_LDFLAGS) $(LDFLAGS)

HEADERS := $(BUILD_TOP)/include/.stamp
ARCHIVES := $(LIBS:%=$(OBJ)/lib%.a)
# The linker resolves from left to right: highest room first.
LINKLIBS := $(foreach l,$(shell echo $(LIBS) | tr ' ' '\n' | tac),$(OBJ)/lib$(l).a)

# selftests/AREA/test_NAME.c is a program; other .c files there go into each of its area's programs.
TEST_SRC := $(filter-out $(TEST_EXCLUDE),$(wildcard selftests/*/test_*.c))
TEST_PROGS := $(TEST_SRC:%.c=$(OBJ)/%)
TEST_SCRIPTS := $(filter-out $(TEST_EXCLUDE),$(wildcard selftests/*/test_*.sh))
BENCH_SRC := $(wildcard selftests/bench/bench_*.c)
BENCH_PROGS := $(BENCH_SRC:%.c=$(OBJ)/%)

# As many compilers at once as there are CPUs, where nobody asked for another number.
PARALLEL = $(if $(findstring j,$(filter-out --%,$(MAKEFLAGS))),,-j$(JOBS))
JOBS ?= $(shell nproc 2>/dev/null || echo 1)

.PHONY: all
all: deps
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory build

.PHONY: build
build: $(OBJ)/hiod

define archive_rule
$(OBJ)/lib$(1).a: $(SRC_$(1):%.c=$(O)/%.o)
	$$(call say,AR,$$@)
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call archive_rule,$(l))))

$(O)/%.o: %.c $(HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -c -o $@ $<

$(OBJ)/hiod: $(SRC_cli:%.c=$(O)/%.o) $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(SRC_cli:%.c=$(O)/%.o) $(LINKLIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) -lpthread

$(OBJ)/ktap-run: $(O)/harness/ktap/run.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $<

# The other sources of a test's area.
area_objs = $(patsubst %.c,$(O)/%.o,$(filter-out $(AREA_EXCLUDE) $(dir $(1))test_%.c \
	$(dir $(1))bench_%.c $(1),$(wildcard $(dir $(1))*.c))) $(area_gen_$(notdir $(patsubst %/,%,$(dir $(1)))))
ifneq ($(JSON),yes)
area_gen_verdicts = $(O)/gen/hosts.o
endif

.SECONDEXPANSION:
$(OBJ)/selftests/%: $(O)/selftests/%.o $$(call area_objs,selftests/%.c) $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(LINKLIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) -lpthread

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# Host descriptions as C, by a program of the build machine's own (hosts-to-c of a build with JSON).
HOSTS_TO_C ?= $(OBJ)/selftests/tools/hosts-to-c
$(OBJ)/gen/hosts.c: $(wildcard corpus/hosts/*.host.json) $(HOSTS_TO_C)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(HOSTS_TO_C) $(filter %.host.json,$^) > $@

$(O)/gen/%.o: $(OBJ)/gen/%.c $(HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -c -o $@ $<

# ---- kernel headers ------------------------------------------------------

$(BUILD_TOP)/include/.stamp: ci/uapi-headers
	$(call say,UAPI,$(@D))
	$(Q)CC='$(CC)' ci/uapi-headers $(@D)

# ---- what a user runs ----------------------------------------------------

.PHONY: deps
deps:
	$(Q)DEPS='$(DEPS)' ci/deps base

.PHONY: run
run: all
	$(Q)ci/run-table $(BUILD)/hiod corpus/hosts

.PHONY: check
check: deps
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory SAN=yes BUILD='$(BUILD)' check-built

.PHONY: tests
ifeq ($(JSON),yes)
tests: $(OBJ)/hiod
endif
tests: $(OBJ)/ktap-run $(TEST_PROGS) $(OBJ)/selftests/ktap-cases/cases

# The compiler drivers' symbolizers are slow to start and a failing test prints its own message.
.PHONY: check-built
check-built: tests
	$(Q)MAKEFLAGS= HIOD='$(OBJ)/hiod' HIOD_OBJ='$(OBJ)' HIOD_CORPUS=corpus \
		$(OBJ)/ktap-run $(KTAP_RUN_ARGS) $(TEST_PROGS) $(TEST_SCRIPTS)

.PHONY: check-clang
check-clang:
	$(Q)DEPS='$(DEPS)' ci/deps base clang
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=$(BUILD)/clang check

.PHONY: check-32
check-32:
	$(Q)DEPS='$(DEPS)' ci/deps base 32
	$(Q)ci/check-32 '$(MAKE)' '$(BUILD)'

.PHONY: check-portable
check-portable: deps $(HEADERS)
	$(Q)CC='$(CC)' BUILD_TOP='$(BUILD_TOP)' DEPS='$(DEPS)' ci/check-portable

.PHONY: bench
bench: all
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory $(BENCH_PROGS)
	$(Q)for b in $(BENCH_PROGS); do HIOD='$(OBJ)/hiod' HIOD_CORPUS=corpus $$b || exit 1; done

.PHONY: bench-fleet
bench-fleet: all
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory $(OBJ)/selftests/bench/bench_fleet
	$(Q)HIOD='$(OBJ)/hiod' HIOD_CORPUS=corpus $(OBJ)/selftests/bench/bench_fleet

.PHONY: format
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: docs
docs: build
	$(Q)$(OBJ)/hiod uapi --markdown > docs/uapi.md.tmp && mv docs/uapi.md.tmp docs/uapi.md

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make             build build/hiod'
	@echo 'make run         every host in corpus/hosts against the default vIOMMUs, as a table'
	@echo 'make check       every test, with ASan and UBSan'
	@echo 'make check-clang the same, built by clang'
	@echo 'make check-32    the same as a 32-bit program'
	@echo 'make check-portable  what knows no kernel, compiled for Windows'
	@echo 'make kselftest-install KSRC=DIR  as tools/testing/selftests/hiod of a kernel tree'
	@echo 'make check-hw    the driver tests on this machine, on the device BDF=...'
	@echo 'make check-vm    real kernels in a VM: driver tests, capture, comparison with the model'
	@echo 'make check-vm-qemu  QEMU recorded on the drivers there, against hiod capture'
	@echo 'make conformance the long comparison of model and kernels'
	@echo 'make check-bugs  known bugs put back, one at a time: a test must fail on each'
	@echo 'make check-qemu  real QEMU on every host of the corpus against hiod check'
	@echo 'make check-kernel-tests  the own tests of the kernel, under hiod run on its model'
	@echo 'make bench-qemu  what hiod run adds to the start of QEMU'
	@echo 'make fuzz        every property as a fuzz target; fuzz-NAME, fuzz-repro, ...: ci/fuzz.mk'
	@echo 'make bench-fuzz  runs of fuzz targets per CPU second, as ratios to an empty one'
	@echo 'make bench-bugs  what it takes to find each known bug: docs/bug-bench.md'
	@echo 'make bench       cost per call, as ratios to a raw ioctl; hiod check over fleets'
	@echo 'make bench-fleet hosts a second, peak memory, and the share of the JSON parse'
	@echo 'make install     PREFIX=/usr/local DESTDIR=: program, library, manual, completion; uninstall'
	@echo 'make deb, dist   a Debian package; a source archive. check-install, check-deb: try them'
	@echo 'make docs        regenerate the tables in docs/ that come from code'
	@echo 'make format      apply .clang-format'
	@echo 'make clean       remove $(BUILD)'
	@echo 'Variables: CC, CFLAGS, BUILD=DIR, V=1, DEPS=no (never install packages)'

-include ci/hw.mk
-include ci/qemu.mk
-include ci/vm.mk
-include ci/conformance.mk
-include ci/bugs.mk
-include ci/fuzz.mk
-include packaging/install.mk
