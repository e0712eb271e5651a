// SPDX-License-Identifier: GPL-2.0-or-later
/* The virtio device over vhost-vdpa; see vdpa_pci.h. */
#include "hiod/vdpa_pci.h"

#include <errno.h>

/*
 * intel-iommu without caching-mode tells nobody of what a guest maps. QEMU
 * refuses when the device starts to listen, which is when its driver starts.
 */
static int check_caching_mode(const VDPAPCIDevice *dev, const Machine *m, struct hiod_error *err)
{
	const PCIDevice *p = &dev->pdev;
	struct pci_iommu_alias a;

	if (m->viommu_kind != MACHINE_VIOMMU_INTEL || m->viommu.config.caching_mode)
		return 0;
	pci_device_get_iommu_bus_devfn((PCIDevice *)p, &a);
	if (!a.iommu_bus)
		return 0;
	return hiod_error_set(err, -EINVAL, "device %02x.%02x.%x requires caching mode", 0,
			      PCI_SLOT(p->devfn), PCI_FUNC(p->devfn));
}

static int realize(VDPAPCIDevice *dev, Machine *m, struct hiod_error *err)
{
	AddressSpace *as = pci_device_iommu_address_space(&dev->pdev, &m->sys);
	int rc;

	if (!as)
		return hiod_error_nomem(err);
	rc = vdpa_attach_device(&dev->vdpa, as, err);
	if (rc)
		return rc;
	err->stage = HIOD_STAGE_CHECK;
	rc = pci_device_set_iommu_device(&dev->pdev, dev->vdpa.hiod, err);
	if (rc) {
		if (err->fail == HIOD_FAIL_QEMU)
			hiod_error_prepend(err, "%s", m->profile->set_error_prefix);
		return rc;
	}
	dev->realized = true;
	return check_caching_mode(dev, m, err);
}

int vdpa_pci_plug(VDPAPCIDevice *dev, Machine *m, const char *node, struct hiod_error *err)
{
	int rc;

	if (!dev->pdev.bus)
		dev->pdev.bus = &m->root;
	dev->realized = false;
	dev->m = NULL;
	rc = vdpa_device_init(&dev->vdpa, m->vfio.shim, m->vfio.report, &m->anomalies, node, err);
	if (rc)
		return rc;
	dev->m = m;
	dev->next = m->vdpas;
	m->vdpas = dev;
	rc = realize(dev, m, err);
	if (rc && err->fail == HIOD_FAIL_QEMU)
		hiod_error_prepend(err, "%s: ", dev->vdpa.name);
	return rc;
}

void vdpa_pci_unplug(VDPAPCIDevice *dev)
{
	VDPAPCIDevice **at = dev->m ? &dev->m->vdpas : NULL;

	while (at && *at && *at != dev)
		at = &(*at)->next;
	if (at && *at)
		*at = dev->next;
	dev->m = NULL;
	if (dev->realized)
		pci_device_unset_iommu_device(&dev->pdev);
	dev->realized = false;
	vdpa_detach_device(&dev->vdpa);
	pci_device_displace(&dev->pdev);
}
