// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables: which are made, nested ones, dirty tracking, invalidation. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(hwpt)
{
	struct host *h;
	struct shim *s;
	int fd;
	int d;
	uint32_t dev;
	uint32_t ioas;
};

FIXTURE_SETUP(hwpt)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL };

	self->h = test_host(&spec);
	test_bound(self->h, &self->s, &self->fd, &self->d);
	self->dev = 1;
	self->ioas = 2;
}

FIXTURE_TEARDOWN(hwpt)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static uint64_t top(struct shim *s, int fd, uint32_t ioas)
{
	struct host_range r[8];
	int n = test_ioas_ranges(s, fd, ioas, r, 8, NULL);

	return n > 0 ? r[n - 1].last : 0;
}

TEST_F(hwpt, flags_by_hardware_and_kernel)
{
	static const struct {
		const char *release;
		uint64_t cap;
		uint64_t ecap;
		uint32_t flags;
		int err;
		unsigned int bits;
	} rows[] = {
		{ "7.3.4", CAP_FULL, ECAP_FULL, 0, 0, 47 },
		{ "7.3.4", CAP_FULL, ECAP_FULL, UAPI_HWPT_PASID, 0, 47 },
		{ "7.3.4", CAP_FULL, ECAP_FULL, UAPI_HWPT_NEST_PARENT, 0, 48 },
		{ "7.3.4", CAP_FULL, ECAP_FULL, UAPI_HWPT_DIRTY_TRACKING, 0, 48 },
		{ "7.3.4", CAP_FULL, ECAP_FULL, 3, 0, 48 },
		{ "7.3.4", CAP_FULL, ECAP_FULL, 5, -EOPNOTSUPP, 0 }, /* faults on a parent */
		{ "7.3.4", CAP_FULL, ECAP_FULL, 16, -EOPNOTSUPP, 0 },
		{ "7.3.4", CAP_48, ECAP, UAPI_HWPT_NEST_PARENT, -EOPNOTSUPP, 0 },
		{ "7.3.4", CAP_48, ECAP, UAPI_HWPT_DIRTY_TRACKING, -EOPNOTSUPP, 0 },
		{ "7.3.4", CAP_48, ECAP, UAPI_HWPT_PASID, 0, 48 },
		{ "6.12.117", CAP_48, ECAP, UAPI_HWPT_PASID, -EOPNOTSUPP, 0 },
		{ "6.12.117", CAP_FULL, ECAP_FULL, UAPI_HWPT_NEST_PARENT, 0, 48 },
		{ "6.12.117", CAP_FULL, ECAP_FULL, UAPI_HWPT_FAULT_ID_VALID, -EOPNOTSUPP, 0 },
		{ "6.12.117", CAP_FLTS, ECAP_FLTS, 0, 0, 48 }, /* made, though nothing attaches */
	};

	test_stop(&self->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shim *s;
		int fd, d, id;

		self->h->features = host_features_default(rows[i].release);
		self->h->iommus[0].cap = rows[i].cap;
		self->h->iommus[0].ecap = rows[i].ecap;
		test_bound(self->h, &s, &fd, &d);
		id = test_hwpt(s, fd, rows[i].flags, 1, 2);
		EXPECT_EQ(rows[i].err ? rows[i].err : 3, id)
		{
			TH_LOG("row %zu", i);
		}
		if (!rows[i].err) {
			EXPECT_EQ(LAST(rows[i].bits), top(s, fd, 2))
			{
				TH_LOG("row %zu", i);
			}
		}
		shim_destroy(s);
	}
}
TEST_F(hwpt, alloc_checks_in_order)
{
	const struct {
		struct uapi_hwpt_alloc a;
		int err;
	} rows[] = {
		{ { .reserved = 1, .dev_id = 77 }, -EOPNOTSUPP },
		{ { .data_type = 1, .dev_id = 77 }, -EINVAL },
		{ { .data_len = 8, .dev_id = 77 }, -EINVAL },
		{ { .dev_id = 77, .pt_id = 2 }, -ENOENT },
		{ { .dev_id = 2, .pt_id = 2 }, -ENOENT }, /* an IOAS */
		{ { .dev_id = 1, .pt_id = 77 }, -EINVAL },
		{ { .dev_id = 1, .pt_id = 1 }, -EINVAL }, /* a device */
		{ { .dev_id = 1, .pt_id = 2, .data_type = 1, .data_len = 24 }, -EOPNOTSUPP },
		{ { .dev_id = 1, .pt_id = 2, .flags = 4, .fault_id = 77 }, -ENOENT },
	};
	struct model_stats st;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uapi_hwpt_alloc a = rows[i].a;

		a.size = sizeof(a);
		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, self->fd, IOMMU_HWPT_ALLOC, &a))
		{
			TH_LOG("row %zu", i);
		}
	}
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.hwpts);
}
TEST_F(hwpt, faults_go_to_a_queue)
{
	struct iommu_fault_alloc f = { .size = sizeof(f) };
	struct uapi_hwpt_alloc a = { .size = sizeof(a), .dev_id = 1, .pt_id = 2, .flags = 4 };

	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_FAULT_QUEUE_ALLOC, &f));
	shim_close(self->s, (int)f.out_fault_fd);
	a.fault_id = f.out_fault_id;
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_HWPT_ALLOC, &a));
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, f.out_fault_id));
	ASSERT_EQ(0, test_destroy(self->s, self->fd, a.out_hwpt_id));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, f.out_fault_id));
}
static int nested(struct shim *s, int fd, uint32_t parent, const struct iommu_hwpt_vtd_s1 *s1,
		  uint32_t len, uint32_t type)
{
	struct uapi_hwpt_alloc a = {
		.size = sizeof(a),
		.dev_id = 1,
		.pt_id = parent,
		.data_type = type,
		.data_len = len,
		.data_uptr = (uintptr_t)s1,
	};
	int err = shim_ioctl(s, fd, IOMMU_HWPT_ALLOC, &a);

	return err ? err : (int)a.out_hwpt_id;
}

TEST_F(hwpt, nested_on_a_parent)
{
	struct iommu_hwpt_vtd_s1 s1 = { .addr_width = 48 }, bad = { .addr_width = 39 };
	int plain = test_hwpt(self->s, self->fd, 0, 1, 2), own, parent, n, nbad, n57;

	EXPECT_EQ(-EINVAL, nested(self->s, self->fd, (uint32_t)plain, &s1, 24, 1));
	own = test_attach(self->s, self->d, 2);
	EXPECT_EQ(-EINVAL, nested(self->s, self->fd, (uint32_t)own, &s1, 24, 1));
	test_detach(self->s, self->d);
	parent = test_hwpt(self->s, self->fd, UAPI_HWPT_NEST_PARENT, 1, 2);
	EXPECT_EQ(-EOPNOTSUPP, nested(self->s, self->fd, (uint32_t)parent, &s1, 24, 2));
	EXPECT_EQ(-EINVAL, nested(self->s, self->fd, (uint32_t)parent, &s1, 23, 1));
	EXPECT_EQ(-EINVAL, nested(self->s, self->fd, (uint32_t)parent, &s1, 25, 1));
	EXPECT_EQ(-EFAULT, nested(self->s, self->fd, (uint32_t)parent, NULL, 24, 1));
	EXPECT_EQ(-EOPNOTSUPP, test_hwpt(self->s, self->fd, 0, 1, (uint32_t)parent)); /* no data */

	/* What is in the data shows at attach only; flags beyond those that are looked at pass. */
	n = nested(self->s, self->fd, (uint32_t)parent, &s1, 24, 1);
	nbad = nested(self->s, self->fd, (uint32_t)parent, &bad, 24, 1);
	bad.addr_width = 57;
	n57 = nested(self->s, self->fd, (uint32_t)parent, &bad, 24, 1);
	ASSERT_LT(0, n57);
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, (uint32_t)parent));
	EXPECT_EQ(-EINVAL, test_attach(self->s, self->d, (uint32_t)nbad));
	EXPECT_EQ(-EINVAL, test_attach(self->s, self->d, (uint32_t)n57)); /* no five levels */
	EXPECT_EQ(n, test_attach(self->s, self->d, (uint32_t)n));
	/* The device's regions are kept out of the parent's space. */
	EXPECT_EQ(-EINVAL, test_ioas_map(self->s, self->fd, 2, MSI_FIRST, 4096));
}
/* Flags of the data that the hardware must have, and how wide the guest's tables may be. */
TEST_F(hwpt, nested_data_is_checked_at_attach)
{
	static const struct {
		uint64_t cap, ecap;
		struct iommu_hwpt_vtd_s1 s1;
		int err;
	} rows[] = {
		{ 0, 0, { .addr_width = 48 }, 0 },
		{ 0, 0, { .addr_width = 39 }, -EINVAL },
		{ 0, 0, { .addr_width = 0 }, -EINVAL },
		{ 0, 0, { .addr_width = 57 }, -EINVAL },
		{ 1ull << 60, 0, { .addr_width = 57 }, 0 }, /* FL5LP */
		{ 0, 0, { .addr_width = 48, .flags = IOMMU_VTD_S1_SRE }, 0 },
		{ 0, 1ull << 31, { .addr_width = 48, .flags = IOMMU_VTD_S1_SRE }, -EINVAL },
		{ 0, 0, { .addr_width = 48, .flags = IOMMU_VTD_S1_EAFE }, 0 },
		{ 0, 1ull << 34, { .addr_width = 48, .flags = IOMMU_VTD_S1_EAFE }, -EINVAL },
		{ 0, 0, { .addr_width = 48, .flags = IOMMU_VTD_S1_WPE }, 0 },
		{ 0, 0, { .addr_width = 48, .flags = 1u << 20 }, 0 },
		{ 0, 0, { .addr_width = 48, .__reserved = 1 }, 0 },
	};

	test_stop(&self->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shim *s;
		int fd, d, parent, n, own;

		self->h->iommus[0].cap = (CAP_FULL & ~(1ull << 60)) | rows[i].cap;
		self->h->iommus[0].ecap = (ECAP_FULL | 1ull << 31 | 1ull << 34) & ~rows[i].ecap;
		test_bound(self->h, &s, &fd, &d);
		own = test_attach(s, d, 2);
		ASSERT_LT(0, own);
		parent = test_hwpt(s, fd, UAPI_HWPT_NEST_PARENT, 1, 2);
		n = nested(s, fd, (uint32_t)parent, &rows[i].s1, 24, 1);
		ASSERT_LT(0, n);
		EXPECT_EQ(rows[i].err ? rows[i].err : n, test_attach(s, d, (uint32_t)n))
		{
			TH_LOG("row %zu", i);
		}
		/* Where it failed the device is on the table that it was on. */
		EXPECT_EQ(rows[i].err ? -EBUSY : -ENOENT, test_destroy(s, fd, (uint32_t)own));
		EXPECT_EQ(rows[i].err ? 0 : -EBUSY, test_destroy(s, fd, (uint32_t)n));
		shim_destroy(s);
	}
}
/* A page request queue needs a device with page requests, and no host here has one. */
TEST_F(hwpt, table_with_a_queue_takes_no_device_without_page_requests)
{
	static const char *const release[] = { "6.12.117", "7.3.4" };
	struct iommu_hwpt_vtd_s1 s1 = { .addr_width = 48 };

	test_stop(&self->s);
	for (int k = 0; k < 2; k++) {
		struct iommu_fault_alloc f = { .size = sizeof(f) };
		struct uapi_hwpt_alloc a = { .size = sizeof(a), .dev_id = 1, .flags = 4 };
		struct shim *s;
		int fd, d, own;

		self->h->features = host_features_default(release[k]);
		test_bound(self->h, &s, &fd, &d);
		ASSERT_EQ(0, shim_ioctl(s, fd, IOMMU_FAULT_QUEUE_ALLOC, &f));
		a.fault_id = f.out_fault_id;
		a.pt_id = (uint32_t)test_hwpt(s, fd, UAPI_HWPT_NEST_PARENT, 1, 2);
		a.data_type = IOMMU_HWPT_DATA_VTD_S1;
		a.data_len = sizeof(s1);
		a.data_uptr = (uintptr_t)&s1;
		ASSERT_EQ(0, shim_ioctl(s, fd, IOMMU_HWPT_ALLOC, &a));
		own = test_attach(s, d, 2);
		EXPECT_EQ(-ENODEV, test_attach(s, d, a.out_hwpt_id));
		EXPECT_EQ(own, test_attach(s, d, 2));
		EXPECT_EQ(0, test_destroy(s, fd, a.out_hwpt_id));
		shim_close(s, (int)f.out_fault_fd);
		shim_destroy(s);
	}
}
TEST_F(hwpt, dirty_tracking_needs_a_table_made_for_it)
{
	struct iommu_hwpt_set_dirty_tracking set = { .size = sizeof(set), .flags = 1 };
	struct iommu_hwpt_get_dirty_bitmap get = { .size = sizeof(get),
						   .length = 0x40000,
						   .page_size = 4096 };
	uint64_t bits = 0;
	int plain = test_hwpt(self->s, self->fd, 0, 1, 2), dirty;

	dirty = test_hwpt(self->s, self->fd, UAPI_HWPT_DIRTY_TRACKING, 1, 2);
	get.data = (uintptr_t)&bits;
	set.hwpt_id = get.hwpt_id = 77;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set));
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	set.hwpt_id = get.hwpt_id = (uint32_t)plain;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.page_size = 0; /* the range is looked at before the table */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.page_size = 4096;
	set.hwpt_id = get.hwpt_id = (uint32_t)dirty;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	EXPECT_EQ(0, bits);
	get.page_size = 0;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.page_size = 0x80000;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.page_size = 4096;
	get.iova = UINT64_MAX - 0xfff;
	EXPECT_EQ(-EOVERFLOW, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.iova = 0x800;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.iova = 0;
	get.data = 0; /* looked at for a page that is dirty only */
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	get.flags = 2;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
	set.flags = 2;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &set));
}
TEST_F(hwpt, invalidate_counts_what_it_did)
{
	struct iommu_hwpt_vtd_s1 s1 = { .addr_width = 48 };
	struct iommu_hwpt_vtd_s1_invalidate inv[3] = { { .npages = 1 },
						       { .npages = 1 },
						       { .addr = 1 } };
	int parent = test_hwpt(self->s, self->fd, UAPI_HWPT_NEST_PARENT, 1, 2);
	int n = nested(self->s, self->fd, (uint32_t)parent, &s1, 24, 1);
	const struct {
		uint32_t hwpt;
		uint32_t type;
		uint32_t num;
		uint32_t len;
		uint32_t reserved;
		int err;
		uint32_t done;
	} rows[] = {
		{ (uint32_t)n, 0, 0, 0, 0, 0, 0 }, /* asks whether the type is known */
		{ (uint32_t)n, 1, 0, 0, 0, -EINVAL, 0 },
		{ (uint32_t)n, 0, 2, 24, 0, 0, 2 },
		{ (uint32_t)n, 0, 3, 24, 0, -EINVAL, 2 },
		{ (uint32_t)n, 0, 1, 23, 0, -EINVAL, 0 },
		{ (uint32_t)n, 0, 1, 25, 0, -EINVAL, 0 }, /* the size does not grow either */
		{ (uint32_t)n, 0, 1, 0, 0, -EINVAL, 0 },
		{ (uint32_t)n, 0, 1, 4097, 0, -EINVAL, 0 },
		{ (uint32_t)n, 0, (1u << 19) + 1, 24, 0, -EINVAL, 0 },
		{ (uint32_t)n, 0, 1, 24, 1, -EOPNOTSUPP, 0 },
		{ 77, 0, 1, 24, 0, -ENOENT, 0 },
		{ (uint32_t)parent, 0, 1, 24, 0, -EINVAL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iommu_hwpt_invalidate v = {
			.size = sizeof(v),
			.hwpt_id = rows[i].hwpt,
			.data_uptr = (uintptr_t)inv,
			.data_type = rows[i].type,
			.entry_len = rows[i].len,
			.entry_num = rows[i].num,
			.__reserved = rows[i].reserved,
		};

		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, self->fd, IOMMU_HWPT_INVALIDATE, &v))
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(rows[i].done, v.entry_num)
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST_HARNESS_MAIN
