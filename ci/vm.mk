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
