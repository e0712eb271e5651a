/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's uapi headers, and what is newer than Linux 6.12 and needed
 * here, under our own names: the headers that Debian 12 can install stop at
 * 6.12, while QEMU 11.1 sends structures of 6.18 and kernel 7.3 knows more.
 *
 * Each structure below is the newest ABI of its name; which part of it a
 * caller sends, or a kernel knows, is the business of the profile (QEMU
 * version) and the personality (kernel version), never of sizeof. Sizes and
 * offsets are asserted here, and where the header that is compiled against
 * has the same member, its offset is asserted to agree.
 *
 * Source of the layouts and numbers: include/uapi/linux/{vfio,iommufd}.h of
 * Linux 7.3.
 */
#ifndef HIOD_UAPI_COMPAT_H
#define HIOD_UAPI_COMPAT_H

/* 7.x headers annotate flexible arrays; Debian 12's <linux/stddef.h> does not know the word. */
#ifndef __counted_by
#define __counted_by(m)
#endif

#include <stddef.h>
#include <stdint.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include "harness/uapi/hw_info.h"

/* VFIO_DEVICE_BIND_IOMMUFD: 16 bytes until 6.17, 24 from 6.18. */
struct uapi_bind_iommufd {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token_uuid_ptr;
};
#define UAPI_BIND_FLAG_TOKEN (1u << 0)
UAPI_LAYOUT(struct uapi_bind_iommufd, 24);
UAPI_AT(struct uapi_bind_iommufd, iommufd, offsetof(struct vfio_device_bind_iommufd, iommufd));
UAPI_AT(struct uapi_bind_iommufd, out_devid, offsetof(struct vfio_device_bind_iommufd, out_devid));
UAPI_AT(struct uapi_bind_iommufd, token_uuid_ptr, 16);

/* VFIO_DEVICE_ATTACH_IOMMUFD_PT: 12 bytes until 6.14, 16 from 6.15. */
struct uapi_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};
#define UAPI_ATTACH_FLAG_PASID (1u << 0)
UAPI_LAYOUT(struct uapi_attach_iommufd_pt, 16);
UAPI_AT(struct uapi_attach_iommufd_pt, pt_id,
	offsetof(struct vfio_device_attach_iommufd_pt, pt_id));

/* VFIO_DEVICE_DETACH_IOMMUFD_PT: 8 bytes until 6.14, 12 from 6.15. */
struct uapi_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};
#define UAPI_DETACH_FLAG_PASID (1u << 0)
UAPI_LAYOUT(struct uapi_detach_iommufd_pt, 12);
UAPI_AT(struct uapi_detach_iommufd_pt, flags,
	offsetof(struct vfio_device_detach_iommufd_pt, flags));

/* VFIO_DEVICE_GET_INFO: 20 bytes until 6.5, 24 from 6.6 (the pad got a name). */
struct uapi_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint32_t cap_offset;
	uint32_t pad;
};
UAPI_LAYOUT(struct uapi_device_info, 24);
UAPI_AT(struct uapi_device_info, cap_offset, offsetof(struct vfio_device_info, cap_offset));

/* VFIO_IOMMU_GET_INFO: 24 bytes; the last 4 are copied from 6.6 on. */
struct uapi_type1_info {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova_pgsizes;
	uint32_t cap_offset;
	uint32_t pad;
};
UAPI_LAYOUT(struct uapi_type1_info, 24);
UAPI_AT(struct uapi_type1_info, iova_pgsizes, offsetof(struct vfio_iommu_type1_info, iova_pgsizes));
UAPI_AT(struct uapi_type1_info, cap_offset, offsetof(struct vfio_iommu_type1_info, cap_offset));

/*
 * Capability 2 of VFIO_IOMMU_GET_INFO. A 32-bit program's own header has no
 * hole after flags; a 64-bit kernel's reply has it, so it is written out here.
 */
struct uapi_cap_migration {
	struct vfio_info_cap_header header;
	uint32_t flags;
	uint32_t hole;
	uint64_t pgsize_bitmap;
	uint64_t max_dirty_bitmap_size;
};
UAPI_LAYOUT(struct uapi_cap_migration, 32);
UAPI_AT(struct uapi_cap_migration, pgsize_bitmap, 16);

/* struct vfio_bitmap as a 64-bit kernel reads it; the header's has a C pointer. */
struct uapi_bitmap {
	uint64_t pgsize;
	uint64_t size;
	uint64_t data;
};
UAPI_LAYOUT(struct uapi_bitmap, 24);

/* IOMMU_GET_HW_INFO: 32 bytes in 6.6, 40 from 6.7; max_pasid_log2 from 6.15 and in 6.12.y. */
struct uapi_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t data_type; /* in_data_type with UAPI_HW_INFO_INPUT_TYPE (6.17), out_data_type */
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	uint64_t out_capabilities;
};
#define UAPI_HW_INFO_INPUT_TYPE (1u << 0)
UAPI_LAYOUT(struct uapi_hw_info, 40);
UAPI_AT(struct uapi_hw_info, data_uptr, offsetof(struct iommu_hw_info, data_uptr));
UAPI_AT(struct uapi_hw_info, data_type, offsetof(struct iommu_hw_info, out_data_type));
UAPI_AT(struct uapi_hw_info, out_max_pasid_log2, 28);
UAPI_AT(struct uapi_hw_info, out_capabilities, offsetof(struct iommu_hw_info, out_capabilities));

/* IOMMU_HW_INFO_TYPE_AMD's data (7.2). */
struct uapi_hw_info_amd {
	uint64_t efr;
	uint64_t efr2;
};
UAPI_LAYOUT(struct uapi_hw_info_amd, 16);

/* IOMMU_HWPT_ALLOC: 40 bytes from 6.6, 48 from 6.11 (fault_id). */
struct uapi_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};
#define UAPI_HWPT_NEST_PARENT	 (1u << 0)
#define UAPI_HWPT_DIRTY_TRACKING (1u << 1)
#define UAPI_HWPT_FAULT_ID_VALID (1u << 2)
#define UAPI_HWPT_PASID		 (1u << 3)
UAPI_LAYOUT(struct uapi_hwpt_alloc, 48);
UAPI_AT(struct uapi_hwpt_alloc, out_hwpt_id, offsetof(struct iommu_hwpt_alloc, out_hwpt_id));
UAPI_AT(struct uapi_hwpt_alloc, data_uptr, offsetof(struct iommu_hwpt_alloc, data_uptr));
UAPI_AT(struct uapi_hwpt_alloc, fault_id, 40);

/* 6.13 */
struct uapi_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova;
};
UAPI_LAYOUT(struct uapi_ioas_map_file, 40);

/* 6.13: 24 bytes; 40 from 6.17. */
struct uapi_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	uint64_t data_uptr;
};
UAPI_LAYOUT(struct uapi_viommu_alloc, 40);

/* 6.13 */
struct uapi_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uint64_t virt_id;
};
UAPI_LAYOUT(struct uapi_vdevice_alloc, 24);

/* 6.14 */
struct uapi_ioas_change_process {
	uint32_t size;
	uint32_t reserved;
};
UAPI_LAYOUT(struct uapi_ioas_change_process, 8);

/* 6.15 */
struct uapi_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t veventq_depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};
UAPI_LAYOUT(struct uapi_veventq_alloc, 32);

/* 6.17 */
struct uapi_hw_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t index;
	uint32_t out_hw_queue_id;
	uint64_t nesting_parent_iova;
	uint64_t length;
};
UAPI_LAYOUT(struct uapi_hw_queue_alloc, 40);

/* 7.3 */
struct uapi_ioas_noiommu_get_pa {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t out_phys;
};
UAPI_LAYOUT(struct uapi_ioas_noiommu_get_pa, 40);

/*
 * IOMMU_TEST_CMD of a kernel with CONFIG_IOMMUFD_TEST: as much of its
 * operations as puts a mock device on page tables. It is no stable ABI; this
 * part is the same in drivers/iommu/iommufd/iommufd_test.h of 6.12 and of 7.3,
 * but for PASIDs, which came with 6.15.
 */
struct uapi_iommufd_test {
	uint32_t size;
	uint32_t op;
	uint32_t id;
	uint32_t reserved;
	union {
		struct {
			uint32_t out_stdev_id;
			uint32_t out_hwpt_id;
			uint32_t out_idev_id;
			uint32_t dev_flags;
		} mock_domain; /* id: IOAS */
		struct {
			uint32_t pt_id;
		} replace; /* id: out_stdev_id */
		struct {
			uint32_t pasid;
			uint32_t pt_id;
		} pasid; /* id: out_stdev_id; of a check pt_id 0: detached */
		struct {
			uint32_t flags;
			uint32_t hole;
			uint64_t iova;
			uint64_t length;
			uint64_t page_size;
			uint64_t uptr; /* a bit for each page */
			uint64_t out_nr_dirty;
		} dirty; /* id: page table */
		struct {
			uint32_t id;
			uint32_t iotlb;
		} check_iotlb; /* id: nested page table */
	};
	uint32_t last;
	uint32_t pad;
};
UAPI_LAYOUT(struct uapi_iommufd_test, 72);
UAPI_AT(struct uapi_iommufd_test, last, 64);
#define UAPI_IOMMUFD_TEST	       0x3ba0u
#define UAPI_TEST_MOCK_DOMAIN_REPLACE  10u
#define UAPI_TEST_MOCK_DOMAIN_FLAGS    12u
#define UAPI_TEST_DIRTY		       13u
#define UAPI_TEST_CHECK_IOTLB	       14u
#define UAPI_TEST_PASID_ATTACH	       18u
#define UAPI_TEST_PASID_REPLACE	       19u
#define UAPI_TEST_PASID_DETACH	       20u
#define UAPI_TEST_PASID_CHECK	       21u
#define UAPI_TEST_DEVICE_NO_DIRTY      (1u << 0)
#define UAPI_TEST_DEVICE_PASID	       (1u << 2) /* 6.15 */
#define UAPI_TEST_HW_INFO_TYPE	       0xfeedbeefu
#define UAPI_TEST_HWPT_DATA_TYPE       0xdeadu	   /* 4 bytes: what an IOTLB entry holds */
#define UAPI_TEST_INVALIDATE_DATA_TYPE 0xdeadbeefu /* flags, number of the entry */

/* Requests newer than 6.12; type byte ';', no size or direction in the number. */
#define UAPI_IOAS_MAP_FILE	 0x3b8fu
#define UAPI_VIOMMU_ALLOC	 0x3b90u
#define UAPI_VDEVICE_ALLOC	 0x3b91u
#define UAPI_IOAS_CHANGE_PROCESS 0x3b92u
#define UAPI_VEVENTQ_ALLOC	 0x3b93u
#define UAPI_HW_QUEUE_ALLOC	 0x3b94u
#define UAPI_IOAS_NOIOMMU_GET_PA 0x3b95u

/* What stays as 6.12 has it is used under the kernel's names; layouts that everything rests on: */
UAPI_LAYOUT(struct vfio_info_cap_header, 8);
UAPI_LAYOUT(struct vfio_group_status, 8);
UAPI_LAYOUT(struct vfio_region_info, 32);
UAPI_LAYOUT(struct vfio_irq_info, 16);
UAPI_LAYOUT(struct vfio_iova_range, 16);
UAPI_LAYOUT(struct vfio_iommu_type1_info_dma_avail, 12);
UAPI_LAYOUT(struct vfio_iommu_type1_dma_map, 32);
UAPI_LAYOUT(struct vfio_iommu_type1_dma_unmap, 24);
UAPI_LAYOUT(struct iommu_destroy, 8);
UAPI_LAYOUT(struct iommu_ioas_alloc, 12);
UAPI_LAYOUT(struct iommu_iova_range, 16);
UAPI_LAYOUT(struct iommu_ioas_iova_ranges, 32);
UAPI_LAYOUT(struct iommu_ioas_allow_iovas, 24);
UAPI_LAYOUT(struct iommu_ioas_map, 40);
UAPI_LAYOUT(struct iommu_ioas_copy, 40);
UAPI_LAYOUT(struct iommu_ioas_unmap, 24);
UAPI_LAYOUT(struct iommu_option, 24);
UAPI_LAYOUT(struct iommu_vfio_ioas, 12);
UAPI_LAYOUT(struct iommu_hwpt_vtd_s1, 24);
UAPI_LAYOUT(struct iommu_hw_info_vtd, 24);
UAPI_AT(struct uapi_hw_info_vtd, flags, offsetof(struct iommu_hw_info_vtd, flags));
UAPI_AT(struct uapi_hw_info_vtd, cap_reg, offsetof(struct iommu_hw_info_vtd, cap_reg));
UAPI_AT(struct uapi_hw_info_vtd, ecap_reg, offsetof(struct iommu_hw_info_vtd, ecap_reg));
_Static_assert(UAPI_HW_INFO_VTD_ERRATA_772415 == IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17,
	       "VT-d flag");
UAPI_LAYOUT(struct iommu_hwpt_set_dirty_tracking, 16);
UAPI_LAYOUT(struct iommu_hwpt_get_dirty_bitmap, 48);
UAPI_LAYOUT(struct iommu_hwpt_invalidate, 32);
UAPI_LAYOUT(struct iommu_hwpt_vtd_s1_invalidate, 24);
UAPI_LAYOUT(struct iommu_fault_alloc, 16);
UAPI_LAYOUT(struct vhost_vdpa_iova_range, 16);
UAPI_LAYOUT(struct vhost_vring_state, 8);
UAPI_LAYOUT(struct vhost_vdpa_config, 8);

/* The same members where the header is new enough to have them (6.18's bind is 24 bytes). */
_Static_assert(sizeof(struct vfio_device_bind_iommufd) <= sizeof(struct uapi_bind_iommufd),
	       "a newer bind structure than the one described here");
_Static_assert(sizeof(struct iommu_hwpt_alloc) <= sizeof(struct uapi_hwpt_alloc),
	       "a newer hwpt_alloc structure than the one described here");
_Static_assert(sizeof(struct iommu_hw_info) <= sizeof(struct uapi_hw_info),
	       "a newer hw_info structure than the one described here");

#endif
