// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Slips on the way from a kernel's reply to the host's width, one test each:
 * what QEMU's history has, what was found while the series was reviewed, and
 * what a rewrite invites. docs/regressions.md names them; selftests/bugs has
 * each as a patch that its test must fail on.
 */
#include "harness/capture/host_derive.h"
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/type1_info.h"
#include "selftests/hiod/guest.h"

#define L	HIOD_BACKEND_LEGACY
#define I	HIOD_BACKEND_IOMMUFD
#define LAST(n) (UINT64_MAX >> (64 - (n)))

/* The width that a host with these ranges has for a vIOMMU; -1: the attach failed. */
static int width(struct fake *f, enum hiod_backend be)
{
	struct hiod_check c = { .profile = hiod_profile_default(),
				.backend = be,
				.bdf = "0000:00:05.0" };
	struct hiod_verdict v;

	hiod_check_run(&f->shim, &c, &v);
	hiod_verdict_free(&v);
	return v.host_aw_bits;
}

static enum hiod_answer qemu_takes(struct fake *f, enum hiod_backend be, int aw_bits)
{
	char viommu[64];
	struct hiod_check c = {
		.profile = hiod_profile_default(),
		.viommu = viommu,
		.backend = be,
		.bdf = "0000:00:05.0",
	};
	struct hiod_verdict v;

	snprintf(viommu, sizeof(viommu), "intel-iommu,caching-mode=on,aw-bits=%d", aw_bits);
	hiod_check_run(&f->shim, &c, &v);
	hiod_verdict_free(&v);
	return v.qemu;
}

/* A fake host with one range. */
static void host_to(struct fake *f, uint64_t last)
{
	fake_init(f);
	f->nranges = 1;
	f->ranges[0].last = last;
}

/* VT-d's CAP.MGAW is a width less one, whoever reads it. */
TEST(r01_mgaw_is_a_width_less_one)
{
	struct host_iommu unit = {
		.type = HOST_IOMMU_INTEL,
		.has_regs = true,
		.cap = 38ull << 16 | 2ull << 8, /* MGAW 38, three levels */
	};
	struct host h = { .release = (char *)"6.12", .iommus = &unit, .niommus = 1 };
	struct intel_iommu_config c;
	struct host_domain d;

	host_domain_get(&h, &unit, HOST_DOMAIN_TYPE1, &d);
	EXPECT_EQ(LAST(39), d.aperture.last);
	intel_iommu_config_init(&c, hiod_profile_default(), 39);
	EXPECT_EQ(38, intel_iommu_cap(&c, hiod_profile_default()) >> 16 & 0x3f);
}

/* The series' bit arithmetic was that of an unsigned long for a while. */
TEST(r02_the_last_bit_is_one_of_64)
{
	for (int bit = 0; bit < 64; bit++) {
		const struct hiod_range r = { 0, 1ull << bit };

		EXPECT_EQ(bit, range_get_last_bit(&r));
	}
}

TEST(r03_the_widest_width_is_64)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	g.f.no_info_caps = true;
	ASSERT_EQ(0, guest_plug(&g, L, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	EXPECT_EQ(64, HOST_IOMMU_DEVICE_CAP_AW_BITS_MAX);
	EXPECT_EQ(64, HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &g.err));
	guest_end(&g);
}

TEST(r04_equal_widths_are_compatible)
{
	struct fake f;

	host_to(&f, LAST(39));
	EXPECT_EQ(HIOD_ACCEPTED, qemu_takes(&f, L, 39));
	host_to(&f, LAST(48));
	EXPECT_EQ(HIOD_ACCEPTED, qemu_takes(&f, I, 48));
}

TEST(r05_the_last_range_counts)
{
	struct fake f;

	for (int be = L; be <= I; be++) {
		fake_init(&f); /* up to 0xfedfffff, and on from 0xfef00000 */
		EXPECT_EQ(39, width(&f, be));
	}
}

TEST(r06_the_end_of_a_range_is_in_it)
{
	struct fake f;

	host_to(&f, LAST(39));
	EXPECT_EQ(39, width(&f, L));
	host_to(&f, UINT64_MAX);
	EXPECT_EQ(64, width(&f, I));
}

TEST(r07_a_width_is_one_more_than_the_last_bit)
{
	struct fake f;

	host_to(&f, LAST(39));
	EXPECT_EQ(39, width(&f, I));
	host_to(&f, 1);
	EXPECT_EQ(1, width(&f, L));
	host_to(&f, 0);
	EXPECT_EQ(0, width(&f, L));
}

TEST(r23_ranges_are_sorted_and_merged)
{
	struct guest g;
	struct fake f;

	fake_init(&f);
	f.ranges[1] = f.ranges[0];
	f.ranges[0] = (struct hiod_range){ 0xfef00000, LAST(39) };
	EXPECT_EQ(39, width(&f, I));

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	g.f.ranges[1].start = g.f.ranges[0].last + 1;
	ASSERT_EQ(0, guest_plug(&g, L, "0000:00:05.0"));
	ASSERT_EQ(1, g.dev[0].vbasedev.container->iova_ranges.n);
	EXPECT_EQ(LAST(39), g.dev[0].vbasedev.container->iova_ranges.few[0].last);
	guest_end(&g);
}

TEST(r24_emsgsize_tells_how_many_ranges_there_are)
{
	struct fake f;

	fake_init(&f);
	EXPECT_EQ(HIOD_REFUSED, qemu_takes(&f, I, 48));
	EXPECT_NOT_NULL(strstr(f.log, "IOVA_RANGES(num 0); i IOVA_RANGES(num 2)"));
}

TEST(r25_another_error_tells_nothing)
{
	struct fake f;

	fake_init(&f);
	fake_fail(&f, "IOVA_RANGES", 1, ENOTTY);
	EXPECT_EQ(HIOD_ACCEPTED, qemu_takes(&f, I, 48));
	EXPECT_NOT_NULL(strstr(f.log, "IOVA_RANGES(num 0)!; d GET_INFO"));
}

TEST(r26_an_old_kernel_has_64_bits)
{
	struct fake f;

	fake_init(&f);
	f.no_iova_cap = true;
	EXPECT_EQ(HIOD_ACCEPTED, qemu_takes(&f, L, 48));
	fake_init(&f);
	f.nranges = 0;
	EXPECT_EQ(HIOD_ACCEPTED, qemu_takes(&f, I, 48));
}

TEST(r27_a_range_has_an_end_and_no_size)
{
	struct fake f;

	fake_init(&f);
	f.ranges[1].start = 1ull << 38;
	EXPECT_EQ(39, width(&f, L));
}

TEST(r28_the_reply_is_asked_for_again_in_full)
{
	struct fake f;

	fake_init(&f);
	EXPECT_EQ(39, width(&f, L));
	EXPECT_NOT_NULL(strstr(f.log, "IOMMU_GET_INFO(24)=>120; c IOMMU_GET_INFO(120);"));
	EXPECT_EQ(120, f.argsz_seen);
}

/* The parse of a reply made by hand: fixed part, then capabilities as the caller chains them. */
struct reply {
	struct uapi_type1_info fixed;
	struct uapi_cap_migration migration;
	struct {
		struct vfio_info_cap_header header;
		uint32_t nr, reserved;
		struct hiod_range r;
	} iova;
};

static int parse(const struct reply *r, struct type1_info *info)
{
	struct hiod_anomalies an = { 0 };
	struct hiod_error err;

	hiod_error_init(&err);
	return type1_info_parse(r, sizeof(*r), info, &an, &err);
}

static const struct reply chained = {
	.fixed = { .flags = VFIO_IOMMU_INFO_CAPS | VFIO_IOMMU_INFO_PGSIZES,
		   .iova_pgsizes = 0x201000,
		   .cap_offset = offsetof(struct reply, migration) },
	.migration = { .header = { VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, 1,
				   offsetof(struct reply, iova) },
		       .pgsize_bitmap = 4096 },
	.iova = { .header = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 },
		  .nr = 1,
		  .r = { 0, LAST(39) } },
};

TEST(r29_capabilities_come_in_any_order)
{
	struct type1_info info;

	ASSERT_EQ(0, parse(&chained, &info));
	EXPECT_TRUE(info.dirty_pages_supported);
	ASSERT_EQ(1, info.iova_ranges.n);
	EXPECT_EQ(LAST(39), info.iova_ranges.few[0].last);
	range_list_free(&info.iova_ranges);
}

TEST(r30_next_counts_from_the_start_of_the_reply)
{
	struct reply r = chained;
	struct type1_info info;

	/* the same chain backwards: what counts from a header is outside */
	r.fixed.cap_offset = offsetof(struct reply, iova);
	r.iova.header.next = offsetof(struct reply, migration);
	r.migration.header.next = 0;
	ASSERT_EQ(0, parse(&r, &info));
	EXPECT_EQ(1, info.iova_ranges.n);
	EXPECT_TRUE(info.dirty_pages_supported);
	range_list_free(&info.iova_ranges);
}

TEST(r31_page_sizes_count_where_a_flag_says_so)
{
	struct reply r = chained;
	struct type1_info info;

	ASSERT_EQ(0, parse(&r, &info));
	EXPECT_EQ(0x201000, info.pgsizes);
	range_list_free(&info.iova_ranges);
	r.fixed.flags &= ~VFIO_IOMMU_INFO_PGSIZES;
	ASSERT_EQ(0, parse(&r, &info));
	EXPECT_EQ(4096, info.pgsizes);
	range_list_free(&info.iova_ranges);
}

TEST(r32_an_iommufd_has_one_page_size)
{
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, I, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	EXPECT_EQ(0x1000, HIOD_METHOD(hiod, get_page_size_mask)(hiod));
	guest_end(&g);
}

TEST(m03_the_callers_ranges_are_the_callers)
{
	struct hiod_ranges copy = { 0 }, *own;
	HostIOMMUDevice *hiod;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, L, "0000:00:05.0"));
	hiod = g.dev[0].vbasedev.hiod;
	own = &g.dev[0].vbasedev.container->iova_ranges;
	ASSERT_EQ(2, own->n);
	/* More than a list has without an allocation. */
	for (uint64_t at = LAST(40) + 1; own->n <= HIOD_RANGES_FEW; at += 0x2000)
		ASSERT_EQ(0, range_list_insert(own, &(struct hiod_range){ at, at + 0xfff }));
	ASSERT_EQ(0, HIOD_METHOD(hiod, get_iova_ranges)(hiod, &copy));
	ASSERT_EQ(own->n, copy.n);
	EXPECT_TRUE(copy.many != own->many);
	if (copy.many != own->many)
		range_list_free(&copy);
	EXPECT_EQ(41, vfio_device_get_aw_bits(&g.dev[0].vbasedev));
	guest_end(&g);
}

TEST(m19_the_default_width_is_the_machine_types)
{
	static const struct {
		const char *profile, *machine;
		int bits;
	} rows[] = {
		{ "qemu-9.2", NULL, 39 },	   { "qemu-10.0", NULL, 48 },
		{ "qemu-10.0", "pc-q35-9.2", 48 }, { "qemu-10.0", "pc-q35-9.1", 39 },
		{ "qemu-11.1", "pc-q35-8.2", 39 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct hiod_error err;
		struct fake f;
		Machine m;

		fake_init(&f);
		hiod_error_init(&err);
		ASSERT_EQ(0, machine_init(&m, &f.shim, hiod_profile_find(rows[i].profile),
					  rows[i].machine, NULL, 0, NULL, &err));
		ASSERT_EQ(0, machine_add_viommu(&m, "intel-iommu", &err));
		EXPECT_EQ(rows[i].bits, m.viommu.config.aw_bits);
		machine_finalize(&m);
	}
}

TEST_HARNESS_MAIN
