// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables that a device is put on by name: which calls are made, what is
 * kept when one fails, dirty tracking, and the bugs of QEMU's history that
 * have to do with them.
 */
#include "selftests/failing_malloc.h"

#include "harness/ktap/ktap.h"
#include "hiod/check.h"
#include "selftests/hiod/guest.h"

static HostIOMMUDeviceIOMMUFD *idev_of(struct guest *g, unsigned i)
{
	return (HostIOMMUDeviceIOMMUFD *)g->dev[i].vbasedev.hiod;
}

#define attach host_iommu_device_iommufd_attach_hwpt
#define detach host_iommu_device_iommufd_detach_hwpt
#define table  host_iommu_device_iommufd_hwpt

TEST(attach_replaces_and_detach_restores)
{
	static const struct {
		const char *profile;
		uint32_t hwpt; /* the device's own; 0: it is on the IOAS */
		const char *log;
	} rows[] = {
		{ "v7", 0, "d ATTACH(12, pt 99); d ATTACH(12, pt 10)" },
		{ "qemu-9.1", 11, "d ATTACH(12, pt 99); d ATTACH(12, pt 11)" },
		{ "qemu-10.0", 11, "d ATTACH(12, pt 99); d ATTACH(12, pt 11)" },
		{ "qemu-10.1", 11, "d ATTACH(16, pt 99); d ATTACH(16, pt 11)" },
		{ "qemu-11.0", 11, "d ATTACH(16, pt 99); d ATTACH(16, pt 11)" },
		{ "qemu-11.1", 11, "d ATTACH(16, pt 99); d ATTACH(16, pt 11)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		HostIOMMUDeviceIOMMUFD *idev;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, rows[i].profile, NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		idev = idev_of(&g, 0);
		EXPECT_TRUE(&g.be == idev->iommufd);
		EXPECT_EQ(1, idev->devid);
		EXPECT_EQ(10, idev->ioas_id);
		EXPECT_EQ(rows[i].hwpt, idev->hwpt_id);
		EXPECT_EQ(rows[i].hwpt ? rows[i].hwpt : 10, table(idev, HIOD_NO_PASID));
		g.f.log[0] = '\0';
		EXPECT_EQ(0, detach(idev, HIOD_NO_PASID, &g.err)); /* nothing to undo */
		EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 99, &g.err));
		EXPECT_EQ(99, table(idev, HIOD_NO_PASID));
		EXPECT_EQ(0, detach(idev, HIOD_NO_PASID, &g.err));
		EXPECT_EQ(rows[i].hwpt ? rows[i].hwpt : 10, table(idev, HIOD_NO_PASID));
		EXPECT_EQ(0, detach(idev, HIOD_NO_PASID, &g.err));
		EXPECT_STREQ(rows[i].log, g.f.log);
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST(attach_to_where_it_was_leaves_nothing_to_undo)
{
	HostIOMMUDeviceIOMMUFD *idev;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	idev = idev_of(&g, 0);
	g.f.log[0] = '\0';
	EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 99, &g.err));
	EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 98, &g.err));
	EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 11, &g.err));
	EXPECT_EQ(0, detach(idev, HIOD_NO_PASID, &g.err));
	EXPECT_STREQ("d ATTACH(16, pt 99); d ATTACH(16, pt 98); d ATTACH(16, pt 11)", g.f.log);
	guest_end(&g);
}

TEST(failure_leaves_the_device_where_it_was)
{
	HostIOMMUDeviceIOMMUFD *idev;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	idev = idev_of(&g, 0);
	fake_fail(&g.f, "ATTACH", 1, EINVAL);
	EXPECT_EQ(-EINVAL, attach(idev, HIOD_NO_PASID, 99, &g.err));
	EXPECT_STREQ("[iommufd=10] error attach 0000:00:05.0 (9) pasid 0 to id=99: Invalid "
		     "argument",
		     g.err.message);
	EXPECT_EQ(11, table(idev, HIOD_NO_PASID));
	EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 99, &g.err));
	fake_fail(&g.f, "ATTACH", 1, EADDRINUSE);
	EXPECT_EQ(-EADDRINUSE, attach(idev, HIOD_NO_PASID, 98, &g.err));
	EXPECT_EQ(99, table(idev, HIOD_NO_PASID));
	fake_fail(&g.f, "ATTACH", 1, ENOMEM);
	EXPECT_EQ(-ENOMEM, detach(idev, HIOD_NO_PASID, &g.err));
	EXPECT_EQ(HIOD_FAIL_QEMU, g.err.fail); /* the kernel's, not ours */
	EXPECT_EQ(99, table(idev, HIOD_NO_PASID));
	EXPECT_EQ(0, detach(idev, HIOD_NO_PASID, &g.err));
	EXPECT_EQ(11, table(idev, HIOD_NO_PASID));
	EXPECT_EQ(0, attach(idev, 5, 99, &g.err));
	fake_fail(&g.f, "DETACH", 1, ENODEV);
	EXPECT_EQ(-ENODEV, detach(idev, 5, &g.err));
	EXPECT_STREQ("detach 0000:00:05.0 pasid 5 failed: No such device", g.err.message);
	EXPECT_EQ(99, table(idev, 5));
	guest_end(&g);
	EXPECT_EQ(0, g.f.errors);
}

TEST(pasids_have_tables_of_their_own)
{
	HostIOMMUDeviceIOMMUFD *idev;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	idev = idev_of(&g, 0);
	g.f.log[0] = '\0';
	EXPECT_EQ(0, table(idev, 5));
	EXPECT_EQ(0, attach(idev, 5, 99, &g.err));
	EXPECT_EQ(0, attach(idev, 6, 99, &g.err));
	EXPECT_EQ(0, attach(idev, 5, 98, &g.err));
	EXPECT_EQ(98, table(idev, 5));
	EXPECT_EQ(99, table(idev, 6));
	EXPECT_EQ(11, table(idev, HIOD_NO_PASID));
	EXPECT_EQ(0, attach(idev, HIOD_NO_PASID, 99, &g.err));
	EXPECT_EQ(0, detach(idev, 5, &g.err));
	EXPECT_EQ(0, detach(idev, 5, &g.err));
	EXPECT_EQ(0, table(idev, 5));
	EXPECT_EQ(99, table(idev, 6));
	EXPECT_STREQ("d ATTACH(16, pt 99, pasid 5); d ATTACH(16, pt 99, pasid 6); "
		     "d ATTACH(16, pt 98, pasid 5); d ATTACH(16, pt 99); d DETACH(12, pasid 5)",
		     g.f.log);
	guest_end(&g);
}

/* Each of several can be taken back, in any order, without a word of the others. */
TEST(detaching_one_pasid_keeps_the_others)
{
	static const uint32_t order[][3] = { { 5, 6, 7 }, { 5, 7, 6 }, { 6, 5, 7 },
					     { 6, 7, 5 }, { 7, 5, 6 }, { 7, 6, 5 } };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		HostIOMMUDeviceIOMMUFD *idev;
		bool there[8] = { [5] = true, [6] = true, [7] = true };
		struct guest g;
		char log[64];

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		idev = idev_of(&g, 0);
		for (uint32_t pasid = 5; pasid < 8; pasid++)
			ASSERT_EQ(0, attach(idev, pasid, 90 + pasid, &g.err));
		for (unsigned k = 0; k < 3; k++) {
			g.f.log[0] = '\0';
			EXPECT_EQ(0, detach(idev, order[i][k], &g.err));
			snprintf(log, sizeof(log), "d DETACH(12, pasid %u)", order[i][k]);
			EXPECT_STREQ(log, g.f.log);
			there[order[i][k]] = false;
			for (uint32_t pasid = 5; pasid < 8; pasid++)
				EXPECT_EQ(there[pasid] ? 90 + pasid : 0, table(idev, pasid));
		}
		guest_end(&g);
		EXPECT_EQ(0, g.f.errors);
	}
}

/* 11.1 is the first that names one; nothing is asked of the kernel before. */
TEST(pasids_by_version)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		bool has = hiod_profile_at(p)->version >= HIOD_VERSION(11, 1);
		HostIOMMUDeviceIOMMUFD *idev;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		idev = idev_of(&g, 0);
		g.f.log[0] = '\0';
		EXPECT_EQ(has ? 0 : -EOPNOTSUPP, attach(idev, 5, 99, &g.err));
		EXPECT_EQ(has ? 99 : 0, table(idev, 5));
		EXPECT_STREQ(has ? "d ATTACH(16, pt 99, pasid 5)" : "", g.f.log);
		guest_end(&g);
	}
}

TEST(many_pasids_and_every_allocation_for_them)
{
	HostIOMMUDeviceIOMMUFD *idev;
	unsigned failed = 0;
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	idev = idev_of(&g, 0);
	for (uint32_t pasid = 0; pasid < 300; pasid++) {
		unsigned calls = g.f.calls;
		int rc;

		g.f.log[0] = '\0';
		failing_malloc_arm(1);
		rc = attach(idev, pasid, 1000 + pasid, &g.err);
		if (!failing_malloc_disarm()) {
			EXPECT_EQ(0, rc);
			continue;
		}
		failed++;
		EXPECT_EQ(-ENOMEM, rc);
		EXPECT_EQ(HIOD_FAIL_INTERNAL, g.err.fail);
		EXPECT_EQ(calls, g.f.calls); /* the kernel was not asked yet */
		EXPECT_EQ(pasid ? 0 : 11, table(idev, pasid));
		EXPECT_EQ(0, attach(idev, pasid, 1000 + pasid, &g.err));
	}
	EXPECT_LT(3, failed);
	for (uint32_t pasid = 0; pasid < 300; pasid++)
		EXPECT_EQ(1000 + pasid, table(idev, pasid));
	g.f.log[0] = '\0';
	guest_end(&g);
	EXPECT_EQ(0, g.f.errors);
	EXPECT_EQ(0, fake_open_fds(&g.f));
}

/* PASIDs that nobody took back would keep page tables from being destroyed. */
TEST(unplug_detaches_what_is_left)
{
	struct guest g;

	ASSERT_EQ(0, guest_init(&g, "qemu-11.1", NULL, NULL, 0));
	ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
	EXPECT_EQ(0, attach(idev_of(&g, 0), 5, 11, &g.err));
	EXPECT_EQ(0, attach(idev_of(&g, 0), HIOD_NO_PASID, 99, &g.err));
	g.f.log[0] = '\0';
	guest_end(&g);
	EXPECT_STREQ("d DETACH(12, pasid 5); d DETACH(12); i DESTROY(11); i DESTROY(10); close i; "
		     "close d",
		     g.f.log);
}

TEST(a_class_without_callbacks)
{
	static const HostIOMMUDeviceIOMMUFDClass bare = {
		.parent = { .name = "bare", .parent = &host_iommu_device_iommufd_class },
	};
	HostIOMMUDeviceIOMMUFD idev = { .parent = { .klass = &bare.parent, .refs = 1 } };
	struct hiod_error err;

	hiod_error_init(&err);
	EXPECT_EQ(-EOPNOTSUPP, attach(&idev, HIOD_NO_PASID, 1, &err));
	EXPECT_STREQ("bare: attach_hwpt() not implemented", err.message);
	EXPECT_EQ(-EOPNOTSUPP, detach(&idev, HIOD_NO_PASID, &err));
	EXPECT_STREQ("bare: detach_hwpt() not implemented", err.message);
}

/* ---- dirty tracking ---- */

/* Two devices of one IOAS that cannot share a page table: 11 and 12, both with dirty tracking. */
static int two_tables(struct guest *g)
{
	int rc = guest_init(g, "qemu-11.1", NULL, NULL, 0);

	g->f.hw_caps = UAPI_HW_CAP_DIRTY;
	rc = rc ? rc : guest_plug(g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0");
	fake_fail(&g->f, "ATTACH", 1, EINVAL);
	rc = rc ? rc : guest_plug(g, HIOD_BACKEND_IOMMUFD, "0000:00:06.0");
	g->f.log[0] = '\0';
	return rc;
}

TEST(dirty_tracking_of_all_tables_or_of_none)
{
	VFIOContainer *c;
	struct guest g;

	ASSERT_EQ(0, two_tables(&g));
	c = g.dev[0].vbasedev.container;
	ASSERT_TRUE(c == g.dev[1].vbasedev.container);
	fake_fail(&g.f, "SET_DIRTY", 2, EOPNOTSUPP);
	EXPECT_EQ(-EOPNOTSUPP, vfio_iommufd_set_dirty_tracking(c, true, &g.err));
	EXPECT_STREQ("IOMMU_HWPT_SET_DIRTY_TRACKING(hwpt_id 11) failed: Operation not supported",
		     g.err.message);
	EXPECT_EQ(0, vfio_iommufd_set_dirty_tracking(c, true, &g.err));
	EXPECT_EQ(0, vfio_iommufd_set_dirty_tracking(c, true, &g.err)); /* they do already */
	fake_fail(&g.f, "SET_DIRTY", 2, EIO);
	EXPECT_EQ(-EIO, vfio_iommufd_set_dirty_tracking(c, false, &g.err));
	EXPECT_EQ(0, vfio_iommufd_set_dirty_tracking(c, false, &g.err));
	EXPECT_STREQ("i SET_DIRTY(12, on); i SET_DIRTY(11, on)!; i SET_DIRTY(12, off); "
		     "i SET_DIRTY(12, on); i SET_DIRTY(11, on); "
		     "i SET_DIRTY(12, off); i SET_DIRTY(11, off)!; i SET_DIRTY(12, on); "
		     "i SET_DIRTY(12, off); i SET_DIRTY(11, off)",
		     g.f.log);
	guest_end(&g);
}

/* What did not change is not undone. */
TEST(dirty_tracking_undoes_its_own_changes_only)
{
	VFIOContainer *c;
	struct guest g;

	ASSERT_EQ(0, two_tables(&g));
	c = g.dev[0].vbasedev.container;
	c->hwpts->tracking = true; /* 12 */
	fake_fail(&g.f, "SET_DIRTY", 1, EIO);
	EXPECT_EQ(-EIO, vfio_iommufd_set_dirty_tracking(c, true, &g.err));
	EXPECT_TRUE(c->hwpts->tracking);
	EXPECT_FALSE(c->hwpts->next->tracking);
	EXPECT_STREQ("i SET_DIRTY(11, on)!", g.f.log);
	guest_end(&g);
}

TEST(dirty_bitmaps_of_all_tables_that_have_one)
{
	VFIOContainer *c;
	struct guest g;
	uint64_t bits = 0;

	ASSERT_EQ(0, two_tables(&g));
	c = g.dev[0].vbasedev.container;
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, 0x10000, 0x40000, 4096, &bits, &g.err));
	c->hwpts->dirty_tracking = false;
	EXPECT_EQ(0, vfio_iommufd_query_dirty_bitmap(c, 0x10000, 0x40000, 4096, &bits, &g.err));
	fake_fail(&g.f, "GET_DIRTY", 1, EINVAL);
	EXPECT_EQ(-EINVAL,
		  vfio_iommufd_query_dirty_bitmap(c, 0x10000, 0x40000, 4096, &bits, &g.err));
	EXPECT_STREQ("IOMMU_HWPT_GET_DIRTY_BITMAP (iova: 0x10000 size: 0x40000) failed: Invalid "
		     "argument",
		     g.err.message);
	EXPECT_STREQ("i GET_DIRTY(12); i GET_DIRTY(11); i GET_DIRTY(11); i GET_DIRTY(11)!",
		     g.f.log);
	guest_end(&g);
}

/* ---- bugs of QEMU's history, and slips that a rewrite invites ---- */

/* 9.1 fixed it: a mediated device has no IOMMU to ask about. */
TEST(m01_no_hw_info_of_a_mediated_device)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		bool bug = hiod_profile_at(p)->mdev_has_hiod;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		fake_fail(&g.f, "GET_HW_INFO", 0, ENOENT);
		EXPECT_EQ(bug ? -ENOENT : 0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:07.0"));
		EXPECT_EQ(bug, strstr(g.f.log, "GET_HW_INFO") != NULL);
		EXPECT_NULL(strstr(g.f.log, "HWPT_ALLOC"));
		guest_end(&g);
	}
}

/* The hardware is asked before a page table is made: its flags depend on the answer. */
TEST(m09_a_page_table_tracks_writes_where_the_hardware_can)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		struct guest g;

		if (hiod_profile_at(p)->attach_to_ioas)
			continue;
		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		g.f.hw_caps = UAPI_HW_CAP_DIRTY;
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		EXPECT_NOT_NULL(strstr(g.f.log, "flags 2, dev 1, pt 10)=11"));
		EXPECT_TRUE(g.dev[0].vbasedev.hwpt->dirty_tracking);
		guest_end(&g);
	}
}

/* Nested page tables stand on it, so that whoever has the object must know it. */
TEST(m10_the_object_knows_the_page_table_of_its_device)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		fake_fail(&g.f, "ATTACH", 1, EINVAL);
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:06.0"));
		EXPECT_EQ(10, idev_of(&g, 0)->ioas_id);
		if (!hiod_profile_at(p)->attach_to_ioas) {
			EXPECT_EQ(10, idev_of(&g, 1)->ioas_id);
			EXPECT_EQ(11, idev_of(&g, 0)->hwpt_id);
			EXPECT_EQ(12, idev_of(&g, 1)->hwpt_id);
		}
		guest_end(&g);
	}
}

/* A parent domain with read-only mappings lets a guest write to them (erratum 772415). */
TEST(m23_read_only_memory_stays_out_of_a_parent_domain)
{
	static const struct hiod_mem_region memory[] = {
		{ .iova = 0, .size = 0x40000 },
		{ .iova = 0xc0000, .size = 0x20000, .readonly = true }
	};
	static const char fs[] = "intel-iommu,caching-mode=on,scalable-mode=on,fsts=on";

	for (int erratum = 0; erratum < 2; erratum++) {
		unsigned maps = 0;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, "qemu-11.1", fs, memory, 2));
		g.f.ranges[1].last = (1ull << 48) - 1;
		g.f.hw_cap = 1ull << 56;
		g.f.hw_flags = erratum ? UAPI_HW_INFO_VTD_ERRATA_772415 : 0;
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		for (const char *p = g.f.log; (p = strstr(p, "IOAS_MAP")); p++)
			maps++;
		EXPECT_EQ(erratum ? 1 : 2, maps);
		guest_end(&g);
	}
}

TEST(r37_hw_info_is_of_the_device_that_was_bound)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		g.f.next_devid = 23;
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		EXPECT_NOT_NULL(strstr(g.f.log, "GET_HW_INFO(40, dev 23,"));
		for (const char *s = g.f.log; (s = strstr(s, "GET_HW_INFO")); s++)
			EXPECT_EQ(0, strncmp(s, "GET_HW_INFO(40, dev 23,", 23));
		guest_end(&g);
	}
}

TEST(r38_destroy_comes_before_close)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		const char *destroy, *close;
		struct guest g;

		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		ASSERT_EQ(0, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		g.f.log[0] = '\0';
		guest_end(&g);
		destroy = strstr(g.f.log, "DESTROY(10)");
		close = strstr(g.f.log, "close i");
		ASSERT_NOT_NULL(destroy);
		ASSERT_NOT_NULL(close);
		EXPECT_TRUE(destroy < close);
		EXPECT_EQ(0, g.f.errors); /* nothing was asked of a closed descriptor */
	}
}

TEST(r39_the_page_table_of_a_failed_attach_is_destroyed)
{
	for (size_t p = 0; hiod_profile_at(p); p++) {
		struct guest g;

		if (hiod_profile_at(p)->attach_to_ioas)
			continue;
		ASSERT_EQ(0, guest_init(&g, hiod_profile_at(p)->name, NULL, NULL, 0));
		fake_fail(&g.f, "ATTACH", 1, EBUSY);
		EXPECT_EQ(-EBUSY, guest_plug(&g, HIOD_BACKEND_IOMMUFD, "0000:00:05.0"));
		EXPECT_NOT_NULL(strstr(g.f.log, "pt 11)!; i DESTROY(11); i DESTROY(10)"));
		guest_end(&g);
		EXPECT_EQ(0, fake_open_fds(&g.f));
	}
}

TEST_HARNESS_MAIN
