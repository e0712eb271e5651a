// SPDX-License-Identifier: GPL-2.0-or-later
/* With which bus and devfn a vIOMMU is asked: its own the device, the alias the address space. */
#include "harness/ktap/ktap.h"
#include "hiod/pci.h"

/* What the vIOMMU was asked last. */
struct asked {
	PCIBus *space_bus, *set_bus, *unset_bus;
	int space_devfn, set_devfn, unset_devfn;
	int refuses; /* -errno of set_iommu_device() */
	AddressSpace as;
};

static AddressSpace *get_as(PCIBus *bus, void *opaque, int devfn)
{
	struct asked *a = opaque;

	a->space_bus = bus;
	a->space_devfn = devfn;
	return &a->as;
}

static int set(PCIBus *bus, void *opaque, int devfn, HostIOMMUDevice *hiod, struct hiod_error *err)
{
	struct asked *a = opaque;

	(void)hiod;
	(void)err;
	a->set_bus = bus;
	a->set_devfn = devfn;
	return a->refuses;
}

static void unset(PCIBus *bus, void *opaque, int devfn)
{
	struct asked *a = opaque;

	a->unset_bus = bus;
	a->unset_devfn = devfn;
}

static const PCIIOMMUOps ops = {
	.get_address_space = get_as,
	.set_iommu_device = set,
	.unset_iommu_device = unset,
};

/* pcie.0 - pcie-pci-bridge 03.0 - pci-bridge 04.0 - device 05.1 */
FIXTURE(chain)
{
	PCIBus root, upper, lower;
	PCIDevice pcie_pci, pci_pci, dev;
	HostIOMMUDevice hiod;
	struct asked asked;
	struct hiod_error err;
};

FIXTURE_SETUP(chain)
{
	memset(self, 0, sizeof(*self));
	self->root = (PCIBus){ .express = true, .root = true };
	self->pcie_pci = (PCIDevice){ .bus = &self->root,
				      .devfn = PCI_DEVFN(3, 0),
				      .express = true,
				      .pcie_type = PCI_EXP_TYPE_PCI_BRIDGE };
	self->upper = (PCIBus){ .parent_dev = &self->pcie_pci };
	self->pci_pci = (PCIDevice){ .bus = &self->upper, .devfn = PCI_DEVFN(4, 0) };
	self->lower = (PCIBus){ .parent_dev = &self->pci_pci };
	self->dev = (PCIDevice){ .bus = &self->lower, .devfn = PCI_DEVFN(5, 1) };
	hiod_error_init(&self->err);
}

FIXTURE_TEARDOWN(chain)
{
}

TEST_F(chain, set_and_unset_name_the_device_and_the_address_space_its_alias)
{
	pci_setup_iommu(&self->root, &ops, &self->asked);
	EXPECT_TRUE(&self->asked.as == pci_device_iommu_address_space(&self->dev, NULL));
	EXPECT_TRUE(&self->upper == self->asked.space_bus);
	EXPECT_EQ(PCI_DEVFN(0, 0), self->asked.space_devfn);

	EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, &self->hiod, &self->err));
	EXPECT_TRUE(&self->lower == self->asked.set_bus);
	EXPECT_EQ(PCI_DEVFN(5, 1), self->asked.set_devfn);
	EXPECT_TRUE(&self->upper == self->hiod.aliased_bus);
	EXPECT_EQ(PCI_DEVFN(0, 0), self->hiod.aliased_devfn);
	EXPECT_TRUE(self->hiod.aliased);

	pci_device_unset_iommu_device(&self->dev);
	EXPECT_TRUE(&self->lower == self->asked.unset_bus);
	EXPECT_EQ(PCI_DEVFN(5, 1), self->asked.unset_devfn);
}

TEST_F(chain, the_alias_is_known_before_the_viommu_is_asked)
{
	self->asked.refuses = -EINVAL;
	pci_setup_iommu(&self->root, &ops, &self->asked);
	EXPECT_EQ(-EINVAL, pci_device_set_iommu_device(&self->dev, &self->hiod, &self->err));
	EXPECT_TRUE(&self->upper == self->hiod.aliased_bus);
}

TEST_F(chain, a_viommu_of_a_bus_below_ends_the_way_up)
{
	struct asked above = { 0 };

	pci_setup_iommu(&self->root, &ops, &above);
	pci_setup_iommu(&self->upper, &ops, &self->asked);
	pci_device_iommu_address_space(&self->dev, NULL);
	EXPECT_NULL(above.space_bus);
	/* the lower bridge speaks for the device there */
	EXPECT_TRUE(&self->upper == self->asked.space_bus);
	EXPECT_EQ(PCI_DEVFN(4, 0), self->asked.space_devfn);
}

TEST_F(chain, every_device_of_one_alias_is_told_of_by_itself)
{
	PCIDevice other = { .bus = &self->upper, .devfn = PCI_DEVFN(6, 0) };
	HostIOMMUDevice hiod = { .refs = 1 };

	pci_setup_iommu(&self->root, &ops, &self->asked);
	EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, &self->hiod, &self->err));
	EXPECT_EQ(0, pci_device_set_iommu_device(&other, &hiod, &self->err));
	EXPECT_TRUE(&self->upper == self->asked.set_bus);
	EXPECT_EQ(PCI_DEVFN(6, 0), self->asked.set_devfn);
	EXPECT_TRUE(self->hiod.aliased_bus == hiod.aliased_bus);
	EXPECT_EQ(self->hiod.aliased_devfn, hiod.aliased_devfn);
}

TEST_HARNESS_MAIN
