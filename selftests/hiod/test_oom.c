// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of hiod/ may fail: the answer says so, nothing stays open,
 * nothing leaks.
 */
#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/failing_malloc.h"
#include "selftests/hiod/fake.h"

TEST(every_allocation_may_fail)
{
	static const char *const viommus[] = {
		"intel-iommu,caching-mode=on,aw-bits=39",
		"virtio-iommu-pci,aw-bits=48",
	};
	static const struct hiod_mem_region memory[] = { { 0, 0x40000 } };
	unsigned failed = 0;

	for (size_t p = 0; hiod_profile_at(p); p++) {
		for (int i = 0; i < 4; i++) {
			int be = i % 2;
			struct hiod_check c = {
				.profile = hiod_profile_at(p),
				.viommu = viommus[i / 2],
				.backend = be,
				.bdf = "0000:00:05.0",
				.mem = memory,
				.nmem = 1,
			};

			if (i / 2 && !c.profile->virtio_checks)
				continue;
			for (unsigned nth = 1;; nth++) {
				struct hiod_verdict v;
				struct fake f;
				bool fired;

				fake_init(&f);
				/* more than fit into the buffers on the stack */
				f.nranges = 0;
				for (uint64_t r = 0; r < 16; r++)
					fake_range(&f, r << 30, (r << 30) + 0xfffff);
				f.ranges[15].last = (1ull << 39) - 1;
				failing_malloc_arm(nth);
				hiod_check_run(&f.shim, &c, &v);
				hiod_verdict_free(&v);
				fired = failing_malloc_disarm();
				EXPECT_EQ(0, fake_open_fds(&f));
				EXPECT_EQ(0, failing_malloc.balance)
				{
					TH_LOG("%s %s %d: allocation %u leaks", c.profile->name,
					       c.viommu, be, nth);
				}
				if (!fired) {
					EXPECT_EQ(HIOD_ACCEPTED, v.verdict);
					break;
				}
				failed++;
				/* The copy of the ranges, at the end, may be done without. */
				if (v.verdict == HIOD_ACCEPTED) {
					EXPECT_EQ(39, v.host_aw_bits);
					continue;
				}
				EXPECT_EQ(HIOD_ERROR, v.verdict);
				EXPECT_EQ(HIOD_UNKNOWN, v.qemu);
				EXPECT_STREQ("out of memory", v.message);
			}
		}
	}
	TH_LOG("%u allocations", failed);
	EXPECT_LT(50, failed);
}

TEST_HARNESS_MAIN
