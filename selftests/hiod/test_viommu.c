// SPDX-License-Identifier: GPL-2.0-or-later
/* Host IOMMU devices and intel_iommu's table of them: capabilities, set, unset, references. */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

#define CM "intel-iommu,caching-mode=on"

TEST(get_cap)
{
	static const struct {
		enum hiod_backend be;
		uint32_t type;
		int cap, value;
		const char *message;
	} rows[] = {
		{ HIOD_BACKEND_LEGACY, 1, HOST_IOMMU_DEVICE_CAP_AW_BITS, 39, "" },
		{ HIOD_BACKEND_LEGACY, 1, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, -EINVAL,
		  "0000:00:05.0: unsupported capability 0" },
		{ HIOD_BACKEND_LEGACY, 1, 2, -EINVAL, "0000:00:05.0: unsupported capability 2" },
		{ HIOD_BACKEND_LEGACY, 1, -1, -EINVAL,
		  "0000:00:05.0: unsupported capability ffffffff" },
		{ HIOD_BACKEND_IOMMUFD, 1, HOST_IOMMU_DEVICE_CAP_AW_BITS, 39, "" },
		{ HIOD_BACKEND_IOMMUFD, 1, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, 1, "" },
		{ HIOD_BACKEND_IOMMUFD, 0, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, 0, "" },
		{ HIOD_BACKEND_IOMMUFD, INT32_MAX, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, INT32_MAX,
		  "" },
		{ HIOD_BACKEND_IOMMUFD, 0xc5c5c5c5, HOST_IOMMU_DEVICE_CAP_IOMMU_TYPE, -EOVERFLOW,
		  "0000:00:05.0: unknown IOMMU type 0xc5c5c5c5" },
		{ HIOD_BACKEND_IOMMUFD, 1, 17, -EINVAL, "0000:00:05.0: unsupported capability 11" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		HostIOMMUDevice *hiod;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		g.f.hw_type = rows[i].type;
		ASSERT_EQ(0, guest_plug(&g, rows[i].be, "0000:00:05.0"));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(rows[i].value, HIOD_METHOD(hiod, get_cap)(hiod, rows[i].cap, &g.err));
		EXPECT_STREQ(rows[i].message, g.err.message);
		guest_end(&g);
	}
}

TEST(without_ranges_the_width_is_64)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	for (int be = 0; be < 2; be++) {
		ASSERT_EQ(0, guest_init(&g, "qemu-10.0", NULL, NULL, 0));
		g.f.nranges = 0;
		ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(64,
			  HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &g.err));
		guest_end(&g);
	}
}

TEST(aw_bits_of_get_cap_come_through_the_container)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-10.0", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	/* What the kernel says later does not reach a container that is there. */
	g.f.ranges[1].last = (1ull << 48) - 1;
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:06.0"));
	EXPECT_EQ(39, vfio_device_get_aw_bits(&g.dev[1].vbasedev));
	guest_end(&g);
}

TEST(ranges_and_page_sizes)
{
	static const uint64_t mask[] = { 0x40201000, 0x1000 };

	for (int be = 0; be < 2; be++) {
		struct hiod_ranges l = { 0 };
		HostIOMMUDevice *hiod;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(0, HIOD_METHOD(hiod, get_iova_ranges)(hiod, &l));
		EXPECT_EQ(mask[be], HIOD_METHOD(hiod, get_page_size_mask)(hiod));
		guest_end(&g);
		/* a copy: it outlives the container */
		ASSERT_EQ(2, l.n);
		EXPECT_EQ(0xfedfffff, l.few[0].last);
		EXPECT_EQ(0xfef00000, l.few[1].start);
		range_list_free(&l);
	}
}

TEST(caps_by_version)
{
	static const struct {
		const char *profile;
		uint64_t ecap;
		uint8_t pasid;
	} rows[] = {
		{ "qemu-9.1", 0, 0 },
		{ "qemu-10.0", 0, 0 }, /* vendor data are asked for and thrown away */
		{ "qemu-10.1", 19ull << 35, 0 },
		{ "qemu-11.1", 19ull << 35, 20 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const HostIOMMUDevice *hiod;
		struct guest g;
		PasidInfo info;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
		g.f.hw_caps = UAPI_HW_CAP_DIRTY | UAPI_HW_CAP_PASID_PRIV;
		g.f.max_pasid_log2 = 20;
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		hiod = g.dev[0].vbasedev.hiod;
		EXPECT_EQ(1, hiod->caps.type);
		EXPECT_EQ(5, hiod->caps.hw_caps);
		EXPECT_EQ(rows[i].ecap, hiod->caps.vendor_caps.vtd.ecap_reg);
		EXPECT_EQ(rows[i].pasid, hiod->caps.max_pasid_log2);
		EXPECT_EQ(rows[i].pasid != 0,
			  HIOD_METHOD(hiod, get_pasid_info)((HostIOMMUDevice *)hiod, &info));
		if (rows[i].pasid) {
			EXPECT_EQ(20, info.max_pasid_log2);
			EXPECT_TRUE(info.priv_mod);
			EXPECT_FALSE(info.exec_perm);
		}
		guest_end(&g);
	}
}

TEST(a_legacy_device_has_no_caps)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	EXPECT_EQ(0, g.dev[0].vbasedev.hiod->caps.type);
	EXPECT_NULL(HIOD_METHOD(g.dev[0].vbasedev.hiod, get_pasid_info));
	guest_end(&g);
}

/* ---- the table ---- */

TEST(set_takes_a_reference_and_unset_drops_it)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	EXPECT_EQ(2, hiod->refs);
	EXPECT_TRUE(hiod == intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	vfio_pci_exit(&g.dev[0]);
	EXPECT_EQ(1, hiod->refs);
	EXPECT_NULL(intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	pci_device_unset_iommu_device(&g.dev[0].pdev); /* of what is not there: nothing */
	EXPECT_EQ(1, hiod->refs);
	guest_end(&g);
}

TEST(a_failed_set_changes_nothing)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=48", NULL, 0));
	EXPECT_GT(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	ASSERT_NOT_NULL(hiod);
	EXPECT_EQ(1, hiod->refs);
	EXPECT_NULL(intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	/* once more gives the same answer, not "already exist" */
	EXPECT_GT(0, pci_device_set_iommu_device(&g.dev[0].pdev, hiod, &g.err));
	EXPECT_STREQ("aw-bits 48 > host aw-bits 39", g.err.message);
	guest_end(&g);
}

TEST(a_duplicate_is_refused_and_the_first_stays)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-10.0", CM ",aw-bits=39", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	EXPECT_EQ(-EEXIST, pci_device_set_iommu_device(&g.dev[0].pdev, hiod, &g.err));
	EXPECT_STREQ("Host IOMMU device already exist", g.err.message);
	EXPECT_EQ(2, hiod->refs);
	EXPECT_TRUE(hiod == intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	guest_end(&g);
}

TEST(the_key_is_bus_and_devfn)
{
	PCIDevice port = { .devfn = PCI_DEVFN(3, 0), .express = true, .pcie_type = 4 };
	PCIBus below = { .parent_dev = &port, .express = true };
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	port.bus = &g.m.root;
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	/* another function of the slot, then the same devfn on another bus */
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:06.0"));
	g.dev[2].pdev.bus = &below;
	EXPECT_EQ(0, pci_device_set_iommu_device(&(PCIDevice){ .bus = &below,
							       .devfn = PCI_DEVFN(1, 0) },
						 g.dev[0].vbasedev.hiod, &g.err));
	EXPECT_TRUE(g.dev[1].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(2, 0)));
	EXPECT_TRUE(g.dev[0].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &below, PCI_DEVFN(1, 0)));
	EXPECT_EQ(3, g.dev[0].vbasedev.hiod->refs);
	pci_device_unset_iommu_device(&(PCIDevice){ .bus = &below, .devfn = PCI_DEVFN(1, 0) });
	EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
	guest_end(&g);
}

TEST(many_devices_are_kept_apart)
{
	HostIOMMUDevice *hiod = hiod_new(&host_iommu_device_legacy_vfio_class);
	struct intel_iommu_config c;
	struct hiod_error err;
	IntelIOMMUState s;
	PCIBus bus = { .express = true, .root = true };
	AddressSpace sys = { 0 };
	VFIOContainer container = { 0 }; /* no ranges: 64 bits */
	VFIODevice vbasedev = { .container = &container };
	const struct hiod_profile *p = hiod_profile_default();

	hiod_error_init(&err);
	hiod->agent = &vbasedev;
	intel_iommu_config_init(&c, p, 48);
	c.caching_mode = true;
	ASSERT_EQ(0, intel_iommu_realize(&s, p, &c, HIOD_IRQCHIP_OFF, &sys, NULL, &bus, &err));
	for (int devfn = 0; devfn < 256; devfn++)
		EXPECT_EQ(0, intel_iommu_ops.set_iommu_device(&bus, &s, devfn, hiod, &err));
	EXPECT_EQ(257, hiod->refs);
	for (int devfn = 0; devfn < 256; devfn += 2)
		intel_iommu_ops.unset_iommu_device(&bus, &s, devfn);
	EXPECT_EQ(129, hiod->refs);
	for (int devfn = 0; devfn < 256; devfn++)
		EXPECT_TRUE((devfn % 2 ? hiod : NULL) == intel_iommu_find(&s, &bus, devfn));
	intel_iommu_finalize(&s);
	EXPECT_EQ(1, hiod->refs);
	hiod_unref(hiod);
}

TEST(buses_with_the_same_devfn_are_kept_apart)
{
	HostIOMMUDevice *hiod = hiod_new(&host_iommu_device_legacy_vfio_class);
	const struct hiod_profile *p = hiod_profile_default();
	VFIOContainer container = { 0 };
	VFIODevice vbasedev = { .container = &container };
	PCIBus bus[100] = { { .express = true, .root = true } };
	struct intel_iommu_config c;
	struct hiod_error err;
	IntelIOMMUState s;
	AddressSpace sys = { 0 };

	hiod_error_init(&err);
	hiod->agent = &vbasedev;
	intel_iommu_config_init(&c, p, 48);
	c.caching_mode = true;
	ASSERT_EQ(0, intel_iommu_realize(&s, p, &c, HIOD_IRQCHIP_OFF, &sys, NULL, bus, &err));
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(0, intel_iommu_ops.set_iommu_device(&bus[i], &s, 8, hiod, &err));
	for (int i = 0; i < 100; i += 2)
		intel_iommu_ops.unset_iommu_device(&bus[i], &s, 8);
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(i % 2, intel_iommu_find(&s, &bus[i], 8) != NULL);
	intel_iommu_finalize(&s);
	EXPECT_EQ(1, hiod->refs);
	hiod_unref(hiod);
}

TEST(reset_keeps_the_table)
{
	struct guest g;
	uint64_t cap;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	cap = g.m.viommu.cap;
	g.m.viommu.cap = 0;
	machine_reset(&g.m, &g.err);
	EXPECT_EQ(cap, g.m.viommu.cap);
	EXPECT_TRUE(g.dev[0].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	guest_end(&g);
}

TEST(unplug_and_plug_again)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, guest_plug(&g, i % 2, "0000:00:05.0"));
		ASSERT_EQ(0, machine_done(&g.m, &g.err));
		g.n = 0;
		machine_unplug(&g.m, &g.dev[0]);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
	guest_end(&g);
}

TEST(a_class_without_get_cap)
{
	HostIOMMUDevice hiod = { .klass = &host_iommu_device_class, .refs = 1 };
	struct intel_iommu_config c;
	struct hiod_error err;

	hiod_error_init(&err);
	intel_iommu_config_init(&c, hiod_profile_default(), 48);
	EXPECT_GT(0, intel_iommu_check_hiod(&c, hiod_profile_default(), &hiod, false, NULL, &err));
	EXPECT_STREQ(".get_cap() not implemented", err.message);
}

TEST(devices_behind_a_bridge_share_an_address_space_but_not_an_entry)
{
	PCIDevice bridge = { .devfn = PCI_DEVFN(3, 0),
			     .express = true,
			     .pcie_type = PCI_EXP_TYPE_PCI_BRIDGE };
	PCIBus below = { .parent_dev = &bridge };
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	bridge.bus = &g.m.root;
	g.dev[0].pdev.bus = g.dev[1].pdev.bus = &below;
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	/* the same group would be refused in another address space */
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:01:00.1"));
	EXPECT_TRUE(g.dev[0].vbasedev.container == g.dev[1].vbasedev.container);
	EXPECT_TRUE(g.dev[1].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &below, PCI_DEVFN(2, 0)));
	EXPECT_TRUE(&below == g.dev[1].vbasedev.hiod->aliased_bus);
	EXPECT_EQ(0, g.dev[1].vbasedev.hiod->aliased_devfn);
	/* and what was set under the device's own address is unset there */
	vfio_pci_exit(&g.dev[1]);
	EXPECT_NULL(intel_iommu_find(&g.m.viommu, &below, PCI_DEVFN(2, 0)));
	EXPECT_EQ(1, g.dev[1].vbasedev.hiod->refs);
	guest_end(&g);
}

/* ---- caching mode ---- */

#define OLD_TEXT                                                                                   \
	"We need to set caching-mode=on for intel-iommu to enable device assignment with IOMMU "   \
	"protection."
#define SET_TEXT "vfio 0000:00:05.0: Failed to set vIOMMU: " CACHING_MODE_TEXT

TEST(caching_mode_off)
{
	static const struct {
		const char *profile, *machine, *bdf;
		const char *cold; /* refused when plugged; NULL: not */
		const char *done; /* refused at machine done */
		const char *hot;
	} rows[] = {
		{ "qemu-9.1", NULL, "0000:00:05.0", NULL, OLD_TEXT, CACHING_MODE_TEXT },
		{ "qemu-10.1", NULL, "0000:00:05.0", NULL, OLD_TEXT, CACHING_MODE_TEXT },
		{ "qemu-10.2", NULL, "0000:00:05.0", SET_TEXT, NULL, SET_TEXT },
		{ "qemu-11.1", NULL, "0000:00:05.0", SET_TEXT, NULL, SET_TEXT },
		/* old versions look at every device, new ones at those that the vIOMMU is told of */
		{ "qemu-10.0", NULL, "0000:00:07.0", NULL, OLD_TEXT, CACHING_MODE_TEXT },
		{ "qemu-11.1", NULL, "0000:00:07.0", NULL, NULL, NULL },
		{ "qemu-10.0", "q35,default-bus-bypass-iommu=on", "0000:00:05.0", NULL, OLD_TEXT,
		  CACHING_MODE_TEXT },
		{ "qemu-11.1", "q35,default-bus-bypass-iommu=on", "0000:00:05.0", NULL, NULL,
		  NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int hot = 0; hot < 2; hot++) {
			const char *want = hot ? rows[i].hot : rows[i].cold;
			struct guest g;
			int rc;

			/* the machine's own options come first */
			ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
			ASSERT_EQ(0,
				  machine_init(&g.m, &g.f.shim, hiod_profile_find(rows[i].profile),
					       rows[i].machine, NULL, 0, NULL, &g.err));
			ASSERT_EQ(0, machine_add_viommu(&g.m, "intel-iommu,aw-bits=39", &g.err));
			g.m.done = hot;
			rc = guest_plug(&g, HIOD_BACKEND_IOMMUFD, rows[i].bdf);
			EXPECT_STREQ(want ? want : "", rc ? g.err.message : "")
			{
				TH_LOG("row %zu %s", i, hot ? "hot" : "cold");
			}
			if (!rc && !hot) {
				rc = machine_done(&g.m, &g.err);
				EXPECT_STREQ(rows[i].done ? rows[i].done : "",
					     rc ? g.err.message : "")
				{
					TH_LOG("row %zu at the end", i);
				}
			}
			guest_end(&g);
			EXPECT_EQ(0, fake_open_fds(&g.f));
		}
	}
}

TEST(caching_mode_is_of_no_account_without_an_assigned_device)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, "intel-iommu", NULL, 0));
		EXPECT_EQ(0, machine_done(&g.m, &g.err));
		guest_end(&g);
	}
}

TEST(caching_mode_comes_before_a_duplicate)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", CM ",aw-bits=39", NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
	g.m.viommu.config.caching_mode = false;
	EXPECT_GT(0, pci_device_set_iommu_device(&g.dev[0].pdev, g.dev[0].vbasedev.hiod, &g.err));
	EXPECT_STREQ(CACHING_MODE_TEXT, g.err.message);
	guest_end(&g);
}

TEST(a_device_that_is_plugged_before_the_viommu_is_not_checked)
{
	static const char *const profiles[] = { "qemu-10.0", "qemu-11.1" };

	for (int i = 0; i < 2; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, profiles[i], NULL, NULL, 0));
		EXPECT_EQ(0, guest_plug(&g, HIOD_BACKEND_LEGACY, "0000:00:05.0"));
		EXPECT_EQ(0, machine_add_viommu(&g.m, CM ",aw-bits=48", &g.err));
		EXPECT_EQ(0, machine_done(&g.m, &g.err));
		EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
		guest_end(&g);
	}
}

TEST_HARNESS_MAIN
