# SPDX-License-Identifier: GPL-2.0-or-later
# make conformance: the model against real kernels, at length (docs/conformance.md).
#
# CONFORM_KERNELS	names as in "ci/vm/run --list"
# CONFORM_CALLS		at least so many per kernel, spread over its hosts
# CONFORM_SEED		of the first boot; every kernel and host has one of its own
# CONFORM_OUT		the programs' output: OUT/KERNEL/HOST/files/conform.txt

CONFORM_KERNELS ?= 6.1 6.12 7.x-built
CONFORM_CALLS ?= 1000000
CONFORM_SEED ?= 1
CONFORM_OUT ?= $(BUILD)/conformance

.PHONY: conformance
conformance: $(VM_PREREQS)
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory STATIC=yes $(BUILD)/static/hiod-conform
	$(Q)ci/conformance '$(BUILD)' '$(CONFORM_OUT)' $(CONFORM_CALLS) $(CONFORM_SEED) \
		$(CONFORM_KERNELS)
