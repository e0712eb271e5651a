// SPDX-License-Identifier: GPL-2.0-or-later
/* The device's cdev: bound, attached, replaced, detached; who keeps whom alive. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(cdev);
RIG_VARIANT_IOMMUFD(cdev);

/* Both open, nothing bound. */
static int open_both(struct rig *r)
{
	int err = rig_open_container(r);

	return err ? err : rig_open_cdev(r);
}

static int bind_raw(struct rig *r, uint32_t argsz, uint32_t flags, int fd)
{
	struct uapi_bind_iommufd b = { .argsz = argsz, .flags = flags, .iommufd = fd };

	return shim_ioctl(r->s, r->dev, VFIO_DEVICE_BIND_IOMMUFD, &b);
}

static int attach_raw(struct rig *r, uint32_t argsz, uint32_t flags, uint32_t id)
{
	struct uapi_attach_iommufd_pt a = { .argsz = argsz, .flags = flags, .pt_id = id };

	return shim_ioctl(r->s, r->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
}

static int detach_raw(struct rig *r, uint32_t argsz, uint32_t flags)
{
	struct uapi_detach_iommufd_pt d = { .argsz = argsz, .flags = flags };

	return shim_ioctl(r->s, r->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

TEST_F(cdev, before_it_is_bound_nothing_works)
{
	struct rig *r = &self->rig;
	struct rig_reply reply;
	uint32_t word;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(-EINVAL, rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, 24, 0, &reply));
	EXPECT_EQ(-EINVAL, attach_raw(r, 12, 0, 1));
	EXPECT_EQ(-EINVAL, detach_raw(r, 8, 0));
	EXPECT_EQ(-EINVAL, shim_ioctl_val(r->s, r->dev, RIG_UNKNOWN, 0));
	EXPECT_EQ(-EINVAL,
		  shim_pread(r->s, r->dev, &word, 4, (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40));
}

TEST_F(cdev, bind_arguments)
{
	struct rig *r = &self->rig;
	int err;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_BIND_IOMMUFD, 0));
	EXPECT_EQ(-EINVAL, bind_raw(r, 0, 0, r->iommufd));
	EXPECT_EQ(-EINVAL, bind_raw(r, 15, 0, r->iommufd));
	EXPECT_EQ(-EINVAL, bind_raw(r, 16, 2, r->iommufd));
	EXPECT_EQ(-EINVAL, bind_raw(r, 16, 1u << 31, r->iommufd));
	EXPECT_EQ(-EINVAL, bind_raw(r, 16, 0, -1));
	EXPECT_EQ(-EBADF, bind_raw(r, 16, 0, 9999));
	EXPECT_EQ(-EBADFD, bind_raw(r, 16, 0, r->dev));
	err = bind_raw(r, 24, 0, r->iommufd);
	if (err && rig_refusal(r, err))
		SKIP(return, "%s", rig_refusal(r, err));
	EXPECT_EQ(0, err);
	EXPECT_EQ(-EINVAL, bind_raw(r, 16, 0, r->iommufd)); /* once */
}

TEST_F(cdev, bind_tells_an_object)
{
	struct rig *r = &self->rig;
	struct rig_reply reply;
	int err;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(1, test_ioas(r->s, r->iommufd));
	err = rig_bind(r);
	if (err && rig_refusal(r, err))
		SKIP(return, "%s", rig_refusal(r, err));
	ASSERT_EQ(0, err);
	EXPECT_EQ(2, r->devid);
	/* It answers without being attached. */
	EXPECT_EQ(0, rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, 24, 0, &reply));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->devid));
	EXPECT_EQ(0, detach_raw(r, 8, 0)); /* nothing to do */
	shim_close(r->s, r->dev);
	r->dev = -1;
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, 2));
	EXPECT_EQ(2, test_ioas(r->s, r->iommufd));
}

TEST_F(cdev, attach_arguments)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	EXPECT_EQ(0, detach_raw(r, 8, 0));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, 0));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, 0));
	EXPECT_EQ(-EINVAL, attach_raw(r, 11, 0, r->ioas));
	EXPECT_EQ(-EINVAL, attach_raw(r, 12, 2, r->ioas));
	EXPECT_EQ(-EINVAL, detach_raw(r, 7, 0));
	EXPECT_EQ(-EINVAL, detach_raw(r, 8, 2));
	EXPECT_EQ(-ENOENT, attach_raw(r, 12, 0, 77));
	EXPECT_EQ(-ENOENT, attach_raw(r, 12, 0, 0));
	EXPECT_EQ(-EINVAL, attach_raw(r, 12, 0, r->devid)); /* no table */
	EXPECT_EQ(0, attach_raw(r, 4096, 0, r->ioas));
	EXPECT_EQ(0, detach_raw(r, 4096, 0));
}

TEST_F(cdev, attach_narrows_and_detach_widens)
{
	struct rig *r = &self->rig;
	struct host_range before[2], v[RIG_RANGES];
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	EXPECT_GT(UINT64_MAX, v[n - 1].last - v[0].start + (uint64_t)(n - 1));
	EXPECT_EQ(0, test_detach(r->s, r->dev));
	EXPECT_EQ(1, rig_ranges(r, before, 2));
	EXPECT_EQ(0, before[0].start);
	EXPECT_EQ(UINT64_MAX, before[0].last);
	/* The kernel's own page table went with it. */
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, r->hwpt));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, r->ioas));
}

TEST_F(cdev, what_is_in_use_cannot_be_destroyed)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	EXPECT_NE(r->ioas, r->hwpt);
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->ioas));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->hwpt));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->devid));
	EXPECT_EQ(-ENOENT, rig_unmap(&(struct rig){ .mode = RIG_IOMMUFD,
						    .s = r->s,
						    .iommufd = r->iommufd,
						    .ioas = r->hwpt },
				     0, &(uint64_t){ 4096 }));
}

TEST_F(cdev, attach_again_replaces)
{
	struct rig *r = &self->rig;
	int other, second;

	RIG_ATTACH(r);
	EXPECT_EQ((int)r->hwpt, test_attach(r->s, r->dev, r->ioas)); /* it fits already */
	other = test_ioas(r->s, r->iommufd);
	second = test_attach(r->s, r->dev, (uint32_t)other);
	ASSERT_LE(1, second);
	EXPECT_NE((int)r->hwpt, second);
	/* The first space is free, and wide, again. */
	EXPECT_EQ(-ENOENT, test_destroy(r->s, r->iommufd, r->hwpt));
	EXPECT_EQ(1, rig_ranges(r, (struct host_range[2]){ 0 }, 2));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, r->ioas));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, (uint32_t)other));
}

TEST_F(cdev, failed_replace_changes_nothing)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES], now[RIG_RANGES];
	struct rig other;
	int n;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	if (v[n - 1].last == UINT64_MAX)
		SKIP(return, "this IOMMU reaches everything");
	other = *r;
	other.ioas = (uint32_t)test_ioas(r->s, r->iommufd);
	/* A mapping where the device cannot go. */
	ASSERT_EQ(0, rig_map(&other, (v[n - 1].last | 4095) + 1, 0, 4096));
	EXPECT_EQ(-EADDRINUSE, test_attach(r->s, r->dev, other.ioas));
	EXPECT_EQ(n, rig_ranges(r, now, RIG_RANGES));
	EXPECT_EQ(0, memcmp(v, now, (size_t)n * sizeof(*v)));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->hwpt));
	EXPECT_EQ(1, rig_ranges(&other, now, RIG_RANGES));
}

TEST_F(cdev, own_page_table)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES], now[RIG_RANGES];
	int n, hwpt;

	RIG_ATTACH(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	EXPECT_EQ(0, test_detach(r->s, r->dev));
	hwpt = test_hwpt(r->s, r->iommufd, 0, r->devid, r->ioas);
	ASSERT_LE(1, hwpt);
	/* Its aperture counts at once; the device's own regions when it is attached. */
	ASSERT_LE(1, rig_ranges(r, now, RIG_RANGES));
	if (!RIG_HAS(r, PASID) && !now[0].last)
		SKIP(return, "virtio-iommu before 6.15: no aperture before the first attach");
	EXPECT_EQ(v[n - 1].last, now[rig_ranges(r, now, RIG_RANGES) - 1].last);
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, r->ioas));
	EXPECT_EQ(hwpt, test_attach(r->s, r->dev, (uint32_t)hwpt));
	EXPECT_EQ(n, rig_ranges(r, now, RIG_RANGES));
	EXPECT_EQ(0, memcmp(v, now, (size_t)n * sizeof(*v)));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, (uint32_t)hwpt));
	/* Unlike the kernel's own it outlives the attachment. */
	EXPECT_EQ(0, test_detach(r->s, r->dev));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, (uint32_t)hwpt));
	EXPECT_EQ(1, rig_ranges(r, now, RIG_RANGES));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, r->ioas));
}

TEST_F(cdev, page_table_arguments)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	const struct {
		struct uapi_hwpt_alloc a;
		int err;
	} rows[] = {
		{ { .reserved = 1 }, -EOPNOTSUPP },
		/* Known from 6.7 on: before, bytes behind the structure. */
		{ { .data_type = 1 }, RIG_HAS(r, DIRTY) ? -EINVAL : -E2BIG },
		{ { .data_len = 8 }, RIG_HAS(r, DIRTY) ? -EINVAL : -E2BIG },
		{ { .dev_id = 77 }, -ENOENT },
		{ { .dev_id = r->ioas }, -ENOENT },
		{ { .pt_id = 77 }, -EINVAL },
		{ { .pt_id = r->devid }, -EINVAL },
		{ { .flags = 1u << 31 }, -EOPNOTSUPP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uapi_hwpt_alloc a = rows[i].a;

		a.size = sizeof(a);
		a.dev_id = a.dev_id ? a.dev_id : r->devid;
		a.pt_id = a.pt_id ? a.pt_id : r->ioas;
		EXPECT_EQ(rows[i].err, shim_ioctl(r->s, r->iommufd, IOMMU_HWPT_ALLOC, &a))
		{
			TH_LOG("row %zu", i);
		}
	}
}

/* The device holds the context: closing the iommufd's descriptor takes nothing from it. */
TEST_F(cdev, device_outlives_the_descriptor_of_its_iommufd)
{
	struct rig *r = &self->rig;
	struct rig_reply reply;
	uint32_t word;

	RIG_ATTACH(r);
	EXPECT_EQ(0, shim_close(r->s, r->iommufd));
	r->iommufd = -1;
	EXPECT_EQ(0, rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, 24, 0, &reply));
	EXPECT_EQ(4,
		  shim_pread(r->s, r->dev, &word, 4, (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40));
	EXPECT_EQ((int)r->hwpt, test_attach(r->s, r->dev, r->ioas));
	EXPECT_EQ(0, test_detach(r->s, r->dev));
}

/* Mappings belong to the space, not to the device. */
TEST_F(cdev, mappings_stay_when_the_device_goes)
{
	struct rig *r = &self->rig;
	uint64_t at, size = 4096;

	RIG_ATTACH(r);
	at = rig_iova(r);
	ASSERT_EQ(0, rig_map(r, at, 0, 4096));
	EXPECT_EQ(0, test_detach(r->s, r->dev));
	EXPECT_EQ(-EEXIST, rig_map(r, at, 0, 4096));
	EXPECT_LE(1, test_attach(r->s, r->dev, r->ioas));
	EXPECT_EQ(0, rig_unmap(r, at, &size));
	EXPECT_EQ(4096, size);
}

TEST_HARNESS_MAIN
