/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of intel_iommu and by nobody else. */
#ifndef HIOD_INTEL_IOMMU_PRIV_H
#define HIOD_INTEL_IOMMU_PRIV_H

#include "hiod/intel_iommu.h"

/* A PASID that the guest set up, as the host was told of it. */
struct intel_iommu_pasid {
	uint32_t pasid; /* HIOD_NO_PASID: requests without one */
	struct intel_iommu_pasid_entry entry;
	uint32_t fs_hwpt_id; /* the guest's first stage; 0: pass-through */
	struct intel_iommu_pasid *next;
};

/*
 * An entry of the table of host IOMMU devices. Keyed by the device's own bus
 * and devfn, the bus by its address: the guest may number buses as it likes.
 */
struct intel_iommu_hiod {
	const PCIBus *bus;
	uint8_t devfn;
	HostIOMMUDevice *hiod;		  /* one reference */
	struct intel_iommu_pasid *pasids; /* newest first */
	struct intel_iommu_hiod *next;
};

/* Where the entry hangs, or where its chain ends. */
struct intel_iommu_hiod **intel_iommu_lookup(IntelIOMMUState *s, const PCIBus *bus, uint8_t devfn);
/* Every PASID of the entry is as before the guest touched it. Failures are reported. */
void intel_iommu_unbind_all(struct intel_iommu_hiod *h);

/* The host's page tables under a guest's first stage, 11.x: see intel_iommu_check_hiod(). */
int intel_iommu_check_first_stage(const struct intel_iommu_config *c, const struct hiod_profile *p,
				  HostIOMMUDevice *hiod, bool aliased, struct hiod_anomalies *an,
				  struct hiod_error *err);

#endif
