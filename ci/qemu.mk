# SPDX-License-Identifier: GPL-2.0-or-later
# make check-qemu: real QEMU under hiod run against hiod check, on every host of
# the corpus: answers and sentences, then call by call. A QEMU that cannot be had here is skipped, with the reason.
#
# QEMU_ARGS	more options for ci/qemu-matrix: --quick, --qemu 10.0, --hosts PATTERN
# QEMU_JOBS	how many at once

QEMU_JOBS ?= $(shell nproc)
QEMU_OUT ?= $(BUILD)/qemu-matrix.jsonl

.PHONY: check-qemu
check-qemu: all
	$(Q)ci/qemu-matrix --hiod $(BUILD)/hiod --jobs $(QEMU_JOBS) --out $(QEMU_OUT) $(QEMU_ARGS)
	$(Q)ci/qemu-calls --hiod $(BUILD)/hiod --jobs $(QEMU_JOBS)

# The matrix in docs/, of a whole run's rows.
.PHONY: docs-qemu
docs-qemu:
	$(Q)ci/qemu-matrix --markdown $(QEMU_OUT) > docs/qemu-matrix.md.tmp && \
		mv docs/qemu-matrix.md.tmp docs/qemu-matrix.md
