// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VFIO device requests but VFIO_DEVICE_FEATURE (rows_feature.c), through the
 * group and through the cdev. Source: include/uapi/linux/vfio.h,
 * drivers/vfio/{vfio_main,device_cdev}.c, drivers/vfio/pci/vfio_pci_core.c.
 */
#include "harness/uapi/rows.h"
#include "harness/uapi/rows_feature.h"

/* ---- GET_INFO ---- */

static const struct uapi_name device_flags[] = {
	{ VFIO_DEVICE_FLAGS_RESET, "RESET" },	    { VFIO_DEVICE_FLAGS_PCI, "PCI" },
	{ VFIO_DEVICE_FLAGS_PLATFORM, "PLATFORM" }, { VFIO_DEVICE_FLAGS_AMBA, "AMBA" },
	{ VFIO_DEVICE_FLAGS_CCW, "CCW" },	    { VFIO_DEVICE_FLAGS_AP, "AP" },
	{ VFIO_DEVICE_FLAGS_FSL_MC, "FSL_MC" },	    { VFIO_DEVICE_FLAGS_CAPS, "CAPS" },
	{ VFIO_DEVICE_FLAGS_CDX, "CDX" },	    NAMES_END,
};

#define T struct uapi_device_info
static const struct uapi_field device_info[] = {
	F(argsz, ARGSZ, INOUT),	  FN(flags, FLAGS, OUT, device_flags),
	F(num_regions, NUM, OUT), F(num_irqs, NUM, OUT),
	F(cap_offset, CAPS, OUT), F(pad, RESERVED, OUT),
};
#undef T

static const struct uapi_name atomic_flags[] = {
	{ VFIO_PCI_ATOMIC_COMP32, "COMP32" },
	{ VFIO_PCI_ATOMIC_COMP64, "COMP64" },
	{ VFIO_PCI_ATOMIC_COMP128, "COMP128" },
	NAMES_END,
};

#define T struct vfio_device_info_cap_pci_atomic_comp
static const struct uapi_field cap_atomic[] = {
	FN(flags, FLAGS, OUT, atomic_flags),
	F(reserved, RESERVED, OUT),
};
#undef T

/* The zPCI bodies grow with their versions; they are named, and kept as bytes. */
static const struct uapi_struct device_caps[] = {
	[VFIO_DEVICE_INFO_CAP_ZPCI_BASE] = { .name = "ZPCI_BASE" },
	[VFIO_DEVICE_INFO_CAP_ZPCI_GROUP] = { .name = "ZPCI_GROUP" },
	[VFIO_DEVICE_INFO_CAP_ZPCI_UTIL] = { .name = "ZPCI_UTIL" },
	[VFIO_DEVICE_INFO_CAP_ZPCI_PFIP] = { .name = "ZPCI_PFIP" },
	[VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP] = STRUCT(
		"PCI_ATOMIC_COMP", sizeof(struct vfio_device_info_cap_pci_atomic_comp), cap_atomic),
};

/* ---- GET_REGION_INFO ---- */

static const struct uapi_name region_flags[] = {
	{ VFIO_REGION_INFO_FLAG_READ, "READ" },
	{ VFIO_REGION_INFO_FLAG_WRITE, "WRITE" },
	{ VFIO_REGION_INFO_FLAG_MMAP, "MMAP" },
	{ VFIO_REGION_INFO_FLAG_CAPS, "CAPS" },
	NAMES_END,
};

#define T struct vfio_region_info
static const struct uapi_field region_info[] = {
	F(argsz, ARGSZ, INOUT), FN(flags, FLAGS, OUT, region_flags),
	F(index, NUM, IN),	F(cap_offset, CAPS, OUT),
	F(size, HEX, OUT),	F(offset, HEX, OUT),
};
#undef T

#define T struct vfio_region_sparse_mmap_area
static const struct uapi_field sparse_area[] = {
	F(offset, HEX, OUT),
	F(size, HEX, OUT),
};
static const struct uapi_struct sparse_area_struct = STRUCT("area", sizeof(T), sparse_area);
#undef T

#define T struct vfio_region_info_cap_sparse_mmap
static const struct uapi_field cap_sparse[] = {
	F(nr_areas, NUM, OUT),
	F(reserved, RESERVED, OUT),
	FINLINE("areas", offsetof(T, areas), OUT,
		COUNT(nr_areas, sparse_area_struct, struct vfio_region_sparse_mmap_area)),
};
#undef T

#define T struct vfio_region_info_cap_type
static const struct uapi_field cap_type[] = {
	F(type, HEX, OUT),
	F(subtype, HEX, OUT),
};
#undef T

#define T struct vfio_region_info_cap_nvlink2_ssatgt
static const struct uapi_field cap_ssatgt[] = { F(tgt, HEX, OUT) };
#undef T

#define T struct vfio_region_info_cap_nvlink2_lnkspd
static const struct uapi_field cap_lnkspd[] = { F(link_speed, NUM, OUT) };
#undef T

static const struct uapi_struct region_caps[] = {
	[VFIO_REGION_INFO_CAP_SPARSE_MMAP] =
		STRUCT("SPARSE_MMAP", sizeof(struct vfio_region_info_cap_sparse_mmap), cap_sparse),
	[VFIO_REGION_INFO_CAP_TYPE] =
		STRUCT("TYPE", sizeof(struct vfio_region_info_cap_type), cap_type),
	[VFIO_REGION_INFO_CAP_MSIX_MAPPABLE] = { .name = "MSIX_MAPPABLE",
						 .size = sizeof(struct vfio_info_cap_header) },
	[VFIO_REGION_INFO_CAP_NVLINK2_SSATGT] = STRUCT(
		"NVLINK2_SSATGT", sizeof(struct vfio_region_info_cap_nvlink2_ssatgt), cap_ssatgt),
	[VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD] = STRUCT(
		"NVLINK2_LNKSPD", sizeof(struct vfio_region_info_cap_nvlink2_lnkspd), cap_lnkspd),
};

/* ---- interrupts ---- */

static const struct uapi_name irq_info_flags[] = {
	{ VFIO_IRQ_INFO_EVENTFD, "EVENTFD" },
	{ VFIO_IRQ_INFO_MASKABLE, "MASKABLE" },
	{ VFIO_IRQ_INFO_AUTOMASKED, "AUTOMASKED" },
	{ VFIO_IRQ_INFO_NORESIZE, "NORESIZE" },
	NAMES_END,
};

#define T struct vfio_irq_info
static const struct uapi_field irq_info[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, OUT, irq_info_flags),
	F(index, NUM, IN),
	F(count, NUM, OUT),
};
#undef T

static const struct uapi_name irq_set_flags[] = {
	{ VFIO_IRQ_SET_DATA_NONE, "DATA_NONE" },
	{ VFIO_IRQ_SET_DATA_BOOL, "DATA_BOOL" },
	{ VFIO_IRQ_SET_DATA_EVENTFD, "DATA_EVENTFD" },
	{ VFIO_IRQ_SET_ACTION_MASK, "ACTION_MASK" },
	{ VFIO_IRQ_SET_ACTION_UNMASK, "ACTION_UNMASK" },
	{ VFIO_IRQ_SET_ACTION_TRIGGER, "ACTION_TRIGGER" },
	NAMES_END,
};

static const struct uapi_field irq_bool[] = {
	{ .name = "on", .width = 1, .kind = UAPI_NUM, .dir = UAPI_IN },
};
static const struct uapi_struct irq_bool_struct = STRUCT("bool", 1, irq_bool);
static const struct uapi_field irq_eventfd[] = {
	{ .name = "eventfd", .width = 4, .kind = UAPI_FDNO, .dir = UAPI_IN, .fd = UAPI_FD_EVENTFD },
};
static const struct uapi_struct irq_eventfd_struct = STRUCT("eventfd", 4, irq_eventfd);

static const struct uapi_variant irq_data[] = {
	{ VFIO_IRQ_SET_DATA_TYPE_MASK, VFIO_IRQ_SET_DATA_BOOL, UAPI_IN, &irq_bool_struct },
	{ VFIO_IRQ_SET_DATA_TYPE_MASK, VFIO_IRQ_SET_DATA_EVENTFD, UAPI_IN, &irq_eventfd_struct },
};

#define T struct vfio_irq_set
static const struct uapi_field irq_set[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, irq_set_flags),
	F(index, NUM, IN),
	F(start, NUM, IN),
	F(count, NUM, IN),
	FINLINE("data", offsetof(T, data), IN, LEN(count), CHOSEN(flags, irq_data)),
};
#undef T

/* ---- reset ---- */

static const struct uapi_name hot_reset_flags[] = {
	{ VFIO_PCI_HOT_RESET_FLAG_DEV_ID, "DEV_ID" },
	{ VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED, "DEV_ID_OWNED" },
	NAMES_END,
};

/* group_id is the iommufd device id when the flag DEV_ID is set. */
#define T struct vfio_pci_dependent_device
static const struct uapi_field dependent_device[] = {
	F(group_id, NUM, OUT),
	F(segment, HEX, OUT),
	F(bus, HEX, OUT),
	F(devfn, HEX, OUT),
};
static const struct uapi_struct dependent_struct =
	STRUCT("dependent_device", sizeof(T), dependent_device);
#undef T

#define T struct vfio_pci_hot_reset_info
static const struct uapi_field hot_reset_info[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, OUT, hot_reset_flags),
	F(count, NUM, OUT),
	FINLINE("devices", offsetof(T, devices), OUT,
		COUNT(count, dependent_struct, struct vfio_pci_dependent_device),
		.ptr_count_is_out = true),
};
#undef T

static const struct uapi_field group_fd[] = {
	{ .name = "group", .width = 4, .kind = UAPI_FDNO, .dir = UAPI_IN, .fd = UAPI_FD_GROUP },
};
static const struct uapi_struct group_fd_struct = STRUCT("group_fd", 4, group_fd);

#define T struct vfio_pci_hot_reset
static const struct uapi_field hot_reset[] = {
	F(argsz, ARGSZ, IN),
	F(flags, HEX, IN),
	F(count, NUM, IN),
	FINLINE("group_fds", offsetof(T, group_fds), IN, COUNT(count, group_fd_struct, int32_t)),
};
#undef T

/* ---- graphics ---- */

static const struct uapi_name gfx_flags[] = {
	{ VFIO_GFX_PLANE_TYPE_PROBE, "PROBE" },
	{ VFIO_GFX_PLANE_TYPE_DMABUF, "DMABUF" },
	{ VFIO_GFX_PLANE_TYPE_REGION, "REGION" },
	NAMES_END,
};

#define T struct vfio_device_gfx_plane_info
static const struct uapi_field gfx_plane[] = {
	F(argsz, ARGSZ, IN),	     FN(flags, FLAGS, IN, gfx_flags),
	F(drm_plane_type, NUM, IN),  F(drm_format, HEX, OUT),
	F(drm_format_mod, HEX, OUT), F(width, NUM, OUT),
	F(height, NUM, OUT),	     F(stride, NUM, OUT),
	F(size, NUM, OUT),	     F(x_pos, NUM, OUT),
	F(y_pos, NUM, OUT),	     F(x_hot, NUM, OUT),
	F(y_hot, NUM, OUT),	     F(region_index, NUM, OUT),
	F(reserved, RESERVED, OUT),
};
#undef T

static const struct uapi_field dmabuf_id[] = {
	{ .name = "dmabuf_id", .width = 4, .kind = UAPI_NUM, .dir = UAPI_IN },
};

/* ---- IOEVENTFD ---- */

static const struct uapi_name ioeventfd_flags[] = {
	{ VFIO_DEVICE_IOEVENTFD_8, "8" },
	{ VFIO_DEVICE_IOEVENTFD_16, "16" },
	{ VFIO_DEVICE_IOEVENTFD_32, "32" },
	{ VFIO_DEVICE_IOEVENTFD_64, "64" },
	NAMES_END,
};

#define T struct vfio_device_ioeventfd
static const struct uapi_field ioeventfd[] = {
	F(argsz, ARGSZ, IN),  FN(flags, FLAGS, IN, ioeventfd_flags),
	F(offset, HEX, IN),   F(data, HEX, IN),
	FFD(fd, IN, EVENTFD), F(reserved, RESERVED, IN),
};
#undef T

/* ---- cdev ---- */

static const struct uapi_name bind_flags[] = { { UAPI_BIND_FLAG_TOKEN, "TOKEN" }, NAMES_END };

static const struct uapi_field token[] = {
	{ .name = "uuid", .width = 16, .kind = UAPI_BYTES, .dir = UAPI_IN },
};
static const struct uapi_struct token_struct = STRUCT("token", 16, token);
static const struct uapi_variant bind_token[] = {
	{ UAPI_BIND_FLAG_TOKEN, UAPI_BIND_FLAG_TOKEN, UAPI_IN, &token_struct },
};

#define T struct uapi_bind_iommufd
static const struct uapi_field bind_iommufd[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, bind_flags),
	FFD(iommufd, IN, IOMMUFD),
	F(out_devid, ID, OUT),
	FPTR(token_uuid_ptr, IN, CHOSEN(flags, bind_token)),
};
#undef T

static const struct uapi_name attach_flags[] = { { UAPI_ATTACH_FLAG_PASID, "PASID" }, NAMES_END };

#define T struct uapi_attach_iommufd_pt
static const struct uapi_field attach_pt[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, attach_flags),
	F(pt_id, ID, INOUT),
	F(pasid, NUM, IN),
};
#undef T

#define T struct uapi_detach_iommufd_pt
static const struct uapi_field detach_pt[] = {
	F(argsz, ARGSZ, IN),
	FN(flags, FLAGS, IN, attach_flags),
	F(pasid, NUM, IN),
};
#undef T

/* ---- migration data fd ---- */

#define T struct vfio_precopy_info
static const struct uapi_field precopy_info[] = {
	F(argsz, ARGSZ, IN),
	F(flags, HEX, OUT),
	F(initial_bytes, NUM, OUT),
	F(dirty_bytes, NUM, OUT),
};
#undef T

/* ---- the rows ---- */

#define DEVICE(r, rule, min, size, since, ...)                                                     \
	ROW_AT(((r)&0xff) - UAPI_DEVICE_BASE, DEVICE, #r, r, rule, min, size, since, __VA_ARGS__)

const struct uapi_row uapi_rows_device[UAPI_DEVICE_ROWS] = {
	DEVICE(VFIO_DEVICE_GET_INFO, ARGSZ, 16, sizeof(struct uapi_device_info), "3.6",
	       FIELDS(device_info), CAPS(device_caps)),
	DEVICE(VFIO_DEVICE_GET_REGION_INFO, ARGSZ, 32, sizeof(struct vfio_region_info), "3.6",
	       FIELDS(region_info), CAPS(region_caps)),
	DEVICE(VFIO_DEVICE_GET_IRQ_INFO, ARGSZ, 16, sizeof(struct vfio_irq_info), "3.6",
	       FIELDS(irq_info)),
	DEVICE(VFIO_DEVICE_SET_IRQS, ARGSZ, 20, sizeof(struct vfio_irq_set), "3.6",
	       FIELDS(irq_set)),
	DEVICE(VFIO_DEVICE_RESET, NONE, 0, 0, "3.6"),
	DEVICE(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, ARGSZ, 12,
	       sizeof(struct vfio_pci_hot_reset_info), "3.12", FIELDS(hot_reset_info)),
	DEVICE(VFIO_DEVICE_PCI_HOT_RESET, ARGSZ, 12, sizeof(struct vfio_pci_hot_reset), "3.12",
	       FIELDS(hot_reset)),
	DEVICE(VFIO_DEVICE_QUERY_GFX_PLANE, ARGSZ, 60, sizeof(struct vfio_device_gfx_plane_info),
	       "4.16", FIELDS(gfx_plane)),
	DEVICE(VFIO_DEVICE_GET_GFX_DMABUF, FIXED, 4, 4, "4.16", FIELDS(dmabuf_id),
	       .returns = UAPI_FD_DMABUF),
	DEVICE(VFIO_DEVICE_IOEVENTFD, ARGSZ, 28, sizeof(struct vfio_device_ioeventfd), "4.17",
	       FIELDS(ioeventfd)),
	DEVICE(VFIO_DEVICE_FEATURE, ARGSZ, 8, sizeof(struct vfio_device_feature), "5.7",
	       .fields = uapi_feature_fields, .nfields = UAPI_FEATURE_FIELDS),
	DEVICE(VFIO_DEVICE_BIND_IOMMUFD, ARGSZ, 16, sizeof(struct uapi_bind_iommufd), "6.6",
	       FIELDS(bind_iommufd)),
	DEVICE(VFIO_DEVICE_ATTACH_IOMMUFD_PT, ARGSZ, 12, sizeof(struct uapi_attach_iommufd_pt),
	       "6.6", FIELDS(attach_pt)),
	DEVICE(VFIO_DEVICE_DETACH_IOMMUFD_PT, ARGSZ, 8, sizeof(struct uapi_detach_iommufd_pt),
	       "6.6", FIELDS(detach_pt)),
};

const struct uapi_row uapi_rows_migration[UAPI_MIGRATION_ROWS] = {
	ROW_AT(0, MIGRATION, "VFIO_MIG_GET_PRECOPY_INFO", VFIO_MIG_GET_PRECOPY_INFO, ARGSZ, 24,
	       sizeof(struct vfio_precopy_info), "6.2", FIELDS(precopy_info)),
};
