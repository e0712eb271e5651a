# SPDX-License-Identifier: GPL-2.0-or-later
# make check-qemu: real QEMU under hiod run against hiod check and hiod scenario,
# on every host of the corpus: answers and sentences, then call by call, then
# hot-plug. A QEMU that cannot be had here is skipped, with the reason.
#
# QEMU_ARGS	more options for each of ci/qemu-*: --quick, --qemu 10.0, --hosts PATTERN
# QEMU_JOBS	how many at once: two a CPU, since each waits for the other of QEMU and hiod

QEMU_JOBS ?= $(shell echo $$((2 * $$(nproc))))
QEMU_ROWS ?= $(BUILD)/qemu

.PHONY: check-qemu
check-qemu: all
	$(Q)ci/check-qemu $(QEMU_ROWS) --hiod $(BUILD)/hiod --jobs $(QEMU_JOBS) $(QEMU_ARGS)

# The tables in docs/, of a whole run's rows.
.PHONY: docs-qemu
docs-qemu:
	$(Q){ ci/qemu-matrix --markdown $(QEMU_ROWS)/matrix.jsonl && ci/qemu-plug --markdown $(QEMU_ROWS)/plug.jsonl; } \
		> docs/qemu-matrix.md.tmp && mv docs/qemu-matrix.md.tmp docs/qemu-matrix.md

# What hiod run adds to QEMU's start.
.PHONY: bench-qemu
bench-qemu: all
	$(Q)ci/qemu-start --hiod $(BUILD)/hiod $(BENCH_ARGS)

# The kernel's own tests under hiod run: what is programs and not QEMU.
.PHONY: check-kernel-tests
check-kernel-tests: all
	$(Q)DEPS='$(DEPS)' ci/deps base kernel-tests
	$(Q)ci/check-kernel-tests --hiod $(BUILD)/hiod --jobs $(QEMU_JOBS) --out $(BUILD)/kernel-tests.jsonl
