// SPDX-License-Identifier: GPL-2.0-or-later
/* Page tables, devices on them, hardware information. */
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

/* self->h as it now is: a context, the device bound (id 1), an IOAS (id 2). */
static void start(struct host *h, struct shim **s, int *fd, int *d)
{
	*s = model_new(h, &uapi_mem_checked);
	*fd = shim_open(*s, "/dev/iommu", O_RDWR);
	*d = test_open_cdev(*s, "vfio0");
	test_bind(*s, *d, *fd);
	test_ioas(*s, *fd);
}

FIXTURE_SETUP(hwpt)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL };

	self->h = test_host(&spec);
	start(self->h, &self->s, &self->fd, &self->d);
	self->dev = 1;
	self->ioas = 2;
}

FIXTURE_TEARDOWN(hwpt)
{
	shim_destroy(self->s);
	host_free(self->h);
}

/* A host is not changed under its model: a test that changes it begins with this. */
static void stop(struct shim **s)
{
	shim_destroy(*s);
	*s = NULL;
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

	stop(&self->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shim *s;
		int fd, d, id;

		self->h->features = host_features_default(rows[i].release);
		self->h->iommus[0].cap = rows[i].cap;
		self->h->iommus[0].ecap = rows[i].ecap;
		start(self->h, &s, &fd, &d);
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

	/* What is in the data shows at attach only. */
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

TEST_F(hwpt, attach_again_replaces)
{
	int other = test_ioas(self->s, self->fd), a, b;
	struct model_stats st;

	a = test_attach(self->s, self->d, 2);
	EXPECT_EQ(a, test_attach(self->s, self->d, 2)); /* fits already */
	b = test_attach(self->s, self->d, (uint32_t)other);
	EXPECT_NE(a, b);
	model_stats(self->s, &st);
	EXPECT_EQ(1, st.hwpts); /* the kernel's own went with its last device */
	EXPECT_EQ(UINT64_MAX, top(self->s, self->fd, 2));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, 2));
	EXPECT_EQ(LAST(47), top(self->s, self->fd, (uint32_t)other));
	test_detach(self->s, self->d);
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.hwpts);
}

TEST_F(hwpt, failed_replace_changes_nothing)
{
	int other = test_ioas(self->s, self->fd);
	struct host_range r[4];

	ASSERT_LT(0, test_attach(self->s, self->d, 2));
	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, (uint32_t)other, MSI_FIRST, 4096));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, (uint32_t)other));
	EXPECT_EQ(2, test_ioas_ranges(self->s, self->fd, 2, r, 4, NULL));
	EXPECT_EQ(1, test_ioas_ranges(self->s, self->fd, (uint32_t)other, r, 4, NULL));
	EXPECT_EQ(UINT64_MAX, r[0].last);
}

TEST_F(hwpt, a_group_has_one_table)
{
	struct shim *s;
	int fd, d, d2, a, b;

	stop(&self->s);
	test_device(self->h, "0000:00:05.1", 1, 0);
	start(self->h, &s, &fd, &d);
	d2 = test_open_cdev(s, "vfio1");
	ASSERT_EQ(3, test_bind(s, d2, fd));
	a = test_hwpt(s, fd, 0, 1, 2);
	b = test_hwpt(s, fd, 0, 1, 2);
	EXPECT_EQ(a, test_attach(s, d, (uint32_t)a));
	EXPECT_EQ(-EINVAL, test_attach(s, d2, (uint32_t)b));
	EXPECT_EQ(a, test_attach(s, d2, (uint32_t)a));
	/* A replace moves them both. */
	EXPECT_EQ(b, test_attach(s, d, (uint32_t)b));
	EXPECT_EQ(0, test_destroy(s, fd, (uint32_t)a));
	EXPECT_EQ(-EBUSY, test_destroy(s, fd, (uint32_t)b));
	test_detach(s, d);
	EXPECT_EQ(-EBUSY, test_destroy(s, fd, (uint32_t)b));
	test_detach(s, d2);
	EXPECT_EQ(0, test_destroy(s, fd, (uint32_t)b));
	shim_destroy(s);
}

TEST_F(hwpt, a_fitting_table_is_shared_across_groups)
{
	struct shim *s;
	int fd, d, a;

	stop(&self->s);
	test_group(self->h, 2);
	test_device(self->h, "0000:00:06.0", 2, 0);
	test_unit(self->h, CAP_39, ECAP);
	test_group(self->h, 3);
	test_device(self->h, "0000:00:07.0", 3, 1);
	start(self->h, &s, &fd, &d);
	a = test_attach(s, d, 2);
	d = test_open_cdev(s, "vfio1");
	test_bind(s, d, fd);
	EXPECT_EQ(a, test_attach(s, d, 2));
	/* A narrower unit needs its own, and narrows the space. */
	d = test_open_cdev(s, "vfio2");
	test_bind(s, d, fd);
	EXPECT_NE(a, test_attach(s, d, 2));
	EXPECT_EQ(LAST(39), top(s, fd, 2));
	EXPECT_EQ(-EINVAL, test_attach(s, d, (uint32_t)a));
	test_detach(s, d);
	EXPECT_EQ(LAST(47), top(s, fd, 2));
	shim_destroy(s);
}

TEST_F(hwpt, no_second_stage_until_612_is_einval_at_attach)
{
	struct shim *s;
	struct model_stats st;
	int fd, d;

	stop(&self->s);
	self->h->features = host_features_default("6.12.117");
	self->h->iommus[0].cap = CAP_FLTS;
	self->h->iommus[0].ecap = ECAP_FLTS;
	start(self->h, &s, &fd, &d);
	EXPECT_EQ(-EINVAL, test_attach(s, d, 2));
	model_stats(s, &st);
	EXPECT_EQ(0, st.hwpts);
	EXPECT_EQ(UINT64_MAX, top(s, fd, 2));
	EXPECT_EQ(0, test_ioas_map(s, fd, 2, MSI_FIRST, 4096)); /* nothing was reserved */
	shim_destroy(s);
}

TEST_F(hwpt, relaxable_regions_stay_usable)
{
	struct shim *s;
	struct host_range r[4];
	int fd, d;

	stop(&self->s);
	test_region(&self->h->groups[0], 0, 0xffffff, HOST_REGION_DIRECT_RELAXABLE);
	start(self->h, &s, &fd, &d);
	test_attach(s, d, 2);
	ASSERT_EQ(2, test_ioas_ranges(s, fd, 2, r, 4, NULL));
	EXPECT_EQ(0, r[0].start);
	shim_destroy(s);
}

/* iommufd keeps out the device's own regions, type1 the whole group's. */
TEST_F(hwpt, own_regions_of_a_device)
{
	struct shim *s;
	struct host_range r[4];
	int fd, d, c, g;

	stop(&self->s);
	test_region(&self->h->groups[0], 0x100000, 0x1fffff, HOST_REGION_RESERVED);
	self->h->devices[0].own_regions = true;
	start(self->h, &s, &fd, &d);
	test_attach(s, d, 2);
	EXPECT_EQ(1, test_ioas_ranges(s, fd, 2, r, 4, NULL));
	shim_close(s, d);
	c = test_type1(s, 1, &g);
	EXPECT_EQ(3, test_ranges(s, c, r, 4));
	shim_destroy(s);
}

TEST_F(hwpt, early_virtio_table_without_a_device_is_one_byte)
{
	static const char *const release[] = { "6.12.117", "7.3.4" };

	stop(&self->s);
	self->h->iommus[0].type = HOST_IOMMU_VIRTIO;
	for (int k = 0; k < 2; k++) {
		struct shim *s;
		int fd, d;

		self->h->features = host_features_default(release[k]);
		start(self->h, &s, &fd, &d);
		ASSERT_EQ(3, test_hwpt(s, fd, 0, 1, 2));
		EXPECT_EQ(k ? UINT64_MAX : 0, top(s, fd, 2));
		ASSERT_EQ(0, test_destroy(s, fd, 3));
		ASSERT_EQ(3, test_attach(s, d, 2));
		EXPECT_EQ(UINT64_MAX, top(s, fd, 2));
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
	get.data = 0;
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &get));
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

TEST_F(hwpt, hw_info_of_vtd)
{
	static const uint32_t lens[] = { 0, 8, 24, 64 };
	struct iommu_hw_info_vtd want = { .flags = 1, .cap_reg = CAP_FULL, .ecap_reg = ECAP_FULL };

	stop(&self->s);
	self->h->devices[0].max_pasid_log2 = 20;
	start(self->h, &self->s, &self->fd, &self->d);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint8_t data[64], expect[64];
		struct uapi_hw_info q = {
			.size = sizeof(q),
			.dev_id = 1,
			.data_len = lens[i],
			.data_uptr = lens[i] ? (uintptr_t)data : 0,
		};

		memset(data, 0xa5, sizeof(data));
		memset(expect, 0xa5, sizeof(expect));
		memset(expect, 0, lens[i]);
		memcpy(expect, &want, lens[i] < sizeof(want) ? lens[i] : sizeof(want));
		ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
		EXPECT_EQ(0, memcmp(expect, data, sizeof(data)));
		EXPECT_EQ(24, q.data_len);
		EXPECT_EQ(UAPI_HW_INFO_TYPE_VTD, q.data_type);
		EXPECT_EQ(20, q.out_max_pasid_log2);
		EXPECT_EQ(UAPI_HW_CAP_DIRTY, q.out_capabilities);
	}
}

TEST_F(hwpt, hw_info_checks)
{
	static const struct {
		const char *release;
		enum host_iommu_type type;
		uint32_t flags;
		uint32_t in_type;
		uint8_t pasid;
		uint8_t reserved;
		uint32_t dev;
		int err;
		uint32_t type_out;
	} rows[] = {
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 1, 0, 0, 1, 0, 1 },
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 0, 0, 0, 1, 0, 1 },
		{ "7.3.4", HOST_IOMMU_INTEL, 1, 2, 0, 0, 1, -EOPNOTSUPP, 2 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 2, 0, 0, 1, 0, 1 }, /* ignored without the flag */
		{ "7.3.4", HOST_IOMMU_VIRTIO, 1, 2, 0, 0, 1, 0, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 2, 0, 0, 0, 1, -EOPNOTSUPP, 0 },
		{ "6.12.117", HOST_IOMMU_INTEL, 1, 1, 0, 0, 1, -EOPNOTSUPP, 1 },
		{ "6.12.117", HOST_IOMMU_AMD, 0, 0, 0, 0, 1, 0, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 9, 0, 1, 0, 1 },
		{ "6.11.0", HOST_IOMMU_INTEL, 0, 0, 9, 0, 1, -EOPNOTSUPP, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 0, 1, 1, -EOPNOTSUPP, 0 },
		{ "7.3.4", HOST_IOMMU_INTEL, 0, 0, 0, 0, 2, -ENOENT, 0 },
	};

	stop(&self->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct uapi_hw_info q = {
			.size = sizeof(q),
			.flags = rows[i].flags,
			.dev_id = rows[i].dev,
			.data_type = rows[i].in_type,
			.out_max_pasid_log2 = rows[i].pasid,
			.reserved = { rows[i].reserved },
		};
		struct shim *s;
		int fd, d;

		self->h->features = host_features_default(rows[i].release);
		self->h->iommus[0].type = rows[i].type;
		start(self->h, &s, &fd, &d);
		EXPECT_EQ(rows[i].err, shim_ioctl(s, fd, IOMMU_GET_HW_INFO, &q))
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(rows[i].type_out, q.data_type)
		{
			TH_LOG("row %zu", i);
		}
		shim_destroy(s);
	}
}

TEST_F(hwpt, hw_info_of_a_66_caller_has_no_capabilities)
{
	struct uapi_hw_info q = { .size = 32, .dev_id = 1, .out_capabilities = 0xa5 };

	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(UAPI_HW_INFO_TYPE_VTD, q.data_type);
	EXPECT_EQ(0xa5, q.out_capabilities);
}

TEST_F(hwpt, recorded_hw_info_wins)
{
	struct host_iommu *io = &self->h->iommus[0];
	struct uapi_hw_info q = { .size = sizeof(q), .dev_id = 1 };

	stop(&self->s);
	io->hw_known = true;
	io->hw_type = UAPI_HW_INFO_TYPE_AMD;
	io->hw_len = 16;
	start(self->h, &self->s, &self->fd, &self->d);
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(UAPI_HW_INFO_TYPE_AMD, q.data_type);
	EXPECT_EQ(16, q.data_len);
}

TEST_F(hwpt, giant_buffer_faults)
{
	uint64_t data[3];
	struct uapi_hw_info q = { .size = sizeof(q), .dev_id = 1, .data_len = UINT32_MAX };

	q.data_uptr = UINT64_MAX - 0x1000; /* no user address */
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	q.data_len = sizeof(data);
	q.data_uptr = 0;
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &q));
	EXPECT_EQ(sizeof(data), q.data_len); /* nothing written back */
}

TEST_F(hwpt, pasid_of_a_device_without_pasids)
{
	struct uapi_attach_iommufd_pt a = { .argsz = 16, .flags = 1, .pasid = 5 };

	a.pt_id = (uint32_t)test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->d, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
}

TEST_F(hwpt, pasids_go_to_tables_made_for_them)
{
	struct uapi_attach_iommufd_pt a = { .argsz = 12, .flags = 1, .pasid = 5 };
	struct uapi_detach_iommufd_pt det = { .argsz = 8, .flags = 1, .pasid = 5 };
	const uint32_t attach = VFIO_DEVICE_ATTACH_IOMMUFD_PT;
	const uint32_t detach = VFIO_DEVICE_DETACH_IOMMUFD_PT;
	int plain, table, other;

	stop(&self->s);
	self->h->devices[0].max_pasid_log2 = 4;
	start(self->h, &self->s, &self->fd, &self->d);
	plain = test_hwpt(self->s, self->fd, 0, 1, 2);
	table = test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);
	other = test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);
	a.pt_id = (uint32_t)table;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, attach, &a)); /* too short for a PASID */
	a.argsz = 16;
	EXPECT_EQ(0, shim_ioctl(self->s, self->d, attach, &a));
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, (uint32_t)table));
	a.pt_id = (uint32_t)plain;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, attach, &a));
	a.pt_id = 2;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, attach, &a));
	a.pt_id = 77;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->d, attach, &a));
	a.pt_id = (uint32_t)other; /* a replace */
	EXPECT_EQ(0, shim_ioctl(self->s, self->d, attach, &a));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, (uint32_t)table));
	a.pasid = 16;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, attach, &a));
	a.flags = 2;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, attach, &a));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->d, detach, &det));
	det.argsz = 12;
	EXPECT_EQ(0, shim_ioctl(self->s, self->d, detach, &det));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, (uint32_t)other));
}

TEST_F(hwpt, noiommu_lookup)
{
	struct uapi_ioas_noiommu_get_pa q = { .size = sizeof(q), .ioas_id = 2, .iova = 0x1800 };
	struct shim *s;
	int fd, d;

	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	stop(&self->s);
	self->h->devices[0].noiommu = true;
	self->h->devices[0].iommu = -1;
	start(self->h, &s, &fd, &d);
	ASSERT_EQ(3, test_attach(s, d, 2));
	EXPECT_EQ(-ENOENT, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	ASSERT_EQ(0, test_ioas_map(s, fd, 2, 0x1000, 0x2000));
	ASSERT_EQ(0, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	EXPECT_EQ(0x10000800, q.out_phys);
	EXPECT_EQ(0x1800, q.length);
	q.ioas_id = 1;
	EXPECT_EQ(-ENOENT, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	q.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	shim_destroy(s);
}

TEST_HARNESS_MAIN
