// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slips between a device and its vIOMMU, one test each: get_cap, the table, who
 * the IOMMU sees, references. As test_regressions_width.c; those of page tables
 * and of iommufd's ids stand in test_hwpt.c.
 */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

#define L    HIOD_BACKEND_LEGACY
#define I    HIOD_BACKEND_IOMMUFD
#define CM   "intel-iommu,caching-mode=on"
#define FS   CM ",scalable-mode=on,fsts=on"
#define DEV  "0000:00:05.0"
#define DEV2 "0000:00:06.0"

static HostIOMMUDevice *registered(struct guest *g, const VFIOPCIDevice *dev)
{
	return intel_iommu_find(&g->m.viommu, dev->pdev.bus, dev->pdev.devfn);
}

/* A guest with one device that its intel-iommu took. */
static int guest_with_device(struct guest *g, const char *viommu, enum hiod_backend be)
{
	int rc = guest_init(g, "qemu-11.1", viommu, NULL, 0);

	return rc ? rc : guest_plug(g, be, DEV);
}

/* A bridge on the root bus and the bus behind it. */
struct bridge {
	PCIDevice dev;
	PCIBus below;
};

static void add_bridge(struct bridge *b, PCIBus *above, bool pcie_to_pci)
{
	*b = (struct bridge){
		.dev = { .bus = above,
			 .devfn = PCI_DEVFN(3, 0),
			 .express = pcie_to_pci,
			 .pcie_type = pcie_to_pci ? PCI_EXP_TYPE_PCI_BRIDGE : 0 },
	};
	b->below.parent_dev = &b->dev;
}

/* ---- get_cap ---- */

TEST(r08_an_unknown_capability_is_an_error)
{
	for (int be = L; be <= I; be++) {
		HostIOMMUDevice *hiod;
		struct guest g;

		ASSERT_EQ(0, guest_with_device(&g, NULL, be));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(-EINVAL, HIOD_METHOD(hiod, get_cap)(hiod, 2, &g.err));
		EXPECT_STREQ("0000:00:05.0: unsupported capability 2", g.err.message);
		guest_end(&g);
	}
}

TEST(r09_a_legacy_device_has_no_iommu_type)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_with_device(&g, NULL, L));
	hiod = g.dev[0].vbasedev.hiod;
	EXPECT_EQ(-EINVAL,
		  HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, &g.err));
	guest_end(&g);
}

static int failing_get_cap(HostIOMMUDevice *hiod, int cap, struct hiod_error *err)
{
	return hiod_unsupported_cap(hiod, cap, err);
}

static int check_class(const HostIOMMUDeviceClass *klass, struct hiod_error *err)
{
	HostIOMMUDevice hiod = { .klass = klass, .refs = 1, .name = (char *)"dev" };
	struct intel_iommu_config c;

	hiod_error_init(err);
	intel_iommu_config_init(&c, hiod_profile_default(), 48);
	return intel_iommu_check_hiod(&c, hiod_profile_default(), &hiod, false, NULL, err);
}

TEST(r10_a_failure_of_get_cap_is_no_width)
{
	const HostIOMMUDeviceClass klass = { .name = "test", .get_cap = failing_get_cap };
	struct hiod_error err;

	EXPECT_EQ(-EINVAL, check_class(&klass, &err));
	EXPECT_STREQ("dev: unsupported capability 1", err.message);
}

TEST(r11_a_class_may_have_no_get_cap)
{
	const HostIOMMUDeviceClass klass = { .name = "test" };
	struct hiod_error err;

	EXPECT_EQ(-EINVAL, check_class(&klass, &err));
	EXPECT_STREQ(".get_cap() not implemented", err.message);
}

/* ---- the table ---- */

TEST(r12_the_same_slot_of_two_buses_is_two_devices)
{
	PCIDevice port = { .devfn = PCI_DEVFN(3, 0), .express = true, .pcie_type = 4 };
	PCIBus below = { .parent_dev = &port, .express = true };
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	port.bus = &g.m.root;
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	EXPECT_EQ(0, pci_device_set_iommu_device(&(PCIDevice){ .bus = &below,
							       .devfn = g.dev[0].pdev.devfn },
						 g.dev[0].vbasedev.hiod, &g.err))
	{
		TH_LOG("%s", g.err.message);
	}
	guest_end(&g);
}

TEST(r13_a_refused_device_is_not_in_the_table)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=48", NULL, 0));
	EXPECT_EQ(-EINVAL, guest_plug(&g, L, DEV));
	EXPECT_NULL(registered(&g, &g.dev[0]));
	EXPECT_EQ(-EINVAL,
		  pci_device_set_iommu_device(&g.dev[0].pdev, g.dev[0].vbasedev.hiod, &g.err));
	EXPECT_STREQ("aw-bits 48 > host aw-bits 39", g.err.message);
	guest_end(&g);
}

TEST(r14_a_refusal_keeps_no_reference)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=48", NULL, 0));
	EXPECT_EQ(-EINVAL, guest_plug(&g, L, DEV));
	ASSERT_NOT_NULL(g.dev[0].vbasedev.hiod);
	EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
	guest_end(&g);
}

TEST(r15_the_table_has_a_reference_of_its_own)
{
	struct guest g;

	ASSERT_EQ(0, guest_with_device(&g, CM ",aw-bits=39", L));
	EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
	vfio_pci_exit(&g.dev[0]);
	EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
	guest_end(&g);
}

TEST(r16_a_device_behind_a_bridge_is_unset_under_its_own_address)
{
	struct bridge b;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	add_bridge(&b, &g.m.root, true);
	g.dev[0].pdev.bus = &b.below;
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	EXPECT_NOT_NULL(registered(&g, &g.dev[0]));
	vfio_pci_exit(&g.dev[0]);
	EXPECT_NULL(registered(&g, &g.dev[0]));
	guest_end(&g);
}

/* A device that never was registered, at the address of one that is. */
TEST(r17_whoever_was_not_set_is_not_unset)
{
	VFIOPCIDevice second = { 0 };
	struct guest g;

	ASSERT_EQ(0, guest_with_device(&g, CM ",aw-bits=39", L));
	second.pdev = g.dev[0].pdev;
	EXPECT_EQ(-EEXIST, vfio_pci_realize(&second, &g.m.vfio, "/sys/bus/pci/devices/" DEV2, NULL,
					    &g.m.sys, &g.err));
	EXPECT_TRUE(g.dev[0].vbasedev.hiod == registered(&g, &g.dev[0]));
	vfio_pci_exit(&second);
	vfio_pci_finalize(&second);
	EXPECT_TRUE(g.dev[0].vbasedev.hiod == registered(&g, &g.dev[0]));
	guest_end(&g);
}

TEST(r18_a_later_failure_undoes_set)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", FS ",pasid-bits=20", NULL, 0));
	g.f.ranges[1].last = (1ull << 48) - 1;
	g.f.max_pasid_log2 = 21; /* found when the vIOMMU has taken the device */
	EXPECT_GT(0, guest_plug(&g, I, DEV));
	EXPECT_NULL(registered(&g, &g.dev[0]));
	EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
	guest_end(&g);
}

/* ---- whom the IOMMU sees ---- */

static void alias_behind(PCIBus *root, struct bridge *b, int n, struct pci_iommu_alias *a)
{
	PCIDevice dev = { .bus = &b[n - 1].below, .devfn = PCI_DEVFN(1, 0) };

	pci_setup_iommu(root, &intel_iommu_ops, NULL);
	pci_device_get_iommu_bus_devfn(&dev, a);
}

TEST(r19_behind_a_pcie_to_pci_bridge_it_is_device_0_there)
{
	PCIBus root = { .express = true, .root = true };
	struct pci_iommu_alias a;
	struct bridge b;

	add_bridge(&b, &root, true);
	alias_behind(&root, &b, 1, &a);
	EXPECT_TRUE(a.aliased_bus == &b.below);
	EXPECT_EQ(0, a.aliased_devfn);
}

TEST(r20_behind_a_conventional_bridge_it_is_the_bridge)
{
	PCIBus root = { .express = true, .root = true };
	struct pci_iommu_alias a;
	struct bridge b;

	add_bridge(&b, &root, false);
	alias_behind(&root, &b, 1, &a);
	EXPECT_TRUE(a.aliased_bus == &root);
	EXPECT_EQ(PCI_DEVFN(3, 0), a.aliased_devfn);
}

TEST(r21_the_outermost_bridge_counts)
{
	PCIBus root = { .express = true, .root = true };
	struct pci_iommu_alias a;
	struct bridge b[2];

	add_bridge(&b[0], &root, true);
	add_bridge(&b[1], &b[0].below, false);
	alias_behind(&root, b, 2, &a);
	EXPECT_TRUE(a.aliased_bus == &b[0].below);
	EXPECT_EQ(0, a.aliased_devfn);
}

/* The alias of a device behind a conventional expander is on the bus above, which decides. */
TEST(r22_bypass_is_asked_of_the_alias)
{
	PCIBus root = { .root = true };
	struct pci_iommu_alias a;
	struct bridge pxb;

	add_bridge(&pxb, &root, false);
	pxb.below.root = true;
	pxb.below.bypass_iommu = true;
	alias_behind(&root, &pxb, 1, &a);
	EXPECT_TRUE(a.iommu_bus == &root);
	root.bypass_iommu = true;
	pxb.below.bypass_iommu = false;
	alias_behind(&root, &pxb, 1, &a);
	EXPECT_NULL(a.iommu_bus);
}

/* ---- capability registers ---- */

TEST(r33_48_bits_bring_39_along)
{
	struct intel_iommu_config c;

	intel_iommu_config_init(&c, hiod_profile_default(), 48);
	EXPECT_EQ(6, intel_iommu_cap(&c, hiod_profile_default()) >> 8 & 0x1f);
	c.aw_bits = 39;
	EXPECT_EQ(2, intel_iommu_cap(&c, hiod_profile_default()) >> 8 & 0x1f);
}

TEST(r34_no_eim_without_ir)
{
	struct intel_iommu_config c;

	intel_iommu_config_init(&c, hiod_profile_default(), 48);
	c.eim = ON_OFF_AUTO_ON;
	c.intremap = ON_OFF_AUTO_OFF;
	EXPECT_EQ(0, intel_iommu_ecap(&c, hiod_profile_default()) & 0x18);
	c.intremap = ON_OFF_AUTO_ON;
	EXPECT_EQ(0x18, intel_iommu_ecap(&c, hiod_profile_default()) & 0x18);
}

/* ---- the object's life ---- */

TEST(r35_a_failed_attach_drops_the_object_once)
{
	static const struct {
		const char *profile;
		enum hiod_backend be;
		const char *call;
	} rows[] = {
		/* realized before: what fails after */
		{ "qemu-10.0", L, "GET_STATUS" },
		{ "qemu-10.0", L, "GET_DEVICE_FD" },
		{ "qemu-10.0", I, "ATTACH" },
		/* realized last of all */
		{ "qemu-11.1", I, "GET_HW_INFO" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
		fake_fail(&g.f, rows[i].call, rows[i].be == I && i == 3 ? 2 : 1, EIO);
		EXPECT_EQ(-EIO, guest_plug(&g, rows[i].be, DEV));
		EXPECT_NULL(g.dev[0].vbasedev.hiod);
		guest_end(&g);
	}
}

TEST(r36_a_mediated_device_is_not_shown_to_a_viommu)
{
	for (int be = L; be <= I; be++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "intel-iommu,aw-bits=48", NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, be, "0000:00:07.0"));
		EXPECT_NULL(g.dev[0].vbasedev.hiod);
		EXPECT_NULL(registered(&g, &g.dev[0]));
		guest_end(&g);
	}
}

TEST(r40_the_prefix_is_the_versions)
{
	static const struct {
		const char *profile, *message;
	} rows[] = {
		{ "qemu-9.2", "vfio 0000:00:05.0: Failed to set iommu_device: aw-bits 48 > host "
			      "aw-bits 39" },
		{ "qemu-10.0", "vfio 0000:00:05.0: Failed to set vIOMMU: aw-bits 48 > host "
			       "aw-bits 39" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, CM ",aw-bits=48", NULL, 0));
		EXPECT_EQ(-EINVAL, guest_plug(&g, L, DEV));
		EXPECT_STREQ(rows[i].message, g.err.message);
		guest_end(&g);
	}
}

TEST(r45_a_later_device_does_not_widen_page_sizes)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "virtio-iommu-pci", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, I, DEV));
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	g.f.pgsizes = 0x40201000;
	ASSERT_EQ(0, guest_plug(&g, L, DEV2));
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	guest_end(&g);
}

/* ---- QEMU's history ---- */

TEST(m02_a_mediated_device_is_known_by_its_bus)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, L, "0000:00:07.0"));
	EXPECT_TRUE(g.dev[0].vbasedev.mdev);
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	EXPECT_TRUE(!g.dev[1].vbasedev.mdev);
	guest_end(&g);
}

/* A bus that virtio-iommu knows, and a slot of it whose address space nobody asked for. */
TEST(m04_a_device_without_a_record_is_refused)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "virtio-iommu-pci", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	hiod = g.dev[0].vbasedev.hiod;
	hiod->aliased_devfn = PCI_DEVFN(9, 0);
	EXPECT_EQ(-EINVAL, virtio_iommu_ops.set_iommu_device(&g.m.root, &g.m.virtio_iommu,
							     PCI_DEVFN(9, 0), hiod, &g.err));
	EXPECT_STREQ("virtio_iommu_set_host_iova_ranges: no IOMMUDevice found!", g.err.message);
	hiod->aliased_devfn = g.dev[0].pdev.devfn;
	guest_end(&g);
}

/* virtio-iommu's ranges are kept under the alias, and go with the device. */
TEST(m06_ranges_are_forgotten_under_the_alias)
{
	struct bridge b;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "virtio-iommu-pci", NULL, 0));
	add_bridge(&b, &g.m.root, true);
	for (int i = 0; i < 2; i++) {
		g.dev[0].pdev.bus = &b.below;
		EXPECT_EQ(0, guest_plug(&g, L, DEV))
		{
			TH_LOG("%s", g.err.message);
		}
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
		vfio_pci_exit(&g.dev[0]);
		EXPECT_EQ(1, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
		machine_unplug(&g.m, &g.dev[0]);
		g.n = 0;
	}
	guest_end(&g);
}

TEST(m07_unset_forgets_the_hosts_ranges)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "virtio-iommu-pci", NULL, 0));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(0, guest_plug(&g, L, DEV))
		{
			TH_LOG("%s", g.err.message);
		}
		machine_unplug(&g.m, &g.dev[0]);
		g.n = 0;
	}
	guest_end(&g);
}

TEST(m11_a_container_leaves_its_list_once)
{
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };

	for (int be = L; be <= I; be++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, memory, 1));
		fake_fail(&g.f, be == L ? "MAP_DMA" : "IOAS_MAP", 1, EIO);
		EXPECT_EQ(-EIO, guest_plug(&g, be, DEV));
		EXPECT_NULL(g.m.vfio.containers);
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(m12_a_container_that_was_in_no_list_leaves_none)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	fake_fail(&g.f, "IOMMU_GET_INFO", 1, EIO);
	EXPECT_EQ(-EIO, guest_plug(&g, L, DEV));
	EXPECT_NULL(g.m.vfio.containers);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* A failure without a message: QEMU prepended to what was not there. */
TEST(m13_every_failure_has_a_message)
{
	static const char *const calls[2][5] = {
		{ "GET_STATUS", "SET_IOMMU", "IOMMU_GET_INFO", "GET_DEVICE_FD", "GET_INFO" },
		{ "BIND", "IOAS_ALLOC", "HWPT_ALLOC", "ATTACH", "GET_INFO" },
	};

	for (int be = L; be <= I; be++) {
		for (int i = 0; i < 5; i++) {
			struct guest g;

			ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
			fake_fail(&g.f, calls[be][i], 1, EIO);
			EXPECT_EQ(-EIO, guest_plug(&g, be, DEV));
			EXPECT_NOT_NULL(strstr(g.err.message, ": Input/output error"))
			{
				TH_LOG("%s: '%s'", calls[be][i], g.err.message);
			}
			guest_end(&g);
		}
	}
}

TEST(m14_there_may_be_no_container_to_clean_up)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-10.1", NULL, NULL, 0));
	fake_fail(&g.f, "open /dev/vfio/vfio", 1, ENODEV);
	EXPECT_EQ(-ENODEV, guest_plug(&g, L, DEV));
	EXPECT_NULL(g.m.vfio.containers);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* Two buses come back from the walk: the one with the vIOMMU and the alias. */
TEST(m17_the_address_space_is_the_aliass)
{
	struct bridge b;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", "virtio-iommu-pci", NULL, 0));
	add_bridge(&b, &g.m.root, true);
	g.dev[0].pdev.bus = &b.below;
	EXPECT_EQ(0, guest_plug(&g, L, DEV))
	{
		TH_LOG("%s", g.err.message);
	}
	EXPECT_TRUE(g.dev[0].vbasedev.hiod->aliased_bus == &b.below);
	guest_end(&g);
}

TEST(m18_caching_mode_is_asked_for_where_a_device_is_set)
{
	struct guest g;

	/* a mediated device is never set, and none of the vIOMMU's business */
	ASSERT_EQ(0, guest_init(&g, "qemu-10.2", "intel-iommu,aw-bits=39", NULL, 0));
	EXPECT_EQ(0, guest_plug(&g, L, "0000:00:07.0"));
	EXPECT_EQ(0, machine_done(&g.m, &g.err));
	EXPECT_EQ(-EINVAL, guest_plug(&g, L, DEV));
	guest_end(&g);
}

TEST(m22_a_device_that_joins_knows_its_page_table)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, I, DEV));
	ASSERT_EQ(0, guest_plug(&g, I, DEV2));
	EXPECT_TRUE(g.dev[0].vbasedev.hwpt == g.dev[1].vbasedev.hwpt);
	EXPECT_EQ(11, ((HostIOMMUDeviceIOMMUFD *)g.dev[1].vbasedev.hiod)->hwpt_id);
	guest_end(&g);
}

TEST_HARNESS_MAIN
