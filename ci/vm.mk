# SPDX-License-Identifier: GPL-2.0-or-later
# make check-vm: real kernels on emulated hosts (ci/vm/README.md).
#
# KERNELS, HOSTS	names as in "ci/vm/run --list"; KERNELS=all: the built kernels too
# VM_ARGS		more options for ci/vm/run
# VM_PAYLOAD		a directory with static programs and payload.sh

KERNELS ?= default
HOSTS ?= all
VM_OUT ?= $(BUILD)/vm
vm_deps := vm $(if $(filter-out default 6.1 6.12,$(KERNELS)),vm-all)

.PHONY: check-vm
check-vm: $(VM_PREREQS)
	$(Q)DEPS='$(DEPS)' ci/deps base $(vm_deps)
	$(Q)ci/vm/run --kernels '$(KERNELS)' --hosts '$(HOSTS)' --out '$(VM_OUT)' \
		$(if $(VM_PAYLOAD),--payload '$(VM_PAYLOAD)') $(VM_ARGS)

# Only fill the cache: downloads and builds, no boot.
.PHONY: vm-cache
vm-cache:
	$(Q)DEPS='$(DEPS)' ci/deps base $(vm_deps)
	$(Q)ci/vm/run --kernels '$(KERNELS)' --hosts '$(HOSTS)' --prepare

# An unmodified QEMU inside the guests, recorded on their own drivers; what it was told
# against what hiod capture records there. QEMU: ci/qemu's version.
VM_QEMU ?= 10.0
VM_QEMU_KERNELS ?= 6.12
VM_QEMU_HOSTS ?= vtd-aw39,vtd-aw48

.PHONY: check-vm-qemu
check-vm-qemu: payload all
	$(Q)DEPS='$(DEPS)' ci/deps base vm $(if $(filter-out 6.1 6.12,$(VM_QEMU_KERNELS)),vm-all)
	$(Q)ci/payload-qemu/make '$(BUILD)' '$(BUILD)/static/hiod' "$$(ci/qemu $(VM_QEMU))"
	$(Q)rm -rf '$(BUILD)/vm-qemu'
	$(Q)ci/vm/run --kernels '$(VM_QEMU_KERNELS)' --hosts '$(VM_QEMU_HOSTS)' --mem 1024 \
		--payload '$(BUILD)/payload-qemu' --out '$(BUILD)/vm-qemu' $(VM_ARGS)
	$(Q)ci/payload-qemu/compare '$(BUILD)/hiod' '$(BUILD)/vm-qemu'
