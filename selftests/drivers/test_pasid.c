// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaching by PASID (6.15), and page tables with a queue of page requests, on
 * a device that has neither: the emulated ones of the VM. A device that has
 * them is the mock device of test_nest.c.
 */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(pasid);
RIG_VARIANT_IOMMUFD(pasid);

static int attach(struct rig *r, uint32_t pasid, uint32_t pt)
{
	struct uapi_attach_iommufd_pt a = {
		.argsz = sizeof(a), .flags = UAPI_ATTACH_FLAG_PASID, .pt_id = pt, .pasid = pasid
	};

	return shim_ioctl(r->s, r->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
}

static int detach(struct rig *r, uint32_t pasid)
{
	struct uapi_detach_iommufd_pt d = { .argsz = sizeof(d),
					    .flags = UAPI_DETACH_FLAG_PASID,
					    .pasid = pasid };

	return shim_ioctl(r->s, r->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

/* A page table, or skipped: not every driver makes one with flags. */
#define TABLE(r, flags, out)                                                                       \
	do {                                                                                       \
		(out) = test_hwpt((r)->s, (r)->iommufd, flags, (r)->devid, (r)->ioas);             \
		if ((out) == -EOPNOTSUPP)                                                          \
			SKIP(return, "the IOMMU's driver makes no page table with flags %#x",      \
				   (unsigned)(flags));                                             \
		ASSERT_LT(0, out);                                                                 \
	} while (0)

TEST_F(pasid, flag_came_with_615)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	if (RIG_HAS(r, PASID))
		SKIP(return, "a kernel that has PASIDs");
	EXPECT_EQ(-EINVAL, attach(r, 5, r->hwpt));
	EXPECT_EQ(-EINVAL, detach(r, 5));
	EXPECT_EQ(-EOPNOTSUPP, test_hwpt(r->s, r->iommufd, UAPI_HWPT_PASID, r->devid, r->ioas));
}

#define NEEDS_PASID(r)                                                                             \
	do {                                                                                       \
		RIG_ATTACH(r);                                                                     \
		if (!RIG_HAS(r, PASID))                                                            \
			SKIP(return, "PASIDs came with Linux 6.15");                               \
	} while (0)

TEST_F(pasid, tables_made_for_it_only)
{
	struct rig *r = &self->rig;
	int made, other;

	NEEDS_PASID(r);
	TABLE(r, UAPI_HWPT_PASID, made);
	TABLE(r, UAPI_HWPT_PASID, other);
	EXPECT_EQ(-ENOENT, attach(r, 5, 0xffff));
	EXPECT_EQ(-EINVAL, attach(r, 5, r->devid));
	/* The device itself is on one of the kernel's own, which was not made for PASIDs. */
	EXPECT_EQ(-EINVAL, attach(r, 5, (uint32_t)made));
	ASSERT_EQ(made, test_attach(r->s, r->dev, (uint32_t)made));
	EXPECT_EQ(-EINVAL, attach(r, 5, r->ioas));
	/* No request with a PASID can come from this device: any number will do. */
	EXPECT_EQ(0, attach(r, 5, (uint32_t)made));
	EXPECT_EQ(0, attach(r, 1u << 30, (uint32_t)other));
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, (uint32_t)other));
	EXPECT_EQ(0, attach(r, 1u << 30, (uint32_t)made)); /* a replace */
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, (uint32_t)other));
	/* As long as there are PASIDs the device stays on tables made for them. */
	EXPECT_EQ(-EINVAL, test_attach(r->s, r->dev, r->ioas));
	EXPECT_EQ(0, detach(r, 5));
	EXPECT_EQ(-EINVAL, test_attach(r->s, r->dev, r->ioas));
	EXPECT_EQ(0, detach(r, 1u << 30));
	EXPECT_EQ(0, detach(r, 1u << 30));
	EXPECT_LT(0, test_attach(r->s, r->dev, r->ioas));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, (uint32_t)made));
}

TEST_F(pasid, numbers_are_ints)
{
	struct rig *r = &self->rig;

	NEEDS_PASID(r);
	/* Before anything is looked up. */
	EXPECT_EQ(-ENOSPC, attach(r, 1u << 31, 0xffff));
	EXPECT_EQ(-ENOSPC, attach(r, UINT32_MAX, 0xffff));
	EXPECT_EQ(-ENOENT, attach(r, INT32_MAX, 0xffff));
	EXPECT_EQ(0, detach(r, UINT32_MAX));
}

/* To VFIO a PASID like any other, to iommufd the device's requests without one. */
TEST_F(pasid, zero_is_the_device)
{
	struct rig *r = &self->rig;
	uint32_t own;

	NEEDS_PASID(r);
	EXPECT_EQ(-EBUSY, attach(r, 0, r->hwpt));
	EXPECT_EQ(-EBUSY, attach(r, 0, r->ioas));
	ASSERT_EQ(0, test_detach(r->s, r->dev));
	own = (uint32_t)test_hwpt(r->s, r->iommufd, 0, r->devid, r->ioas);
	EXPECT_EQ(0, attach(r, 0, own));
	EXPECT_EQ(0, attach(r, 0, r->ioas)); /* a replace */
	EXPECT_EQ(0, attach(r, 0, own));
	EXPECT_EQ(-EBUSY, test_attach(r->s, r->dev, own));
	EXPECT_EQ(0, test_detach(r->s, r->dev)); /* of what VFIO did not attach: nothing */
	EXPECT_EQ(-EBUSY, test_destroy(r->s, r->iommufd, own));
	EXPECT_EQ(0, detach(r, 0));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, own));
	EXPECT_LT(0, test_attach(r->s, r->dev, r->ioas));
}

TEST_F(pasid, what_is_left_goes_with_the_device)
{
	struct rig *r = &self->rig;
	int made;

	NEEDS_PASID(r);
	TABLE(r, UAPI_HWPT_PASID, made);
	ASSERT_EQ(made, test_attach(r->s, r->dev, (uint32_t)made));
	ASSERT_EQ(0, attach(r, 5, (uint32_t)made));
	shim_close(r->s, r->dev);
	r->dev = -1;
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, (uint32_t)made));
}

/* Intel's driver wants page requests of the device, which this one has not. */
TEST_F(pasid, table_with_a_queue)
{
	struct rig *r = &self->rig;
	struct iommu_fault_alloc f = { .size = sizeof(f) };
	struct uapi_hwpt_alloc a = { .size = sizeof(a), .flags = UAPI_HWPT_FAULT_ID_VALID };
	char cap[64];
	int err;

	RIG_ATTACH(r);
	if (!RIG_HAS(r, FAULT))
		SKIP(return, "page requests came with Linux 6.11");
	if (!r->model && !rig_attr(r, "iommu/intel-iommu/cap", cap, sizeof(cap)))
		SKIP(return, "not a unit of Intel's");
	ASSERT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_FAULT_QUEUE_ALLOC, &f));
	shim_close(r->s, (int)f.out_fault_fd);
	a.dev_id = r->devid;
	a.pt_id = r->ioas;
	a.fault_id = f.out_fault_id;
	err = shim_ioctl(r->s, r->iommufd, IOMMU_HWPT_ALLOC, &a);
	/* Until 6.12 the driver was handed the flag, and did not know it. */
	EXPECT_EQ(RIG_HAS(r, VIOMMU) ? 0 : -EOPNOTSUPP, err);
	if (err)
		return;
	EXPECT_EQ(-ENODEV, test_attach(r->s, r->dev, a.out_hwpt_id));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, a.out_hwpt_id));
	EXPECT_EQ(0, test_destroy(r->s, r->iommufd, f.out_fault_id));
}

TEST_HARNESS_MAIN
