// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-iommu: host ranges that become reserved regions, page sizes and their
 * freezing, the table of host IOMMU devices; where QEMU looks away, and what we
 * say then.
 */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"
#include "selftests/hiod/regions.h"

#define L	      HIOD_BACKEND_LEGACY
#define I	      HIOD_BACKEND_IOMMUFD
#define V	      "virtio-iommu-pci"
#define SET	      "vfio 0000:00:05.0: Failed to set vIOMMU: "
#define DEV	      "0000:00:05.0"
#define ALIAS	      "virtio_iommu_set_host_iova_ranges virtio-iommu does not support aliased BDF"
#define PAGES	      "0000:00:05.0: virtio-iommu reports a page size mask "
#define BIT(n)	      (1ull << (n))
#define MAX	      UINT64_MAX
#define K64	      0xffffffffffff0000
#define SEEN(g, kind) ((g).m.anomalies.seen >> HIOD_ANOMALY_##kind & 1)

static const char *const versions[] = { "qemu-9.1", "qemu-10.0", "qemu-11.1" };

/* Nothing is compared with a width: what the host lacks is reserved. */
TEST(what_the_host_lacks_is_reserved)
{
	static const struct {
		struct hiod_range host[3];
		unsigned n;
		const char *regions;
	} rows[] = {
		{ { { 0, 0xfedfffff }, { 0xfef00000, BIT(39) - 1 } },
		  2,
		  "fee00000:feefffff:1 8000000000:ffffffffffffffff:0" },
		{ { { 0, MAX } }, 1, "fee00000:feefffff:1" },
		{ { { 0x1000, 0x1fff } },
		  1,
		  "0:fff:0 2000:fedfffff:0 fee00000:feefffff:1 fef00000:ffffffffffffffff:0" },
		{ { { 0, BIT(39) - 1 } }, 1, "fee00000:feefffff:1 8000000000:ffffffffffffffff:0" },
		/* the machine's region wins over a part of the host's */
		{ { { 0, 0xfecfffff }, { 0xfee80000, MAX } },
		  2,
		  "fed00000:fedfffff:0 fee00000:feefffff:1" },
		{ { { 0, 0 } }, 1, "1:fedfffff:0 fee00000:feefffff:1 fef00000:ffffffffffffffff:0" },
		/* unsorted as QEMU sorts it */
		{ { { 0x200000000, MAX }, { 0, 0xffffffff } },
		  2,
		  "fee00000:feefffff:1 100000000:1ffffffff:0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 6; i++) {
		unsigned row = i / 6;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, versions[i % 3], V ",aw-bits=48", NULL, 0));
		memcpy(g.f.ranges, rows[row].host, sizeof(rows[row].host));
		g.f.nranges = rows[row].n;
		EXPECT_STREQ("none", show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)));
		EXPECT_EQ(0, guest_plug(&g, i / 3 % 2, DEV));
		EXPECT_STREQ(rows[row].regions,
			     show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)))
		{
			TH_LOG("row %u", row);
		}
		EXPECT_TRUE(g.dev[0].vbasedev.hiod ==
			    virtio_iommu_find(&g.m.virtio_iommu, &g.m.root, PCI_DEVFN(1, 0)));
		EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(unplugging_leaves_the_machines_regions)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", V, NULL, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, guest_plug(&g, i % 2, DEV));
		ASSERT_EQ(0, machine_done(&g.m, &g.err));
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
		g.n = 0;
		machine_unplug(&g.m, &g.dev[0]);
		EXPECT_STREQ("fee00000:feefffff:1",
			     show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)));
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
	guest_end(&g);
}

TEST(no_regions_without_a_virtio_iommu_above)
{
	static const struct {
		const char *machine, *viommu;
	} rows[] = {
		{ NULL, NULL },
		{ NULL, "intel-iommu,caching-mode=on,aw-bits=39" },
		{ "q35,default-bus-bypass-iommu=on", V },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		ASSERT_EQ(0, machine_init(&g.m, &g.f.shim, g.m.profile, rows[i].machine, NULL, 0,
					  NULL, &g.err));
		if (rows[i].viommu)
			ASSERT_EQ(0, machine_add_viommu(&g.m, rows[i].viommu, &g.err));
		ASSERT_EQ(0, guest_plug(&g, L, DEV));
		EXPECT_STREQ("none", show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)));
		guest_end(&g);
	}
}

TEST(without_bypass_no_memory_is_mapped_at_the_start)
{
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };

	for (int i = 0; i < 4; i++) {
		const char *viommu = i / 2 ? V ",boot-bypass=off" : V;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", viommu, memory, 1));
		ASSERT_EQ(0, guest_plug(&g, i % 2, DEV));
		EXPECT_EQ(!(i / 2), strstr(g.f.log, i % 2 ? "IOAS_MAP" : "MAP_DMA") != NULL);
		guest_end(&g);
	}
}

/* ---- page sizes ---- */

TEST(page_sizes)
{
	static const struct {
		const char *granule;
		enum hiod_backend be;
		uint64_t host; /* legacy; iommufd tells 0x1000 */
		bool hot;
		uint64_t mask; /* afterwards */
		const char *message;
	} rows[] = {
		{ "host", L, -4096ull, false, -4096ull, NULL },
		{ "host", I, 0, false, 0x1000, NULL },
		{ "host", L, 0x40201000, false, 0x40201000, NULL },
		{ "host", L, K64, false, K64, NULL },
		{ "64k", L, -4096ull, false, K64, NULL },
		{ "64k", I, 0, false, K64,
		  PAGES "0x1000 incompatible with currently supported mask 0xffffffffffff0000" },
		{ "4k", L, 0x800, false, -4096ull,
		  PAGES "0x800 incompatible with currently supported mask 0xfffffffffffff000" },
		{ "host", L, 0, false, -4096ull,
		  PAGES "0x0 incompatible with currently supported mask 0xfffffffffffff000" },
		/* frozen: nothing narrows any more, and the granule must be there */
		{ "host", L, -4096ull, true, -4096ull, NULL },
		{ "host", I, 0, true, -4096ull, NULL },
		{ "host", L, 0x40201000, true, -4096ull, NULL },
		{ "host", L, K64, true, -4096ull,
		  "0000:00:05.0: virtio-iommu does not support frozen granule 0x1000" },
		{ "64k", L, BIT(30), true, K64,
		  "0000:00:05.0: virtio-iommu does not support frozen granule 0x10000" },
		{ "64k", I, 0, true, K64,
		  PAGES "0x1000 incompatible with currently supported mask 0xffffffffffff0000" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
		unsigned row = i / 3;
		const char *version = versions[i % 3];
		char viommu[64], want[256] = "";
		struct guest g;
		int rc;

		snprintf(viommu, sizeof(viommu), V ",granule=%s", rows[row].granule);
		ASSERT_EQ(0, guest_init(&g, version, viommu, NULL, 0));
		if (rows[row].hot)
			ASSERT_EQ(0, machine_done(&g.m, &g.err));
		EXPECT_EQ(rows[row].hot, g.m.virtio_iommu.granule_frozen);
		g.f.pgsizes = rows[row].host;
		rc = guest_plug(&g, rows[row].be, DEV);
		if (rows[row].message)
			snprintf(want, sizeof(want), "vfio 0000:00:05.0: %s%s",
				 g.m.profile->set_error_prefix, rows[row].message);
		EXPECT_STREQ(want, rc ? g.err.message : "")
		{
			TH_LOG("row %u %s", row, version);
		}
		EXPECT_EQ(rows[row].mask, g.m.virtio_iommu.page_size_mask);
		EXPECT_EQ(rc ? 1 : 2, g.dev[0].vbasedev.hiod->refs);
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(page_sizes_stay_narrow)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", V, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, I, DEV));
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	g.n = 0;
	machine_unplug(&g.m, &g.dev[0]);
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	/* cold-plugged still, and now too much for a host of larger pages */
	g.f.pgsizes = K64;
	EXPECT_GT(0, guest_plug(&g, L, DEV));
	EXPECT_STREQ(SET PAGES
		     "0xffffffffffff0000 incompatible with currently supported mask 0x1000",
		     g.err.message);
	/* nor does a reset forget what the guest was told */
	ASSERT_EQ(0, machine_done(&g.m, &g.err));
	machine_reset(&g.m, &g.err);
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	EXPECT_TRUE(g.m.virtio_iommu.granule_frozen);
	guest_end(&g);
}

/* ---- one device, set twice ---- */

TEST(set_twice)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", V, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	EXPECT_GT(0, pci_device_set_iommu_device(&g.dev[0].pdev, g.dev[0].vbasedev.hiod, &g.err));
	EXPECT_STREQ("Host IOMMU device already exists", g.err.message);
	EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
	EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
	guest_end(&g);
}

/* A device whose ranges are not known is let through: unchecked, and not remembered. */
TEST(unknown_ranges_are_let_through)
{
	for (int i = 0; i < 6; i++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, versions[i % 3], V, NULL, 0));
		g.f.pgsizes = 0x800;
		g.f.no_iova_cap = true;
		if (i / 3)
			fake_fail(&g.f, "IOVA_RANGES", 1, ENOTTY);
		ASSERT_EQ(0, guest_plug(&g, i / 3 ? I : L, DEV));
		EXPECT_NULL(virtio_iommu_find(&g.m.virtio_iommu, &g.m.root, PCI_DEVFN(1, 0)));
		EXPECT_EQ(1, g.dev[0].vbasedev.hiod->refs);
		EXPECT_EQ(-4096ull, g.m.virtio_iommu.page_size_mask);
		EXPECT_STREQ("fee00000:feefffff:1",
			     show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)));
		EXPECT_TRUE(SEEN(g, VIOMMU_UNCHECKED));
		/* so that a second one is none, and no alias of itself either */
		EXPECT_EQ(0, pci_device_set_iommu_device(&g.dev[0].pdev, g.dev[0].vbasedev.hiod,
							 &g.err));
		EXPECT_FALSE(SEEN(g, ALIAS_UNSEEN));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

/* The ranges of a refused device stay, and the next one there is taken for an alias. */
TEST(a_device_refused_for_its_pages_leaves_its_ranges)
{
	for (int i = 0; i < 6; i++) {
		bool now_fits = i / 3;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, versions[i % 3], V ",granule=4k", NULL, 0));
		ASSERT_EQ(0, machine_done(&g.m, &g.err));
		g.f.pgsizes = K64;
		EXPECT_GT(0, guest_plug(&g, L, DEV));
		EXPECT_NOT_NULL(strstr(g.err.message, "frozen granule 0x1000"));
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
		machine_unplug(&g.m, &g.dev[0]);
		g.n = 0;

		if (now_fits)
			g.f.pgsizes = -4096ull;
		EXPECT_GT(0, guest_plug(&g, L, DEV));
		EXPECT_NOT_NULL(strstr(g.err.message, ALIAS));
		EXPECT_STREQ("no other device is there: QEMU kept the ranges of one that it "
			     "refused before",
			     g.err.hint);
		EXPECT_EQ(now_fits, SEEN(g, STALE_RANGES));
		EXPECT_EQ(HIOD_ANOMALY_COUNT, hiod_anomaly_fatal(&g.m.anomalies, g.m.profile));
		EXPECT_EQ(HIOD_ANOMALY_COUNT, hiod_anomaly_worst(&g.m.anomalies));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
	EXPECT_EQ(HIOD_REFUSED,
		  hiod_anomaly_qemu(hiod_profile_default(), HIOD_ANOMALY_STALE_RANGES));
	EXPECT_EQ(HIOD_ACCEPTED, hiod_anomaly_verdict(HIOD_ANOMALY_STALE_RANGES));
}

/* ---- several devices, one address ---- */

static void below_bridge(struct guest *g, PCIDevice *bridge, PCIBus *below)
{
	*bridge = (PCIDevice){ .bus = &g->m.root,
			       .devfn = PCI_DEVFN(3, 0),
			       .express = true,
			       .pcie_type = PCI_EXP_TYPE_PCI_BRIDGE };
	*below = (PCIBus){ .parent_dev = bridge };
	g->dev[0].pdev.bus = g->dev[1].pdev.bus = below;
}

TEST(a_second_device_at_one_address_is_refused)
{
	for (int i = 0; i < 3; i++) {
		char want[256];
		PCIDevice bridge;
		PCIBus below;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, versions[i], V, NULL, 0));
		below_bridge(&g, &bridge, &below);
		ASSERT_EQ(0, guest_plug(&g, L, DEV));
		/* what the first one brought is kept under the alias */
		EXPECT_NOT_NULL(virtio_iommu_resv_regions(&g.m.virtio_iommu, &below, 0));
		EXPECT_NULL(virtio_iommu_resv_regions(&g.m.virtio_iommu, &below, PCI_DEVFN(1, 0)));
		EXPECT_GT(0, guest_plug(&g, L, "0000:01:00.1"));
		snprintf(want, sizeof(want), "vfio 0000:01:00.1: %s%s",
			 g.m.profile->set_error_prefix, ALIAS);
		EXPECT_STREQ(want, g.err.message);
		EXPECT_STREQ("", g.err.hint);
		EXPECT_EQ(0, g.m.anomalies.seen);
		/* the first one is as it was, and once it is gone there is room */
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0].pdev)->n);
		EXPECT_EQ(2, g.dev[0].vbasedev.hiod->refs);
		machine_unplug(&g.m, &g.dev[1]);
		machine_unplug(&g.m, &g.dev[0]);
		g.n = 1;
		EXPECT_EQ(0, guest_plug(&g, L, "0000:01:00.1"));
		EXPECT_TRUE(g.dev[1].vbasedev.hiod ==
			    virtio_iommu_find(&g.m.virtio_iommu, &below, PCI_DEVFN(2, 0)));
		machine_unplug(&g.m, &g.dev[1]);
		machine_finalize(&g.m);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

/* It is told from reserved ranges being there: with none of them nobody notices. */
TEST(an_alias_is_missed_where_nothing_is_reserved)
{
	for (int i = 0; i < 2; i++) {
		PCIDevice bridge;
		PCIBus below;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", V, NULL, 0));
		below_bridge(&g, &bridge, &below);
		g.f.nranges = 1;
		g.f.ranges[0] = (struct hiod_range){ 0, MAX };
		g.f.no_iova_cap = i;
		ASSERT_EQ(0, guest_plug(&g, L, DEV));
		EXPECT_FALSE(SEEN(g, ALIAS_UNSEEN));
		EXPECT_EQ(0, guest_plug(&g, L, "0000:01:00.1"));
		EXPECT_TRUE(SEEN(g, ALIAS_UNSEEN));
		EXPECT_EQ(HIOD_ANOMALY_ALIAS_UNSEEN, hiod_anomaly_worst(&g.m.anomalies));
		EXPECT_EQ(HIOD_REFUSED, hiod_anomaly_verdict(HIOD_ANOMALY_ALIAS_UNSEEN));
		EXPECT_EQ(HIOD_ACCEPTED, hiod_anomaly_qemu(g.m.profile, HIOD_ANOMALY_ALIAS_UNSEEN));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(devices_with_addresses_of_their_own)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", V, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, L, DEV));
	g.f.ranges[1].last = BIT(48) - 1;
	ASSERT_EQ(0, guest_plug(&g, I, "0000:00:06.0"));
	EXPECT_STREQ("fee00000:feefffff:1 8000000000:ffffffffffffffff:0",
		     show_regions(machine_resv_regions(&g.m, &g.dev[0].pdev)));
	EXPECT_STREQ("fee00000:feefffff:1 1000000000000:ffffffffffffffff:0",
		     show_regions(machine_resv_regions(&g.m, &g.dev[1].pdev)));
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	EXPECT_EQ(0, g.m.anomalies.seen);
	guest_end(&g);
}

/* ---- a whole start ---- */

TEST(answers)
{
	static const struct {
		const char *viommu;
		enum hiod_backend be;
		uint64_t pgsizes;
		bool unknown; /* the host's ranges */
		enum hiod_answer verdict, qemu;
		const char *message, *hint;
		int host_aw_bits;
	} rows[] = {
		{ V, L, -4096ull, false, HIOD_ACCEPTED, HIOD_ACCEPTED, "", "", 39 },
		{ V ",granule=host,aw-bits=48", I, 0, false, HIOD_ACCEPTED, HIOD_ACCEPTED, "", "",
		  39 },
		{ "virtio-iommu,aw-bits=64", L, -4096ull, false, HIOD_ACCEPTED, HIOD_ACCEPTED, "",
		  "", 39 },
		{ V ",granule=64k", L, -4096ull, false, HIOD_ACCEPTED, HIOD_ACCEPTED, "", "", 39 },
		{ V ",granule=64k", I, 0, false, HIOD_REFUSED, HIOD_REFUSED,
		  SET PAGES "0x1000 incompatible with currently supported mask 0xffffffffffff0000",
		  "granule=4k fits this host", 39 },
		{ V ",granule=16k", L, 0x2000, false, HIOD_REFUSED, HIOD_REFUSED,
		  SET PAGES "0x2000 incompatible with currently supported mask 0xffffffffffffc000",
		  "granule=4k fits this host", 39 },
		{ V, L, 0x800, false, HIOD_REFUSED, HIOD_REFUSED,
		  SET PAGES "0x800 incompatible with currently supported mask 0xfffffffffffff000",
		  "", 39 },
		{ V, L, 0x800, true, HIOD_UNKNOWN, HIOD_ACCEPTED,
		  "virtio-iommu knows no IOVA ranges of the host, so page sizes are not compared: "
		  "0x800 of the host, 0xfffffffffffff000 of its own",
		  "", -1 },
		{ V, I, 0, true, HIOD_UNKNOWN, HIOD_ACCEPTED,
		  "Cannot get IOVA ranges: Inappropriate ioctl for device",
		  "Fallback to default 64bit IOVA range and 4K page size", -1 },
		{ V ",aw-bits=16", L, -4096ull, false, HIOD_REFUSED, HIOD_REFUSED,
		  "aw-bits must be within [32,64]", "", -1 },
		{ V ",ats=on", L, -4096ull, false, HIOD_UNKNOWN, HIOD_UNKNOWN,
		  "property 'ats' of virtio-iommu-pci is not modelled", "", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 2; i++) {
		unsigned row = i / 2;
		struct hiod_check c = {
			.profile = hiod_profile_find(versions[1 + i % 2]),
			.viommu = rows[row].viommu,
			.backend = rows[row].be,
			.bdf = DEV,
		};
		struct hiod_verdict v;
		char better[64];
		struct fake f;

		fake_init(&f);
		f.pgsizes = rows[row].pgsizes;
		f.no_iova_cap = rows[row].unknown;
		if (rows[row].unknown)
			fake_fail(&f, "IOVA_RANGES", 1, ENOTTY);
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(rows[row].verdict, v.verdict)
		{
			TH_LOG("row %u", row);
		}
		EXPECT_EQ(rows[row].qemu, v.qemu);
		EXPECT_STREQ(rows[row].message, v.message);
		EXPECT_STREQ(rows[row].hint, v.hint);
		EXPECT_EQ(rows[row].host_aw_bits, v.host_aw_bits);
		EXPECT_EQ(0, fake_open_fds(&f));
		hiod_verdict_free(&v);
		if (strncmp(rows[row].hint, "granule=", 8))
			continue;
		/* a hint is true */
		snprintf(better, sizeof(better), V ",%.10s", rows[row].hint);
		c.viommu = better;
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(HIOD_ACCEPTED, v.verdict)
		{
			TH_LOG("%s: %s", better, v.message);
		}
		hiod_verdict_free(&v);
	}
}

/* A table that the host's IOMMU made before it knew the device: one byte. QEMU does not mind. */
TEST(a_host_of_one_byte)
{
	for (int i = 0; i < 2; i++) {
		struct hiod_check c = {
			.profile = hiod_profile_find(versions[1 + i]),
			.viommu = V,
			.backend = I,
			.bdf = DEV,
		};
		struct hiod_verdict v;
		struct fake f;

		fake_init(&f);
		f.nranges = 1;
		f.ranges[0] = (struct hiod_range){ 0, 0 };
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(HIOD_ACCEPTED, v.qemu);
		EXPECT_EQ(HIOD_REFUSED, v.verdict);
		EXPECT_STREQ("the host leaves a guest of virtio-iommu nothing to map: up to "
			     "0x7fffffffff no page of 0x1000 bytes is free of reserved regions",
			     v.message);
		EXPECT_STREQ("", v.hint);
		hiod_verdict_free(&v);
	}
}

TEST_HARNESS_MAIN
