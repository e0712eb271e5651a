// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of an iommufd that are asked for by name: made, told of changes,
 * watched for writes; see iommufd.h. Source: QEMU's backends/iommufd.c.
 */
#include "hiod/iommufd.h"

#include <errno.h>
#include <inttypes.h>
#include "harness/uapi/uapi_compat.h"

int iommufd_backend_alloc_hwpt(IOMMUFDBackend *be, uint32_t dev_id, uint32_t pt_id, uint32_t flags,
			       uint32_t data_type, uint32_t data_len, const void *data,
			       uint32_t *hwpt_id, struct hiod_error *err)
{
	struct uapi_hwpt_alloc a = {
		.size = be->profile->hwpt_alloc_size,
		.flags = flags,
		.dev_id = dev_id,
		.pt_id = pt_id,
		.data_type = data_type,
		.data_len = data_len,
		.data_uptr = (uintptr_t)data,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_HWPT_ALLOC, &a);

	if (rc < 0)
		return hiod_error_set_errno(err, rc, "Failed to allocate hwpt");
	*hwpt_id = a.out_hwpt_id;
	return 0;
}

int iommufd_backend_set_dirty_tracking(IOMMUFDBackend *be, uint32_t hwpt_id, bool start,
				       struct hiod_error *err)
{
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set),
		.flags = start ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt_id,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set);

	if (rc < 0)
		return hiod_error_set_errno(
			err, rc, "IOMMU_HWPT_SET_DIRTY_TRACKING(hwpt_id %u) failed", hwpt_id);
	return 0;
}

int iommufd_backend_get_dirty_bitmap(IOMMUFDBackend *be, uint32_t hwpt_id, uint64_t iova,
				     uint64_t size, uint64_t page_size, uint32_t flags, void *data,
				     struct hiod_error *err)
{
	struct iommu_hwpt_get_dirty_bitmap get = {
		.size = sizeof(get),
		.hwpt_id = hwpt_id,
		.flags = flags,
		.iova = iova,
		.length = size,
		.page_size = page_size,
		.data = (uintptr_t)data,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get);

	if (rc < 0)
		return hiod_error_set_errno(err, rc,
					    "IOMMU_HWPT_GET_DIRTY_BITMAP (iova: 0x%" PRIx64
					    " size: 0x%" PRIx64 ") failed",
					    iova, size);
	return 0;
}

int iommufd_backend_invalidate_cache(IOMMUFDBackend *be, uint32_t hwpt_id, uint32_t data_type,
				     uint32_t entry_len, uint32_t *entry_num, const void *data,
				     struct hiod_error *err)
{
	uint32_t total = *entry_num;
	struct iommu_hwpt_invalidate inv = {
		.size = sizeof(inv),
		.hwpt_id = hwpt_id,
		.data_uptr = (uintptr_t)data,
		.data_type = data_type,
		.entry_len = entry_len,
		.entry_num = total,
	};
	int rc = shim_ioctl(be->shim, be->fd, IOMMU_HWPT_INVALIDATE, &inv);

	*entry_num = inv.entry_num;
	if (rc < 0)
		return hiod_error_set_errno(err, rc,
					    "IOMMU_HWPT_INVALIDATE failed: total %u entries, "
					    "processed %u entries",
					    total, *entry_num);
	if (*entry_num != total)
		return hiod_error_set(err, -EPROTO,
				      "IOMMU_HWPT_INVALIDATE succeed but with unprocessed entries: "
				      "total %u entries, processed %u entries. Kernel BUG?!",
				      total, *entry_num);
	return 0;
}

int host_iommu_device_iommufd_attach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid,
					  uint32_t hwpt_id, struct hiod_error *err)
{
	const HostIOMMUDeviceIOMMUFDClass *k = (const void *)idev->parent.klass;

	if (!k->attach_hwpt)
		return hiod_error_set(err, -EOPNOTSUPP, "%s: attach_hwpt() not implemented",
				      k->parent.name);
	return k->attach_hwpt(idev, pasid, hwpt_id, err);
}

int host_iommu_device_iommufd_detach_hwpt(HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid,
					  struct hiod_error *err)
{
	const HostIOMMUDeviceIOMMUFDClass *k = (const void *)idev->parent.klass;

	if (!k->detach_hwpt)
		return hiod_error_set(err, -EOPNOTSUPP, "%s: detach_hwpt() not implemented",
				      k->parent.name);
	return k->detach_hwpt(idev, pasid, err);
}

uint32_t host_iommu_device_iommufd_hwpt(const HostIOMMUDeviceIOMMUFD *idev, uint32_t pasid)
{
	for (unsigned i = 0; i < idev->nattached; i++)
		if (idev->attached[i].pasid == pasid)
			return idev->attached[i].hwpt_id;
	if (pasid != HIOD_NO_PASID)
		return 0;
	return idev->hwpt_id ? idev->hwpt_id : idev->ioas_id;
}
