# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing: every property of selftests/properties/list.def is a target.
#
#   make fuzz                    all targets, FUZZ_TIME seconds each
#   make fuzz-NAME               one
#   make fuzz-soak [SOAK=7200]   all, until they used so many CPU seconds together; goes on where it
#                                was stopped. SOAK_JOBS=1 at a time, in turns of SOAK_TURN=60
#   make fuzz-repro FILE=...     one input again, with its notes; NAME=... if its directory is not
#   make fuzz-minimize FILE=...  the smallest input that still fails; AS=human-name saves it as a
#                                regression, and a C test is printed
#   make fuzz-merge              what was found on the way into corpus/fuzz, minimised
#   make fuzz-coverage           of the saved corpus alone: a line, and HTML in $(BUILD)/fuzz/coverage
#   make fuzz-msan [FUZZ_TIME=]  the targets that parse no JSON (but out_of_memory), with MemorySanitizer
#   make bench-fuzz [BENCH=...]  runs per CPU second, as ratios to a target that does nothing
#   make bench-bugs [BUGS=...]   what it takes to find each known bug: docs/bug-bench.md
#   make fuzz-msan-fires         a read of what the kernel did not write is reported
#
# FUZZ_TIME=10, FUZZ_JOBS=1, FUZZ_ARGS (for the engine), LIB_FUZZING_ENGINE (libFuzzer: -fsanitize=fuzzer).

FUZZ_TARGETS := $(shell sed -n 's/^PROPERTY\(_JSON\)\{0,1\}(\(.*\))$$/\2/p' selftests/properties/list.def)
FUZZ_NOJSON := $(shell sed -n 's/^PROPERTY(\(.*\))$$/\1/p' selftests/properties/list.def)
FUZZ_CC ?= clang
FUZZ_TIME ?= 10
# Comparisons are not traced: mutators and dictionaries know the numbers that count, and each
# trace costs more than the comparison. Of text the C library's string functions are traced.
# Nor are indirect calls and the depth of the stack: nothing here recurses as far as its input says.
FUZZ_CFLAGS ?= -O2 -gline-tables-only -ffunction-sections \
	-fno-sanitize-coverage=trace-cmp,indirect-calls,stack-depth
# Functions that a target never calls bring no counters, which the engine would read every time.
FUZZ_LDFLAGS ?= -Wl,--gc-sections -Wl,-z,start-stop-gc
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
FUZZ_DIR := $(BUILD)/fuzz
SOAK ?= 7200
export SOAK_JOBS SOAK_TURN FUZZ_TIME FUZZ_JOBS FUZZ_ARGS FUZZ_DIR FUZZ_TARGETS FUZZ_NOJSON

FUZZ_JSON := $(addprefix selftests/properties/prop_,record.c image.c keys.c files.c \
	dmesg.c firmware.c paths.c tree.c memory_files.c)
ifneq ($(JSON),yes)
AREA_EXCLUDE += $(FUZZ_JSON)
endif

# The sandbox needs libseccomp; it is linked where that is.
ifneq ($(SECCOMP_LIBS),)
SANDBOX := $(O)/harness/property/sandbox/sandbox.o
area_gen_properties := $(SANDBOX)
endif

# ---- in the build directory of one engine and sanitiser ----------------------

SRC_properties := $(filter-out selftests/properties/test_%.c $(if $(filter yes,$(JSON)),, \
	$(FUZZ_JSON)), $(wildcard selftests/properties/*.c))
$(eval $(call archive_rule,properties))

# Engines other than libFuzzer are C++ archives, which the C compiler's driver does not link.
FUZZ_LINK = $(or $(FUZZ_CXX),$(CC)) $(ARCHFLAGS) $(CFLAGS) $(XFLAGS) $(LDFLAGS) $(FUZZ_LDFLAGS)

# Structure-aware mutation is libFuzzer's: other engines bring no LLVMFuzzerMutate().
FUZZ_MUTATE = $(if $(findstring -fsanitize=fuzzer,$(LIB_FUZZING_ENGINE)),-DHAVE_MUTATE)
FUZZ_ROOMS := $(filter uapi shim host hiod mocks capture reconstruct property conform,$(LIBS))
FUZZ_ARCHIVES = $(FUZZ_ROOMS:%=$(OBJ)/lib%.a)
FUZZ_LIBS = $(OBJ)/libproperties.a $(filter $(FUZZ_ARCHIVES),$(LINKLIBS))

$(O)/fuzz/%.o: harness/property/main_libfuzzer.c $(HEADERS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) $(FUZZ_MUTATE) $(if $(SANDBOX),-DHAVE_SANDBOX) -DPROPERTY=$* -c -o $@ $<

# Coverage guides by the code under test; what makes and judges its inputs only costs time, and
# so does what answers: a counter that a run leaves costs more than the code that it counts.
# Rooms that serve most targets, and are what others test, are built both ways. What only tells
# (errors, anomalies, profiles) guides nowhere: every place that calls it has a counter of its own.
FUZZ_SERVING := $(filter uapi shim host mocks,$(FUZZ_ROOMS))
FUZZ_SERVED := empty $(filter-out decode model_client out_of_memory,$(FUZZ_NOJSON))
ifneq ($(findstring fuzzer-no-link,$(CFLAGS)),)
FUZZ_UNGUIDED := $(wildcard harness/property/*.c harness/property/*/*.c harness/conform/*.c \
	selftests/properties/*.c) hiod/anomaly.c hiod/error.c hiod/profile.c
$(FUZZ_UNGUIDED:%.c=$(O)/%.o): XFLAGS += -fno-sanitize=fuzzer-no-link

# Nor is it checked, as no kernel is: `make check` does, and MemorySanitizer has to see all. Copies
# of more than some bytes into the memory of the code under test are looked at on the way.
FUZZ_UNCHECKED := $(wildcard harness/property/*.c selftests/properties/gen_*.c) \
	$(addprefix selftests/properties/,oracle.c agree.c chain.c cross.c mutate.c mutate_ranges.c \
	hostile.c plain.c prop_hiod_realize.c prop_type1.c prop_iova_ranges.c) \
	harness/property/serving/serving.c
$(FUZZ_UNCHECKED:%.c=$(O)/%.o): XFLAGS += -fno-sanitize=address,undefined

# Whether a pointer is NULL or aligned is asked at each use, and each question is a branch with a
# counter: of 193 in vfio_legacy_attach_device() 73 are those. A NULL is a fault without it, and
# alignment matters where bytes are read as something else; there, and in `make check`, both are asked.
FUZZ_TYPED := $(filter-out $(addprefix hiod/,type1_info.c iommufd.c vfio_device.c \
	intel_iommu_config.c),$(wildcard hiod/*.c))
$(FUZZ_TYPED:%.c=$(O)/%.o): XFLAGS += -fno-sanitize=null,alignment

# Their allocations are plain ones, but MemorySanitizer's, which have to be watched.
ifeq ($(SAN),yes)
FUZZ_PLAIN := -include harness/property/serving/serving.h
SERVING := $(O)/harness/property/serving/serving.o
endif

# What reads and writes the memory of the code under test is checked all the same.
FUZZ_CROSSING := $(addprefix harness/uapi/,fields.c mem.c)
$(FUZZ_CROSSING:%.c=$(O)/unguided/%.o): UNCHECKED :=
$(FUZZ_CROSSING:%.c=$(O)/unguided/%.o): FUZZ_PLAIN :=

$(O)/unguided/%.o: UNCHECKED := -fno-sanitize=address,undefined
$(O)/unguided/%.o: %.c $(HEADERS)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -fno-sanitize=fuzzer-no-link $(UNCHECKED) $(FUZZ_PLAIN) -c -o $@ $<

define unguided_rule
$(OBJ)/unguided/lib$(1).a: $(SRC_$(1):%.c=$(O)/unguided/%.o)
	$$(call say,AR,$$@)
	$(Q)mkdir -p $$(@D) && rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(FUZZ_SERVING),$(eval $(call unguided_rule,$(l))))
endif

# The archives of a target, in the order of their rooms.
FUZZ_ROOM_OF = $(if $(and $(FUZZ_UNGUIDED),$(filter $(1),$(FUZZ_SERVED)),$(filter \
	$(2),$(FUZZ_SERVING:%=$(OBJ)/lib%.a))),$(2:$(OBJ)/%=$(OBJ)/unguided/%),$(2))
FUZZ_LIBS_OF = $(foreach a,$(FUZZ_LIBS),$(call FUZZ_ROOM_OF,$(1),$(a)))

$(OBJ)/fuzzers/%: $(O)/fuzz/%.o $(SANDBOX) $(SERVING) $$(call FUZZ_LIBS_OF,$$*)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_LINK) $(LIB_FUZZING_ENGINE) -o $@ $< $(SANDBOX) $(SERVING) $(call FUZZ_LIBS_OF,$*) \
		$(JANSSON_LIBS) $(if $(SANDBOX),$(SECCOMP_LIBS))

# Seeds, dictionaries, C tests, and inputs without any fuzzer.
$(OBJ)/fuzz-tool: $(O)/selftests/fuzz/tool.o \
		$(if $(filter yes,$(JSON)),$(O)/selftests/fuzz/recorded.o) $(SRC_properties:%.c=$(O)/%.o) $(FUZZ_ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(filter $(FUZZ_ARCHIVES),$(LINKLIBS)) $(JANSSON_LIBS)

# ---- what a user runs ---------------------------------------------------------

FUZZ_MAKE = $(MAKE) --no-print-directory DEPS=no CC='$(FUZZ_CC)' BUILD_TOP='$(BUILD_TOP)' \
	LIB_FUZZING_ENGINE='$(LIB_FUZZING_ENGINE)'
FUZZ_ASAN = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)' SAN=yes CFLAGS='-fsanitize=fuzzer-no-link $(FUZZ_CFLAGS)'
FUZZ_MSAN = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)/msan' JSON=no \
	CFLAGS='-fsanitize=memory,fuzzer-no-link $(FUZZ_CFLAGS) -fno-omit-frame-pointer'
FUZZ_COV = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)/cov' \
	CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping'
FUZZ_BIN := $(FUZZ_DIR)/asan/fuzzers

# Of every kind one: parsers of replies, a device and a whole start on the model, options, a file.
BENCH ?= type1_info iova_ranges hw_info device_info hiod_realize realize check viommu_options host_parser

.PHONY: fuzz-deps
fuzz-deps:
	$(Q)DEPS='$(DEPS)' ci/deps base fuzz

# The tool is built plainly: what it generates does not depend on a sanitiser.
.PHONY: fuzz-tool
fuzz-tool: fuzz-deps
	$(Q)$(MAKE) --no-print-directory DEPS=no SAN=yes $(SAN_BUILD)/fuzz-tool

.PHONY: fuzz
fuzz: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_TARGETS:%=$(FUZZ_BIN)/%)
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/run $(FUZZ_BIN) $(FUZZ_TARGETS)

.PHONY: fuzz-soak
fuzz-soak: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_TARGETS:%=$(FUZZ_BIN)/%)
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/soak '$(SOAK)' $(FUZZ_BIN) $(FUZZ_TARGETS)

.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_BIN)/$*
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/run $(FUZZ_BIN) $*

# The target without memory has an allocator in front of the C library's, which MemorySanitizer
# calls before it can run any code that it checks.
FUZZ_MSAN_TARGETS := $(filter-out out_of_memory,$(FUZZ_NOJSON))

.PHONY: fuzz-msan
fuzz-msan: fuzz-tool
	$(Q)$(FUZZ_MSAN) $(FUZZ_MSAN_TARGETS:%=$(FUZZ_DIR)/msan/fuzzers/%)
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/run $(FUZZ_DIR)/msan/fuzzers $(FUZZ_MSAN_TARGETS)

.PHONY: fuzz-repro
fuzz-repro: fuzz-tool
	$(Q)$(SAN_BUILD)/fuzz-tool run '$(or $(NAME),$(notdir $(patsubst %/,%,$(dir $(FILE)))))' '$(FILE)'

.PHONY: fuzz-minimize
fuzz-minimize: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_BIN)/$(or $(NAME),$(notdir $(patsubst %/,%,$(dir $(FILE)))))
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/minimize $(FUZZ_BIN) \
		'$(or $(NAME),$(notdir $(patsubst %/,%,$(dir $(FILE)))))' '$(FILE)' '$(AS)'

.PHONY: fuzz-merge
fuzz-merge: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_TARGETS:%=$(FUZZ_BIN)/%)
	$(Q)ci/fuzz/merge $(FUZZ_BIN) $(FUZZ_TARGETS)

.PHONY: fuzz-coverage
fuzz-coverage: fuzz-deps
	$(Q)$(FUZZ_COV) $(FUZZ_DIR)/cov/fuzz-tool
	$(Q)ci/fuzz/coverage $(FUZZ_DIR)/cov/fuzz-tool $(FUZZ_DIR)/coverage $(FUZZ_TARGETS)

.PHONY: bench-fuzz
bench-fuzz: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_BIN)/empty $(BENCH:%=$(FUZZ_BIN)/%)
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/bench $(FUZZ_BIN) $(BENCH)

# ---- what fuzzers and properties find ---------------------------------------------

# The bug bench: what it takes to find each, as a table: $(BENCH_BUGS_OUT)/table.md, and
# docs/bug-bench.md once there is a result for each. It goes on where it was stopped;
# BUGS='PATTERN...', SEEDS=5, LIMIT=60 (CPU seconds of one run), CASES=100000.
BENCH_BUGS_OUT ?= $(BUILD)/bench-bugs

.PHONY: bench-bugs
bench-bugs: fuzz-deps
	$(Q)$(FUZZ_ASAN) BENCH_BUGS_OUT='$(BENCH_BUGS_OUT)' bench-bugs-run
	$(Q)selftests/bugs/bench/table '$(BENCH_BUGS_OUT)' '$(SAN_BUILD)/bugs' \
		docs/bug-bench.md

BENCH_BUGS_TARGETS = $(shell sed -n 's/^[a-z][^ ]* //p' selftests/bugs/bench/targets | tr ' ' '\n' | sort -u)

.PHONY: bench-bugs-run
bench-bugs-run: $(BENCH_BUGS_TARGETS:%=$(O)/fuzz/%.o) $(O)/selftests/fuzz/tool.o $(SANDBOX) \
		$(OBJ)/libproperties.a $(FUZZ_ARCHIVES)
	$(Q)COMPILE='$(subst -I. ,-I@TREE@ -I. ,$(filter-out -MMD -MP,$(COMPILE)))' LINK='$(FUZZ_LINK)' \
		LIBS='$(SANDBOX) $(FUZZ_LIBS) $(JANSSON_LIBS) $(if $(SANDBOX),$(SECCOMP_LIBS))' \
		FUZZ_ENGINE='$(LIB_FUZZING_ENGINE)' OBJ='$(OBJ)' O='$(O)' BUGS='$(BUGS)' SEEDS='$(SEEDS)' \
		LIMIT='$(LIMIT)' CASES='$(CASES)' selftests/bugs/bench/run '$(BENCH_BUGS_OUT)'

# Do bytes that the kernel did not write count as such? With a bug that reads some, they must.
.PHONY: fuzz-msan-fires msan-fires
fuzz-msan-fires: fuzz-deps
	$(Q)$(FUZZ_MSAN) msan-fires

msan-fires: $(O)/fuzz/check.o $(SANDBOX) $(OBJ)/libproperties.a $(FUZZ_ARCHIVES)
	$(Q)COMPILE='$(subst -I. ,-I@TREE@ -I. ,$(filter-out -MMD -MP,$(COMPILE)))' LINK='$(FUZZ_LINK)' \
		LIBS='$(SANDBOX) $(FUZZ_LIBS) $(if $(SANDBOX),$(SECCOMP_LIBS))' \
		FUZZ_ENGINE='$(LIB_FUZZING_ENGINE)' OBJ='$(OBJ)' O='$(O)' selftests/bugs/msan/run
