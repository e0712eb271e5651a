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
/* System reset: registers get their values; the table stays. */
void intel_iommu_reset(IntelIOMMUState *s);
/* Drops what it holds. The bus must not be asked any more. */
void intel_iommu_finalize(IntelIOMMUState *s);

/* The host IOMMU device registered for {bus, devfn}, or NULL. */
HostIOMMUDevice *intel_iommu_find(const IntelIOMMUState *s, const PCIBus *bus, int devfn);

/*
 * The check alone: would this configuration take that host IOMMU device?
 * aliased: it sits behind a conventional bus. 0 or -EINVAL.
 */
int intel_iommu_check_hiod(const struct intel_iommu_config *c, const struct hiod_profile *p,
			   HostIOMMUDevice *hiod, bool aliased, struct hiod_anomalies *an,
			   struct hiod_error *err);

extern const PCIIOMMUOps intel_iommu_ops; /* opaque: IntelIOMMUState */

#define CACHING_MODE_TEXT                                                                          \
	"Device assignment is not allowed without enabling caching-mode=on for Intel IOMMU."

#endif
