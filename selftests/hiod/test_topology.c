// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bridges, buses and slots from -device options. Every refusal here is what
 * QEMU 10.0.2 and 11.1.3 print when they are started, or asked by device_add,
 * with these options (and pci-testdev for the device).
 */
#include "harness/ktap/ktap.h"
#include "hiod/topology.h"

#define MAX_DEVICES 40

struct guest {
	PCIBus root;
	PCITopology t;
	PCIDevice dev[MAX_DEVICES];
	struct pci_place place[MAX_DEVICES];
	unsigned n;
	struct hiod_error err;
};

static AddressSpace *no_as(PCIBus *bus, void *opaque, int devfn)
{
	(void)bus;
	(void)devfn;
	return opaque;
}

static const PCIIOMMUOps ops = { .get_address_space = no_as };

static void start(struct guest *g)
{
	memset(g, 0, sizeof(*g));
	g->root = (PCIBus){ .express = true, .root = true };
	pci_setup_iommu(&g->root, &ops, NULL);
	pci_topology_init(&g->t, &g->root);
	hiod_error_init(&g->err);
}

static void end(struct guest *g)
{
	while (g->n--)
		pci_device_displace(&g->dev[g->n]);
	pci_topology_free(&g->t);
}

/* A device as the next of g->dev: "vfio-pci,bus=br0,addr=1". */
static int add_device(struct guest *g, const char *text, bool hot)
{
	struct pci_vfio_options v;
	int rc = pci_vfio_options_parse(&v, text, &g->err);
	PCIBus *bus;

	if (rc)
		return rc;
	g->place[g->n] = v.place;
	bus = pci_topology_find(&g->t, &g->place[g->n], hot, &g->err);
	if (!bus)
		return g->err.code;
	g->dev[g->n] = (PCIDevice){ .model = "vfio-pci" };
	rc = pci_device_place(&g->dev[g->n], bus, &g->place[g->n], hot, &g->err);
	if (!rc)
		g->n++;
	return rc;
}

/* What stands on a command line, in its order; "+" in front: hot-plugged. */
static int add(struct guest *g, const char *text)
{
	bool hot = text[0] == '+';

	text += hot;
	if (!strncmp(text, "vfio-pci", 8))
		return add_device(g, text, hot);
	return pci_topology_add(&g->t, text, hot, &g->err);
}

#define RP  "pcie-root-port,id=rp"
#define BR  "pcie-pci-bridge,id=br"
#define DMI "i82801b11-bridge,id=dmi"
#define PXB "pxb-pcie,id=pxb,bus_nr=128"

/* The last one is refused with the message; NULL: taken. */
static const struct {
	const char *line[5];
	const char *message;
} rows[] = {
	{ { "vfio-pci,bus=nope" }, "Bus 'nope' not found" },
	{ { BR, "vfio-pci,bus=br" }, NULL },
	/* slots */
	{ { "vfio-pci,addr=0" },
	  "PCI: slot 0 function 0 not available for vfio-pci, in use by mch,id=(null)" },
	{ { "vfio-pci,addr=1f.0" },
	  "PCI: slot 31 function 0 not available for vfio-pci, in use by ICH9-LPC,id=(null)" },
	{ { "vfio-pci,addr=1f.1" }, NULL },
	{ { "vfio-pci,addr=3.1" }, NULL },
	{ { "vfio-pci,addr=3,id=a", "vfio-pci,addr=3,id=b" },
	  "PCI: slot 3 function 0 not available for vfio-pci, in use by vfio-pci,id=a" },
	{ { "vfio-pci,addr=3", "vfio-pci,addr=3" },
	  "PCI: slot 3 function 0 not available for vfio-pci, in use by vfio-pci,id=(null)" },
	{ { "vfio-pci,addr=3", "vfio-pci,addr=3.1" },
	  "PCI: single function device can't be populated in function 3.1" },
	{ { "vfio-pci,addr=3,multifunction=on", "vfio-pci,addr=3.1" }, NULL },
	{ { "vfio-pci,addr=3.1", "vfio-pci,addr=3.0" },
	  "PCI: 3.0 indicates single function, but 3.1 is already populated." },
	{ { "vfio-pci,addr=20" }, "Property 'vfio-pci.addr' doesn't take value '20'" },
	{ { "vfio-pci,addr=1.8" }, "Property 'vfio-pci.addr' doesn't take value '1.8'" },
	{ { "vfio-pci,addr=zz" }, "Property 'vfio-pci.addr' doesn't take value 'zz'" },
	{ { "vfio-pci,addr=-1" }, "Property 'vfio-pci.addr' doesn't take value '-1'" },
	/* a port takes more than one slot from the command line, and one while the guest runs */
	{ { RP, "vfio-pci,bus=rp,addr=1" }, NULL },
	{ { RP, "vfio-pci,bus=rp", "vfio-pci,bus=rp" }, NULL },
	{ { RP, "+vfio-pci,bus=rp", "+vfio-pci,bus=rp" },
	  "PCI: slot 0 function 0 already occupied by vfio-pci, new func vfio-pci cannot be exposed "
	  "to guest." },
	{ { RP, "+vfio-pci,bus=rp,addr=0.0", "+vfio-pci,bus=rp,addr=0.1" },
	  "PCI: slot 0 function 0 already occupied by vfio-pci, new func vfio-pci cannot be exposed "
	  "to guest." },
	{ { RP, "+vfio-pci,bus=rp,addr=0.1", "+vfio-pci,bus=rp,addr=0" },
	  "PCI: 0.0 indicates single function, but 0.1 is already populated." },
	{ { RP, "+vfio-pci,bus=rp,addr=1" }, NULL },
	{ { BR, "+vfio-pci,bus=br,addr=1.1" }, NULL },
	/* hot-plug */
	{ { "+vfio-pci" }, "Bus 'pcie.0' does not support hotplugging" },
	{ { "+vfio-pci,bus=pcie.0,addr=5" }, "Bus 'pcie.0' does not support hotplugging" },
	{ { "+" RP }, "Bus 'pcie.0' does not support hotplugging" },
	{ { RP, "+vfio-pci,bus=rp" }, NULL },
	{ { RP ",hotplug=off", "+vfio-pci,bus=rp" }, "Bus 'rp' does not support hotplugging" },
	{ { BR, "+vfio-pci,bus=br,addr=0" }, NULL },
	{ { DMI, "+vfio-pci,bus=dmi" }, NULL },
	{ { RP, "+" BR ",bus=rp", "+vfio-pci,bus=br" }, NULL },
	{ { "x3130-upstream,id=u", "xio3130-downstream,id=d,bus=u", "+vfio-pci,bus=d" }, NULL },
	{ { "ioh3420,id=r,chassis=3", "vfio-pci,bus=r" }, NULL },
	/* names */
	{ { RP, RP }, "Duplicate ID 'rp' for device" },
	{ { RP, "vfio-pci,id=x", "+vfio-pci,id=x,bus=rp" }, "Duplicate device ID 'x'" },
	{ { "pcie-pci-bridge,id=1bad" }, "Parameter 'id' expects an identifier" },
	{ { "pcie-root-port,id=pcie.0", "vfio-pci,bus=pcie.0,addr=2" }, NULL },
	/* chassis */
	{ { "pcie-root-port", "pcie-root-port" }, "Can't add chassis slot, error -16" },
	{ { "pcie-root-port,chassis=1", "pcie-root-port,chassis=2" }, NULL },
	{ { "pcie-root-port,slot=1", "pcie-root-port,slot=2" }, NULL },
	{ { RP, "pcie-root-port,bus=rp" }, "Can't add chassis slot, error -16" },
	{ { "pci-bridge,id=b" },
	  "Bridge chassis not specified. Each bridge is required to be assigned a unique chassis id "
	  "> 0." },
	{ { "pci-bridge,id=b,chassis_nr=1", "vfio-pci,bus=b,addr=0" }, NULL },
	{ { BR, "pci-bridge,id=b,bus=br,chassis_nr=1", "vfio-pci,bus=b" }, NULL },
	{ { BR, "pcie-pci-bridge,id=b2,bus=br", "vfio-pci,bus=b2" }, NULL },
	/* expanders */
	{ { PXB, "vfio-pci,bus=pxb" }, "PCI: Only PCI/PCIe bridges can be plugged into pxb-pcie" },
	/* which are where a device goes that names no bus */
	{ { PXB, "vfio-pci" }, "PCI: Only PCI/PCIe bridges can be plugged into pxb-pcie" },
	{ { PXB, "vfio-pci,bus=pcie.0" }, NULL },
	{ { PXB, "pxb-pcie,bus_nr=10" },
	  "PCI: Only PCI/PCIe bridges can be plugged into pxb-pcie" },
	{ { PXB, RP ",bus=pxb", "+vfio-pci,bus=rp" }, NULL },
	{ { PXB, BR ",bus=pxb", "vfio-pci,bus=br" },
	  "Unsupported PCI slot 0 for standard hotplug controller. Valid slots are between 1 and "
	  "31." },
	{ { PXB, BR ",bus=pxb", "vfio-pci,bus=br,addr=1" }, NULL },
	{ { RP, "pxb-pcie,bus_nr=128,bus=rp" }, "PXB devices can be attached only to root bus" },
	{ { DMI, "pxb,bus_nr=128,bus=dmi" }, "PXB devices can be attached only to root bus" },
	{ { "pxb,bus_nr=128" }, "pxb devices cannot reside on a PCIe bus" },
	/* ours: what QEMU knows and this does not */
	{ { "virtio-net-pci" }, "device 'virtio-net-pci' is no bridge that is modelled" },
	{ { BR ",foo=1" }, "property 'foo' of pcie-pci-bridge is not modelled" },
	{ { "vfio-pci,bus=/q35-pcihost/pcie.0" }, "bus paths are not modelled" },
};

TEST(what_qemu_says_of_bus_and_slot)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest g;
		int n = 0;

		start(&g);
		while (n < 4 && rows[i].line[n + 1]) {
			EXPECT_EQ(0, add(&g, rows[i].line[n]))
			{
				TH_LOG("row %zu: %s: %s", i, rows[i].line[n], g.err.message);
			}
			n++;
		}
		if (!rows[i].message) {
			EXPECT_EQ(0, add(&g, rows[i].line[n]))
			{
				TH_LOG("row %zu: %s: %s", i, rows[i].line[n], g.err.message);
			}
		} else {
			EXPECT_GT(0, add(&g, rows[i].line[n]));
			EXPECT_STREQ(rows[i].message, g.err.message);
		}
		end(&g);
	}
}

TEST(every_slot_is_given_once)
{
	struct guest g;

	start(&g);
	/* 00 and 1f are the machine's */
	for (int slot = 1; slot <= 30; slot++) {
		ASSERT_EQ(0, add(&g, "vfio-pci"));
		EXPECT_EQ(PCI_DEVFN(slot, 0), g.dev[g.n - 1].devfn);
	}
	EXPECT_GT(0, add(&g, "vfio-pci"));
	EXPECT_STREQ("PCI: no slot/function available for vfio-pci, all in use or reserved",
		     g.err.message);
	pci_device_displace(&g.dev[4]);
	ASSERT_EQ(0, add(&g, "vfio-pci"));
	EXPECT_EQ(PCI_DEVFN(5, 0), g.dev[g.n - 1].devfn);
	end(&g);
}

/* As whom the vIOMMU sees the last device: its bus's name and devfn. */
TEST(alias_by_bridges_of_a_command_line)
{
	static const struct {
		const char *line[5];
		const char *bus;
		uint8_t devfn;
		bool aliased;
	} t[] = {
		{ { "vfio-pci,addr=4" }, "pcie.0", PCI_DEVFN(4, 0), false },
		{ { RP, "vfio-pci,bus=rp" }, "rp", 0, false },
		{ { BR, "vfio-pci,bus=br,addr=5" }, "br", 0, true },
		{ { RP, BR ",bus=rp", "vfio-pci,bus=br,addr=5.2" }, "br", 0, true },
		{ { BR, "pci-bridge,id=b,chassis_nr=1,bus=br,addr=2", "vfio-pci,bus=b,addr=5" },
		  "br",
		  0,
		  true },
		{ { DMI ",addr=1e", "vfio-pci,bus=dmi,addr=5" },
		  "pcie.0",
		  PCI_DEVFN(0x1e, 0),
		  true },
		{ { DMI ",addr=1e", "pci-bridge,id=b,chassis_nr=1,bus=dmi",
		    "vfio-pci,bus=b,addr=5" },
		  "pcie.0",
		  PCI_DEVFN(0x1e, 0),
		  true },
		/* a bridge behind a bridge: the outer one shows */
		{ { BR, "pcie-pci-bridge,id=b2,bus=br", "vfio-pci,bus=b2" }, "br", 0, true },
		/* conventional device or not, an express bus asks nothing */
		{ { "x3130-upstream,id=u", "xio3130-downstream,id=d,bus=u", "vfio-pci,bus=d" },
		  "d",
		  0,
		  false },
		{ { PXB, RP ",bus=pxb", "vfio-pci,bus=rp" }, "rp", 0, false },
		{ { PXB, BR ",bus=pxb", "vfio-pci,bus=br,addr=1" }, "br", 0, true },
		/* a function that nobody populated is a phantom's at most: no alias of another */
		{ { "vfio-pci,addr=3,multifunction=on", "vfio-pci,addr=3.7" },
		  "pcie.0",
		  PCI_DEVFN(3, 7),
		  false },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pci_iommu_alias a;
		struct guest g;

		start(&g);
		for (int n = 0; t[i].line[n]; n++) {
			ASSERT_EQ(0, add(&g, t[i].line[n]))
			{
				TH_LOG("row %zu: %s", i, g.err.message);
			}
		}
		pci_device_get_iommu_bus_devfn(&g.dev[g.n - 1], &a);
		EXPECT_TRUE(&g.root == a.iommu_bus);
		EXPECT_STREQ(t[i].bus, a.aliased_bus->name)
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(t[i].devfn, a.aliased_devfn)
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(t[i].aliased, a.aliased);
		end(&g);
	}
}

TEST(an_expander_may_bypass_the_viommu)
{
	struct pci_iommu_alias a;
	struct guest g;

	start(&g);
	ASSERT_EQ(0, add(&g, PXB ",bypass_iommu=on"));
	ASSERT_EQ(0, add(&g, RP ",bus=pxb"));
	ASSERT_EQ(0, add(&g, "vfio-pci,bus=rp"));
	pci_device_get_iommu_bus_devfn(&g.dev[0], &a);
	EXPECT_NULL(a.iommu_bus);
	ASSERT_EQ(0, add(&g, "vfio-pci,bus=pcie.0"));
	pci_device_get_iommu_bus_devfn(&g.dev[1], &a);
	EXPECT_TRUE(&g.root == a.iommu_bus);
	end(&g);
}

TEST(options_of_a_host_device)
{
	struct pci_vfio_options v;
	struct hiod_error err;

	hiod_error_init(&err);
	ASSERT_EQ(0, pci_vfio_options_parse(&v,
					    "vfio-pci,host=00:05.0,id=n,bus=br,addr=2.1,rombar=0,"
					    "iommufd=iommufd0,multifunction=on,x-no-mmap=on",
					    &err));
	EXPECT_STREQ("00:05.0", v.host);
	EXPECT_STREQ("iommufd0", v.iommufd);
	EXPECT_STREQ("", v.sysfsdev);
	EXPECT_STREQ("n", v.place.id);
	EXPECT_STREQ("br", v.place.bus);
	EXPECT_EQ(PCI_DEVFN(2, 1), v.place.devfn);
	EXPECT_TRUE(v.place.multifunction);
	ASSERT_EQ(0, pci_vfio_options_parse(&v, "vfio-pci,sysfsdev=/sys/bus/mdev/devices/x", &err));
	EXPECT_STREQ("/sys/bus/mdev/devices/x", v.sysfsdev);
	EXPECT_EQ(-1, v.place.devfn);
	EXPECT_STREQ("vfio-pci", v.driver);
	EXPECT_GT(0, pci_vfio_options_parse(&v, "vfio-pci,id=", &err));
	EXPECT_STREQ("Parameter 'id' expects an identifier", err.message);
}

TEST_HARNESS_MAIN
