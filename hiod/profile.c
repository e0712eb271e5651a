// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of QEMU versions; see profile.h. Sources: QEMU's
 * backends/iommufd.c, hw/vfio/, hw/i386/intel_iommu.c and its copy of the uapi
 * headers, of the version that the row names.
 */
#include "hiod/profile.h"

#include <string.h>

static const struct hiod_profile profiles[] = {
	{
		.name = "qemu-9.1",
		.version = HIOD_VERSION(9, 1),
		.scalable_option = "x-scalable-mode",
		.pasid_option = "x-pasid-mode",
		.aw_bits = 39,
		.first_stage_word = "",
		.first_stage_rule = HIOD_FIRST_STAGE_NONE,
		.set_error_prefix = "Failed to set iommu_device: ",
		.realize_point = HIOD_REALIZE_EARLY,
		.bind_argsz = 16,
		.attach_argsz = 12,
		.detach_argsz = 8,
		.hwpt_alloc_size = 40,
		.hw_info_len = 24,
		.autodomain_hw_info_len = HIOD_NO_HW_INFO,
		.unmap_wrap_retry = true,
		.pasid_iotlb_refused = true,
	},
	{
		.name = "qemu-9.2",
		.version = HIOD_VERSION(9, 2),
		.scalable_option = "x-scalable-mode",
		.pasid_option = "x-pasid-mode",
		.aw_bits = 39,
		.first_stage_word = "",
		.first_stage_rule = HIOD_FIRST_STAGE_NONE,
		.set_error_prefix = "Failed to set iommu_device: ",
		.realize_point = HIOD_REALIZE_EARLY,
		.bind_argsz = 16,
		.attach_argsz = 12,
		.detach_argsz = 8,
		.hwpt_alloc_size = 48,
		.hw_info_len = 24,
		.autodomain_hw_info_len = HIOD_NO_HW_INFO,
		.unmap_wrap_retry = true,
		.pasid_iotlb_refused = true,
	},
	{
		.name = "qemu-10.0",
		.version = HIOD_VERSION(10, 0),
		.scalable_option = "x-scalable-mode",
		.first_stage_option = "x-flts",
		.pasid_option = "x-pasid-mode",
		.aw_bits = 48,
		.first_stage_word = "flts",
		.first_stage_rule = HIOD_FIRST_STAGE_REFUSED,
		.set_error_prefix = "Failed to set vIOMMU: ",
		.realize_point = HIOD_REALIZE_EARLY,
		.bind_argsz = 16,
		.attach_argsz = 12,
		.detach_argsz = 8,
		.hwpt_alloc_size = 48,
		.hw_info_len = 24,
		.autodomain_hw_info_len = HIOD_NO_HW_INFO,
		.unmap_wrap_retry = true,
		.pasid_iotlb_refused = true,
	},
	{
		.name = "qemu-10.1",
		.version = HIOD_VERSION(10, 1),
		.scalable_option = "x-scalable-mode",
		.first_stage_option = "x-flts",
		.pasid_option = "x-pasid-mode",
		.aw_bits = 48,
		.first_stage_word = "flts",
		.first_stage_rule = HIOD_FIRST_STAGE_REFUSED,
		.set_error_prefix = "Failed to set vIOMMU: ",
		.realize_point = HIOD_REALIZE_LATE,
		.bind_argsz = 16,
		.attach_argsz = 16,
		.detach_argsz = 12,
		.hwpt_alloc_size = 48,
		.hw_info_len = 40,
		.autodomain_hw_info_len = 0,
		.keeps_vendor_caps = true,
		.probe_change_process = true,
		.probe_update_vaddr = true,
		.unmap_wrap_retry = true,
		.pasid_iotlb_refused = true,
	},
	{
		.name = "qemu-10.2",
		.version = HIOD_VERSION(10, 2),
		.scalable_option = "x-scalable-mode",
		.first_stage_option = "x-flts",
		.pasid_option = "x-pasid-mode",
		.aw_bits = 48,
		.first_stage_word = "flts",
		.first_stage_rule = HIOD_FIRST_STAGE_REFUSED,
		.set_error_prefix = "Failed to set vIOMMU: ",
		.realize_point = HIOD_REALIZE_LATE,
		.bind_argsz = 24,
		.attach_argsz = 16,
		.detach_argsz = 12,
		.hwpt_alloc_size = 48,
		.hw_info_len = 40,
		.autodomain_hw_info_len = 0,
		.keeps_vendor_caps = true,
		.probe_change_process = true,
		.probe_update_vaddr = true,
		.probe_unmap_all = true,
		.caching_mode_at_set = true,
		.mixed_backends_abort = true,
		.pasid_iotlb_refused = true,
		.esrtps = true,
	},
	{
		.name = "qemu-11.1",
		.version = HIOD_VERSION(11, 1),
		.scalable_option = "scalable-mode",
		.first_stage_option = "fsts",
		.pasid_option = "pasid-bits",
		.aw_bits = 48,
		.first_stage_word = "fsts",
		.first_stage_rule = HIOD_FIRST_STAGE_CHECKED,
		.set_error_prefix = "Failed to set vIOMMU: ",
		.realize_point = HIOD_REALIZE_LATE,
		.bind_argsz = 24,
		.attach_argsz = 16,
		.detach_argsz = 12,
		.hwpt_alloc_size = 48,
		.hw_info_len = 40,
		.autodomain_hw_info_len = 40,
		.keeps_vendor_caps = true,
		.access_dev_iommu = true,
		.probe_change_process = true,
		.probe_update_vaddr = true,
		.probe_unmap_all = true,
		.pasid_in_attach_text = true,
		.caching_mode_at_set = true,
		.mixed_backends_abort = true,
		.esrtps = true,
	},
};

#define N_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

const struct hiod_profile *hiod_profile_find(const char *name)
{
	for (size_t i = 0; i < N_PROFILES; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

const struct hiod_profile *hiod_profile_at(size_t i)
{
	return i < N_PROFILES ? &profiles[i] : NULL;
}

const struct hiod_profile *hiod_profile_default(void)
{
	return &profiles[N_PROFILES - 1];
}
