// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO container and group requests. The container's are served on an iommufd
 * too. Source: include/uapi/linux/vfio.h, drivers/vfio/{container,group}.c,
 * drivers/vfio/vfio_iommu_type1.c.
 */
#include "harness/uapi/rows.h"

static const struct uapi_name extensions[] = {
	{ VFIO_TYPE1_IOMMU, "TYPE1" },
	{ VFIO_SPAPR_TCE_IOMMU, "SPAPR_TCE" },
	{ VFIO_TYPE1v2_IOMMU, "TYPE1v2" },
	{ VFIO_DMA_CC_IOMMU, "DMA_CC" },
	{ VFIO_EEH, "EEH" },
	{ 6, "TYPE1_NESTING" }, /* the newest headers have this macro under a reserved name */
	{ VFIO_SPAPR_TCE_v2_IOMMU, "SPAPR_TCE_v2" },
	{ VFIO_NOIOMMU_IOMMU, "NOIOMMU" },
	{ VFIO_UNMAP_ALL, "UNMAP_ALL" },
	{ VFIO_UPDATE_VADDR, "UPDATE_VADDR" },
	NAMES_END,
};

static const struct uapi_field extension[] = {
	{ .name = "extension", .width = 8, .kind = UAPI_ENUM, .dir = UAPI_IN, .names = extensions },
};

/* ---- VFIO_IOMMU_GET_INFO and its capabilities ---- */

static const struct uapi_name info_flags[] = {
	{ VFIO_IOMMU_INFO_PGSIZES, "PGSIZES" },
	{ VFIO_IOMMU_INFO_CAPS, "CAPS" },
	NAMES_END,
};

#define T struct uapi_type1_info
static const struct uapi_field type1_info[] = {
	F(argsz, ARGSZ, INOUT),	   FN(flags, FLAGS, OUT, info_flags),
	F(iova_pgsizes, HEX, OUT), F(cap_offset, CAPS, OUT),
	F(pad, RESERVED, OUT),
};
#undef T

#define T struct vfio_iova_range
static const struct uapi_field iova_range[] = {
	F(start, HEX, OUT),
	F(end, HEX, OUT),
};
static const struct uapi_struct iova_range_struct = STRUCT("range", sizeof(T), iova_range);
#undef T

#define T struct vfio_iommu_type1_info_cap_iova_range
static const struct uapi_field cap_iova_range[] = {
	F(nr_iovas, NUM, OUT),
	F(reserved, RESERVED, OUT),
	FINLINE("iova_ranges", offsetof(T, iova_ranges), OUT,
		COUNT(nr_iovas, iova_range_struct, struct vfio_iova_range)),
};
#undef T

#define T struct uapi_cap_migration
static const struct uapi_field cap_migration[] = {
	F(flags, HEX, OUT),
	F(pgsize_bitmap, HEX, OUT),
	F(max_dirty_bitmap_size, HEX, OUT),
};
#undef T

#define T struct vfio_iommu_type1_info_dma_avail
static const struct uapi_field cap_dma_avail[] = {
	F(avail, NUM, OUT),
};
#undef T

static const struct uapi_struct type1_caps[] = {
	[VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE] = STRUCT(
		"IOVA_RANGE", sizeof(struct vfio_iommu_type1_info_cap_iova_range), cap_iova_range),
	[VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION] =
		STRUCT("MIGRATION", sizeof(struct uapi_cap_migration), cap_migration),
	[VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL] =
		STRUCT("DMA_AVAIL", sizeof(struct vfio_iommu_type1_info_dma_avail), cap_dma_avail),
};

/* ---- mapping ---- */

static const struct uapi_name map_flags[] = {
	{ VFIO_DMA_MAP_FLAG_READ, "READ" },
	{ VFIO_DMA_MAP_FLAG_WRITE, "WRITE" },
	{ VFIO_DMA_MAP_FLAG_VADDR, "VADDR" },
	NAMES_END,
};

#define T struct vfio_iommu_type1_dma_map
static const struct uapi_field dma_map[] = {
	F(argsz, ARGSZ, IN), FN(flags, FLAGS, IN, map_flags), FADDR(vaddr), F(iova, HEX, IN),
	F(size, HEX, IN),
};
#undef T

static const struct uapi_name unmap_flags[] = {
	{ VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, "GET_DIRTY_BITMAP" },
	{ VFIO_DMA_UNMAP_FLAG_ALL, "ALL" },
	{ VFIO_DMA_UNMAP_FLAG_VADDR, "VADDR" },
	NAMES_END,
};

/* The kernel sets bits in what is there already: it reads the bitmap too. */
#define T struct uapi_bitmap
static const struct uapi_field bitmap[] = {
	F(pgsize, HEX, IN),
	F(size, NUM, IN),
	FPTR(data, INOUT, LEN(size), .ptr_elem = 1),
};
static const struct uapi_struct bitmap_struct = STRUCT("bitmap", sizeof(T), bitmap);
#undef T

static const struct uapi_variant unmap_data[] = {
	{ VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, UAPI_IN,
	  &bitmap_struct },
};

#define T struct vfio_iommu_type1_dma_unmap
static const struct uapi_field dma_unmap[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, unmap_flags),
	F(iova, HEX, IN),
	F(size, HEX, INOUT),
	FINLINE("bitmap", offsetof(T, data), IN, CHOSEN(flags, unmap_data)),
};
#undef T

static const struct uapi_name dirty_flags[] = {
	{ VFIO_IOMMU_DIRTY_PAGES_FLAG_START, "START" },
	{ VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, "STOP" },
	{ VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, "GET_BITMAP" },
	NAMES_END,
};

/* vfio_iommu_type1_dirty_bitmap_get as a 64-bit kernel has it: iova, size, then the bitmap. */
struct dirty_bitmap_get {
	uint64_t iova;
	uint64_t size;
	struct uapi_bitmap bitmap;
};
UAPI_LAYOUT(struct dirty_bitmap_get, 40);
UAPI_AT(struct dirty_bitmap_get, size, offsetof(struct vfio_iommu_type1_dirty_bitmap_get, size));

#define T struct dirty_bitmap_get
static const struct uapi_field dirty_get[] = {
	F(iova, HEX, IN),
	F(size, HEX, IN),
	F(bitmap.pgsize, HEX, IN),
	F(bitmap.size, NUM, IN),
	FPTR(bitmap.data, INOUT, LEN(bitmap.size), .ptr_elem = 1),
};
static const struct uapi_struct dirty_get_struct = STRUCT("dirty_bitmap_get", sizeof(T), dirty_get);
#undef T

static const struct uapi_variant dirty_data[] = {
	{ VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, UAPI_IN,
	  &dirty_get_struct },
};

#define T struct vfio_iommu_type1_dirty_bitmap
static const struct uapi_field dirty_pages[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, dirty_flags),
	FINLINE("get", offsetof(T, data), IN, CHOSEN(flags, dirty_data)),
};
#undef T

/* ---- group ---- */

static const struct uapi_name group_flags[] = {
	{ VFIO_GROUP_FLAGS_VIABLE, "VIABLE" },
	{ VFIO_GROUP_FLAGS_CONTAINER_SET, "CONTAINER_SET" },
	NAMES_END,
};

#define T struct vfio_group_status
static const struct uapi_field group_status[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, OUT, group_flags),
};
#undef T

static const struct uapi_field container_fd[] = {
	{ .name = "container",
	  .width = 4,
	  .kind = UAPI_FDNO,
	  .dir = UAPI_IN,
	  .fd = UAPI_FD_CONTAINER },
};

/* ---- the rows ---- */

#define CONTAINER(r, rule, min, size, since, ...)                                                  \
	ROW_AT(((r)&0xff) - UAPI_CONTAINER_BASE, CONTAINER, #r, r, rule, min, size, since,         \
	       __VA_ARGS__)

const struct uapi_row uapi_rows_container[UAPI_CONTAINER_ROWS] = {
	CONTAINER(VFIO_GET_API_VERSION, NONE, 0, 0, "3.6"),
	CONTAINER(VFIO_CHECK_EXTENSION, VALUE, 0, 0, "3.6", FIELDS(extension)),
	CONTAINER(VFIO_SET_IOMMU, VALUE, 0, 0, "3.6", FIELDS(extension)),
	CONTAINER(VFIO_IOMMU_GET_INFO, ARGSZ, 16, sizeof(struct uapi_type1_info), "3.6",
		  FIELDS(type1_info), CAPS(type1_caps)),
	CONTAINER(VFIO_IOMMU_MAP_DMA, ARGSZ, 32, sizeof(struct vfio_iommu_type1_dma_map), "3.6",
		  FIELDS(dma_map)),
	CONTAINER(VFIO_IOMMU_UNMAP_DMA, ARGSZ, 24, sizeof(struct vfio_iommu_type1_dma_unmap), "3.6",
		  FIELDS(dma_unmap)),
	CONTAINER(VFIO_IOMMU_ENABLE, NONE, 0, 0, "3.11"),
	CONTAINER(VFIO_IOMMU_DISABLE, NONE, 0, 0, "3.11"),
	CONTAINER(VFIO_IOMMU_DIRTY_PAGES, ARGSZ, 8, sizeof(struct vfio_iommu_type1_dirty_bitmap),
		  "5.8", FIELDS(dirty_pages)),
};

#define GROUP(r, rule, min, size, since, ...)                                                      \
	ROW_AT(((r)&0xff) - UAPI_GROUP_BASE, GROUP, #r, r, rule, min, size, since, __VA_ARGS__)

const struct uapi_row uapi_rows_group[UAPI_GROUP_ROWS] = {
	GROUP(VFIO_GROUP_GET_STATUS, ARGSZ, 8, sizeof(struct vfio_group_status), "3.6",
	      FIELDS(group_status)),
	GROUP(VFIO_GROUP_SET_CONTAINER, FIXED, 4, 4, "3.6", FIELDS(container_fd)),
	GROUP(VFIO_GROUP_UNSET_CONTAINER, NONE, 0, 0, "3.6"),
	GROUP(VFIO_GROUP_GET_DEVICE_FD, STR, 1, 4096, "3.6", .returns = UAPI_FD_DEVICE),
};
