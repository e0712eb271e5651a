// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virtio-iommu: host ranges that become reserved regions, page sizes and their
 * freezing, the table of host IOMMU devices; where QEMU looks away, and what we
 * say then.
 */
#include <inttypes.h>
#include "harness/ktap/ktap.h"
#include "selftests/hiod/guest.h"

#define L	      HIOD_BACKEND_LEGACY
#define I	      HIOD_BACKEND_IOMMUFD
#define V	      "virtio-iommu-pci"
#define SET	      "vfio 0000:00:05.0: Failed to set vIOMMU: "
#define DEV	      "0000:00:05.0"
#define ALIAS	      "virtio_iommu_set_host_iova_ranges virtio-iommu does not support aliased BDF"
#define PAGES	      "0000:00:05.0: virtio-iommu reports a page size mask "
#define BIT(n)	      (1ull << (n))
#define MAX	      UINT64_MAX
#define APIC	      0xfee00000, 0xfeefffff
#define K64	      0xffffffffffff0000
#define SEEN(g, kind) ((g).m.anomalies.seen >> HIOD_ANOMALY_##kind & 1)

static const char *const versions[] = { "qemu-9.1", "qemu-10.0", "qemu-11.1" };

/* "0:fff:0 1000:1fff:1": start, last, type. */
static const char *show(const struct hiod_resv_regions *l)
{
	static char buf[2048];
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; l && i < l->n; i++)
		n += snprintf(buf + n, sizeof(buf) - n, "%s%" PRIx64 ":%" PRIx64 ":%d",
			      i ? " " : "", l->r[i].range.start, l->r[i].range.last, l->r[i].type);
	return l ? buf : "none";
}

/* ---- reserved regions ---- */

TEST(a_new_reserved_region_has_priority)
{
	static const struct {
		const char *what;
		struct hiod_resv_region put[4];
		unsigned n;
		const char *list;
	} rows[] = {
		{ "into an empty list", { { { 5, 9 }, 1 } }, 1, "5:9:1" },
		{ "below", { { { 5, 9 }, 0 }, { { 0, 3 }, 1 } }, 2, "0:3:1 5:9:0" },
		{ "above", { { { 5, 9 }, 0 }, { { 11, 12 }, 1 } }, 2, "5:9:0 b:c:1" },
		{ "between",
		  { { { 0, 1 }, 0 }, { { 8, 9 }, 0 }, { { 4, 5 }, 1 } },
		  3,
		  "0:1:0 4:5:1 8:9:0" },
		{ "touching below stays apart",
		  { { { 5, 9 }, 0 }, { { 3, 4 }, 0 } },
		  2,
		  "3:4:0 5:9:0" },
		{ "touching above stays apart",
		  { { { 5, 9 }, 0 }, { { 10, 10 }, 0 } },
		  2,
		  "5:9:0 a:a:0" },
		{ "touching on both sides",
		  { { { 0, 4 }, 0 }, { { 6, 9 }, 0 }, { { 5, 5 }, 1 } },
		  3,
		  "0:4:0 5:5:1 6:9:0" },
		{ "the same", { { { 5, 9 }, 0 }, { { 5, 9 }, 1 } }, 2, "5:9:1" },
		{ "covering", { { { 5, 9 }, 0 }, { { 4, 10 }, 1 } }, 2, "4:a:1" },
		{ "covering many",
		  { { { 1, 2 }, 0 }, { { 4, 5 }, 0 }, { { 7, 8 }, 0 }, { { 0, 9 }, 1 } },
		  4,
		  "0:9:1" },
		{ "inside: split in three",
		  { { { 0, 15 }, 0 }, { { 4, 7 }, 1 } },
		  2,
		  "0:3:0 4:7:1 8:f:0" },
		{ "at the left end", { { { 0, 15 }, 0 }, { { 0, 7 }, 1 } }, 2, "0:7:1 8:f:0" },
		{ "at the right end", { { { 0, 15 }, 0 }, { { 8, 15 }, 1 } }, 2, "0:7:0 8:f:1" },
		{ "over the lower edge", { { { 5, 9 }, 0 }, { { 3, 6 }, 1 } }, 2, "3:6:1 7:9:0" },
		{ "over the upper edge", { { { 5, 9 }, 0 }, { { 8, 12 }, 1 } }, 2, "5:7:0 8:c:1" },
		{ "over two edges and one whole",
		  { { { 0, 4 }, 0 }, { { 6, 7 }, 1 }, { { 9, 15 }, 0 }, { { 3, 10 }, 1 } },
		  4,
		  "0:2:0 3:a:1 b:f:0" },
		{ "the ends of the address space",
		  { { { 0, MAX }, 0 }, { { 0, 0 }, 1 }, { { MAX, MAX }, 1 } },
		  3,
		  "0:0:1 1:fffffffffffffffe:0 ffffffffffffffff:ffffffffffffffff:1" },
		{ "everything",
		  { { { 0, 0 }, 0 }, { { MAX, MAX }, 0 }, { { 0, MAX }, 1 } },
		  3,
		  "0:ffffffffffffffff:1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_resv_regions list = { 0 };

		for (unsigned k = 0; k < rows[i].n; k++)
			ASSERT_EQ(0, resv_region_list_insert(&list, &rows[i].put[k]));
		EXPECT_STREQ(rows[i].list, show(&list))
		{
			TH_LOG("%s", rows[i].what);
		}
		resv_region_list_free(&list);
	}
}

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
		EXPECT_STREQ("none", show(machine_resv_regions(&g.m, &g.dev[0])));
		EXPECT_EQ(0, guest_plug(&g, i / 3 % 2, DEV));
		EXPECT_STREQ(rows[row].regions, show(machine_resv_regions(&g.m, &g.dev[0])))
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
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0])->n);
		g.n = 0;
		machine_unplug(&g.m, &g.dev[0]);
		EXPECT_STREQ("fee00000:feefffff:1", show(machine_resv_regions(&g.m, &g.dev[0])));
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
		EXPECT_STREQ("none", show(machine_resv_regions(&g.m, &g.dev[0])));
		guest_end(&g);
	}
}

/* ---- options ---- */

TEST(defaults_by_machine_type)
{
	static const struct {
		const char *machine, *options;
		unsigned aw_bits;
		enum virtio_iommu_granule granule;
		uint64_t last, mask;
	} rows[] = {
		{ NULL, "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "q35", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-9.1", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-9.0", "", 39, VIRTIO_IOMMU_GRANULE_HOST, BIT(39) - 1, -4096ull },
		{ "pc-q35-8.2", "", 64, VIRTIO_IOMMU_GRANULE_4K, MAX, -4096ull },
		{ "pc-q35-7.2", "", 64, VIRTIO_IOMMU_GRANULE_4K, MAX, -4096ull },
		{ "pc-q35-7.2", ",granule=host,aw-bits=48", 48, VIRTIO_IOMMU_GRANULE_HOST,
		  BIT(48) - 1, -4096ull },
		{ NULL, ",aw-bits=32,granule=8k", 32, VIRTIO_IOMMU_GRANULE_8K, BIT(32) - 1,
		  -8192ull },
		{ NULL, ",aw-bits=64,granule=16k", 64, VIRTIO_IOMMU_GRANULE_16K, MAX, -16384ull },
		{ NULL, ",id=v,bus=pcie.0,addr=6.0,granule=64k", 39, VIRTIO_IOMMU_GRANULE_64K,
		  BIT(39) - 1, K64 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 6; i++) {
		unsigned row = i / 6;
		struct hiod_error err;
		char text[96];
		Machine m;

		hiod_error_init(&err);
		snprintf(text, sizeof(text), "%s%s", i % 2 ? "virtio-iommu" : V, rows[row].options);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_find(versions[i / 2 % 3]),
					  rows[row].machine, NULL, 0, NULL, &err));
		ASSERT_EQ(0, machine_add_viommu(&m, text, &err));
		EXPECT_EQ(rows[row].aw_bits, m.virtio_iommu.config.aw_bits)
		{
			TH_LOG("row %u", row);
		}
		EXPECT_EQ(rows[row].granule, m.virtio_iommu.config.granule);
		EXPECT_EQ(rows[row].last, m.virtio_iommu.input_last);
		EXPECT_EQ(rows[row].mask, m.virtio_iommu.page_size_mask);
		machine_finalize(&m);
	}
}

TEST(options_are_refused_in_qemus_words)
{
	static const struct {
		const char *options, *message;
		bool unmodelled;
	} rows[] = {
		{ "aw-bits=31", "aw-bits must be within [32,64]" },
		{ "aw-bits=65", "aw-bits must be within [32,64]" },
		{ "aw-bits=0", "aw-bits must be within [32,64]" },
		{ "aw-bits=300", "Parameter 'aw-bits' expects uint8_t" },
		{ "aw-bits=wide", "Parameter 'aw-bits' expects integer" },
		{ "granule=32k", "Parameter 'granule' does not accept value '32k'" },
		{ "granule=4K", "Parameter 'granule' does not accept value '4K'" },
		{ "aw-bits=31,boot-bypass=maybe", "Parameter 'boot-bypass' expects 'on' or 'off'" },
		{ "caching-mode=on", "Property 'virtio-iommu-pci.caching-mode' not found" },
		{ "packed=on", "property 'packed' of virtio-iommu-pci is not modelled", true },
		{ "x-disable-pcie=on",
		  "property 'x-disable-pcie' of virtio-iommu-pci is not modelled", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_error err;
		char text[96];
		Machine m;

		hiod_error_init(&err);
		snprintf(text, sizeof(text), "virtio-iommu,%s", rows[i].options);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_default(), NULL, NULL, 0, NULL,
					  &err));
		EXPECT_GT(0, machine_add_viommu(&m, text, &err));
		EXPECT_STREQ(rows[i].message, err.message);
		EXPECT_EQ(rows[i].unmodelled ? HIOD_FAIL_UNMODELLED : HIOD_FAIL_QEMU, err.fail);
		EXPECT_EQ(MACHINE_VIOMMU_NONE, m.viommu_kind);
		machine_finalize(&m);
	}
}

TEST(one_viommu_of_any_kind)
{
	static const char *const kinds[] = { "intel-iommu", V };

	for (int i = 0; i < 4; i++) {
		struct hiod_error err;
		Machine m;

		hiod_error_init(&err);
		ASSERT_EQ(0, machine_init(&m, NULL, hiod_profile_default(), NULL, NULL, 0, NULL,
					  &err));
		ASSERT_EQ(0, machine_add_viommu(&m, kinds[i % 2], &err));
		/* before the second one looks at its own options */
		EXPECT_GT(0, machine_add_viommu(&m, i / 2 ? V ",aw-bits=1" : "intel-iommu", &err));
		EXPECT_STREQ("QEMU does not support multiple vIOMMUs for x86 yet.", err.message);
		machine_finalize(&m);
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
	machine_reset(&g.m);
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
	EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0])->n);
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
		EXPECT_STREQ("fee00000:feefffff:1", show(machine_resv_regions(&g.m, &g.dev[0])));
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
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0])->n);
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
		EXPECT_EQ(2, machine_resv_regions(&g.m, &g.dev[0])->n);
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
		     show(machine_resv_regions(&g.m, &g.dev[0])));
	EXPECT_STREQ("fee00000:feefffff:1 1000000000000:ffffffffffffffff:0",
		     show(machine_resv_regions(&g.m, &g.dev[1])));
	EXPECT_EQ(0x1000, g.m.virtio_iommu.page_size_mask);
	EXPECT_EQ(0, g.m.anomalies.seen);
	guest_end(&g);
}

/* ---- host IOMMU devices of other classes ---- */

static struct hiod_ranges made_ranges;

static int made_get_iova_ranges(HostIOMMUDevice *hiod, struct hiod_ranges *out)
{
	(void)hiod;
	return range_list_copy(out, &made_ranges);
}

static const HostIOMMUDeviceClass bare_class = {
	.name = "bare",
	.instance_size = sizeof(HostIOMMUDevice),
};

static const HostIOMMUDeviceClass ranges_class = {
	.name = "ranges",
	.instance_size = sizeof(HostIOMMUDevice),
	.get_iova_ranges = made_get_iova_ranges,
};

FIXTURE(state)
{
	VirtIOIOMMUState s;
	struct hiod_anomalies an;
	AddressSpace sys;
	PCIBus bus;
	PCIDevice dev;
	HostIOMMUDevice *hiod;
	struct hiod_error err;
};

FIXTURE_SETUP(state)
{
	static const struct hiod_resv_region props[] = {
		{ { 0x1000, 0x4fff }, HIOD_RESV_RESERVED },
		{ { 0x2000, 0x2fff }, HIOD_RESV_MSI },
	};
	struct virtio_iommu_config c;

	memset(self, 0, sizeof(*self));
	hiod_error_init(&self->err);
	self->bus = (PCIBus){ .express = true, .root = true };
	self->dev = (PCIDevice){ .bus = &self->bus, .devfn = PCI_DEVFN(4, 0) };
	virtio_iommu_config_init(&c, HIOD_VERSION(11, 1));
	ASSERT_EQ(0, virtio_iommu_realize(&self->s, &c, props, 2, &self->sys, &self->an, &self->bus,
					  &self->err));
	self->hiod = hiod_new(&ranges_class);
	ASSERT_NOT_NULL(self->hiod);
}

FIXTURE_TEARDOWN(state)
{
	pci_clear_iommu(&self->bus);
	virtio_iommu_finalize(&self->s);
	EXPECT_EQ(1, self->hiod->refs);
	hiod_unref(self->hiod);
	range_list_free(&made_ranges);
}

TEST_F(state, a_later_property_region_wins_and_both_win_over_the_host)
{
	static const struct hiod_range host = { 0x4000, MAX };

	ASSERT_EQ(0, range_list_insert(&made_ranges, &host));
	ASSERT_NOT_NULL(pci_device_iommu_address_space(&self->dev, NULL));
	EXPECT_STREQ("1000:1fff:0 2000:2fff:1 3000:4fff:0",
		     show(virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)));
	ASSERT_EQ(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ("0:fff:0 1000:1fff:0 2000:2fff:1 3000:4fff:0",
		     show(virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)));
}

TEST_F(state, ranges_for_a_device_without_an_address_space)
{
	static const struct hiod_range host = { 0, 0xffff };
	PCIDevice other = { .bus = &self->bus, .devfn = PCI_DEVFN(5, 0) };

	ASSERT_EQ(0, range_list_insert(&made_ranges, &host));
	EXPECT_GT(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ("virtio_iommu_set_host_iova_ranges: no IOMMUPciBus found!", self->err.message);
	ASSERT_NOT_NULL(pci_device_iommu_address_space(&other, NULL));
	EXPECT_GT(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
	EXPECT_STREQ("virtio_iommu_set_host_iova_ranges: no IOMMUDevice found!", self->err.message);
	/* to forget what was never there is no error */
	pci_device_unset_iommu_device(&self->dev);
}

TEST_F(state, a_class_that_tells_nothing_is_registered)
{
	HostIOMMUDevice *bare = hiod_new(&bare_class);

	ASSERT_NOT_NULL(bare);
	EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, bare, &self->err));
	EXPECT_TRUE(bare == virtio_iommu_find(&self->s, &self->bus, self->dev.devfn));
	EXPECT_EQ(0, self->an.seen);
	pci_device_unset_iommu_device(&self->dev);
	EXPECT_EQ(1, bare->refs);
	hiod_unref(bare);
}

/* 21 regions fit into the reply to a guest's PROBE. */
TEST_F(state, more_regions_than_a_guest_can_be_told_of)
{
	/* Each range but the last leaves one region, the machine's are three. */
	for (uint64_t n = 19; n <= 20; n++) {
		range_list_free(&made_ranges);
		for (uint64_t i = 0; i < n; i++) {
			const struct hiod_range r = { i << 20, (i << 20) + 0xffff };

			ASSERT_EQ(0, range_list_insert(&made_ranges, &r));
		}
		made_ranges.r[n - 1].last = MAX;
		ASSERT_NOT_NULL(pci_device_iommu_address_space(&self->dev, NULL));
		EXPECT_EQ(0, pci_device_set_iommu_device(&self->dev, self->hiod, &self->err));
		EXPECT_EQ(n + 2,
			  virtio_iommu_resv_regions(&self->s, &self->bus, self->dev.devfn)->n);
		EXPECT_EQ(n > 19, self->an.seen >> HIOD_ANOMALY_PROBE_FULL & 1);
		pci_device_unset_iommu_device(&self->dev);
	}
	EXPECT_EQ(HIOD_REFUSED, hiod_anomaly_verdict(HIOD_ANOMALY_PROBE_FULL));
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

TEST_HARNESS_MAIN
