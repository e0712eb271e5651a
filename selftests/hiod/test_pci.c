// SPDX-License-Identifier: GPL-2.0-or-later
/* Which vIOMMU is above a device, and as whom it sees the device. */
#include "harness/ktap/ktap.h"
#include "hiod/pci.h"

/* What lies between the root bus and the device, from above. */
enum link {
	END,
	ROOT_PORT,   /* express, to an express bus; a switch's ports are like it */
	PCIE_TO_PCI, /* pcie-pci-bridge: express above, conventional below */
	DMI_TO_PCI,  /* i82801b11: no express capability, conventional below */
	PCI_BRIDGE,  /* pci-bridge: conventional on both sides */
	PXB_PCIE,    /* expander: an express root bus of its own */
	PXB,	     /* the same, conventional */
};

struct topology {
	PCIBus bus[5];
	PCIDevice bridge[4], dev;
	unsigned n; /* of bridges */
};

static void build(struct topology *t, const enum link *links, bool express_root)
{
	memset(t, 0, sizeof(*t));
	t->bus[0] = (PCIBus){ .express = express_root, .root = true };
	for (; links[t->n] != END; t->n++) {
		enum link l = links[t->n];
		bool is_pxb = l == PXB || l == PXB_PCIE;

		t->bridge[t->n] = (PCIDevice){
			.bus = &t->bus[t->n],
			.devfn = PCI_DEVFN(3 + t->n, 0),
			.express = l == ROOT_PORT || l == PCIE_TO_PCI,
			.pcie_type = l == PCIE_TO_PCI ? PCI_EXP_TYPE_PCI_BRIDGE : 4,
		};
		t->bus[t->n + 1] = (PCIBus){
			.parent_dev = &t->bridge[t->n],
			.express = l == ROOT_PORT || l == PXB_PCIE,
			.root = is_pxb,
		};
	}
	t->dev = (PCIDevice){ .bus = &t->bus[t->n], .devfn = PCI_DEVFN(1, 2) };
}

static AddressSpace *no_as(PCIBus *bus, void *opaque, int devfn)
{
	(void)bus;
	(void)devfn;
	return opaque;
}

static const PCIIOMMUOps ops = { .get_address_space = no_as };

TEST(alias)
{
	/* bus: index of the aliased one; devfn 0xff: the device's own */
	static const struct {
		const char *name;
		enum link links[5];
		bool conventional_root;
		unsigned bus;
		uint8_t devfn;
		bool aliased;
	} rows[] = {
		{ "on the root bus", { END }, false, 0, 0xff, false },
		{ "root port", { ROOT_PORT, END }, false, 1, 0xff, false },
		{ "switch", { ROOT_PORT, ROOT_PORT, ROOT_PORT, END }, false, 3, 0xff, false },
		{ "pcie-pci-bridge", { PCIE_TO_PCI, END }, false, 1, 0, true },
		{ "pcie-pci-bridge behind a port",
		  { ROOT_PORT, PCIE_TO_PCI, END },
		  false,
		  2,
		  0,
		  true },
		{ "pcie-pci-bridge, pci-bridge",
		  { PCIE_TO_PCI, PCI_BRIDGE, END },
		  false,
		  1,
		  0,
		  true },
		{ "i82801b11", { DMI_TO_PCI, END }, false, 0, PCI_DEVFN(3, 0), true },
		{ "i82801b11, pci-bridge",
		  { DMI_TO_PCI, PCI_BRIDGE, END },
		  false,
		  0,
		  PCI_DEVFN(3, 0),
		  true },
		{ "conventional root", { END }, true, 0, 0xff, false },
		{ "conventional root, pci-bridge",
		  { PCI_BRIDGE, END },
		  true,
		  0,
		  PCI_DEVFN(3, 0),
		  true },
		{ "pxb-pcie", { PXB_PCIE, END }, false, 1, 0xff, false },
		{ "pxb-pcie, root port", { PXB_PCIE, ROOT_PORT, END }, false, 2, 0xff, false },
		{ "pxb", { PXB, END }, true, 0, PCI_DEVFN(3, 0), true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_iommu_alias a;
		struct topology t;

		build(&t, rows[i].links, !rows[i].conventional_root);
		pci_setup_iommu(&t.bus[0], &ops, NULL);
		pci_device_get_iommu_bus_devfn(&t.dev, &a);
		EXPECT_TRUE(&t.bus[0] == a.iommu_bus)
		{
			TH_LOG("%s", rows[i].name);
		}
		EXPECT_EQ(rows[i].bus, (unsigned)(a.aliased_bus - t.bus))
		{
			TH_LOG("%s", rows[i].name);
		}
		EXPECT_EQ(rows[i].devfn == 0xff ? t.dev.devfn : rows[i].devfn, a.aliased_devfn)
		{
			TH_LOG("%s", rows[i].name);
		}
		EXPECT_EQ(rows[i].aliased, a.aliased)
		{
			TH_LOG("%s", rows[i].name);
		}
	}
}

TEST(bypass_is_of_the_root_bus_that_the_alias_hangs_from)
{
	static const struct {
		const char *name;
		enum link links[4];
		unsigned bypassed; /* index of a root bus */
		bool above;	   /* is there a vIOMMU above the device? */
	} rows[] = {
		{ "the root bus", { END }, 0, false },
		{ "below the root bus", { ROOT_PORT, PCIE_TO_PCI, END }, 0, false },
		{ "an expander", { PXB_PCIE, END }, 1, false },
		{ "below an expander", { PXB_PCIE, ROOT_PORT, END }, 1, false },
		{ "an expander on a bypassed root bus", { PXB_PCIE, END }, 0, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_iommu_alias a;
		struct topology t;

		build(&t, rows[i].links, true);
		pci_setup_iommu(&t.bus[0], &ops, NULL);
		t.bus[rows[i].bypassed].bypass_iommu = true;
		pci_device_get_iommu_bus_devfn(&t.dev, &a);
		EXPECT_EQ(rows[i].above, a.iommu_bus != NULL)
		{
			TH_LOG("%s", rows[i].name);
		}
	}
}

TEST(a_bypassed_pxb_behind_a_conventional_alias_is_not_asked)
{
	struct pci_iommu_alias a;
	struct topology t;

	/* The alias is on pci.0: its bypass counts, not that of the expander. */
	build(&t, (const enum link[]){ PXB, END }, false);
	pci_setup_iommu(&t.bus[0], &ops, NULL);
	t.bus[1].bypass_iommu = true;
	pci_device_get_iommu_bus_devfn(&t.dev, &a);
	EXPECT_TRUE(&t.bus[0] == a.iommu_bus);
}

TEST(without_a_viommu_there_is_nobody_to_tell)
{
	HostIOMMUDevice hiod = { .refs = 1 };
	struct hiod_error err;
	AddressSpace sys;
	struct topology t;

	hiod_error_init(&err);
	build(&t, (const enum link[]){ ROOT_PORT, END }, true);
	EXPECT_EQ(0, pci_device_set_iommu_device(&t.dev, &hiod, &err));
	EXPECT_EQ(1, hiod.refs);
	EXPECT_EQ(0, pci_device_get_viommu_flags(&t.dev));
	EXPECT_TRUE(&sys == pci_device_iommu_address_space(&t.dev, &sys));
	pci_device_unset_iommu_device(&t.dev);

	/* ... nor with one that does not care, as amd-iommu */
	pci_setup_iommu(&t.bus[0], &ops, &t);
	EXPECT_EQ(0, pci_device_set_iommu_device(&t.dev, &hiod, &err));
	EXPECT_TRUE((AddressSpace *)&t == pci_device_iommu_address_space(&t.dev, &sys));
	pci_device_unset_iommu_device(&t.dev);
	EXPECT_EQ(1, hiod.refs);
}

TEST(a_viommu_per_bus_leaves_expanders_to_their_own)
{
	struct pci_iommu_alias a;
	struct topology t;

	build(&t, (const enum link[]){ PXB_PCIE, END }, true);
	pci_setup_iommu_per_bus(&t.bus[0], &ops, NULL);
	pci_device_get_iommu_bus_devfn(&t.dev, &a);
	EXPECT_NULL(a.iommu_bus);
	pci_setup_iommu_per_bus(&t.bus[1], &ops, NULL);
	pci_device_get_iommu_bus_devfn(&t.dev, &a);
	EXPECT_TRUE(&t.bus[1] == a.iommu_bus);
	pci_clear_iommu(&t.bus[1]);
	pci_device_get_iommu_bus_devfn(&t.dev, &a);
	EXPECT_NULL(a.iommu_bus);
}

TEST_HARNESS_MAIN
