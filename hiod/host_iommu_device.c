// SPDX-License-Identifier: GPL-2.0-or-later
/* The base class; see host_iommu_device.h. */
#include "hiod/host_iommu_device.h"

#include <errno.h>
#include <stdlib.h>

const HostIOMMUDeviceClass host_iommu_device_class = {
	.name = "host-iommu-device",
};

HostIOMMUDevice *hiod_new(const HostIOMMUDeviceClass *klass)
{
	HostIOMMUDevice *hiod = calloc(1, klass->instance_size);

	if (!hiod)
		return NULL;
	hiod->klass = klass;
	hiod->refs = 1;
	return hiod;
}

HostIOMMUDevice *hiod_ref(HostIOMMUDevice *hiod)
{
	hiod->refs++;
	return hiod;
}

void hiod_unref(HostIOMMUDevice *hiod)
{
	void (*finalize)(HostIOMMUDevice *);

	if (!hiod || --hiod->refs)
		return;
	finalize = HIOD_METHOD(hiod, finalize);
	if (finalize)
		finalize(hiod);
	free(hiod);
}

bool hiod_is_a(const HostIOMMUDevice *hiod, const HostIOMMUDeviceClass *klass)
{
	const HostIOMMUDeviceClass *k = hiod->klass;

	while (k && k != klass)
		k = k->parent;
	return k;
}

int hiod_unsupported_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	return hiod_error_set(err, -EINVAL, "%s: unsupported capability %x",
			      hiod->name ? hiod->name : "", (unsigned)cap);
}
