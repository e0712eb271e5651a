// SPDX-License-Identifier: GPL-2.0-or-later
/* The page tables that follow what the guest writes into its PASID table. */
#include "selftests/failing_malloc.h"

#include "harness/ktap/ktap.h"
#include "hiod/intel_iommu.h"
#include "selftests/hiod/guest.h"

#define FSTS "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on"
#define FLTS "intel-iommu,caching-mode=on,x-scalable-mode=on,x-flts=on"
#define OFF  "intel-iommu,caching-mode=on,aw-bits=48"

#define V11_1 "qemu-11.1"
#define V11_0 "qemu-11.0"

/* A host whose registers have all that is needed. */
static int start(struct guest *g, const char *profile, const char *viommu)
{
	int rc = guest_init(g, profile, viommu, NULL, 0);

	g->f.ranges[1].last = (1ull << 48) - 1;
	g->f.hw_cap = 1ull << 56;
	g->f.hw_ecap = 19ull << 35;
	g->f.max_pasid_log2 = 20;
	return rc;
}

static const struct intel_iommu_pasid_entry first_stage = {
	.pgtt = INTEL_IOMMU_PGTT_FIRST_STAGE,
	.addr_width = 48,
	.pgtbl_addr = 0x12345000,
};
static const struct intel_iommu_pasid_entry other_stage = {
	.pgtt = INTEL_IOMMU_PGTT_FIRST_STAGE,
	.addr_width = 48,
	.pgtbl_addr = 0x54321000,
};
static const struct intel_iommu_pasid_entry pass_through = {
	.pgtt = INTEL_IOMMU_PGTT_PASS_THROUGH
};

#define FN PCI_DEVFN(1, 0)

static int bind(struct guest *g, uint32_t pasid, const struct intel_iommu_pasid_entry *pe)
{
	return intel_iommu_bind_pasid(&g->m.viommu, &g->m.root, FN, pasid, pe, &g->err);
}

static int unbind(struct guest *g, uint32_t pasid)
{
	return intel_iommu_unbind_pasid(&g->m.viommu, &g->m.root, FN, pasid, &g->err);
}

static uint32_t fs(struct guest *g, uint32_t pasid)
{
	return intel_iommu_fs_hwpt(&g->m.viommu, &g->m.root, FN, pasid);
}

static int plug_nested(struct guest *g, const char *profile, const char *viommu)
{
	int rc = start(g, profile, viommu);

	rc = rc ? rc : guest_plug(g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0");
	g->f.log[0] = '\0';
	return rc;
}

TEST(first_stage_follows_the_guest)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_0, FLTS));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage));
	EXPECT_EQ(12, fs(&g, HIOD_NO_PASID));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage)); /* nothing changed */
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &other_stage));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &pass_through));
	EXPECT_EQ(0, fs(&g, HIOD_NO_PASID));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage));
	EXPECT_EQ(0, unbind(&g, HIOD_NO_PASID));
	EXPECT_EQ(0, unbind(&g, HIOD_NO_PASID));
	/* The new one is in use before the old one goes. */
	EXPECT_STREQ("i HWPT_ALLOC(48, flags 0, dev 1, pt 11)=12; d ATTACH(16, pt 12); "
		     "i HWPT_ALLOC(48, flags 0, dev 1, pt 11)=13; d ATTACH(16, pt 13); "
		     "i DESTROY(12); d ATTACH(16, pt 11); i DESTROY(13); "
		     "i HWPT_ALLOC(48, flags 0, dev 1, pt 11)=14; d ATTACH(16, pt 14); "
		     "d ATTACH(16, pt 11); i DESTROY(14)",
		     g.f.log);
	guest_end(&g);
	EXPECT_EQ(0, fake_open_fds(&g.f));
	EXPECT_EQ(0, g.f.errors);
}

/* QEMU did not look when the guest changed the domain, and DMA went where it had been. */
TEST(m20_a_change_of_domain_is_followed)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_0, FLTS));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &pass_through));
	EXPECT_EQ(0, fs(&g, HIOD_NO_PASID));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &other_stage));
	EXPECT_TRUE(fs(&g, HIOD_NO_PASID) != 0);
	guest_end(&g);
}

TEST(pasids_of_the_guest)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS ",pasid-bits=20"));
	EXPECT_EQ(0, bind(&g, 5, &first_stage));
	EXPECT_EQ(0, bind(&g, 6, &pass_through));
	EXPECT_EQ(0, unbind(&g, 5));
	EXPECT_STREQ("i HWPT_ALLOC(48, flags 8, dev 1, pt 11)=12; d ATTACH(16, pt 12, pasid 5); "
		     "d ATTACH(16, pt 11, pasid 6); d DETACH(12, pasid 5); i DESTROY(12)",
		     g.f.log);
	EXPECT_EQ(0, bind(&g, 5, &first_stage));
	g.f.log[0] = '\0';
	/* Unplugging takes back what the guest left. */
	guest_end(&g);
	EXPECT_STREQ("d DETACH(12, pasid 5); i DESTROY(13); d DETACH(12, pasid 6); "
		     "d DETACH(12); i DESTROY(11); i DESTROY(10); close i; close d",
		     g.f.log);
	EXPECT_EQ(0, g.f.errors);
}

TEST(a_reset_takes_back_what_the_guest_set_up)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS ",pasid-bits=20"));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage));
	EXPECT_EQ(0, bind(&g, 5, &first_stage));
	g.f.log[0] = '\0';
	intel_iommu_reset(&g.m.viommu);
	EXPECT_STREQ("d DETACH(12, pasid 5); i DESTROY(13); d ATTACH(16, pt 11); i DESTROY(12)",
		     g.f.log);
	EXPECT_EQ(0, fs(&g, 5));
	EXPECT_TRUE(g.dev[0].vbasedev.hiod == intel_iommu_find(&g.m.viommu, &g.m.root, FN));
	guest_end(&g);
}

TEST(page_table_types_that_the_guest_may_not_use)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS));
	for (uint8_t pgtt = 0; pgtt < 8; pgtt++) {
		struct intel_iommu_pasid_entry pe = first_stage;
		char want[64];

		if (pgtt == INTEL_IOMMU_PGTT_FIRST_STAGE || pgtt == INTEL_IOMMU_PGTT_PASS_THROUGH)
			continue;
		pe.pgtt = pgtt;
		snprintf(want, sizeof(want), "Attaching to HWPT failed: Invalid PGTT type %d",
			 pgtt);
		EXPECT_EQ(-EINVAL, bind(&g, HIOD_NO_PASID, &pe));
		EXPECT_STREQ(want, g.err.message);
	}
	EXPECT_STREQ("", g.f.log);
	guest_end(&g);
}

TEST(no_first_stage_of_a_device_that_is_not_there_or_not_the_hosts)
{
	struct guest g;

	ASSERT_EQ(0, start(&g, V11_1, FSTS));
	EXPECT_EQ(-ENODEV, bind(&g, HIOD_NO_PASID, &first_stage));
	EXPECT_EQ(0, unbind(&g, HIOD_NO_PASID));
	guest_end(&g);
	for (int be = 0; be < 2; be++) {
		ASSERT_EQ(0, start(&g, V11_1, OFF));
		ASSERT_EQ(0, guest_plug(&g, be, "0000:00:05.0"));
		EXPECT_EQ(-ENODEV, bind(&g, HIOD_NO_PASID, &first_stage));
		EXPECT_EQ(0, unbind(&g, HIOD_NO_PASID));
		guest_end(&g);
	}
}

TEST(invalidations_reach_the_first_stage_only)
{
	struct guest g;

	ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS));
#define INVALIDATE(pasid)                                                                          \
	intel_iommu_invalidate_pasid(&g.m.viommu, &g.m.root, FN, pasid, 0, UINT64_MAX, false,      \
				     &g.err)
	EXPECT_EQ(0, INVALIDATE(HIOD_NO_PASID));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &pass_through));
	EXPECT_EQ(0, INVALIDATE(HIOD_NO_PASID));
	EXPECT_EQ(0, bind(&g, HIOD_NO_PASID, &first_stage));
	g.f.log[0] = '\0';
	EXPECT_EQ(0, INVALIDATE(HIOD_NO_PASID));
	EXPECT_EQ(0, INVALIDATE(5));
	fake_fail(&g.f, "INVALIDATE", 1, EINVAL);
	EXPECT_EQ(-EINVAL, INVALIDATE(HIOD_NO_PASID));
	EXPECT_STREQ("IOMMU_HWPT_INVALIDATE failed: total 1 entries, processed 1 entries: Invalid "
		     "argument",
		     g.err.message);
	EXPECT_STREQ("i INVALIDATE(12, 1 entries); i INVALIDATE(12, 1 entries)!", g.f.log);
	guest_end(&g);
}

/* What a failure leaves behind is what was there before. */
TEST(every_call_of_a_change_may_fail)
{
	static const struct intel_iommu_pasid_entry *const from[] = { NULL, &first_stage,
								      &pass_through };
	static const struct intel_iommu_pasid_entry *const to[] = { NULL, &other_stage,
								    &pass_through };
	unsigned failed = 0;

	for (unsigned n = 0; n < 18; n++) {
		uint32_t pasid = n % 2 ? 5 : HIOD_NO_PASID;
		unsigned a = n / 2 % 3, b = n / 6;

		for (unsigned nth = 1;; nth++) {
			const HostIOMMUDeviceIOMMUFD *idev;
			uint32_t fs_before, before;
			struct guest g;
			int rc;

			ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS ",pasid-bits=20"));
			idev = (const void *)g.dev[0].vbasedev.hiod;
			if (from[a]) {
				ASSERT_EQ(0, bind(&g, pasid, from[a]));
			}
			fs_before = fs(&g, pasid);
			before = host_iommu_device_iommufd_hwpt(idev, pasid);
			g.f.fail_call = g.f.calls + nth;
			rc = to[b] ? bind(&g, pasid, to[b]) : unbind(&g, pasid);
			if (g.f.calls < g.f.fail_call) {
				EXPECT_EQ(0, rc);
				guest_end(&g);
				break;
			}
			g.f.fail_call = 0;
			failed++;
			/* The old table's end is reported only; all else is undone. */
			if (rc) {
				EXPECT_EQ(fs_before, fs(&g, pasid));
				EXPECT_EQ(before, host_iommu_device_iommufd_hwpt(idev, pasid));
				EXPECT_NOT_NULL(strstr(g.err.message, "HWPT"));
			}
			/* And it can be done again. */
			rc = to[b] ? bind(&g, pasid, to[b]) : unbind(&g, pasid);
			EXPECT_EQ(0, rc)
			{
				TH_LOG("%u: call %u: %s", n, nth, g.f.log);
			}
			guest_end(&g);
			EXPECT_EQ(0, fake_open_fds(&g.f));
			EXPECT_EQ(0, g.f.errors);
		}
	}
	TH_LOG("%u failures", failed);
	EXPECT_LT(20, failed);
}

TEST(every_allocation_of_a_change_may_fail)
{
	unsigned failed = 0;

	for (unsigned nth = 1;; nth++) {
		struct guest g;
		bool ran_out;
		int rc;

		ASSERT_EQ(0, plug_nested(&g, V11_1, FSTS ",pasid-bits=20"));
		failing_malloc_arm(nth);
		rc = bind(&g, 5, &first_stage);
		ran_out = failing_malloc_disarm();
		EXPECT_EQ(ran_out, rc == -ENOMEM);
		if (ran_out) {
			failed++;
			EXPECT_STREQ("out of memory", g.err.message);
			EXPECT_EQ(0, fs(&g, 5));
			EXPECT_EQ(0, bind(&g, 5, &first_stage));
		}
		guest_end(&g);
		EXPECT_EQ(0, g.f.errors);
		if (!ran_out)
			break;
	}
	EXPECT_EQ(2, failed);
}

TEST_HARNESS_MAIN
