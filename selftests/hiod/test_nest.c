// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's first stage on the host's page tables: which hosts are taken, in
 * each version's order, and what is warned of.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "hiod/intel_iommu.h"
#include "selftests/hiod/guest.h"

#define FSTS "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on"
#define FLTS "intel-iommu,caching-mode=on,x-scalable-mode=on,x-flts=on"
#define OFF  "intel-iommu,caching-mode=on,aw-bits=48"

#define V11_1 "qemu-11.1"
#define V11_0 "qemu-11.0"

/* As IOMMU_GET_HW_INFO's registers have them. */
#define FS1GP	 (1ull << 56)
#define PSS(n)	 ((uint64_t)(n) << 35)
#define ECAP_ALL (1ull << 26 | 1ull << 43 | 1ull << 47 | 1ull << 48)

#define IOMMUFD HIOD_BACKEND_IOMMUFD
#define LEGACY	HIOD_BACKEND_LEGACY

/* A host with everything, unless a test takes something away. */
static int start(struct guest *g, const char *profile, const char *viommu)
{
	int rc = guest_init(g, profile, viommu, NULL, 0);

	g->f.ranges[1].last = (1ull << 48) - 1;
	g->f.hw_cap = FS1GP;
	g->f.hw_ecap = ECAP_ALL | PSS(19);
	g->f.max_pasid_log2 = 20;
	return rc;
}

/* ---- the check ---- */

TEST(vectors)
{
	static const struct {
		const char *name, *profile, *viommu;
		enum hiod_backend be;
		bool bridge;
		int bits; /* of the host */
		uint32_t type;
		uint64_t cap, ecap;
		uint8_t pasid; /* max_pasid_log2 */
		const char *message;
	} rows[] = {
		{ "V18", V11_1, FSTS, IOMMUFD, false, 48, 2, FS1GP, PSS(19), 20,
		  "Incompatible host platform IOMMU type 2" },
		{ "V18", V11_0, FLTS, IOMMUFD, false, 48, 2, FS1GP, PSS(19), 20,
		  "Incompatible host platform IOMMU type 2" },
		{ "V19", V11_1, FSTS, IOMMUFD, false, 48, 1, 0, PSS(19), 20,
		  "First stage 1GB large page is unsupported by host IOMMU" },
		{ "V19", V11_0, FLTS, IOMMUFD, false, 48, 1, 0, PSS(19), 20,
		  "First stage 1GB large page is unsupported by host IOMMU" },
		{ "V20", V11_1, FSTS ",fs1gp=off", IOMMUFD, false, 48, 1, 0, PSS(19), 20, NULL },
		{ "V20", V11_0, FLTS ",fs1gp=off", IOMMUFD, false, 48, 1, 0, PSS(19), 20, NULL },
		{ "V21", V11_1, FSTS ",pasid-bits=20", IOMMUFD, false, 48, 1, FS1GP, PSS(7), 20,
		  "PASID bits size 20 > host IOMMU PASID bits size 8" },
		{ "V21", V11_1, FSTS ",pasid-bits=9", IOMMUFD, false, 48, 1, FS1GP, PSS(7), 20,
		  "PASID bits size 9 > host IOMMU PASID bits size 8" },
		{ "V21", V11_1, FSTS ",pasid-bits=8", IOMMUFD, false, 48, 1, FS1GP, PSS(7), 20,
		  NULL },
		/* 11.0 has one bit, and does not compare it */
		{ "V21", V11_0, FLTS ",x-pasid-mode=on", IOMMUFD, false, 48, 1, FS1GP, 0, 20,
		  NULL },
		{ "V22", V11_1, FSTS ",pasid-bits=20", IOMMUFD, false, 48, 1, FS1GP, PSS(7), 0,
		  NULL },
		{ "V23", V11_1, FSTS, LEGACY, false, 48, 1, FS1GP, PSS(19), 20,
		  "Need IOMMUFD backend when fsts=on" },
		{ "V23", V11_0, FLTS, LEGACY, false, 48, 1, FS1GP, PSS(19), 20,
		  "Need IOMMUFD backend when x-flts=on" },
		{ "V24", V11_1, OFF, IOMMUFD, false, 48, 0, 0, 0, 0, NULL },
		{ "V24", V11_0, OFF, IOMMUFD, false, 48, 0, 0, 0, 0, NULL },
		{ "V28", V11_1, OFF, IOMMUFD, true, 48, 1, FS1GP, PSS(19), 20, NULL },
		{ "V28", V11_0, OFF, LEGACY, true, 48, 1, FS1GP, PSS(19), 20, NULL },
		{ "V29", V11_1, FSTS, IOMMUFD, true, 48, 1, FS1GP, PSS(19), 20,
		  "Host device downstream to a PCI bridge is unsupported when fsts=on" },
		{ "V29", V11_0, FLTS, IOMMUFD, true, 48, 1, FS1GP, PSS(19), 20,
		  "Host device downstream to a PCI bridge is unsupported when x-flts=on" },
		{ "V30", V11_1, FSTS, LEGACY, true, 39, 1, FS1GP, PSS(19), 20,
		  "aw-bits 48 > host aw-bits 39" },
		{ "V30", V11_0, FLTS, LEGACY, true, 39, 1, FS1GP, PSS(19), 20,
		  "aw-bits 48 > host aw-bits 39" },
		{ "V31", V11_1, FSTS, IOMMUFD, true, 48, 2, 0, PSS(19), 20,
		  "Incompatible host platform IOMMU type 2" },
		{ "V31", V11_0, FLTS, IOMMUFD, true, 48, 2, 0, PSS(19), 20,
		  "Incompatible host platform IOMMU type 2" },
		/* each rule before the next */
		{ "backend, bridge", V11_1, FSTS, LEGACY, true, 48, 1, 0, PSS(0), 20,
		  "Need IOMMUFD backend when fsts=on" },
		{ "fs1gp, PASID", V11_1, FSTS ",pasid-bits=20", IOMMUFD, true, 48, 1, 0, PSS(7), 20,
		  "First stage 1GB large page is unsupported by host IOMMU" },
		{ "PASID, bridge", V11_1, FSTS ",pasid-bits=20", IOMMUFD, true, 48, 1, FS1GP,
		  PSS(7), 20, "PASID bits size 20 > host IOMMU PASID bits size 8" },
		{ "fs1gp, bridge", V11_0, FLTS, IOMMUFD, true, 48, 1, 0, PSS(0), 20,
		  "First stage 1GB large page is unsupported by host IOMMU" },
		/* 10.x: the width, then nothing is good enough */
		{ "10.0", "qemu-10.0", FLTS, IOMMUFD, false, 48, 1, FS1GP, PSS(19), 20,
		  "host device is uncompatible with stage-1 translation" },
		{ "10.1", "qemu-10.1", FLTS, LEGACY, false, 48, 1, FS1GP, PSS(19), 20,
		  "host device is uncompatible with stage-1 translation" },
		{ "10.2", "qemu-10.2", FLTS, IOMMUFD, true, 48, 2, 0, 0, 0,
		  "host device is uncompatible with stage-1 translation" },
		{ "10.2", "qemu-10.2", FLTS, IOMMUFD, true, 39, 2, 0, 0, 0,
		  "aw-bits 48 > host aw-bits 39" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PCIDevice bridge = { .express = true, .pcie_type = PCI_EXP_TYPE_PCI_BRIDGE };
		PCIBus below = { .parent_dev = &bridge };
		char want[160] = "";
		struct guest g;
		int rc;

		ASSERT_EQ(0, start(&g, rows[i].profile, rows[i].viommu));
		bridge.bus = &g.m.root;
		if (rows[i].bridge)
			g.dev[0].pdev.bus = &below;
		g.f.ranges[1].last = (1ull << rows[i].bits) - 1;
		g.f.hw_type = rows[i].type;
		g.f.hw_cap = rows[i].cap;
		g.f.hw_ecap = rows[i].ecap;
		g.f.max_pasid_log2 = rows[i].pasid;
		rc = guest_plug(&g, rows[i].be, "0000:00:05.0");
		if (rows[i].message)
			snprintf(want, sizeof(want), "vfio 0000:00:05.0: Failed to set vIOMMU: %s",
				 rows[i].message);
		EXPECT_STREQ(want, rc ? g.err.message : "")
		{
			TH_LOG("row %zu: %s of %s", i, rows[i].name, rows[i].profile);
		}
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
		EXPECT_EQ(0, g.f.errors);
	}
}

TEST(v25_two_functions_of_a_slot_are_two_devices)
{
	struct guest g;

	ASSERT_EQ(0, start(&g, V11_1, FSTS));
	ASSERT_EQ(0, guest_plug(&g, IOMMUFD, "0000:00:05.0"));
	ASSERT_EQ(0, guest_plug(&g, IOMMUFD, "0000:00:06.0"));
	vfio_pci_exit(&g.dev[1]);
	g.dev[1].pdev.devfn = PCI_DEVFN(1, 1);
	EXPECT_EQ(0, pci_device_set_iommu_device(&g.dev[1].pdev, g.dev[1].vbasedev.hiod, &g.err));
	EXPECT_TRUE(g.dev[0].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 0)));
	EXPECT_TRUE(g.dev[1].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &g.m.root, PCI_DEVFN(1, 1)));
	pci_device_unset_iommu_device(&g.dev[1].pdev);
	guest_end(&g);
}

TEST(v26_second_device_of_an_address_is_refused_and_the_first_stays)
{
	struct guest g;

	ASSERT_EQ(0, start(&g, V11_1, FSTS));
	ASSERT_EQ(0, guest_plug(&g, IOMMUFD, "0000:00:05.0"));
	ASSERT_EQ(0, guest_plug(&g, IOMMUFD, "0000:00:06.0"));
	EXPECT_GT(0, pci_device_set_iommu_device(&(PCIDevice){ .bus = &g.m.root,
							       .devfn = g.dev[0].pdev.devfn },
						 g.dev[1].vbasedev.hiod, &g.err));
	EXPECT_STREQ("Host IOMMU device already exist", g.err.message);
	EXPECT_TRUE(g.dev[0].vbasedev.hiod ==
		    intel_iommu_find(&g.m.viommu, &g.m.root, g.dev[0].pdev.devfn));
	EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
	EXPECT_EQ(2, g.dev[1].vbasedev.hiod->refs);
	guest_end(&g);
}

TEST(v27_unset_after_a_refusal_does_nothing)
{
	struct guest g;

	ASSERT_EQ(0, start(&g, V11_1, FSTS));
	ASSERT_NE(0, guest_plug(&g, LEGACY, "0000:00:06.0"));
	pci_device_unset_iommu_device(&g.dev[0].pdev);
	EXPECT_NULL(intel_iommu_find(&g.m.viommu, &g.m.root, g.dev[0].pdev.devfn));
	EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* ---- what is warned of ---- */

static uint32_t bit(enum intel_iommu_warning w)
{
	return 1u << w;
}

TEST(warnings_tell_what_qemu_does_not_verify)
{
	static const struct {
		const char *profile, *viommu;
		enum hiod_backend be;
		uint64_t ecap;
		uint8_t pasid;
		uint32_t want;
	} rows[] = {
		{ V11_1, FSTS, IOMMUFD, ECAP_ALL, 0, 0 },
		{ V11_0, FLTS, IOMMUFD, ECAP_ALL, 0, 0 },
		{ V11_1, FSTS, IOMMUFD, ECAP_ALL & ~(1ull << 26), 0,
		  1u << INTEL_IOMMU_WARN_NESTING },
		{ V11_0, FLTS, IOMMUFD, ECAP_ALL & ~(1ull << 26), 0,
		  1u << INTEL_IOMMU_WARN_NESTING },
		{ V11_1, FSTS, IOMMUFD, ECAP_ALL & ~(1ull << 43), 0,
		  1u << INTEL_IOMMU_WARN_SCALABLE },
		{ V11_1, FSTS, IOMMUFD, ECAP_ALL & ~(1ull << 47), 0,
		  1u << INTEL_IOMMU_WARN_FIRST_STAGE },
		{ V11_1, FSTS, IOMMUFD, ECAP_ALL & ~(1ull << 48), 0,
		  1u << INTEL_IOMMU_WARN_COHERENCY },
		{ V11_1, FSTS, IOMMUFD, 0, 0, 0xf },
		{ V11_1, FSTS ",pasid-bits=8", IOMMUFD, ECAP_ALL, 0, 1u << INTEL_IOMMU_WARN_PASID },
		{ V11_1, FSTS ",pasid-bits=8", IOMMUFD, ECAP_ALL | PSS(19), 20, 0 },
		/* where the host's page tables are not nested its registers do not count */
		{ V11_1, OFF, IOMMUFD, 0, 0, 0 },
		{ V11_1, OFF, LEGACY, 0, 0, 0 },
		/* refused: the message tells */
		{ V11_1, FSTS, LEGACY, 0, 0, 0 },
		{ "qemu-10.0", FLTS, IOMMUFD, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_check c = {
			.profile = hiod_profile_find(rows[i].profile),
			.viommu = rows[i].viommu,
			.backend = rows[i].be,
			.bdf = "0000:00:05.0",
		};
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		f.ranges[1].last = (1ull << 48) - 1;
		f.hw_cap = FS1GP;
		f.hw_ecap = rows[i].ecap;
		f.max_pasid_log2 = rows[i].pasid;
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(rows[i].want, v.warnings)
		{
			TH_LOG("row %zu: %s", i, v.message);
		}
		/* What QEMU says is not changed by it. */
		if (rows[i].want) {
			EXPECT_EQ(HIOD_ACCEPTED, v.qemu);
		}
		hiod_verdict_free(&v);
	}
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++)
		EXPECT_NOT_NULL(strstr(intel_iommu_warning_text(w), "QEMU does not verify"));
	EXPECT_EQ(0x10, bit(INTEL_IOMMU_WARN_PASID));
}

TEST_HARNESS_MAIN
