# SPDX-License-Identifier: GPL-2.0-or-later
# The selftests of selftests/drivers on real drivers: on this machine, in the
# VM, in a kernel tree.
#
# BDF		the device for check-hw; else $HIOD_BDF or $VFIO_SELFTESTS_BDF
# KSRC		a kernel tree for kselftest-install

# A driver test's model is one of the hosts of selftests/mocks.
area_gen_drivers = $(O)/selftests/mocks/hosts.o

HW_TESTS := $(patsubst selftests/drivers/%.c,%,$(wildcard selftests/drivers/test_*.c))
HW_PROGS = $(HW_TESTS:%=$(OBJ)/selftests/drivers/%)

.PHONY: hw-programs
hw-programs: $(OBJ)/ktap-run $(HW_PROGS)

.PHONY: check-hw
check-hw: deps
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory hw-programs
	$(Q)$(if $(BDF),HIOD_BDF='$(BDF)') ci/check-hw '$(BUILD)' $(HW_TESTS)

# ---- the payload of check-vm ---------------------------------------------
# Static programs for /bin of the guest, and scripts that payload.sh runs in
# the order of their names. Other rooms add to both.

PAYLOAD_PROGS = hiod hiod-conform vdpa-add
PAYLOAD_SCRIPTS = $(wildcard ci/payload/[0-9]*.sh)

$(OBJ)/vdpa-add: $(O)/ci/payload/vdpa-add.o
	$(call say,LD,$@)
	$(Q)$(LINK) -o $@ $<

# In the build that is linked statically, OBJ is another.
.PHONY: payload-programs
payload-programs: $(PAYLOAD_PROGS:%=$(OBJ)/%) $(HW_PROGS)

.PHONY: payload
payload:
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory STATIC=yes payload-programs
	$(Q)ci/payload/make '$(BUILD)' '$(PAYLOAD_PROGS)' '$(HW_TESTS)' '$(PAYLOAD_SCRIPTS)'

VM_PREREQS = payload
VM_PAYLOAD = $(BUILD)/payload

# ---- in a kernel tree ----------------------------------------------------

.PHONY: kselftest-install
kselftest-install:
	$(Q)ci/kselftest/install '$(KSRC)'
