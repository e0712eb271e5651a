// SPDX-License-Identifier: GPL-2.0-or-later
/* Resets that reach more than the function: who is told of, and who may. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

#define SECOND "0000:00:05.1"
#define THIRD  "0000:00:06.0"

struct told {
	uint32_t argsz, flags, count;
	struct {
		uint32_t id;
		uint16_t segment;
		uint8_t bus, devfn;
	} dev[3];
};

struct todo {
	uint32_t argsz, flags, count;
	int32_t fd[4];
};

/* Three functions on a bus, the first two in group 1, the third in group 2. */
FIXTURE(reset)
{
	struct host *h;
	struct shim *s;
	int iommufd, dev;
};

static void reaches(struct host_device *d)
{
	static const struct host_reset_dev all[] = { { (char *)BDF, 1 },
						     { (char *)SECOND, 1 },
						     { (char *)THIRD, 2 } };

	d->nreset = 3;
	d->reset = calloc(3, sizeof(*d->reset));
	for (size_t i = 0; i < 3; i++)
		d->reset[i] = (struct host_reset_dev){ strdup(all[i].bdf), all[i].group };
}

FIXTURE_SETUP(reset)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
	test_group(self->h, 2);
	test_device(self->h, SECOND, 1, 0);
	test_device(self->h, THIRD, 2, 0);
	for (size_t i = 0; i < self->h->ndevices; i++)
		reaches(&self->h->devices[i]);
}

FIXTURE_TEARDOWN(reset)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static int info(struct shim *s, int d, uint32_t argsz, struct told *t)
{
	memset(t, 0xa5, sizeof(*t));
	t->argsz = argsz;
	return shim_ioctl(s, d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, t);
}

TEST_F(reset, a_group_is_told_groups_and_how_many_first)
{
	struct told t;
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	EXPECT_EQ(-EINVAL, info(self->s, d, 11, &t));
	EXPECT_EQ(-ENOSPC, info(self->s, d, 12, &t));
	EXPECT_EQ(3, t.count);
	EXPECT_EQ(0, t.flags);
	EXPECT_EQ(0xa5a5a5a5, t.dev[0].id);
	EXPECT_EQ(-ENOSPC, info(self->s, d, 35, &t));
	ASSERT_EQ(0, info(self->s, d, 36, &t));
	EXPECT_EQ(0, t.flags);
	EXPECT_EQ(1, t.dev[1].id);
	EXPECT_EQ(2, t.dev[2].id);
	EXPECT_EQ(5 << 3 | 1, t.dev[1].devfn);
	EXPECT_EQ(0, t.dev[1].bus);
}

TEST_F(reset, groups_must_hold_all_that_is_reached)
{
	struct todo r = { .argsz = sizeof(r), .count = 1 };
	int c, g, g2, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	d = test_device_fd(self->s, g, BDF);
	g2 = test_open_group(self->s, 2);
	ASSERT_LE(0, g2);
	r.fd[0] = g;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
	r.count = 2;
	r.fd[1] = c; /* no group */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
	r.fd[1] = 77;
	EXPECT_EQ(-EBADF, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
	r.fd[1] = g2;
	EXPECT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
	r.count = 4; /* more than are reached */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
	test_stop(&self->s);

	free(self->h->devices[2].driver); /* not for VFIO: nobody may */
	free(self->h->devices[2].vfio_dev);
	self->h->devices[2].driver = self->h->devices[2].vfio_dev = NULL;
	self->h->devices[2].has_cdev = false;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	r.count = 1;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, &r));
}

TEST_F(reset, a_cdev_is_told_ids_and_whether_it_owns_all)
{
	struct todo r = { .argsz = 12 };
	struct told t;
	int third;

	test_bound(self->h, &self->s, &self->iommufd, &self->dev);
	ASSERT_EQ(0, info(self->s, self->dev, 36, &t));
	EXPECT_EQ(VFIO_PCI_HOT_RESET_FLAG_DEV_ID, t.flags);
	EXPECT_EQ(1, t.dev[0].id);
	EXPECT_EQ(0, t.dev[1].id);	    /* through the group */
	EXPECT_EQ(UINT32_MAX, t.dev[2].id); /* by nobody */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->dev, VFIO_DEVICE_PCI_HOT_RESET, &r));

	third = test_open_cdev(self->s, self->h->devices[2].vfio_dev);
	ASSERT_LT(0, test_bind(self->s, third, self->iommufd));
	ASSERT_EQ(0, info(self->s, self->dev, 36, &t));
	EXPECT_EQ(VFIO_PCI_HOT_RESET_FLAG_DEV_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED, t.flags);
	EXPECT_EQ(0, shim_ioctl(self->s, self->dev, VFIO_DEVICE_PCI_HOT_RESET, &r));
	r.count = 1; /* groups are for those who came through one */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->dev, VFIO_DEVICE_PCI_HOT_RESET, &r));
}

TEST_HARNESS_MAIN
