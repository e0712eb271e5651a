// SPDX-License-Identifier: GPL-2.0-or-later
/* The device's descriptor, as each way gives it: info, regions, interrupts, configuration space. */
#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(device);
RIG_VARIANTS(device);

static int info(struct rig *r, uint32_t argsz, struct rig_reply *out)
{
	return rig_info(r, r->dev, VFIO_DEVICE_GET_INFO, argsz, 0, out);
}

TEST_F(device, info_sizes)
{
	struct rig *r = &self->rig;
	struct rig_reply full, reply;

	RIG_ATTACH(r);
	ASSERT_EQ(0, info(r, sizeof(full), &full));
	EXPECT_TRUE(rig_word(&full, 4) & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_LE(VFIO_PCI_NUM_REGIONS, rig_word(&full, 8));
	EXPECT_EQ(VFIO_PCI_NUM_IRQS, rig_word(&full, 12));
	for (uint32_t argsz = 0; argsz < 16; argsz++) {
		EXPECT_EQ(-EINVAL, info(r, argsz, &reply));
	}
	for (uint32_t argsz = 16; argsz <= 24; argsz++) {
		ASSERT_EQ(0, info(r, argsz, &reply));
		/* Flags and counts are whole; with capabilities argsz grows. */
		EXPECT_EQ(0, memcmp(full.b + 4, reply.b + 4, 12));
		EXPECT_LE(argsz, rig_word(&reply, 0));
		EXPECT_GE(argsz, rig_written(&reply))
		{
			TH_LOG("argsz %u", argsz);
		}
	}
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_GET_INFO, 0));
}

TEST_F(device, regions)
{
	struct rig *r = &self->rig;
	struct vfio_region_info ri[VFIO_PCI_NUM_REGIONS] = { 0 };
	struct rig_reply reply;

	RIG_ATTACH(r);
	ASSERT_EQ(0, info(r, 16, &reply));
	const uint32_t n = rig_word(&reply, 8);

	for (uint32_t i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		int err = rig_info(r, r->dev, VFIO_DEVICE_GET_REGION_INFO, 32, i, &reply);

		/* No device but a display has the last one. */
		EXPECT_EQ(err && i == VFIO_PCI_VGA_REGION_INDEX ? -EINVAL : 0, err);
		if (err)
			continue;
		memcpy(&ri[i], reply.b, sizeof(ri[i]));
		EXPECT_EQ((uint64_t)i << 40, ri[i].offset);
		EXPECT_GE(1ull << 40, ri[i].size);
		EXPECT_EQ(i, ri[i].index);
		EXPECT_GE(32, rig_written(&reply));
	}
	EXPECT_LE(256, ri[VFIO_PCI_CONFIG_REGION_INDEX].size);
	EXPECT_EQ(3, ri[VFIO_PCI_CONFIG_REGION_INDEX].flags & 3);
	EXPECT_EQ(-EINVAL, rig_info(r, r->dev, VFIO_DEVICE_GET_REGION_INFO, 31, 0, &reply));
	EXPECT_EQ(-EINVAL, rig_info(r, r->dev, VFIO_DEVICE_GET_REGION_INFO, 0, 0, &reply));
	EXPECT_EQ(-EINVAL, rig_info(r, r->dev, VFIO_DEVICE_GET_REGION_INFO, 32, n, &reply));
	EXPECT_EQ(-EINVAL,
		  rig_info(r, r->dev, VFIO_DEVICE_GET_REGION_INFO, 32, UINT32_MAX, &reply));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_GET_REGION_INFO, 0));
}

TEST_F(device, interrupts)
{
	struct rig *r = &self->rig;
	struct rig_reply reply;

	RIG_ATTACH(r);
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		int err = rig_info(r, r->dev, VFIO_DEVICE_GET_IRQ_INFO, 16, i, &reply);

		/* Errors are told by PCI Express devices alone. */
		EXPECT_EQ(err && i == VFIO_PCI_ERR_IRQ_INDEX ? -EINVAL : 0, err);
		if (err)
			continue;
		EXPECT_TRUE(rig_word(&reply, 4) & VFIO_IRQ_INFO_EVENTFD);
		EXPECT_EQ(16, rig_written(&reply) > 12 ? 16 : rig_written(&reply));
	}
	EXPECT_EQ(-EINVAL, rig_info(r, r->dev, VFIO_DEVICE_GET_IRQ_INFO, 15, 0, &reply));
	EXPECT_EQ(-EINVAL,
		  rig_info(r, r->dev, VFIO_DEVICE_GET_IRQ_INFO, 16, VFIO_PCI_NUM_IRQS, &reply));
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->dev, VFIO_DEVICE_GET_IRQ_INFO, 0));
}

TEST_F(device, configuration_space_is_the_devices)
{
	struct rig *r = &self->rig;
	const uint64_t at = (uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << 40;
	char vendor[32], device[32];
	uint16_t id[2];

	RIG_ATTACH(r);
	ASSERT_EQ(4, shim_pread(r->s, r->dev, id, 4, at));
	ASSERT_NOT_NULL(rig_attr(r, "vendor", vendor, sizeof(vendor)));
	ASSERT_NOT_NULL(rig_attr(r, "device", device, sizeof(device)));
	EXPECT_EQ(strtoul(vendor, NULL, 16), id[0]);
	EXPECT_EQ(strtoul(device, NULL, 16), id[1]);
}

TEST_F(device, unknown_request)
{
	struct rig *r = &self->rig;

	RIG_ATTACH(r);
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->dev, RIG_UNKNOWN, 0));
	EXPECT_EQ(-ENOTTY, shim_ioctl_val(r->s, r->dev, VFIO_GET_API_VERSION, 0));
	if (r->mode == RIG_IOMMUFD)
		return;
	/* Of cdevs only. */
	EXPECT_EQ(r->cdev_path[0] ? -EINVAL : -ENOTTY, test_bind(r->s, r->dev, r->container));
	EXPECT_EQ(-ENOTTY, test_attach(r->s, r->dev, 1));
	EXPECT_EQ(-ENOTTY, test_detach(r->s, r->dev));
}

TEST_HARNESS_MAIN
