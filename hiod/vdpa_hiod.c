// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HostIOMMUDevice classes of vDPA devices. Over vhost-vdpa everything is
 * looked up through the agent when asked. Over iommufd there is nothing to ask:
 * drivers/vhost and drivers/vdpa have no ioctl for it, up to Linux 7.3.
 */
#include <errno.h>
#include <string.h>
#include "hiod/path.h"
#include "hiod/vdpa.h"

static int get_iova_ranges(HostIOMMUDevice *hiod, struct hiod_ranges *out)
{
	const VDPADevice *v = hiod->agent;

	return range_list_copy(out, &v->iova_ranges);
}

static uint64_t get_page_size_mask(HostIOMMUDevice *hiod)
{
	return vdpa_device_get_page_sizes(hiod->agent);
}

static int legacy_realize(HostIOMMUDevice *hiod, void *agent, struct hiod_error *err)
{
	VDPADevice *v = agent;

	hiod->agent = v;
	hiod->name = v->name;
	return 0;
}

static int legacy_get_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	if (cap == HOST_IOMMU_DEVICE_CAP_AW_BITS)
		return vdpa_device_get_aw_bits(hiod->agent);
	return hiod_unsupported_cap(hiod, cap, err);
}

const HostIOMMUDeviceClass host_iommu_device_legacy_vdpa_class = {
	.name = "host-iommu-device-legacy-vdpa",
	.parent = &host_iommu_device_class,
	.instance_size = sizeof(HostIOMMUDeviceLegacyVDPA),
	.realize = legacy_realize,
	.get_cap = legacy_get_cap,
	.get_iova_ranges = get_iova_ranges,
	.get_page_size_mask = get_page_size_mask,
};

/* Nothing is kept: neither name nor agent, so that nothing is left to release. */
static int iommufd_realize(HostIOMMUDevice *hiod, void *agent, struct hiod_error *err)
{
	const VDPADevice *v = agent;
	char release[128];
	ssize_t n = path_load(v->shim, "/proc/sys/kernel/osrelease", release, sizeof(release));

	err->stage = HIOD_STAGE_REALIZE;
	release[n < 0 ? 0 : strcspn(release, "\n")] = '\0';
	return hiod_error_set(err, -EOPNOTSUPP,
			      "%s: Linux%s%s has no iommufd for vDPA devices (vhost-vdpa has)",
			      v->name, *release ? " " : "", release);
}

const HostIOMMUDeviceIOMMUFDClass host_iommu_device_iommufd_vdpa_class = {
	.parent = {
		.name = "host-iommu-device-iommufd-vdpa",
		.parent = &host_iommu_device_iommufd_class,
		.instance_size = sizeof(HostIOMMUDeviceIOMMUFDVDPA),
		.realize = iommufd_realize,
	},
};
