// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO groups: who may open one, what it may join, which devices come out of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(group)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(group)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(group)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static int iommufd(struct shim *s)
{
	return shim_open(s, "/dev/iommu", O_RDWR);
}

static int group_status(struct shim *s, int g)
{
	struct vfio_group_status st = { .argsz = sizeof(st) };
	int err = shim_ioctl(s, g, VFIO_GROUP_GET_STATUS, &st);

	return err ? err : (int)st.flags;
}

TEST_F(group, descriptors_are_the_lowest_free_from_3)
{
	struct shim *s = self->s = model_new(self->h, NULL);

	EXPECT_EQ(3, shim_open(s, "/dev/vfio/vfio", O_RDWR));
	EXPECT_EQ(4, shim_open(s, "/dev/iommu", O_RDWR));
	EXPECT_EQ(5, shim_open(s, "/dev/vfio/1", O_RDWR));
	EXPECT_EQ(0, shim_close(s, 4));
	EXPECT_EQ(-EBADF, shim_close(s, 4));
	EXPECT_EQ(-EBADF, shim_ioctl(s, 4, IOMMU_DESTROY, NULL));
	EXPECT_EQ(4, shim_open(s, "/dev/iommu", O_RDWR));
	EXPECT_EQ(6, shim_open(s, "/dev/iommu", O_RDWR));
	for (int fd = 7; fd < 100; fd++)
		EXPECT_EQ(fd, shim_open(s, "/dev/iommu", O_RDWR));
}

TEST_F(group, group_has_one_opener)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	int g = test_open_group(s, 1), d, i;

	EXPECT_EQ(-EBUSY, test_open_group(s, 1));
	EXPECT_EQ(-ENOENT, test_open_group(s, 2));
	shim_close(s, g);
	i = iommufd(s);
	d = test_open_cdev(s, "vfio0");
	EXPECT_EQ(1, test_bind(s, d, i));
	EXPECT_EQ(-EBUSY, test_open_group(s, 1)); /* a device of it is bound by its cdev */
	shim_close(s, d);
	EXPECT_LE(0, test_open_group(s, 1));
}

TEST_F(group, group_without_a_driver_is_enodev)
{
	struct shim *s;
	int g;

	s = self->s = model_new(self->h, NULL);
	g = test_open_group(s, 1);
	ASSERT_EQ(0, model_device_lost(s, BDF, true));
	EXPECT_EQ(-ENODEV, model_device_lost(s, "0000:00:1f.0", true));
	EXPECT_EQ(-ENODEV, group_status(s, g));
	shim_close(s, g);
	EXPECT_EQ(-ENODEV, test_open_group(s, 1));
	EXPECT_EQ(-ENODEV, test_open_cdev(s, "vfio0"));
	ASSERT_EQ(0, model_device_lost(s, BDF, false));
	EXPECT_LE(0, test_open_group(s, 1));
}

TEST_F(group, status_flags)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	uint32_t small[2] = { 7, 0 };
	int g = test_open_group(s, 1), c = shim_open(s, "/dev/vfio/vfio", O_RDWR), i = iommufd(s);

	EXPECT_EQ(-EFAULT, shim_ioctl(s, g, VFIO_GROUP_GET_STATUS, NULL));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, g, VFIO_GROUP_GET_STATUS, small));
	EXPECT_EQ(1, group_status(s, g));
	ASSERT_EQ(0, test_set_container(s, g, c));
	EXPECT_EQ(3, group_status(s, g));
	ASSERT_EQ(0, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(1, group_status(s, g));
	ASSERT_EQ(0, test_set_container(s, g, i));
	EXPECT_EQ(3, group_status(s, g));
	ASSERT_EQ(0, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(-EINVAL, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(s, g, VFIO_DEVICE_GET_INFO, 0));
}

TEST_F(group, a_host_driver_on_a_sibling_makes_the_group_not_viable)
{
	struct shim *s;
	int g, c, i, d;

	self->h->devices[0].busy = true;
	s = self->s = model_new(self->h, NULL);
	g = test_open_group(s, 1);
	c = shim_open(s, "/dev/vfio/vfio", O_RDWR);
	i = iommufd(s);
	EXPECT_EQ(0, group_status(s, g));
	EXPECT_EQ(-EPERM, test_set_container(s, g, c));
	EXPECT_EQ(0, test_set_container(s, g, i)); /* ownership is claimed later */
	EXPECT_EQ(-EPERM, test_device_fd(s, g, BDF));
	shim_close(s, g);
	d = test_open_cdev(s, "vfio0");
	EXPECT_EQ(-EPERM, test_bind(s, d, i));
}

TEST_F(group, set_container_checks_in_order)
{
	static const char *const release[] = { "6.1.0", "6.12.117" };

	for (int k = 0; k < 2; k++) {
		struct shim *s;
		int g, c, f;

		self->h->features = host_features_default(release[k]);
		s = model_new(self->h, NULL);
		g = test_open_group(s, 1);
		c = shim_open(s, "/dev/vfio/vfio", O_RDWR);
		f = shim_open(s, "/proc/cmdline", O_RDONLY);
		EXPECT_EQ(-EFAULT, shim_ioctl(s, g, VFIO_GROUP_SET_CONTAINER, NULL));
		EXPECT_EQ(-EBADF, test_set_container(s, g, 99));
		EXPECT_EQ(k ? -EBADFD : -EINVAL, test_set_container(s, g, f));
		EXPECT_EQ(0, test_set_container(s, g, c));
		EXPECT_EQ(-EINVAL, test_set_container(s, g, c));
		EXPECT_EQ(-EBADF, test_set_container(s, g, 99));
		shim_destroy(s);
	}
}

TEST_F(group, get_device_fd_names)
{
	static const struct {
		const char *name;
		int err; /* 0: a descriptor */
	} rows[] = {
		{ BDF, 0 },
		{ BDF " ", 0 },
		{ "0000:00:05.1", -ENODEV },
		{ "0000:00:05", -ENODEV },
		{ BDF "x", -ENODEV },
		{ "", -ENODEV },
		{ BDF " bogus", -EINVAL },
		{ BDF " vf_token=1234", -EINVAL },
		{ BDF " vf_token=2ab74924-c335-45f4-9b16-8569e5b08258", -EINVAL },
	};
	char page[5000];
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = test_device_fd(self->s, g, rows[i].name);

		EXPECT_EQ(rows[i].err, fd < 0 ? fd : 0)
		{
			TH_LOG("'%s'", rows[i].name);
		}
	}
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, g, VFIO_GROUP_GET_DEVICE_FD, NULL));
	memset(page, 'x', sizeof(page));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, g, VFIO_GROUP_GET_DEVICE_FD, page));
}

TEST_F(group, get_device_fd_needs_a_driver)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	int g = test_open_group(s, 1), c = shim_open(s, "/dev/vfio/vfio", O_RDWR);

	EXPECT_EQ(-EINVAL, test_device_fd(s, g, BDF));
	test_set_container(s, g, c);
	EXPECT_EQ(-EINVAL, test_device_fd(s, g, BDF));
	ASSERT_EQ(0, shim_ioctl_val(s, c, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	EXPECT_LE(0, test_device_fd(s, g, BDF));
	EXPECT_LE(0, test_device_fd(s, g, BDF)); /* as often as one likes */
	EXPECT_EQ(-EBUSY, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
}

TEST_F(group, group_lives_as_long_as_its_device)
{
	struct shim *s;
	struct model_stats st;
	int c, g, d;

	s = self->s = model_new(self->h, NULL);
	c = test_type1(s, 1, &g);
	d = test_device_fd(s, g, BDF);
	shim_close(s, g);
	shim_close(s, c);
	EXPECT_EQ(-EBUSY, test_open_group(s, 1));
	model_stats(s, &st);
	EXPECT_EQ(1, st.devices_open);
	EXPECT_EQ(1, st.groups_open);
	shim_close(s, d);
	EXPECT_TRUE(test_all_gone(s));
	EXPECT_LE(0, test_open_group(s, 1));
}

/* In an iommufd it does not: the group may be opened again, and is a new one. */
TEST_F(group, group_of_an_iommufd_is_free_while_its_device_is_open)
{
	struct shim *s;
	int fd, g, d;

	s = self->s = model_new(self->h, NULL);
	fd = shim_open(s, "/dev/iommu", O_RDWR);
	g = test_open_group(s, 1);
	ASSERT_EQ(0, test_set_container(s, g, fd));
	d = test_device_fd(s, g, BDF);
	ASSERT_LE(0, d);
	shim_close(s, g);
	g = test_open_group(s, 1);
	ASSERT_LE(0, g);
	EXPECT_EQ(-EINVAL, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(0, test_set_container(s, g, fd));
	shim_close(s, g);
	shim_close(s, fd);
	shim_close(s, d);
	EXPECT_TRUE(test_all_gone(s));
}

TEST_HARNESS_MAIN
