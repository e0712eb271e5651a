// SPDX-License-Identifier: GPL-2.0-or-later
/* What only vfio-pci answers: eventfds, hot reset, features. */
#include <errno.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(device_pci)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(device_pci)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(device_pci)
{
	shim_destroy(self->s);
	host_free(self->h);
}

TEST_F(device_pci, requests_look_at_their_arguments)
{
	struct {
		uint32_t argsz, flags;
		uint64_t offset, data;
		int32_t fd;
		uint32_t reserved;
	} e = { .argsz = 28, .flags = 1, .fd = -1 };
	uint32_t reset[4] = { 12, 0, 1 }, low[2] = { 8, 3 };
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, d, VFIO_DEVICE_IOEVENTFD, NULL));
	e.flags = 3; /* two sizes */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_IOEVENTFD, &e));
	e.flags = 1;
	EXPECT_EQ(-ENODEV, shim_ioctl(self->s, d, VFIO_DEVICE_IOEVENTFD, &e)); /* was never set */
	e.offset = 7ull << 40;						       /* not a BAR */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_IOEVENTFD, &e));
	EXPECT_EQ(-ENODEV, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, reset));
	reset[1] = 1;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, reset));
	reset[1] = reset[2] = 0; /* no groups, which is for those without one */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_PCI_HOT_RESET, reset));

	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low)); /* do what? */
	low[1] = 3 | VFIO_DEVICE_FEATURE_GET;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low));
	low[1] = 3 | VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PROBE;
	EXPECT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low));
	low[1] = 3 | VFIO_DEVICE_FEATURE_SET;
	EXPECT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low)); /* is there already */
	low[1] = 5 | VFIO_DEVICE_FEATURE_SET;
	EXPECT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low));
	low[1] = 4 | VFIO_DEVICE_FEATURE_SET; /* without its eventfd */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, low));
}

TEST_HARNESS_MAIN
