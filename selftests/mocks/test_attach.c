// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices on page tables: attach, replace, detach, sharing, PASIDs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(attach)
{
	struct host *h;
	struct shim *s;
	int fd;
	int d;
	uint32_t dev;
	uint32_t ioas;
};

FIXTURE_SETUP(attach)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL };

	self->h = test_host(&spec);
	test_bound(self->h, &self->s, &self->fd, &self->d);
	self->dev = 1;
	self->ioas = 2;
}

FIXTURE_TEARDOWN(attach)
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

TEST_F(attach, attach_again_replaces)
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
TEST_F(attach, failed_replace_changes_nothing)
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
TEST_F(attach, a_group_has_one_table)
{
	struct shim *s;
	int fd, d, d2, a, b;

	test_stop(&self->s);
	test_device(self->h, "0000:00:05.1", 1, 0);
	test_bound(self->h, &s, &fd, &d);
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
TEST_F(attach, a_fitting_table_is_shared_across_groups)
{
	struct shim *s;
	int fd, d, a;

	test_stop(&self->s);
	test_group(self->h, 2);
	test_device(self->h, "0000:00:06.0", 2, 0);
	test_unit(self->h, CAP_39, ECAP);
	test_group(self->h, 3);
	test_device(self->h, "0000:00:07.0", 3, 1);
	test_bound(self->h, &s, &fd, &d);
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
TEST_F(attach, no_second_stage_until_612_is_einval_at_attach)
{
	struct shim *s;
	struct model_stats st;
	int fd, d;

	test_stop(&self->s);
	self->h->features = host_features_default("6.12.117");
	self->h->iommus[0].cap = CAP_FLTS;
	self->h->iommus[0].ecap = ECAP_FLTS;
	test_bound(self->h, &s, &fd, &d);
	EXPECT_EQ(-EINVAL, test_attach(s, d, 2));
	model_stats(s, &st);
	EXPECT_EQ(0, st.hwpts);
	EXPECT_EQ(UINT64_MAX, top(s, fd, 2));
	EXPECT_EQ(0, test_ioas_map(s, fd, 2, MSI_FIRST, 4096)); /* nothing was reserved */
	shim_destroy(s);
}
TEST_F(attach, relaxable_regions_stay_usable)
{
	struct shim *s;
	struct host_range r[4];
	int fd, d;

	test_stop(&self->s);
	test_region(&self->h->groups[0], 0, 0xffffff, HOST_REGION_DIRECT_RELAXABLE);
	test_bound(self->h, &s, &fd, &d);
	test_attach(s, d, 2);
	ASSERT_EQ(2, test_ioas_ranges(s, fd, 2, r, 4, NULL));
	EXPECT_EQ(0, r[0].start);
	shim_destroy(s);
}
/* iommufd keeps out the device's own regions, type1 the whole group's. */
TEST_F(attach, own_regions_of_a_device)
{
	struct shim *s;
	struct host_range r[4];
	int fd, d, c, g;

	test_stop(&self->s);
	test_region(&self->h->groups[0], 0x100000, 0x1fffff, HOST_REGION_RESERVED);
	self->h->devices[0].own_regions = true;
	test_bound(self->h, &s, &fd, &d);
	test_attach(s, d, 2);
	EXPECT_EQ(1, test_ioas_ranges(s, fd, 2, r, 4, NULL));
	shim_close(s, d);
	c = test_type1(s, 1, &g);
	EXPECT_EQ(3, test_ranges(s, c, r, 4));
	shim_destroy(s);
}
TEST_F(attach, early_virtio_table_without_a_device_is_one_byte)
{
	static const char *const release[] = { "6.12.117", "7.3.4" };

	test_stop(&self->s);
	self->h->iommus[0].type = HOST_IOMMU_VIRTIO;
	for (int k = 0; k < 2; k++) {
		struct shim *s;
		int fd, d;

		self->h->features = host_features_default(release[k]);
		test_bound(self->h, &s, &fd, &d);
		ASSERT_EQ(3, test_hwpt(s, fd, 0, 1, 2));
		EXPECT_EQ(k ? UINT64_MAX : 0, top(s, fd, 2));
		ASSERT_EQ(0, test_destroy(s, fd, 3));
		ASSERT_EQ(3, test_attach(s, d, 2));
		EXPECT_EQ(UINT64_MAX, top(s, fd, 2));
		shim_destroy(s);
	}
}
static int pasid_attach(struct shim *s, int d, uint32_t pasid, int pt)
{
	struct uapi_attach_iommufd_pt a = {
		.argsz = 16, .flags = 1, .pt_id = (uint32_t)pt, .pasid = pasid
	};
	int err = shim_ioctl(s, d, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);

	return err ? err : (int)a.pt_id;
}
static int pasid_detach(struct shim *s, int d, uint32_t pasid)
{
	struct uapi_detach_iommufd_pt det = { .argsz = 12, .flags = 1, .pasid = pasid };

	return shim_ioctl(s, d, VFIO_DEVICE_DETACH_IOMMUFD_PT, &det);
}
/* Its IOMMU is not told of a PASID that cannot come; the table is in use all the same. */
TEST_F(attach, pasid_of_a_device_without_pasids)
{
	int t = test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);

	EXPECT_EQ(t, pasid_attach(self->s, self->d, 5, t));
	EXPECT_EQ(t, pasid_attach(self->s, self->d, 1u << 30, t));
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, (uint32_t)t));
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 5));
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 1u << 30));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, (uint32_t)t));
}
/* VFIO keeps it as a PASID, iommufd takes it for the device's requests without one. */
TEST_F(attach, pasid_zero_is_the_device)
{
	int plain = test_hwpt(self->s, self->fd, 0, 1, 2), other;

	other = test_hwpt(self->s, self->fd, 0, 1, 2);
	EXPECT_EQ(plain, pasid_attach(self->s, self->d, 0, plain));
	EXPECT_EQ(other, pasid_attach(self->s, self->d, 0, other)); /* a replace */
	EXPECT_EQ(-EBUSY, test_attach(self->s, self->d, (uint32_t)plain));
	EXPECT_EQ(-EBUSY, test_attach(self->s, self->d, 2));
	EXPECT_EQ(0, test_detach(self->s, self->d)); /* of what VFIO did not attach: nothing */
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, (uint32_t)other));
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 0));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, (uint32_t)other));
	EXPECT_EQ(plain, test_attach(self->s, self->d, (uint32_t)plain));
	EXPECT_EQ(-EBUSY, pasid_attach(self->s, self->d, 0, plain));
	EXPECT_EQ(-EBUSY, pasid_attach(self->s, self->d, 0, 2));
	EXPECT_EQ(-ENOSPC, pasid_attach(self->s, self->d, 1u << 31, 77));
}
/* A device's own table and those of its PASIDs are of one kind. */
TEST_F(attach, pasids_and_the_device_beside_each_other)
{
	int plain, made, two;

	test_stop(&self->s);
	self->h->devices[0].max_pasid_log2 = 4;
	test_bound(self->h, &self->s, &self->fd, &self->d);
	plain = test_hwpt(self->s, self->fd, 0, 1, 2);
	made = test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);
	two = test_hwpt(self->s, self->fd, UAPI_HWPT_PASID, 1, 2);
	EXPECT_EQ(plain, test_attach(self->s, self->d, (uint32_t)plain));
	EXPECT_EQ(-EINVAL, pasid_attach(self->s, self->d, 5, made));
	EXPECT_EQ(made, test_attach(self->s, self->d, (uint32_t)made));
	EXPECT_EQ(made, pasid_attach(self->s, self->d, 5, made));
	EXPECT_EQ(two, pasid_attach(self->s, self->d, 6, two));
	EXPECT_EQ(-EINVAL, pasid_attach(self->s, self->d, 6, plain)); /* it stays where it is */
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, (uint32_t)two));
	EXPECT_EQ(-EINVAL, test_attach(self->s, self->d, (uint32_t)plain));
	EXPECT_EQ(-EINVAL, test_attach(self->s, self->d, 2)); /* nor one of the kernel's own */
	EXPECT_EQ(two, test_attach(self->s, self->d, (uint32_t)two));
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 5));
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 5)); /* nothing left to do */
	EXPECT_EQ(0, pasid_detach(self->s, self->d, 6));
	EXPECT_EQ(plain, test_attach(self->s, self->d, (uint32_t)plain));
}
TEST_F(attach, pasids_go_to_tables_made_for_them)
{
	struct uapi_attach_iommufd_pt a = { .argsz = 12, .flags = 1, .pasid = 5 };
	struct uapi_detach_iommufd_pt det = { .argsz = 8, .flags = 1, .pasid = 5 };
	const uint32_t attach = VFIO_DEVICE_ATTACH_IOMMUFD_PT;
	const uint32_t detach = VFIO_DEVICE_DETACH_IOMMUFD_PT;
	int plain, table, other;

	test_stop(&self->s);
	self->h->devices[0].max_pasid_log2 = 4;
	test_bound(self->h, &self->s, &self->fd, &self->d);
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
TEST_F(attach, noiommu_lookup)
{
	struct uapi_ioas_noiommu_get_pa q = {
		.size = sizeof(q), .ioas_id = 2, .iova = 0x1800, .length = 0x4000
	};
	struct shim *s;
	int fd, d;

	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, 2, 0x1000, 0x2000));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	test_stop(&self->s);
	self->h->devices[0].noiommu = true;
	self->h->devices[0].iommu = -1;
	test_bound(self->h, &s, &fd, &d);
	ASSERT_EQ(3, test_attach(s, d, 2));
	EXPECT_EQ(-ENOENT, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	ASSERT_EQ(0, test_ioas_map(s, fd, 2, 0x1000, 0x2000));
	ASSERT_EQ(0, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	EXPECT_EQ(0x10000800, q.out_phys);
	EXPECT_EQ(0x1800, q.length);
	q.length = 0x10; /* what was asked for bounds the answer */
	ASSERT_EQ(0, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	EXPECT_EQ(0x10, q.length);
	q.length = 0;
	EXPECT_EQ(-EINVAL, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	q.length = 1;
	q.ioas_id = 1;
	EXPECT_EQ(-ENOENT, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	q.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(s, fd, UAPI_IOAS_NOIOMMU_GET_PA, &q));
	shim_destroy(s);
}

TEST_HARNESS_MAIN
