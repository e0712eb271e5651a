/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * amd-iommu, as much of it as an assigned device meets: it asks nothing of host
 * IOMMU devices, in no version. Up to 10.1 its address spaces take no listener
 * that wants to hear of mappings, which ends every attach; from 11.1 on they
 * do, and any host will do. What is in between nobody looked at.
 *
 * Source: QEMU's hw/i386/amd_iommu.c; 10.0 and 11.1 were executed.
 */
#ifndef HIOD_AMD_IOMMU_H
#define HIOD_AMD_IOMMU_H

#include "hiod/error.h"
#include "hiod/memory.h"
#include "hiod/options.h"
#include "hiod/pci.h"
#include "hiod/profile.h"

struct amd_iommu_as; /* an address space made for a device */

typedef struct AMDVIState {
	bool refuses; /* listeners of mappings */
	AddressSpace *sys;
	struct amd_iommu_as *spaces;
} AMDVIState;

/*
 * Walks the options behind "amd-iommu": those that bear on nothing here are
 * taken, with others the answer is unknown. Then sits above bus. 0 or -errno.
 */
int amd_iommu_realize(AMDVIState *s, const struct hiod_profile *p, struct hiod_options *o,
		      AddressSpace *sys, PCIBus *bus, struct hiod_error *err);
/* Drops what it holds. The bus must not be asked any more. */
void amd_iommu_finalize(AMDVIState *s);

#endif
