// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every width at the places where arithmetic goes wrong: no bit, one, the last
 * of a 32-bit word and the first behind it, the last of a 64-bit word. The
 * series once had a clz of an unsigned long; these run as 32-bit programs, too.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "hiod/resv_region.h"
#include "selftests/hiod/guest.h"

/* Widths, and the last address of each. A width of 0 is a host with one address, which is 0. */
static const struct {
	int bits;
	uint64_t last;
} widths[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 31, 0x7fffffff },
	{ 32, 0xffffffff },
	{ 63, 0x7fffffffffffffff },
	{ 64, 0xffffffffffffffff },
};

#define N_WIDTHS (sizeof(widths) / sizeof(*widths))

TEST(last_bit)
{
	TH_LOG("a long has %zu bits", sizeof(long) * 8);
	for (size_t i = 0; i < N_WIDTHS; i++) {
		const struct hiod_range from_0 = { 0, widths[i].last };
		const struct hiod_range alone = { widths[i].last, widths[i].last };

		EXPECT_EQ(widths[i].bits - 1, range_get_last_bit(&from_0));
		EXPECT_EQ(widths[i].bits - 1, range_get_last_bit(&alone));
	}
	EXPECT_EQ(-1, range_get_last_bit(&(const struct hiod_range){ 1, 0 }));
	EXPECT_EQ(-1, range_get_last_bit(&(const struct hiod_range){ 1ull << 32, UINT32_MAX }));
}

TEST(ranges_that_end_at_a_word)
{
	for (size_t i = 0; i < N_WIDTHS; i++) {
		const struct hiod_range low = { 0, widths[i].last };
		struct hiod_ranges l = { 0 }, rev = { 0 };

		ASSERT_EQ(0, range_list_insert(&l, &low));
		ASSERT_EQ(0, range_inverse_array(&l, &rev, 0, UINT64_MAX));
		ASSERT_EQ(widths[i].bits < 64, rev.n);
		if (rev.n) {
			EXPECT_EQ(widths[i].last + 1, rev.few[0].start);
			EXPECT_EQ(UINT64_MAX, rev.few[0].last);
			/* together they are everything again, as one range */
			ASSERT_EQ(0, range_list_insert(&l, &rev.few[0]));
		}
		ASSERT_EQ(1, l.n);
		EXPECT_EQ(64, range_get_last_bit(&l.few[0]) + 1);
		range_list_free(&l);
		range_list_free(&rev);
	}
}

TEST(reserved_regions_that_start_at_a_word)
{
	for (size_t i = 0; i + 1 < N_WIDTHS; i++) {
		const struct hiod_resv_region all = { { 0, UINT64_MAX }, HIOD_RESV_RESERVED };
		const struct hiod_resv_region low = { { 0, widths[i].last }, HIOD_RESV_MSI };
		struct hiod_resv_regions l = { 0 };

		ASSERT_EQ(0, resv_region_list_insert(&l, &all));
		ASSERT_EQ(0, resv_region_list_insert(&l, &low));
		ASSERT_EQ(2, l.n);
		EXPECT_EQ(widths[i].last, l.r[0].range.last);
		EXPECT_EQ(widths[i].last + 1, l.r[1].range.start);
		resv_region_list_free(&l);
	}
}

/* By every version and both backends, through the replies of a kernel. */
TEST(host_width)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		for (size_t i = 0; i < N_WIDTHS * 2; i++) {
			struct hiod_check c = {
				.profile = hiod_profile_at(p),
				.backend = i % 2 ? HIOD_BACKEND_IOMMUFD : HIOD_BACKEND_LEGACY,
				.bdf = "0000:00:05.0",
			};
			struct hiod_verdict v;
			struct fake f;

			fake_init(&f);
			f.nranges = 1;
			f.ranges[0].last = widths[i / 2].last;
			hiod_check_run(&f.shim, &c, &v);
			EXPECT_EQ(widths[i / 2].bits, v.host_aw_bits);
			hiod_verdict_free(&v);
		}
	}
}

/* Against each width of intel-iommu: the host's must not be smaller. */
TEST(host_width_against_the_guests)
{
	static const int guests[] = { 39, 48 };

	for (size_t i = 0; i < N_WIDTHS * 2; i++) {
		char viommu[64];
		struct hiod_check c = {
			.profile = hiod_profile_default(),
			.viommu = viommu,
			.bdf = "0000:00:05.0",
		};
		struct hiod_verdict v;
		struct fake f;

		snprintf(viommu, sizeof(viommu), "intel-iommu,caching-mode=on,aw-bits=%d",
			 guests[i % 2]);
		fake_init(&f);
		f.nranges = 1;
		f.ranges[0].last = widths[i / 2].last;
		hiod_check_run(&f.shim, &c, &v);
		EXPECT_EQ(widths[i / 2].bits >= guests[i % 2] ? HIOD_ACCEPTED : HIOD_REFUSED,
			  v.qemu);
		hiod_verdict_free(&v);
	}
}

/* virtio-iommu has widths of its own, of 32 to 64 bits: the last address is the guest's. */
TEST(virtio_iommu_width)
{
	static const struct {
		int bits;
		bool taken;
	} rows[] = { { 0, false }, { 1, false }, { 31, false }, { 32, true },
		     { 33, true }, { 63, true }, { 64, true },	{ 65, false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char viommu[64];
		struct guest g;

		snprintf(viommu, sizeof(viommu), "virtio-iommu-pci,aw-bits=%d", rows[i].bits);
		EXPECT_EQ(rows[i].taken, !guest_init(&g, "qemu-11.1", viommu, NULL, 0));
		if (!rows[i].taken)
			continue;
		EXPECT_EQ(UINT64_MAX >> (64 - rows[i].bits), g.m.virtio_iommu.input_last);
		EXPECT_EQ(~(uint64_t)0xfff, g.m.virtio_iommu.page_size_mask);
		guest_end(&g);
	}
}

/* Fields above bit 31 of the registers, and guest memory above 4 GB. */
TEST(high_words)
{
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 },
							 { 1ull << 32, 0x200000000 } };
	struct intel_iommu_config c;
	struct guest g;

	intel_iommu_config_init(&c, hiod_profile_default(), 48);
	EXPECT_EQ(0x80d2008c, intel_iommu_cap(&c, hiod_profile_default()) >> 32);
	c.scalable_mode = true;
	c.pasid_bits = 20;
	EXPECT_EQ(0x4998, intel_iommu_ecap(&c, hiod_profile_default()) >> 32);
	for (int be = 0; be < 2; be++) {
		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, memory, 2));
		EXPECT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST_HARNESS_MAIN
