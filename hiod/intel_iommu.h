/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The intel_iommu vIOMMU: its options and their rules, the capability
 * registers that follow from them, and the check of host IOMMU devices.
 *
 * Source: QEMU's hw/i386/intel_iommu.c, intel_iommu_accel.c and x86-iommu.c of
 * the version that the profile names.
 */
#ifndef HIOD_INTEL_IOMMU_H
#define HIOD_INTEL_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hiod/error.h"
#include "hiod/host_iommu_device.h"
#include "hiod/memory.h"
#include "hiod/options.h"
#include "hiod/pci.h"
#include "hiod/profile.h"

/* Where the machine's interrupt controller is: decides on intremap and eim. */
enum hiod_irqchip {
	HIOD_IRQCHIP_OFF,   /* in QEMU: TCG, or kernel-irqchip=off */
	HIOD_IRQCHIP_SPLIT, /* KVM, kernel-irqchip=split */
	HIOD_IRQCHIP_ON,    /* KVM, kernel-irqchip=on */
};

/* The device's properties, defaults and what was set. */
struct intel_iommu_config {
	uint32_t version;
	uint8_t aw_bits;
	uint8_t pasid_bits; /* x-pasid-mode=on is 1 */
	bool caching_mode;
	bool scalable_mode;
	bool first_stage; /* x-flts, fsts */
	bool fs1gp;
	bool snoop_control;
	bool dma_drain;
	bool dma_translation;
	bool device_iotlb;
	bool pt;
	bool buggy_eim;
	bool stale_tm;
	bool svm;
	enum on_off_auto intremap, eim;
};

/* aw_bits: the machine type's default. */
void intel_iommu_config_init(struct intel_iommu_config *c, const struct hiod_profile *p,
			     uint8_t aw_bits);
/* Sets the property that o stands at; "id" is taken and ignored. 0 or -EINVAL. */
int intel_iommu_config_set(struct intel_iommu_config *c, const struct hiod_profile *p,
			   const struct hiod_options *o, struct hiod_error *err);
/* Resolves what is auto and applies the rules, in this version's order. 0 or -EINVAL. */
int intel_iommu_config_decide(struct intel_iommu_config *c, const struct hiod_profile *p,
			      enum hiod_irqchip irqchip, struct hiod_error *err);
/* The registers CAP and ECAP of a decided configuration. */
uint64_t intel_iommu_cap(const struct intel_iommu_config *c, const struct hiod_profile *p);
uint64_t intel_iommu_ecap(const struct intel_iommu_config *c, const struct hiod_profile *p);

struct intel_iommu_hiod; /* an entry of the table of host IOMMU devices */
struct intel_iommu_as;	 /* an address space made for a device */

#define INTEL_IOMMU_BUCKETS 32

typedef struct IntelIOMMUState {
	const struct hiod_profile *profile;
	struct intel_iommu_config config; /* decided */
	uint64_t cap, ecap;
	AddressSpace *sys; /* guest memory, which devices see while translation is off */
	struct hiod_anomalies *anomalies;
	struct intel_iommu_hiod *hiods[INTEL_IOMMU_BUCKETS]; /* by {bus, devfn} */
	struct intel_iommu_as *spaces;
} IntelIOMMUState;

/* Realizes with an initialised configuration, then sits above bus. 0 or -errno. */
int intel_iommu_realize(IntelIOMMUState *s, const struct hiod_profile *p,
			const struct intel_iommu_config *c, enum hiod_irqchip irqchip,
			AddressSpace *sys, struct hiod_anomalies *anomalies, PCIBus *bus,
			struct hiod_error *err);
/* System reset: registers get their values, PASIDs are forgotten; the table stays. */
void intel_iommu_reset(IntelIOMMUState *s);
/* Drops what it holds. The bus must not be asked any more. */
void intel_iommu_finalize(IntelIOMMUState *s);

/* The host IOMMU device registered for {bus, devfn}, or NULL. */
HostIOMMUDevice *intel_iommu_find(const IntelIOMMUState *s, const PCIBus *bus, int devfn);
/* How many are registered. */
unsigned intel_iommu_count(const IntelIOMMUState *s);

/*
 * The check alone: would this configuration take that host IOMMU device?
 * aliased: it sits behind a conventional bus. 0 or -EINVAL.
 */
int intel_iommu_check_hiod(const struct intel_iommu_config *c, const struct hiod_profile *p,
			   HostIOMMUDevice *hiod, bool aliased, struct hiod_anomalies *an,
			   struct hiod_error *err);

/*
 * What the guest's first stage needs of the host and this version does not
 * look at: bits by enum intel_iommu_warning. Of a device that was accepted; 0
 * where first-stage translation is off or not the host's.
 */
enum intel_iommu_warning {
	INTEL_IOMMU_WARN_SCALABLE,    /* no scalable mode: ECAP.SMTS */
	INTEL_IOMMU_WARN_FIRST_STAGE, /* no first stage: ECAP.FSTS */
	INTEL_IOMMU_WARN_NESTING,     /* none on top of a second stage: ECAP.NEST */
	INTEL_IOMMU_WARN_COHERENCY,   /* page walks pass caches by: ECAP.SMPWC */
	INTEL_IOMMU_WARN_PASID,	      /* the guest is offered PASIDs, the device has none */
	INTEL_IOMMU_WARN_COUNT
};
uint32_t intel_iommu_warnings(const struct intel_iommu_config *c, const struct hiod_profile *p,
			      const HostIOMMUDevice *hiod);
/* One sentence, without a full stop. */
const char *intel_iommu_warning_text(enum intel_iommu_warning w);

/* ---- the guest's page tables on the host's, 11.x (first stage on) ---- */

/* PASID table entry, PASID Granular Translation Type (VT-d spec 9.6). */
enum intel_iommu_pgtt {
	INTEL_IOMMU_PGTT_FIRST_STAGE = 1,
	INTEL_IOMMU_PGTT_SECOND_STAGE = 2,
	INTEL_IOMMU_PGTT_NESTED = 3,
	INTEL_IOMMU_PGTT_PASS_THROUGH = 4,
};

/* As much of a PASID table entry as the host is told. */
struct intel_iommu_pasid_entry {
	uint8_t pgtt;	    /* enum intel_iommu_pgtt: first stage, pass-through */
	uint8_t addr_width; /* of the first stage: 48 or 57 */
	bool sre, wpe, eafe;
	uint64_t pgtbl_addr; /* of the first stage, in the guest's memory */
};

/*
 * The guest set up pasid (HIOD_NO_PASID: requests without one) of the device
 * registered for {bus, devfn}, or changed it: the device's requests go through
 * the guest's first stage on top of the host's page table of the guest's
 * memory, or through that alone. On failure everything is as it was. 0 or
 * -errno; -ENODEV where no iommufd device is registered there.
 */
int intel_iommu_bind_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
			   const struct intel_iommu_pasid_entry *pe, struct hiod_error *err);
/* Undoes it. Nothing to undo is a success; on failure everything is as it was. */
int intel_iommu_unbind_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
			     struct hiod_error *err);
/*
 * The guest changed npages pages of its first stage at addr (UINT64_MAX of
 * them, at 0: all). leaf: no table above them changed. Nothing without a first
 * stage. 0 or -errno.
 */
int intel_iommu_invalidate_pasid(IntelIOMMUState *s, PCIBus *bus, int devfn, uint32_t pasid,
				 uint64_t addr, uint64_t npages, bool leaf, struct hiod_error *err);
/* The page table of the guest's first stage, or 0. */
uint32_t intel_iommu_fs_hwpt(const IntelIOMMUState *s, const PCIBus *bus, int devfn,
			     uint32_t pasid);

extern const PCIIOMMUOps intel_iommu_ops; /* opaque: IntelIOMMUState */

#define CACHING_MODE_TEXT                                                                          \
	"Device assignment is not allowed without enabling caching-mode=on for Intel IOMMU."

#endif
