# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing: every property of selftests/properties/list.def is a target.
#
#   make fuzz                    all targets, FUZZ_TIME seconds each
#   make fuzz-NAME               one
#   make fuzz-repro FILE=...     one input again, with its notes; NAME=... if its directory is not
#   make fuzz-minimize FILE=...  the smallest input that still fails; AS=human-name saves it as a
#                                regression, and a C test is printed
#   make fuzz-merge              what was found on the way into corpus/fuzz, minimised
#   make fuzz-coverage           of the saved corpus alone: a line, and HTML in $(BUILD)/fuzz/coverage
#   make fuzz-msan [FUZZ_TIME=]  the targets that parse no JSON, with MemorySanitizer
#
# FUZZ_TIME=10, FUZZ_JOBS=1, FUZZ_ARGS (for the engine), LIB_FUZZING_ENGINE (libFuzzer: -fsanitize=fuzzer).

FUZZ_TARGETS := $(shell sed -n 's/^PROPERTY\(_JSON\)\{0,1\}(\(.*\))$$/\2/p' selftests/properties/list.def)
FUZZ_NOJSON := $(shell sed -n 's/^PROPERTY(\(.*\))$$/\1/p' selftests/properties/list.def)
FUZZ_CC ?= clang
FUZZ_TIME ?= 10
FUZZ_CFLAGS ?= -O2 -g
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
FUZZ_DIR := $(BUILD)/fuzz
export FUZZ_TIME FUZZ_JOBS FUZZ_ARGS FUZZ_DIR FUZZ_TARGETS FUZZ_NOJSON

ifneq ($(JSON),yes)
AREA_EXCLUDE += selftests/properties/prop_record.c selftests/properties/prop_files.c
endif

# The sandbox needs libseccomp; it is linked where that is.
ifneq ($(SECCOMP_LIBS),)
SANDBOX := $(O)/harness/property/sandbox/sandbox.o
area_gen_properties := $(SANDBOX)
endif

# ---- in the build directory of one engine and sanitiser ----------------------

SRC_properties := $(filter-out selftests/properties/test_%.c $(if $(filter yes,$(JSON)),, \
	selftests/properties/prop_record.c selftests/properties/prop_files.c), \
	$(wildcard selftests/properties/*.c))
$(eval $(call archive_rule,properties))

# Engines other than libFuzzer are C++ archives, which the C compiler's driver does not link.
FUZZ_LINK = $(or $(FUZZ_CXX),$(CC)) $(ARCHFLAGS) $(CFLAGS) $(XFLAGS) $(LDFLAGS)

# Structure-aware mutation is libFuzzer's: other engines bring no LLVMFuzzerMutate().
FUZZ_MUTATE = $(if $(findstring -fsanitize=fuzzer,$(LIB_FUZZING_ENGINE)),-DHAVE_MUTATE)
FUZZ_LIBS = $(OBJ)/libproperties.a $(LINKLIBS)

$(O)/fuzz/%.o: harness/property/main_libfuzzer.c $(HEADERS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) $(FUZZ_MUTATE) $(if $(SANDBOX),-DHAVE_SANDBOX) -DPROPERTY=$* -c -o $@ $<

$(OBJ)/fuzzers/%: $(O)/fuzz/%.o $(SANDBOX) $(OBJ)/libproperties.a $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_LINK) $(LIB_FUZZING_ENGINE) -o $@ $< $(SANDBOX) $(FUZZ_LIBS) $(JANSSON_LIBS) \
		$(if $(SANDBOX),$(SECCOMP_LIBS))

# Coverage guides by the code under test; what makes and judges its inputs only costs time.
ifneq ($(findstring fuzzer-no-link,$(CFLAGS)),)
FUZZ_UNGUIDED := $(wildcard harness/property/*.c harness/conform/*.c \
	selftests/properties/gen_*.c) $(addprefix selftests/properties/,oracle.c mutate.c page.c \
	plain.c list.c)
$(FUZZ_UNGUIDED:%.c=$(O)/%.o): XFLAGS += -fno-sanitize=fuzzer-no-link
endif

# Seeds, dictionaries, C tests, and inputs without any fuzzer.
$(OBJ)/fuzz-tool: $(O)/selftests/fuzz/tool.o $(SRC_properties:%.c=$(O)/%.o) $(ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(LINKLIBS) $(JANSSON_LIBS)

# ---- what a user runs ---------------------------------------------------------

FUZZ_MAKE = $(MAKE) --no-print-directory DEPS=no CC='$(FUZZ_CC)' BUILD_TOP='$(BUILD_TOP)' \
	LIB_FUZZING_ENGINE='$(LIB_FUZZING_ENGINE)'
FUZZ_ASAN = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)' SAN=yes CFLAGS='$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link'
FUZZ_MSAN = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)/msan' JSON=no \
	CFLAGS='$(FUZZ_CFLAGS) -fsanitize=memory,fuzzer-no-link -fno-omit-frame-pointer'
FUZZ_COV = $(FUZZ_MAKE) BUILD='$(FUZZ_DIR)/cov' \
	CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping'
FUZZ_BIN := $(FUZZ_DIR)/asan/fuzzers

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

.PHONY: $(FUZZ_TARGETS:%=fuzz-%)
$(FUZZ_TARGETS:%=fuzz-%): fuzz-%: fuzz-tool
	$(Q)$(FUZZ_ASAN) $(FUZZ_BIN)/$*
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/run $(FUZZ_BIN) $*

.PHONY: fuzz-msan
fuzz-msan: fuzz-tool
	$(Q)$(FUZZ_MSAN) $(FUZZ_NOJSON:%=$(FUZZ_DIR)/msan/fuzzers/%)
	$(Q)TOOL='$(SAN_BUILD)/fuzz-tool' ci/fuzz/run $(FUZZ_DIR)/msan/fuzzers $(FUZZ_NOJSON)

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
