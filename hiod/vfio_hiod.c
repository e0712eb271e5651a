// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HostIOMMUDevice classes of VFIO devices: what the container knows, told
 * to a vIOMMU. Everything is looked up through the agent when asked: two
 * devices of one container always answer the same. (The series itself kept the
 * width that it found when realizing.)
 */
#include <errno.h>
#include <string.h>
#include "hiod/vfio.h"

int vfio_hiod_get_aw_bits(const HostIOMMUDevice *hiod)
{
	return hiod->caps.has_aw_bits ? hiod->caps.aw_bits : vfio_device_get_aw_bits(hiod->agent);
}

static void take_aw_bits(HostIOMMUDeviceCaps *caps, const VFIODevice *vbasedev)
{
	caps->has_aw_bits = vbasedev->vfio->profile->aw_bits_snapshot;
	if (caps->has_aw_bits)
		caps->aw_bits = vfio_device_get_aw_bits(vbasedev);
}

static int get_iova_ranges(HostIOMMUDevice *hiod, struct hiod_ranges *out)
{
	const VFIODevice *vbasedev = hiod->agent;

	return range_list_copy(out, &vbasedev->container->iova_ranges);
}

static uint64_t get_page_size_mask(HostIOMMUDevice *hiod)
{
	const VFIODevice *vbasedev = hiod->agent;

	return vbasedev->container->pgsizes;
}

static int legacy_realize(HostIOMMUDevice *hiod, void *agent, struct hiod_error *err)
{
	VFIODevice *vbasedev = agent;

	hiod->agent = vbasedev;
	hiod->name = vbasedev->name;
	take_aw_bits(&hiod->caps, vbasedev);
	return 0;
}

static int legacy_get_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	if (cap == HOST_IOMMU_DEVICE_CAP_AW_BITS)
		return vfio_hiod_get_aw_bits(hiod);
	return hiod_unsupported_cap(hiod, cap, err);
}

const HostIOMMUDeviceClass host_iommu_device_legacy_vfio_class = {
	.name = "host-iommu-device-legacy-vfio",
	.parent = &host_iommu_device_class,
	.instance_size = sizeof(HostIOMMUDeviceLegacyVFIO),
	.realize = legacy_realize,
	.get_cap = legacy_get_cap,
	.get_iova_ranges = get_iova_ranges,
	.get_page_size_mask = get_page_size_mask,
};

static int iommufd_vfio_realize(HostIOMMUDevice *hiod, void *agent, struct hiod_error *err)
{
	HostIOMMUDeviceIOMMUFD *idev = (HostIOMMUDeviceIOMMUFD *)hiod;
	VFIODevice *vbasedev = agent;
	const struct hiod_profile *p = vbasedev->vfio->profile;
	HostIOMMUDeviceCaps caps = { 0 };
	int rc;

	hiod->agent = vbasedev;
	rc = iommufd_backend_get_device_info(vbasedev->iommufd, vbasedev->devid, &caps.vendor_caps,
					     p->hw_info_len, &caps, &idev->hw_info_len, err);
	if (rc)
		return rc;
	if (!p->keeps_vendor_caps)
		memset(&caps.vendor_caps, 0, sizeof(caps.vendor_caps));
	if (p->version < HIOD_VERSION(11, 0))
		caps.max_pasid_log2 = 0;
	take_aw_bits(&caps, vbasedev);
	hiod->name = vbasedev->name;
	hiod->caps = caps;
	idev->iommufd = vbasedev->iommufd;
	idev->devid = vbasedev->devid;
	iommufd_cdev_tell_hiod(vbasedev);
	return 0;
}

const HostIOMMUDeviceIOMMUFDClass host_iommu_device_iommufd_vfio_class = {
	.parent = {
		.name = "host-iommu-device-iommufd-vfio",
		.parent = &host_iommu_device_iommufd_class,
		.instance_size = sizeof(HostIOMMUDeviceIOMMUFDVFIO),
		.realize = iommufd_vfio_realize,
		.get_iova_ranges = get_iova_ranges,
		.get_page_size_mask = get_page_size_mask,
		.finalize = iommufd_vfio_finalize,
	},
	.attach_hwpt = iommufd_vfio_attach_hwpt,
	.detach_hwpt = iommufd_vfio_detach_hwpt,
};
