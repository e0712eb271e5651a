/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a host description that stand for values. Used by its reader and writer. */
#ifndef HIOD_CAPTURE_HOST_NAMES_H
#define HIOD_CAPTURE_HOST_NAMES_H

#include "harness/capture/host.h"

static const char *const host_region_names[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "direct",
	[HOST_REGION_DIRECT_RELAXABLE] = "direct-relaxable",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "msi",
};

static const char *const host_iommu_names[HOST_IOMMU_NR] = {
	[HOST_IOMMU_INTEL] = "intel",	[HOST_IOMMU_AMD] = "amd",
	[HOST_IOMMU_VIRTIO] = "virtio", [HOST_IOMMU_SMMUV3] = "smmuv3",
	[HOST_IOMMU_OTHER] = "other",
};

static const char *const host_domain_names[HOST_DOMAIN_NR] = {
	[HOST_DOMAIN_TYPE1] = "type1",	 [HOST_DOMAIN_PAGING] = "paging",
	[HOST_DOMAIN_PASID] = "pasid",	 [HOST_DOMAIN_DIRTY] = "dirty",
	[HOST_DOMAIN_PARENT] = "parent",
};

static const char *const host_vdpa_names[HOST_VDPA_NR] = {
	[HOST_VDPA_SIM] = "simulator",
	[HOST_VDPA_VIRTIO] = "virtio-pci",
	[HOST_VDPA_OTHER] = "other",
};

static const char *const host_how_names[HOST_HOW_NR] = {
	[HOST_KNOWN] = "known",
	[HOST_DERIVED] = "derived",
	[HOST_ASSUMED] = "assumed",
};

#endif
