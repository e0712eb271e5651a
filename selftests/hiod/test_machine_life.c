// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A machine that runs: what its guest's driver does reaches the containers, a
 * reset brings the registers back, places are given and taken back.
 */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

#define CM "intel-iommu,caching-mode=on,aw-bits=39"
#define EXPLAIN                                                                                    \
	{                                                                                          \
		TH_LOG("%s", g.err.message);                                                       \
	}

static const struct hiod_mem_region memory[] = { { 0, 0x10000 }, { 0x100000, 0x1000 } };

/* How often a call is in the log. */
static unsigned calls(const struct guest *g, const char *name)
{
	unsigned n = 0;

	for (const char *p = g->f.log; (p = strstr(p, name)) != NULL; p++)
		n++;
	return n;
}

TEST(translation_unmaps_all_and_maps_it_again)
{
	static const char *const map[] = { " MAP_DMA", " IOAS_MAP" };
	static const char *const unmap[] = { "UNMAP_DMA", "IOAS_UNMAP" };

	for (int be = 0; be < 2; be++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM, memory, 2));
		ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		ASSERT_EQ(0, machine_done(&g.m, &g.err));
		EXPECT_EQ(2, calls(&g, map[be]));
		EXPECT_EQ(0, machine_set_translation(&g.m, true, &g.err));
		EXPECT_EQ(2, calls(&g, unmap[be]));
		EXPECT_EQ(2, calls(&g, map[be]));
		/* what is so already is nothing new */
		EXPECT_EQ(0, machine_set_translation(&g.m, true, &g.err));
		EXPECT_EQ(2, calls(&g, unmap[be]));
		EXPECT_EQ(0, machine_set_translation(&g.m, false, &g.err));
		EXPECT_EQ(4, calls(&g, map[be]));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(without_a_viommu_there_is_no_translation)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, memory, 2));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	ASSERT_EQ(0, machine_done(&g.m, &g.err));
	EXPECT_EQ(0, machine_set_translation(&g.m, true, &g.err));
	EXPECT_EQ(0, calls(&g, "UNMAP_DMA"));
	EXPECT_FALSE(g.m.translation);
	guest_end(&g);
}

TEST(a_failure_to_map_again_is_told)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM, memory, 2));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	ASSERT_EQ(0, machine_done(&g.m, &g.err));
	ASSERT_EQ(0, machine_set_translation(&g.m, true, &g.err));
	fake_fail(&g.f, "MAP_DMA", 1, ENOMEM);
	EXPECT_EQ(-ENOMEM, machine_set_translation(&g.m, false, &g.err));
	EXPECT_EQ(0, strncmp(g.err.message, "memory listener initialization failed: ", 39));
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* Whatever happened to them: the series wrote host values into these once. */
TEST(a_reset_brings_the_registers_back)
{
	struct guest g;
	uint64_t cap, ecap;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	ASSERT_EQ(0, machine_done(&g.m, &g.err));
	cap = g.m.viommu.cap;
	ecap = g.m.viommu.ecap;
	g.m.viommu.cap = 0;
	g.m.viommu.ecap = 0;
	EXPECT_EQ(0, machine_reset(&g.m, &g.err));
	EXPECT_EQ(cap, g.m.viommu.cap);
	EXPECT_EQ(ecap, g.m.viommu.ecap);
	EXPECT_EQ(1, machine_table_size(&g.m));
	EXPECT_TRUE(g.dev[0].vbasedev.hiod == machine_find_hiod(&g.m, &g.dev[0].pdev));
	guest_end(&g);
}

/* What intel-iommu asks for when mappings are to be followed, not before. */
TEST(a_device_that_cannot_follow_mappings)
{
	static const struct {
		const char *viommu, *message;
		bool mdev;
	} rows[] = {
		{ CM ",snoop-control=on", "Snoop Control with vhost or VFIO is not supported",
		  false },
		/* set_iommu_device() is not called for it, so nobody asked before */
		{ "intel-iommu,aw-bits=39", "device 00.01.0 requires caching mode", true },
		{ CM, NULL, false },
		{ CM, NULL, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest g;
		int rc;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", rows[i].viommu, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY,
					rows[i].mdev ? "0000:00:07.0" : "0000:00:05.0"))
		EXPLAIN
		ASSERT_EQ(0, machine_done(&g.m, &g.err));
		rc = machine_set_translation(&g.m, true, &g.err);
		EXPECT_EQ(rows[i].message != NULL, rc < 0);
		EXPECT_EQ(rows[i].message == NULL, g.m.translation);
		if (rows[i].message)
			EXPECT_STREQ(rows[i].message, g.err.message);
		guest_end(&g);
	}
}

TEST(a_place_is_taken_back_with_the_device)
{
	const struct pci_place place = { .devfn = PCI_DEVFN(4, 0) };
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM, NULL, 0));
	for (int i = 0; i < 2; i++) {
		VFIOPCIDevice *dev = &g.dev[0];

		memset(dev, 0, sizeof(*dev));
		dev->pdev.model = "vfio-pci";
		ASSERT_EQ(0, machine_place(&g.m, &dev->pdev, &place, &g.err))
		EXPLAIN
		/* with, and without having been plugged in */
		if (i)
			ASSERT_EQ(0, machine_plug(&g.m, dev, "/sys/bus/pci/devices/0000:00:05.0",
						  NULL, &g.err));
		machine_unplug(&g.m, dev);
		EXPECT_FALSE(dev->pdev.placed);
	}
	guest_end(&g);
}

TEST(a_viommu_that_is_a_pci_device_takes_a_slot)
{
	static const struct {
		const char *viommu;
		uint8_t devfn; /* of the next device */
	} rows[] = {
		{ CM, PCI_DEVFN(1, 0) },
		{ "virtio-iommu-pci", PCI_DEVFN(2, 0) },
		{ "virtio-iommu-pci,addr=7", PCI_DEVFN(1, 0) },
		{ "amd-iommu", PCI_DEVFN(2, 0) },
	};
	struct pci_place place;
	struct guest g;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PCIDevice dev = { .model = "vfio-pci" };

		pci_place_init(&place);
		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", rows[i].viommu, NULL, 0));
		ASSERT_EQ(0, machine_place(&g.m, &dev, &place, &g.err));
		EXPECT_EQ(rows[i].devfn, dev.devfn);
		pci_device_displace(&dev);
		guest_end(&g);
	}
	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, machine_add_bridge(&g.m, "pcie-pci-bridge,id=br", &g.err));
	EXPECT_GT(0, machine_add_viommu(&g.m, "virtio-iommu-pci,bus=br", &g.err));
	EXPECT_STREQ("virtio-iommu-pci must be plugged on the root bus", g.err.message);
	EXPECT_EQ(0, machine_add_viommu(&g.m, "virtio-iommu-pci", &g.err));
	guest_end(&g);
}

TEST(nothing_but_what_is_there_comes_while_the_guest_runs)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, machine_done(&g.m, &g.err));
	EXPECT_GT(0, machine_add_viommu(&g.m, CM, &g.err));
	EXPECT_STREQ("Device 'intel-iommu' does not support hotplugging", g.err.message);
	EXPECT_GT(0, machine_add_bridge(&g.m, "pcie-root-port,id=rp", &g.err));
	EXPECT_STREQ("Bus 'pcie.0' does not support hotplugging", g.err.message);
	guest_end(&g);
}

TEST(a_drawing_places_the_device_that_is_asked_for)
{
	static const char text[] = "# a guest\n"
				   "-device pcie-root-port,id=rp0\r\n"
				   "\n"
				   "  pcie-pci-bridge,id=br,bus=rp0  \n"
				   "vfio-pci,bus=rp0,addr=3\n"
				   "vfio-pci,host=00:06.0,bus=br,addr=1\n"
				   "vfio-pci,sysfsdev=/sys/bus/mdev/devices/x,bus=br,addr=2\n"
				   "virtio-net-pci,netdev=n,bus=br,addr=4";
	static const struct {
		const char *host;
		bool vdpa;
		const char *bus;
		int devfn;
	} rows[] = {
		{ "0000:00:05.0", false, "rp0", PCI_DEVFN(3, 0) },
		{ "0000:00:06.0", false, "br", PCI_DEVFN(1, 0) },
		{ "00:06.0", false, "br", PCI_DEVFN(1, 0) },
		{ "/sys/bus/mdev/devices/x", false, "br", PCI_DEVFN(2, 0) },
		{ "/dev/vhost-vdpa-0", true, "br", PCI_DEVFN(4, 0) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_place place;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		EXPECT_EQ(0, machine_add_topology(&g.m, text, rows[i].host, rows[i].vdpa, &place,
						  &g.err))
		EXPLAIN
		EXPECT_STREQ(rows[i].bus, place.bus);
		EXPECT_EQ(rows[i].devfn, place.devfn);
		guest_end(&g);
	}
}

TEST(what_is_wrong_with_a_drawing_is_told_with_its_line)
{
	static const struct {
		const char *text, *message, *hint;
	} rows[] = {
		{ "# one\n\npcie-root-port,id=rp0\npci-bridge,id=b,chassis_nr=1,bus=rp1",
		  "Bus 'rp1' not found", "topology, line 4: pci-bridge,id=b,chassis_nr=1,bus=rp1" },
		{ "e1000", "device 'e1000' is no bridge that is modelled",
		  "topology, line 1: e1000" },
		{ "vfio-pci,addr=77", "Property 'vfio-pci.addr' doesn't take value '77'",
		  "topology, line 1: vfio-pci,addr=77" },
		{ "vfio-pci,id=7", "Parameter 'id' expects an identifier",
		  "Identifiers consist of letters, digits, '-', '.', '_', starting with a letter." },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pci_place place;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		EXPECT_GT(0, machine_add_topology(&g.m, rows[i].text, "0000:00:05.0", false, &place,
						  &g.err));
		EXPECT_STREQ(rows[i].message, g.err.message);
		EXPECT_STREQ(rows[i].hint, g.err.hint);
		guest_end(&g);
	}
}

TEST_HARNESS_MAIN
