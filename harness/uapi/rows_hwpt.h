/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of the iommufd requests about hardware, page tables and virtual IOMMUs. */
#ifndef HIOD_UAPI_ROWS_HWPT_H
#define HIOD_UAPI_ROWS_HWPT_H

#include "harness/uapi/uapi.h"

enum {
	UAPI_NFIELDS_hwpt_alloc = 11,
	UAPI_NFIELDS_hw_info = 9,
	UAPI_NFIELDS_set_dirty = 4,
	UAPI_NFIELDS_get_dirty = 8,
	UAPI_NFIELDS_invalidate = 7,
	UAPI_NFIELDS_fault_alloc = 4,
	UAPI_NFIELDS_viommu_alloc = 9,
	UAPI_NFIELDS_vdevice_alloc = 5,
	UAPI_NFIELDS_veventq_alloc = 8,
	UAPI_NFIELDS_hw_queue_alloc = 8,
};

extern const struct uapi_field uapi_fields_hwpt_alloc[UAPI_NFIELDS_hwpt_alloc];
extern const struct uapi_field uapi_fields_hw_info[UAPI_NFIELDS_hw_info];
extern const struct uapi_field uapi_fields_set_dirty[UAPI_NFIELDS_set_dirty];
extern const struct uapi_field uapi_fields_get_dirty[UAPI_NFIELDS_get_dirty];
extern const struct uapi_field uapi_fields_invalidate[UAPI_NFIELDS_invalidate];
extern const struct uapi_field uapi_fields_fault_alloc[UAPI_NFIELDS_fault_alloc];
extern const struct uapi_field uapi_fields_viommu_alloc[UAPI_NFIELDS_viommu_alloc];
extern const struct uapi_field uapi_fields_vdevice_alloc[UAPI_NFIELDS_vdevice_alloc];
extern const struct uapi_field uapi_fields_veventq_alloc[UAPI_NFIELDS_veventq_alloc];
extern const struct uapi_field uapi_fields_hw_queue_alloc[UAPI_NFIELDS_hw_queue_alloc];

#endif
