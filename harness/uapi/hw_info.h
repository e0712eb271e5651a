/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What IOMMU_GET_HW_INFO tells of a host's IOMMU, as numbers and structures
 * that need no kernel header: for code that looks at the answers and asks no
 * kernel, which is also compiled where there is none. uapi_compat.h, which
 * includes this, holds it to the kernel's own headers.
 *
 * Source: include/uapi/linux/iommufd.h of Linux 7.3.
 */
#ifndef HIOD_UAPI_HW_INFO_H
#define HIOD_UAPI_HW_INFO_H

#include <stddef.h>
#include <stdint.h>

#define UAPI_LAYOUT(type, size) _Static_assert(sizeof(type) == (size), #type)
#define UAPI_AT(type, member, off)                                                                 \
	_Static_assert(offsetof(type, member) == (off), #type "." #member)

/* out_data_type: which structure the vendor data is. */
#define UAPI_HW_INFO_TYPE_NONE	 0u
#define UAPI_HW_INFO_TYPE_VTD	 1u
#define UAPI_HW_INFO_TYPE_SMMUV3 2u
#define UAPI_HW_INFO_TYPE_CMDQV	 3u
#define UAPI_HW_INFO_TYPE_AMD	 4u
/* out_capabilities */
#define UAPI_HW_CAP_DIRTY      (1ull << 0)
#define UAPI_HW_CAP_PASID_EXEC (1ull << 1)
#define UAPI_HW_CAP_PASID_PRIV (1ull << 2)
#define UAPI_HW_CAP_NO_ATS     (1ull << 3)

/* struct iommu_hw_info_vtd */
struct uapi_hw_info_vtd {
	uint32_t flags;
	uint32_t reserved;
	uint64_t cap_reg;
	uint64_t ecap_reg;
};
#define UAPI_HW_INFO_VTD_ERRATA_772415 (1u << 0)
UAPI_LAYOUT(struct uapi_hw_info_vtd, 24);
UAPI_AT(struct uapi_hw_info_vtd, cap_reg, 8);
UAPI_AT(struct uapi_hw_info_vtd, ecap_reg, 16);

/* IOMMU_HW_INFO_TYPE_ARM_SMMUV3's data (6.13). */
struct uapi_hw_info_smmuv3 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};
UAPI_LAYOUT(struct uapi_hw_info_smmuv3, 40);

#endif
