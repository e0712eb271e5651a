// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the iommufd requests about hardware, page tables and virtual IOMMUs
 * carry, and the vendors' data behind their pointers. Source:
 * include/uapi/linux/iommufd.h,
 * drivers/iommu/iommufd/{device,hw_pagetable,viommu,eventq}.c.
 */
#include "harness/uapi/rows.h"
#include "harness/uapi/rows_hwpt.h"

/* The compat structures name their reserved members without the kernel's underscores. */
#define FRESERVED(n, m)                                                                            \
	{                                                                                          \
		.name = n, UAPI_MEMBER(T, m), .kind = UAPI_RESERVED, .dir = UAPI_IN                \
	}

/* ---- GET_HW_INFO ---- */

static const struct uapi_name vtd_flags[] = {
	{ IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17, "ERRATA_772415_SPR17" },
	NAMES_END,
};

#define T struct iommu_hw_info_vtd
static const struct uapi_field info_vtd[] = {
	FN(flags, FLAGS, OUT, vtd_flags),
	F(__reserved, RESERVED, OUT),
	F(cap_reg, HEX, OUT),
	F(ecap_reg, HEX, OUT),
};
static const struct uapi_struct info_vtd_struct = STRUCT("vtd", sizeof(T), info_vtd);
#undef T

#define T struct uapi_hw_info_smmuv3
static const struct uapi_field info_smmuv3[] = {
	F(flags, HEX, OUT),  F(reserved, RESERVED, OUT), F(idr[0], HEX, OUT), F(idr[1], HEX, OUT),
	F(idr[2], HEX, OUT), F(idr[3], HEX, OUT),	 F(idr[4], HEX, OUT), F(idr[5], HEX, OUT),
	F(iidr, HEX, OUT),   F(aidr, HEX, OUT),
};
static const struct uapi_struct info_smmuv3_struct = STRUCT("smmuv3", sizeof(T), info_smmuv3);
#undef T

/* Tegra241's: flags, then version, log2vcmdqs, log2vsids and a reserved byte. */
static const struct uapi_field info_cmdqv[] = {
	{ .name = "flags", .off = 0, .width = 4, .kind = UAPI_HEX, .dir = UAPI_OUT },
	{ .name = "version", .off = 4, .width = 1, .kind = UAPI_NUM, .dir = UAPI_OUT },
	{ .name = "log2vcmdqs", .off = 5, .width = 1, .kind = UAPI_NUM, .dir = UAPI_OUT },
	{ .name = "log2vsids", .off = 6, .width = 1, .kind = UAPI_NUM, .dir = UAPI_OUT },
	{ .name = "__reserved", .off = 7, .width = 1, .kind = UAPI_RESERVED, .dir = UAPI_OUT },
};
static const struct uapi_struct info_cmdqv_struct = STRUCT("cmdqv", 8, info_cmdqv);

#define T struct uapi_hw_info_amd
static const struct uapi_field info_amd[] = {
	F(efr, HEX, OUT),
	F(efr2, HEX, OUT),
};
static const struct uapi_struct info_amd_struct = STRUCT("amd", sizeof(T), info_amd);
#undef T

static const struct uapi_name hw_types[] = {
	{ UAPI_HW_INFO_TYPE_NONE, "NONE" },	    { UAPI_HW_INFO_TYPE_VTD, "INTEL_VTD" },
	{ UAPI_HW_INFO_TYPE_SMMUV3, "ARM_SMMUV3" }, { UAPI_HW_INFO_TYPE_CMDQV, "TEGRA241_CMDQV" },
	{ UAPI_HW_INFO_TYPE_AMD, "AMD" },	    NAMES_END,
};

static const struct uapi_variant hw_data[] = {
	{ ~0u, UAPI_HW_INFO_TYPE_VTD, UAPI_OUT, &info_vtd_struct },
	{ ~0u, UAPI_HW_INFO_TYPE_SMMUV3, UAPI_OUT, &info_smmuv3_struct },
	{ ~0u, UAPI_HW_INFO_TYPE_CMDQV, UAPI_OUT, &info_cmdqv_struct },
	{ ~0u, UAPI_HW_INFO_TYPE_AMD, UAPI_OUT, &info_amd_struct },
};

static const struct uapi_name hw_info_flags[] = {
	{ UAPI_HW_INFO_INPUT_TYPE, "INPUT_TYPE" },
	NAMES_END,
};
static const struct uapi_name hw_caps[] = {
	{ UAPI_HW_CAP_DIRTY, "DIRTY_TRACKING" },
	{ UAPI_HW_CAP_PASID_EXEC, "PCI_PASID_EXEC" },
	{ UAPI_HW_CAP_PASID_PRIV, "PCI_PASID_PRIV" },
	{ UAPI_HW_CAP_NO_ATS, "PCI_ATS_NOT_SUPPORTED" },
	NAMES_END,
};

/*
 * data_len comes back as the kernel's own length, but exactly the given length
 * has been written: what the kernel has, then zeroes.
 */
#define T struct uapi_hw_info
const struct uapi_field uapi_fields_hw_info[UAPI_NFIELDS_hw_info] = {
	F(size, ARGSZ, IN),
	FN(flags, FLAGS, IN, hw_info_flags),
	F(dev_id, ID, IN),
	F(data_len, NUM, INOUT),
	FPTR(data_uptr, OUT, LEN(data_len), .ptr_elem = 1, CHOSEN(data_type, hw_data)),
	FN(data_type, ENUM, INOUT, hw_types),
	F(out_max_pasid_log2, NUM, OUT),
	FRESERVED("__reserved", reserved),
	FN(out_capabilities, FLAGS, OUT, hw_caps),
};
#undef T

/* ---- HWPT_ALLOC ---- */

static const struct uapi_name s1_flags[] = {
	{ IOMMU_VTD_S1_SRE, "SRE" },
	{ IOMMU_VTD_S1_EAFE, "EAFE" },
	{ IOMMU_VTD_S1_WPE, "WPE" },
	NAMES_END,
};

#define T struct iommu_hwpt_vtd_s1
static const struct uapi_field vtd_s1[] = {
	FN(flags, FLAGS, IN, s1_flags),
	F(pgtbl_addr, HEX, IN),
	F(addr_width, NUM, IN),
	F(__reserved, RESERVED, IN),
};
static const struct uapi_struct vtd_s1_struct = STRUCT("vtd_s1", sizeof(T), vtd_s1);
#undef T

static const struct uapi_name hwpt_types[] = {
	{ IOMMU_HWPT_DATA_NONE, "NONE" },
	{ IOMMU_HWPT_DATA_VTD_S1, "VTD_S1" },
	{ 2, "ARM_SMMUV3" },
	{ 3, "AMD_GUEST" },
	NAMES_END,
};
static const struct uapi_variant hwpt_data[] = {
	{ ~0u, IOMMU_HWPT_DATA_VTD_S1, UAPI_IN, &vtd_s1_struct },
};
static const struct uapi_name hwpt_flags[] = {
	{ UAPI_HWPT_NEST_PARENT, "NEST_PARENT" },
	{ UAPI_HWPT_DIRTY_TRACKING, "DIRTY_TRACKING" },
	{ UAPI_HWPT_FAULT_ID_VALID, "FAULT_ID_VALID" },
	{ UAPI_HWPT_PASID, "PASID" },
	NAMES_END,
};

#define T struct uapi_hwpt_alloc
const struct uapi_field uapi_fields_hwpt_alloc[UAPI_NFIELDS_hwpt_alloc] = {
	F(size, ARGSZ, IN),
	FN(flags, FLAGS, IN, hwpt_flags),
	F(dev_id, ID, IN),
	F(pt_id, ID, IN),
	F(out_hwpt_id, ID, OUT),
	FRESERVED("__reserved", reserved),
	FN(data_type, ENUM, IN, hwpt_types),
	F(data_len, NUM, IN),
	FPTR(data_uptr, IN, LEN(data_len), .ptr_elem = 1, CHOSEN(data_type, hwpt_data)),
	F(fault_id, ID, IN),
	FRESERVED("__reserved2", reserved2),
};
#undef T

/* ---- dirty tracking ---- */

static const struct uapi_name set_dirty_flags[] = {
	{ IOMMU_HWPT_DIRTY_TRACKING_ENABLE, "ENABLE" },
	NAMES_END,
};

#define T struct iommu_hwpt_set_dirty_tracking
const struct uapi_field uapi_fields_set_dirty[UAPI_NFIELDS_set_dirty] = {
	F(size, ARGSZ, IN),
	FN(flags, FLAGS, IN, set_dirty_flags),
	F(hwpt_id, ID, IN),
	F(__reserved, RESERVED, IN),
};
#undef T

static const struct uapi_name get_dirty_flags[] = {
	{ IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR, "NO_CLEAR" },
	NAMES_END,
};

/* Bits are set in what is there already: the kernel reads the bitmap too. */
#define T struct iommu_hwpt_get_dirty_bitmap
const struct uapi_field uapi_fields_get_dirty[UAPI_NFIELDS_get_dirty] = {
	F(size, ARGSZ, IN),
	F(hwpt_id, ID, IN),
	FN(flags, FLAGS, IN, get_dirty_flags),
	F(__reserved, RESERVED, IN),
	F(iova, HEX, IN),
	F(length, HEX, IN),
	F(page_size, HEX, IN),
	FPTR(data, INOUT, LEN(length), .ptr_elem = 1, .ptr_pgsize_off = offsetof(T, page_size)),
};
#undef T

/* ---- invalidation ---- */

static const struct uapi_name inv_flags[] = {
	{ IOMMU_VTD_INV_FLAGS_LEAF, "LEAF" },
	NAMES_END,
};

#define T struct iommu_hwpt_vtd_s1_invalidate
static const struct uapi_field vtd_inv[] = {
	F(addr, HEX, IN),
	F(npages, NUM, IN),
	FN(flags, FLAGS, IN, inv_flags),
	F(__reserved, RESERVED, IN),
};
static const struct uapi_struct vtd_inv_struct = STRUCT("vtd_s1_invalidate", sizeof(T), vtd_inv);
#undef T

static const struct uapi_name inv_types[] = {
	{ IOMMU_HWPT_INVALIDATE_DATA_VTD_S1, "VTD_S1" },
	{ 1, "VIOMMU_ARM_SMMUV3" },
	NAMES_END,
};
static const struct uapi_variant inv_data[] = {
	{ ~0u, IOMMU_HWPT_INVALIDATE_DATA_VTD_S1, UAPI_IN, &vtd_inv_struct },
};

#define T struct iommu_hwpt_invalidate
const struct uapi_field uapi_fields_invalidate[UAPI_NFIELDS_invalidate] = {
	F(size, ARGSZ, IN),
	F(hwpt_id, ID, IN),
	FPTR(data_uptr, IN, LEN(entry_num), .ptr_elem_off = offsetof(T, entry_len),
	     CHOSEN(data_type, inv_data)),
	FN(data_type, ENUM, IN, inv_types),
	F(entry_len, NUM, IN),
	F(entry_num, NUM, INOUT),
	F(__reserved, RESERVED, IN),
};
#undef T

/* ---- faults, virtual IOMMUs ---- */

#define T struct iommu_fault_alloc
const struct uapi_field uapi_fields_fault_alloc[UAPI_NFIELDS_fault_alloc] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	F(out_fault_id, ID, OUT),
	FFD(out_fault_fd, OUT, FAULT),
};
#undef T

static const struct uapi_name viommu_types[] = {
	{ 0, "DEFAULT" },
	{ 1, "ARM_SMMUV3" },
	{ 2, "TEGRA241_CMDQV" },
	NAMES_END,
};

/* The driver writes its answer over the data it was given. */
#define T struct uapi_viommu_alloc
const struct uapi_field uapi_fields_viommu_alloc[UAPI_NFIELDS_viommu_alloc] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	FN(type, ENUM, IN, viommu_types),
	F(dev_id, ID, IN),
	F(hwpt_id, ID, IN),
	F(out_viommu_id, ID, OUT),
	F(data_len, NUM, IN),
	FRESERVED("__reserved", reserved),
	FPTR(data_uptr, INOUT, LEN(data_len), .ptr_elem = 1),
};
#undef T

#define T struct uapi_vdevice_alloc
const struct uapi_field uapi_fields_vdevice_alloc[UAPI_NFIELDS_vdevice_alloc] = {
	F(size, ARGSZ, IN),	    F(viommu_id, ID, IN), F(dev_id, ID, IN),
	F(out_vdevice_id, ID, OUT), F(virt_id, HEX, IN),
};
#undef T

#define T struct uapi_veventq_alloc
const struct uapi_field uapi_fields_veventq_alloc[UAPI_NFIELDS_veventq_alloc] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	F(viommu_id, ID, IN),
	FN(type, ENUM, IN, viommu_types),
	F(veventq_depth, NUM, IN),
	F(out_veventq_id, ID, OUT),
	FFD(out_veventq_fd, OUT, VEVENTQ),
	FRESERVED("__reserved", reserved),
};
#undef T

static const struct uapi_name hw_queue_types[] = {
	{ 0, "DEFAULT" },
	{ 1, "TEGRA241_CMDQV" },
	NAMES_END,
};

#define T struct uapi_hw_queue_alloc
const struct uapi_field uapi_fields_hw_queue_alloc[UAPI_NFIELDS_hw_queue_alloc] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	F(viommu_id, ID, IN),
	FN(type, ENUM, IN, hw_queue_types),
	F(index, NUM, IN),
	F(out_hw_queue_id, ID, OUT),
	F(nesting_parent_iova, HEX, IN),
	F(length, HEX, IN),
};
#undef T
