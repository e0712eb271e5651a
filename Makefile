# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build build/hiod
# make run        every host in corpus/hosts against the default vIOMMUs
# make check      every test, with ASan and UBSan
# make help       all targets
#
# CC, CFLAGS, V=1 (show commands), BUILD=DIR, DEPS=no (never install packages).

VERSION := 0.1.0
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
BUILD ?= build
SAN_BUILD := $(BUILD)/asan
# One set of sanitised kernel headers serves every build of the tree.
BUILD_TOP ?= $(BUILD)
PKG_CONFIG ?= pkg-config
V ?= 0

ifeq ($(V),1)
Q :=
else
Q := @
endif
say = @printf '  %-7s %s\n' $(1) $(2)

ARCHFLAGS ?=
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow \
	-Wno-missing-field-initializers -Wno-unused-parameter -Wvla
STD := -std=gnu11
CPP := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DHIOD_RELEASE='"$(VERSION)"' -I. -isystem $(BUILD_TOP)/include
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

JSON ?= yes
ifeq ($(JSON),yes)
JANSSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags jansson 2>/dev/null)
JANSSON_LIBS := $(shell $(PKG_CONFIG) --libs jansson 2>/dev/null || echo -ljansson)
endif

# Lowest room first: an archive may use those before it, never those after.
LIBS := uapi shim host hiod mocks ktap property scenario conform
SRC_uapi := $(wildcard harness/uapi/*.c)
SRC_shim := $(wildcard harness/shim/*.c)
SRC_host := $(wildcard harness/capture/host.c harness/capture/host_derive.c harness/capture/host_eq.c)
SRC_hiod := $(wildcard hiod/*.c)
SRC_mocks := $(wildcard mocks/*.c)
SRC_ktap := harness/ktap/ktap.c
SRC_property := $(wildcard harness/property/*.c)
SRC_scenario := $(wildcard harness/scenario/*.c)
# A running kernel is described by way of the capture room.
CONFORM_JSON := $(if $(filter yes,$(JSON)),,harness/conform/running.c)
SRC_conform := $(filter-out harness/conform/main.c $(CONFORM_JSON),$(wildcard harness/conform/*.c))
ifeq ($(JSON),yes)
LIBS := uapi shim host hiod mocks capture reconstruct explain report ktap property scenario conform
SRC_capture := $(filter-out $(SRC_host),$(wildcard harness/capture/*.c))
SRC_reconstruct := $(wildcard harness/reconstruct/*.c)
SRC_explain := $(wildcard harness/explain/*.c)
SRC_report := $(wildcard harness/report/*.c)
endif

# Programs are supervised where libseccomp is and its numbers are known; hiod run says so elsewhere.
SECCOMP ?= $(if $(ARCHFLAGS),no,$(shell $(PKG_CONFIG) --exists libseccomp 2>/dev/null && echo yes))
ifeq ($(JSON)-$(SECCOMP)-$(filter x86_64 aarch64,$(shell uname -m)),yes-yes-$(shell uname -m))
LIBS += supervise
SRC_supervise := $(wildcard harness/supervise/*.c)
SECCOMP_CFLAGS := $(shell $(PKG_CONFIG) --cflags libseccomp)
SECCOMP_LIBS := $(shell $(PKG_CONFIG) --libs libseccomp)
CLI_EXCLUDE := harness/cli/run_none.c
else
CLI_EXCLUDE := harness/cli/run.c
TEST_EXCLUDE += selftests/supervise/%
endif
SRC_cli := $(filter-out $(CLI_EXCLUDE),$(wildcard harness/cli/*.c))

# Without JSON there are no formats and no command; the hosts of the corpus are compiled in.
ifeq ($(JSON),yes)
AREA_EXCLUDE := selftests/verdicts/hosts_compiled.c
else
AREA_EXCLUDE := selftests/verdicts/hosts_json.c
TEST_EXCLUDE += selftests/install/% selftests/capture/% selftests/reconstruct/% selftests/cli/% selftests/fleet/% selftests/explain/% selftests/report/% selftests/conform/test_program.sh selftests/scenario/%.sh
endif

# Hosts that tests make, for the model.
area_gen_scenario = $(O)/selftests/mocks/hosts.o

include ci/rules.mk

# The comparison of model and kernel: static where no sanitiser is in, for a guest with nothing else.
CONFORM_NOT := %/libhiod.a %/libktap.a
$(OBJ)/hiod-conform: $(O)/harness/conform/main.o $(filter-out $(CONFORM_NOT),$(ARCHIVES))
	$(call say,LD,$@)
	$(Q)$(LINK) $(if $(filter yes,$(SAN)),,-static) -o $@ $< \
		$(filter-out $(CONFORM_NOT),$(LINKLIBS)) $(JANSSON_LIBS)

ifeq ($(JSON),yes)
tests: $(OBJ)/hiod-conform
endif
