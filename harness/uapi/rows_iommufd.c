// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iommufd requests about address spaces and what is mapped in them; page
 * tables and their data are in rows_hwpt.h. Source:
 * include/uapi/linux/iommufd.h, drivers/iommu/iommufd/{main,ioas}.c.
 */
#include "harness/uapi/rows.h"
#include "harness/uapi/rows_hwpt.h"

#define T struct iommu_destroy
static const struct uapi_field destroy[] = {
	F(size, ARGSZ, IN),
	F(id, ID, IN),
};
#undef T

#define T struct iommu_ioas_alloc
static const struct uapi_field ioas_alloc[] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	F(out_ioas_id, ID, OUT),
};
#undef T

#define T struct iommu_iova_range
static const struct uapi_field range_out[] = {
	F(start, HEX, OUT),
	F(last, HEX, OUT),
};
static const struct uapi_struct range_out_struct = STRUCT("range", sizeof(T), range_out);
static const struct uapi_field range_in[] = {
	F(start, HEX, IN),
	F(last, HEX, IN),
};
static const struct uapi_struct range_in_struct = STRUCT("range", sizeof(T), range_in);
#undef T

#define T struct iommu_ioas_allow_iovas
static const struct uapi_field allow_iovas[] = {
	F(size, ARGSZ, IN),
	F(ioas_id, ID, IN),
	F(num_iovas, NUM, IN),
	F(__reserved, RESERVED, IN),
	FPTR(allowed_iovas, IN, COUNT(num_iovas, range_in_struct, struct iommu_iova_range)),
};
#undef T

#define T struct iommu_ioas_iova_ranges
static const struct uapi_field iova_ranges[] = {
	F(size, ARGSZ, IN),
	F(ioas_id, ID, IN),
	F(num_iovas, NUM, INOUT),
	F(__reserved, RESERVED, IN),
	FPTR(allowed_iovas, OUT, COUNT(num_iovas, range_out_struct, struct iommu_iova_range),
	     .ptr_count_is_out = true),
	F(out_iova_alignment, HEX, OUT),
};
#undef T

static const struct uapi_name map_flags[] = {
	{ IOMMU_IOAS_MAP_FIXED_IOVA, "FIXED_IOVA" },
	{ IOMMU_IOAS_MAP_WRITEABLE, "WRITEABLE" },
	{ IOMMU_IOAS_MAP_READABLE, "READABLE" },
	NAMES_END,
};

#define T struct iommu_ioas_map
static const struct uapi_field ioas_map[] = {
	F(size, ARGSZ, IN),  FN(flags, FLAGS, IN, map_flags),
	F(ioas_id, ID, IN),  F(__reserved, RESERVED, IN),
	FADDR(user_va),	     F(length, HEX, IN),
	F(iova, HEX, INOUT),
};
#undef T

#define T struct uapi_ioas_map_file
static const struct uapi_field ioas_map_file[] = {
	F(size, ARGSZ, IN),  FN(flags, FLAGS, IN, map_flags),
	F(ioas_id, ID, IN),  FFD(fd, IN, FILE),
	F(start, HEX, IN),   F(length, HEX, IN),
	F(iova, HEX, INOUT),
};
#undef T

#define T struct iommu_ioas_copy
static const struct uapi_field ioas_copy[] = {
	F(size, ARGSZ, IN),	FN(flags, FLAGS, IN, map_flags),
	F(dst_ioas_id, ID, IN), F(src_ioas_id, ID, IN),
	F(length, HEX, IN),	F(dst_iova, HEX, INOUT),
	F(src_iova, HEX, IN),
};
#undef T

#define T struct iommu_ioas_unmap
static const struct uapi_field ioas_unmap[] = {
	F(size, ARGSZ, IN),
	F(ioas_id, ID, IN),
	F(iova, HEX, IN),
	F(length, HEX, INOUT),
};
#undef T

static const struct uapi_name options[] = {
	{ IOMMU_OPTION_RLIMIT_MODE, "RLIMIT_MODE" },
	{ IOMMU_OPTION_HUGE_PAGES, "HUGE_PAGES" },
	NAMES_END,
};
static const struct uapi_name option_ops[] = {
	{ IOMMU_OPTION_OP_SET, "SET" },
	{ IOMMU_OPTION_OP_GET, "GET" },
	NAMES_END,
};

#define T struct iommu_option
static const struct uapi_field option[] = {
	F(size, ARGSZ, IN),	      FN(option_id, ENUM, IN, options),
	FN(op, ENUM, IN, option_ops), F(__reserved, RESERVED, IN),
	F(object_id, ID, IN),	      F(val64, NUM, INOUT),
};
#undef T

static const struct uapi_name vfio_ioas_ops[] = {
	{ IOMMU_VFIO_IOAS_GET, "GET" },
	{ IOMMU_VFIO_IOAS_SET, "SET" },
	{ IOMMU_VFIO_IOAS_CLEAR, "CLEAR" },
	NAMES_END,
};

#define T struct iommu_vfio_ioas
static const struct uapi_field vfio_ioas[] = {
	F(size, ARGSZ, IN),
	F(ioas_id, ID, INOUT),
	FN(op, ENUM, IN, vfio_ioas_ops),
	F(__reserved, RESERVED, IN),
};
#undef T

#define T struct uapi_ioas_change_process
static const struct uapi_field change_process[] = {
	F(size, ARGSZ, IN),
	{ .name = "__reserved", UAPI_MEMBER(T, reserved), .kind = UAPI_RESERVED, .dir = UAPI_IN },
};
#undef T

#define T struct uapi_ioas_noiommu_get_pa
static const struct uapi_field noiommu_get_pa[] = {
	F(size, ARGSZ, IN),
	F(flags, HEX, IN),
	F(ioas_id, ID, IN),
	{ .name = "__reserved", UAPI_MEMBER(T, reserved), .kind = UAPI_RESERVED, .dir = UAPI_IN },
	F(iova, HEX, IN),
	F(length, HEX, INOUT),
	F(out_phys, HEX, OUT),
};
#undef T

/* ---- the rows ---- */

#define IOMMUFD(r, min, type, since, f)                                                            \
	ROW_AT(((r)&0xff) - UAPI_IOMMUFD_BASE, IOMMUFD, #r, r, EXT, min, sizeof(type), since,      \
	       FIELDS(f))
/* Newer than the headers compiled against: the number has our name, the row the kernel's. */
#define NEWER(r, min, type, since, f)                                                              \
	ROW_AT((UAPI_##r & 0xff) - UAPI_IOMMUFD_BASE, IOMMUFD, "IOMMU_" #r, UAPI_##r, EXT, min,    \
	       sizeof(type), since, FIELDS(f))
#define HWPT(r, min, type, since, f)                                                               \
	ROW_AT(((r)&0xff) - UAPI_IOMMUFD_BASE, IOMMUFD, #r, r, EXT, min, sizeof(type), since,      \
	       .fields = uapi_fields_##f, .nfields = UAPI_NFIELDS_##f)
#define NEWER_HWPT(r, min, type, since, f)                                                         \
	ROW_AT((UAPI_##r & 0xff) - UAPI_IOMMUFD_BASE, IOMMUFD, "IOMMU_" #r, UAPI_##r, EXT, min,    \
	       sizeof(type), since, .fields = uapi_fields_##f, .nfields = UAPI_NFIELDS_##f)

const struct uapi_row uapi_rows_iommufd[UAPI_IOMMUFD_ROWS] = {
	IOMMUFD(IOMMU_DESTROY, 8, struct iommu_destroy, "6.2", destroy),
	IOMMUFD(IOMMU_IOAS_ALLOC, 12, struct iommu_ioas_alloc, "6.2", ioas_alloc),
	IOMMUFD(IOMMU_IOAS_ALLOW_IOVAS, 24, struct iommu_ioas_allow_iovas, "6.2", allow_iovas),
	IOMMUFD(IOMMU_IOAS_COPY, 40, struct iommu_ioas_copy, "6.2", ioas_copy),
	IOMMUFD(IOMMU_IOAS_IOVA_RANGES, 32, struct iommu_ioas_iova_ranges, "6.2", iova_ranges),
	IOMMUFD(IOMMU_IOAS_MAP, 40, struct iommu_ioas_map, "6.2", ioas_map),
	IOMMUFD(IOMMU_IOAS_UNMAP, 24, struct iommu_ioas_unmap, "6.2", ioas_unmap),
	IOMMUFD(IOMMU_OPTION, 24, struct iommu_option, "6.2", option),
	IOMMUFD(IOMMU_VFIO_IOAS, 12, struct iommu_vfio_ioas, "6.2", vfio_ioas),
	HWPT(IOMMU_HWPT_ALLOC, 24, struct uapi_hwpt_alloc, "6.6", hwpt_alloc),
	HWPT(IOMMU_GET_HW_INFO, 32, struct uapi_hw_info, "6.6", hw_info),
	HWPT(IOMMU_HWPT_SET_DIRTY_TRACKING, 16, struct iommu_hwpt_set_dirty_tracking, "6.7",
	     set_dirty),
	HWPT(IOMMU_HWPT_GET_DIRTY_BITMAP, 48, struct iommu_hwpt_get_dirty_bitmap, "6.7", get_dirty),
	HWPT(IOMMU_HWPT_INVALIDATE, 32, struct iommu_hwpt_invalidate, "6.8", invalidate),
	HWPT(IOMMU_FAULT_QUEUE_ALLOC, 16, struct iommu_fault_alloc, "6.11", fault_alloc),
	NEWER(IOAS_MAP_FILE, 40, struct uapi_ioas_map_file, "6.13", ioas_map_file),
	NEWER_HWPT(VIOMMU_ALLOC, 24, struct uapi_viommu_alloc, "6.13", viommu_alloc),
	NEWER_HWPT(VDEVICE_ALLOC, 24, struct uapi_vdevice_alloc, "6.13", vdevice_alloc),
	NEWER(IOAS_CHANGE_PROCESS, 8, struct uapi_ioas_change_process, "6.14", change_process),
	NEWER_HWPT(VEVENTQ_ALLOC, 28, struct uapi_veventq_alloc, "6.15", veventq_alloc),
	NEWER_HWPT(HW_QUEUE_ALLOC, 40, struct uapi_hw_queue_alloc, "6.17", hw_queue_alloc),
	NEWER(IOAS_NOIOMMU_GET_PA, 40, struct uapi_ioas_noiommu_get_pa, "7.3", noiommu_get_pa),
};
