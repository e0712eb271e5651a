// SPDX-License-Identifier: GPL-2.0-or-later
/* The vfio-pci device; see vfio_pci.h. Source: QEMU's hw/vfio/pci.c. */
#include "hiod/vfio_pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bits of PASID that PCIe has; QEMU asserts that no host claims more. */
#define PCI_PASID_WIDTH_MAX 20

/* One hex number of at most max, ended by one of ends. NULL if it is not. */
static const char *hex(const char *p, unsigned long max, const char *ends, unsigned long *v)
{
	char *end;

	*v = strtoul(p, &end, 16);
	if (end == p || *v > max || !strchr(ends, *end) || !strchr("0123456789abcdefABCDEF", *p))
		return NULL;
	return end;
}

int vfio_pci_path(const char *host, char path[VFIO_PCI_PATH_MAX], struct hiod_error *err)
{
	unsigned long domain = 0, bus, slot, func;
	const char *p;

	p = strchr(host, ':');
	p = p ? strchr(p + 1, ':') : NULL;
	if (p) {
		p = hex(host, 0xffff, ":", &domain);
		p = p ? p + 1 : NULL;
	} else {
		p = host;
	}
	p = p ? hex(p, 0xff, ":", &bus) : NULL;
	p = p && *p ? hex(p + 1, 0x1f, ".", &slot) : NULL;
	p = p && *p ? hex(p + 1, 7, "", &func) : NULL;
	if (!p || *p) {
		err->stage = HIOD_STAGE_CONFIG;
		return hiod_error_set(err, -EINVAL,
				      "Property 'vfio-pci.host' doesn't take value '%s'", host);
	}
	snprintf(path, VFIO_PCI_PATH_MAX, "/sys/bus/pci/devices/%04lx:%02lx:%02lx.%lx", domain, bus,
		 slot, func);
	return 0;
}

/* The PASID capability that QEMU makes up for a device whose host IOMMU has PASIDs. */
static int add_pasid_cap(VFIOPCIDevice *dev, struct hiod_error *err)
{
	VFIODevice *vbasedev = &dev->vbasedev;
	HostIOMMUDevice *hiod = vbasedev->hiod;
	bool (*get_pasid_info)(HostIOMMUDevice *, PasidInfo *);
	PasidInfo info;

	if (!hiod || !(vbasedev->viommu_flags & VIOMMU_FLAG_PASID_SUPPORTED))
		return 0;
	get_pasid_info = HIOD_METHOD(hiod, get_pasid_info);
	if (!get_pasid_info || !get_pasid_info(hiod, &info))
		return 0;
	if (info.max_pasid_log2 > PCI_PASID_WIDTH_MAX)
		return hiod_fail_anomaly(vbasedev->vfio->anomalies, HIOD_ANOMALY_PASID_WIDTH,
					 info.max_pasid_log2, PCI_PASID_WIDTH_MAX, err);
	return 0;
}

int vfio_pci_realize(VFIOPCIDevice *dev, VFIOState *vfio, const char *sysfsdev,
		     IOMMUFDBackend *iommufd, AddressSpace *sys, struct hiod_error *err)
{
	VFIODevice *vbasedev = &dev->vbasedev;
	AddressSpace *as;
	int rc;

	dev->realized = false;
	rc = vfio_device_init(vbasedev, vfio, sysfsdev, err);
	if (rc)
		return rc;
	vbasedev->iommufd = iommufd;
	vbasedev->viommu_flags = pci_device_get_viommu_flags(&dev->pdev);
	as = pci_device_iommu_address_space(&dev->pdev, sys);
	if (!as)
		return hiod_error_nomem(err);
	rc = vfio_attach_device(vbasedev, as, err);
	if (rc)
		goto prefix;
	err->stage = HIOD_STAGE_CHECK;
	if (vfio_device_has_hiod(vbasedev)) {
		rc = pci_device_set_iommu_device(&dev->pdev, vbasedev->hiod, err);
		if (rc) {
			if (err->fail == HIOD_FAIL_QEMU)
				hiod_error_prepend(err, "%s", vfio->profile->set_error_prefix);
			goto prefix;
		}
	}
	dev->realized = true;
	rc = add_pasid_cap(dev, err);
	if (!rc)
		return 0;
	vfio_pci_exit(dev);
prefix:
	if (err->fail == HIOD_FAIL_QEMU)
		hiod_error_prepend(err, "vfio %s: ", vbasedev->name);
	return rc;
}

void vfio_pci_exit(VFIOPCIDevice *dev)
{
	if (dev->realized && vfio_device_has_hiod(&dev->vbasedev))
		pci_device_unset_iommu_device(&dev->pdev);
	dev->realized = false;
}

void vfio_pci_finalize(VFIOPCIDevice *dev)
{
	vfio_detach_device(&dev->vbasedev);
}
