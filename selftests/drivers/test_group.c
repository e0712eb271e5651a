// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFIO group: its status, its container, the descriptors of its devices. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(group);
RIG_VARIANTS_GROUP(group);

/* Group and container, not yet together. */
static int open_both(struct rig *r)
{
	int err = rig_open_container(r);

	return err ? err : rig_open_group(r);
}

static int status(struct rig *r, uint32_t argsz, uint32_t *flags)
{
	struct vfio_group_status st = { .argsz = argsz, .flags = 0xa5a5a5a5 };
	int err = shim_ioctl(r->s, r->group, VFIO_GROUP_GET_STATUS, &st);

	*flags = st.flags;
	return err;
}

TEST_F(group, status_by_state)
{
	const uint32_t viable = VFIO_GROUP_FLAGS_VIABLE, set = VFIO_GROUP_FLAGS_CONTAINER_SET;
	struct rig *r = &self->rig;
	uint32_t flags;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(0, status(r, 8, &flags));
	EXPECT_EQ(viable, flags);
	EXPECT_EQ(-EINVAL, status(r, 7, &flags));
	EXPECT_EQ(-EINVAL, status(r, 0, &flags));
	EXPECT_EQ(0, status(r, 4096, &flags));
	EXPECT_EQ(viable, flags);
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->group, VFIO_GROUP_GET_STATUS, 0));
	ASSERT_EQ(0, rig_set_container(r));
	EXPECT_EQ(0, status(r, 8, &flags));
	EXPECT_EQ(viable | set, flags);
	EXPECT_EQ(0, shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(0, status(r, 8, &flags));
	EXPECT_EQ(viable, flags);
}

TEST_F(group, set_container_errors)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->group, VFIO_GROUP_SET_CONTAINER, 0));
	EXPECT_EQ(-EBADF, test_set_container(r->s, r->group, -1));
	EXPECT_EQ(-EBADF, test_set_container(r->s, r->group, 9999));
	EXPECT_EQ(RIG_HAS(r, BADFD) ? -EBADFD : -EINVAL,
		  test_set_container(r->s, r->group, r->group));
	EXPECT_EQ(-EINVAL, shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(0, rig_set_container(r));
	EXPECT_EQ(-EINVAL, rig_set_container(r));
	/* Which descriptor it is counts before what the group has already. */
	EXPECT_EQ(-EBADF, test_set_container(r->s, r->group, 9999));
}

TEST_F(group, device_needs_a_container_with_a_driver)
{
	struct rig *r = &self->rig;
	char long_name[5000];
	int err;

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(-EINVAL, rig_get_device(r));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->group, VFIO_GROUP_GET_DEVICE_FD, 0));
	EXPECT_EQ(-EINVAL, shim_ioctl(r->s, r->group, VFIO_GROUP_GET_DEVICE_FD, long_name));
	ASSERT_EQ(0, rig_set_container(r));
	if (r->mode != RIG_COMPAT) {
		EXPECT_EQ(-EINVAL, rig_get_device(r));
	}
	err = rig_set_iommu(r);
	if (err && rig_refusal(r, err))
		SKIP(return, "%s", rig_refusal(r, err));
	ASSERT_EQ(0, err);
	EXPECT_EQ(-ENODEV, test_device_fd(r->s, r->group, "0000:ff:1f.7"));
	EXPECT_EQ(-ENODEV, test_device_fd(r->s, r->group, ""));
	EXPECT_EQ(-ENODEV, test_device_fd(r->s, r->group, r->bdf + 1));
}

TEST_F(group, device_may_be_fetched_twice)
{
	struct rig *r = &self->rig;
	struct rig_reply a, b;
	int second;

	RIG_ATTACH(r);
	second = test_device_fd(r->s, r->group, r->bdf);
	ASSERT_LE(0, second);
	EXPECT_NE(second, r->dev);
	EXPECT_EQ(0, rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, 24, 0, &a));
	EXPECT_EQ(0, shim_close(r->s, r->dev));
	r->dev = second;
	EXPECT_EQ(0, rig_info(r, second, VFIO_DEVICE_GET_INFO, 24, 0, &b));
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
}

/* A container stays while a device is open; an iommufd is let go, the device has its own hold. */
TEST_F(group, unset_container_with_an_open_device)
{
	const bool compat = self->rig.mode == RIG_COMPAT;
	struct rig *r = &self->rig;
	struct rig_reply reply;

	RIG_ATTACH(r);
	EXPECT_EQ(compat ? 0 : -EBUSY,
		  shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(0, rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, 24, 0, &reply));
	EXPECT_EQ(0, shim_close(r->s, r->dev));
	r->dev = -1;
	EXPECT_EQ(compat ? -EINVAL : 0,
		  shim_ioctl_val(r->s, r->group, VFIO_GROUP_UNSET_CONTAINER, 0));
}

TEST_F(group, unknown_request)
{
	struct rig *r = &self->rig;

	ASSERT_EQ(0, open_both(r));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->group, RIG_UNKNOWN, 0));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->group, VFIO_GET_API_VERSION, 0));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->group, VFIO_DEVICE_GET_INFO, 0));
}

TEST_HARNESS_MAIN
