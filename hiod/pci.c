// SPDX-License-Identifier: GPL-2.0-or-later
/* The way from a device up to its IOMMU; see pci.h. */
#include "hiod/pci.h"

#include <stddef.h>

void pci_setup_iommu(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque)
{
	bus->iommu_ops = ops;
	bus->iommu_opaque = opaque;
}

void pci_setup_iommu_per_bus(PCIBus *bus, const PCIIOMMUOps *ops, void *opaque)
{
	pci_setup_iommu(bus, ops, opaque);
	bus->iommu_per_bus = true;
}

void pci_clear_iommu(PCIBus *bus)
{
	bus->iommu_ops = NULL;
	bus->iommu_opaque = NULL;
	bus->iommu_per_bus = false;
}

/* The property belongs to the host bridge of the root bus that a bus hangs from. */
static bool bus_bypasses_iommu(const PCIBus *bus)
{
	while (!bus->root && bus->parent_dev)
		bus = bus->parent_dev->bus;
	return bus->bypass_iommu;
}

void pci_device_get_iommu_bus_devfn(PCIDevice *dev, struct pci_iommu_alias *out)
{
	PCIBus *bus = dev->bus;

	*out = (struct pci_iommu_alias){ .aliased_bus = bus, .aliased_devfn = dev->devfn };
	while (!bus->iommu_ops && bus->parent_dev) {
		PCIDevice *parent = bus->parent_dev;
		PCIBus *parent_bus = parent->bus;

		/*
		 * Requests from a conventional bus carry the bridge's ID, or that of
		 * device 0 behind it where the bridge's upper side is PCI Express.
		 * The outermost conventional level is the one that shows.
		 */
		if (!bus->express) {
			if (parent->express && parent->pcie_type == PCI_EXP_TYPE_PCI_BRIDGE) {
				out->aliased_bus = bus;
				out->aliased_devfn = PCI_DEVFN(0, 0);
			} else {
				out->aliased_bus = parent_bus;
				out->aliased_devfn = parent->devfn;
			}
			out->aliased = true;
		}
		if (bus->express && bus->root && parent_bus->iommu_per_bus)
			break;
		bus = parent_bus;
	}
	if (!bus_bypasses_iommu(out->aliased_bus) && bus->iommu_ops)
		out->iommu_bus = bus;
}

AddressSpace *pci_device_iommu_address_space(PCIDevice *dev, AddressSpace *sys)
{
	struct pci_iommu_alias a;

	pci_device_get_iommu_bus_devfn(dev, &a);
	if (!a.iommu_bus)
		return sys;
	return a.iommu_bus->iommu_ops->get_address_space(a.aliased_bus, a.iommu_bus->iommu_opaque,
							 a.aliased_devfn);
}

uint64_t pci_device_get_viommu_flags(PCIDevice *dev)
{
	struct pci_iommu_alias a;

	pci_device_get_iommu_bus_devfn(dev, &a);
	if (!a.iommu_bus || !a.iommu_bus->iommu_ops->get_viommu_flags)
		return 0;
	return a.iommu_bus->iommu_ops->get_viommu_flags(a.iommu_bus->iommu_opaque);
}

int pci_device_set_iommu_device(PCIDevice *dev, HostIOMMUDevice *hiod, struct hiod_error *err)
{
	struct pci_iommu_alias a;

	pci_device_get_iommu_bus_devfn(dev, &a);
	if (!a.iommu_bus || !a.iommu_bus->iommu_ops->set_iommu_device)
		return 0;
	hiod->aliased_bus = a.aliased_bus;
	hiod->aliased_devfn = a.aliased_devfn;
	hiod->aliased = a.aliased;
	return a.iommu_bus->iommu_ops->set_iommu_device(dev->bus, a.iommu_bus->iommu_opaque,
							dev->devfn, hiod, err);
}

void pci_device_unset_iommu_device(PCIDevice *dev)
{
	struct pci_iommu_alias a;

	pci_device_get_iommu_bus_devfn(dev, &a);
	if (a.iommu_bus && a.iommu_bus->iommu_ops->unset_iommu_device)
		a.iommu_bus->iommu_ops->unset_iommu_device(dev->bus, a.iommu_bus->iommu_opaque,
							   dev->devfn);
}
