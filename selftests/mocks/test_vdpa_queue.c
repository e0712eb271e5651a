// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues and mappings of the model's vhost-vdpa. Source: drivers/vhost/vdpa.c
 * and vhost.c, drivers/vdpa of 6.12 and 7.3.
 */
#include "selftests/failing_malloc.h"
#include "selftests/mocks/vdpa.h"

static uint32_t sizes[] = { 256, 256, 64 };

/* ---- queues --------------------------------------------------------------------------- */

TEST_F(vdpa, sizes_of_queues_are_powers_of_two)
{
	static const struct {
		uint32_t num;
		int rc;
	} rows[] = { { 1, 0 },	       { 256, 0 },	   { 0, -EINVAL },	 { 3, -EINVAL },
		     { 512, -EINVAL }, { 65536, -EINVAL }, { 1u << 31, -EINVAL } };

	start(self);
	ASSERT_EQ(0, own(self));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ(rows[i].rc, vring(self, VHOST_SET_VRING_NUM, 2, rows[i].num));
}

TEST_F(vdpa, addresses_are_aligned_and_set_before_the_driver_runs)
{
	static const struct {
		struct vhost_vring_addr a;
		int rc;
	} rows[] = {
		{ { 0, 0, 1, 4, 2, 4 }, 0 },	   { { 0, 2, 0, 0, 0, 0 }, -EOPNOTSUPP },
		{ { 0, 0, 0, 2, 0, 0 }, -EINVAL }, { { 0, 0, 0, 0, 1, 0 }, -EINVAL },
		{ { 0, 1, 0, 0, 0, 2 }, -EINVAL }, { { 3, 0, 0, 0, 0, 0 }, -ENOBUFS },
	};
	struct vhost_vring_addr a = { 0 };

	start(self);
	ASSERT_EQ(0, own(self));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = rows[i].a;
		EXPECT_EQ(rows[i].rc, shim_ioctl(self->s, self->fd, VHOST_SET_VRING_ADDR, &a));
	}
	a = rows[0].a;
	ASSERT_EQ(0, set_status(self, DRIVER_OK));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, VHOST_SET_VRING_ADDR, &a));
	EXPECT_EQ(-EINVAL, vring(self, VHOST_SET_VRING_BASE, 0, 5));
	/* but while it is suspended */
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_SUSPEND, NULL));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_SET_VRING_ADDR, &a));
	EXPECT_EQ(0, vring(self, VHOST_SET_VRING_BASE, 0, 5));
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_RESUME, NULL));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, VHOST_SET_VRING_ADDR, &a));
	EXPECT_EQ(5, ask(self, VHOST_GET_VRING_BASE, 0));
	ASSERT_EQ(0, set_status(self, 0));
	EXPECT_EQ(0, ask(self, VHOST_GET_VRING_BASE, 0));
}

TEST_F(vdpa, bases_have_16_bits)
{
	start(self);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(0, vring(self, VHOST_SET_VRING_BASE, 1, 65535));
	EXPECT_EQ(-EINVAL, vring(self, VHOST_SET_VRING_BASE, 1, 65536));
	EXPECT_EQ(65535, ask(self, VHOST_GET_VRING_BASE, 1));
	EXPECT_EQ(0, ask(self, VHOST_GET_VRING_BASE, 0));
}

TEST_F(vdpa, groups_of_queues)
{
	start(self);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(0, ask(self, VHOST_VDPA_GET_VRING_GROUP, 0));
	EXPECT_EQ(1, ask(self, VHOST_VDPA_GET_VRING_GROUP, 2));
	EXPECT_EQ(-EOPNOTSUPP, ask(self, VHOST_VDPA_GET_VRING_DESC_GROUP, 0));
	EXPECT_EQ(-EOPNOTSUPP, ask(self, VHOST_VDPA_GET_VRING_SIZE, 0));
	EXPECT_EQ(0, vring(self, VHOST_VDPA_SET_GROUP_ASID, 1, 1));
	EXPECT_EQ(-EINVAL, vring(self, VHOST_VDPA_SET_GROUP_ASID, 1, 2));
	EXPECT_EQ(-EINVAL,
		  vring(self, VHOST_VDPA_SET_GROUP_ASID, 2, 0)); /* a queue, but no group */
	EXPECT_EQ(-ENOBUFS, vring(self, VHOST_VDPA_SET_GROUP_ASID, 3, 0));
}

TEST_F(vdpa, groups_change_until_the_driver_runs_on_7x)
{
	static const struct {
		const char *release;
		int rc;
	} rows[] = { { "6.12.117", 0 }, { "7.3.4", -EBUSY } };

	for (size_t i = 0; i < 2; i++) {
		self->h.release = (char *)rows[i].release;
		start(self);
		ASSERT_EQ(0, own(self));
		ASSERT_EQ(0, set_status(self, DRIVER_OK));
		EXPECT_EQ(rows[i].rc, vring(self, VHOST_VDPA_SET_GROUP_ASID, 0, 0));
		shim_destroy(self->s);
		self->s = NULL;
	}
}

TEST_F(vdpa, a_group_that_is_none_is_an_error_of_the_device)
{
	self->v.groups = 1;
	start(self);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(-EIO, ask(self, VHOST_VDPA_GET_VRING_GROUP, 2));
}

TEST_F(vdpa, eventfds)
{
	static const uint32_t requests[] = { VHOST_SET_VRING_KICK, VHOST_SET_VRING_CALL,
					     VHOST_SET_VRING_ERR };

	start(self);
	ASSERT_EQ(0, own(self));
	for (size_t i = 0; i < 3; i++) {
		EXPECT_EQ(0, vring(self, requests[i], 0, UINT32_MAX));
		EXPECT_EQ(-EBADF, vring(self, requests[i], 0, 77));
		EXPECT_EQ(-EINVAL, vring(self, requests[i], 0, (uint32_t)self->fd));
	}
	EXPECT_EQ(0, vring(self, VHOST_VDPA_SET_CONFIG_CALL, UINT32_MAX, 0));
	EXPECT_EQ(-EBADF, vring(self, VHOST_VDPA_SET_CONFIG_CALL, 77, 0));
}

/* vp_vdpa: what a virtio PCI device cannot tell or take. */
TEST_F(vdpa, virtio_device_behind_an_iommu)
{
	self->v.kind = HOST_VDPA_VIRTIO;
	self->v.groups = self->v.spaces = 1;
	self->v.queue_group = NULL;
	self->v.queue_size = sizes;
	self->v.nqueue_size = 3;
	self->v.backend_features = ALWAYS | BIT(IOTLB_PERSIST);
	start(self);
	EXPECT_EQ(0, set64(self, VHOST_SET_FEATURES, 0));
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(64, ask(self, VHOST_VDPA_GET_VRING_SIZE, 2));
	EXPECT_EQ(0, vring(self, VHOST_SET_VRING_NUM, 2, 16));
	EXPECT_EQ(16, ask(self, VHOST_VDPA_GET_VRING_SIZE, 2));
	EXPECT_EQ(-EOPNOTSUPP, ask(self, VHOST_VDPA_GET_VRING_GROUP, 0));
	EXPECT_EQ(-EOPNOTSUPP, ask(self, VHOST_GET_VRING_BASE, 0));
	EXPECT_EQ(-EOPNOTSUPP, vring(self, VHOST_VDPA_SET_GROUP_ASID, 0, 0));
	EXPECT_EQ(-EOPNOTSUPP, vring(self, VHOST_SET_VRING_BASE, 0, 0));
	ASSERT_EQ(0, set_status(self, VIRTIO_CONFIG_S_FEATURES_OK));
	EXPECT_EQ(0, vring(self, VHOST_SET_VRING_BASE, 0, 0));
	EXPECT_EQ(-EOPNOTSUPP, vring(self, VHOST_SET_VRING_BASE, 0, 1));
	ASSERT_EQ(0, vring(self, VHOST_VDPA_SET_VRING_ENABLE, 0, 1));
	EXPECT_EQ(-EOPNOTSUPP, vring(self, VHOST_SET_VRING_BASE, 0, 0));
	/* A reset gives the queue its size again. */
	ASSERT_EQ(0, set_status(self, 0));
	EXPECT_EQ(64, ask(self, VHOST_VDPA_GET_VRING_SIZE, 2));
}

/* A driver that would leave out the IOMMU: the device stays as it was. */
TEST_F(vdpa, virtio_device_refuses_features)
{
	self->v.kind = HOST_VDPA_VIRTIO;
	start(self);
	ASSERT_EQ(0, set_status(self, VIRTIO_CONFIG_S_ACKNOWLEDGE));
	ASSERT_EQ(0, set64(self, VHOST_SET_FEATURES, 1ull << 32));
	EXPECT_EQ(0, set_status(self, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_FEATURES_OK));
	EXPECT_EQ(VIRTIO_CONFIG_S_ACKNOWLEDGE, get_status(self));
	ASSERT_EQ(0, set64(self, VHOST_SET_FEATURES, 3ull << 32));
	EXPECT_EQ(0, set_status(self, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_FEATURES_OK));
	EXPECT_EQ(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_FEATURES_OK, get_status(self));
}

/* ---- mappings --------------------------------------------------------------------------- */

TEST_F(vdpa, mappings_within_the_range_that_overlap_none)
{
	static const struct {
		uint64_t iova, size;
		ssize_t rc;
	} rows[] = {
		{ 0x1000, 0x1000, 72 },	      { 0x1000, 0x1000, -EFAULT },
		{ 0x1fff, 1, -EFAULT },	      { 0x2000, 0x10, 72 }, /* no page is asked for */
		{ 0x0fff, 1, -EFAULT },	      { 0x8000, 0, -EINVAL },
		{ 0x7fffffffff, 1, 72 },      { 0x8000000000, 1, -EFAULT },
		{ 0x7ffffffffe, 3, -EFAULT }, { UINT64_MAX, 2, -EFAULT },
	};

	self->v.range = (struct host_range){ 0x1000, 0x7fffffffff };
	start(self);
	ASSERT_EQ(0, own(self));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].rc, map(self, rows[i].iova, rows[i].size))
		{
			TH_LOG("row %zu", i);
		}
	}
	EXPECT_EQ(3, maps(self));
	/* a reset is none of the mappings */
	EXPECT_EQ(0, set_status(self, 0));
	EXPECT_EQ(3, maps(self));
}

TEST_F(vdpa, unmapping_takes_whole_mappings)
{
	start(self);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(-EFAULT, unmap(self, 0, 4096)); /* the address space is not there yet */
	for (uint64_t i = 0; i < 4; i++)
		ASSERT_EQ(72, map(self, i << 16, 0x2000));
	EXPECT_EQ(72, unmap(self, 0x1000, 1));
	EXPECT_EQ(3, maps(self));
	EXPECT_EQ(72, unmap(self, 0x5000, 0x1000)); /* nothing there */
	EXPECT_EQ(3, maps(self));
	/* no length: what holds both that address and the one before */
	EXPECT_EQ(72, unmap(self, 0x10000, 0));
	EXPECT_EQ(3, maps(self));
	EXPECT_EQ(72, unmap(self, 0x11000, 0));
	EXPECT_EQ(2, maps(self));
	EXPECT_EQ(72, unmap(self, 0, 0)); /* all */
	EXPECT_EQ(0, maps(self));
}

TEST_F(vdpa, iommu_maps_whole_pages)
{
	self->v.kind = HOST_VDPA_VIRTIO;
	self->v.groups = self->v.spaces = 1;
	self->v.range.last = (1ull << 39) - 1;
	start(self);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(72, map(self, 0x1800, 0x1000)); /* 0x1000 to 0x2fff */
	EXPECT_EQ(-EFAULT, map(self, 0x1000, 0x100));
	EXPECT_EQ(-EFAULT, map(self, 0x2fff, 1));
	EXPECT_EQ(72, map(self, 0x3000, 1));
}

TEST_F(vdpa, address_spaces_once_they_are_agreed_upon)
{
	start(self);
	ASSERT_EQ(0, own(self));
	/* until then the word is not looked at */
	EXPECT_EQ(72, message(self, 77, VHOST_IOTLB_UPDATE, 0, 4096));
	EXPECT_EQ(-EFAULT, map(self, 0, 4096));
	ASSERT_EQ(0, set64(self, VHOST_SET_BACKEND_FEATURES, BIT(IOTLB_MSG_V2) | BIT(IOTLB_ASID)));
	EXPECT_EQ(-EFAULT, message(self, 77, VHOST_IOTLB_UPDATE, 0x1000, 4096));
	EXPECT_EQ(-EFAULT, message(self, 2, VHOST_IOTLB_UPDATE, 0x1000, 4096));
	EXPECT_EQ(-EFAULT, message(self, 1, VHOST_IOTLB_INVALIDATE, 0, 4096));
	EXPECT_EQ(72, message(self, 1, VHOST_IOTLB_UPDATE, 0, 4096));
	EXPECT_EQ(72, message(self, 1, VHOST_IOTLB_INVALIDATE, 0, 4096));
	EXPECT_EQ(1, maps(self));
}

TEST_F(vdpa, batches_are_of_one_address_space)
{
	start(self);
	ASSERT_EQ(0, own(self));
	ASSERT_EQ(0, set64(self, VHOST_SET_BACKEND_FEATURES, ALWAYS));
	EXPECT_EQ(-EFAULT, message(self, 0, VHOST_IOTLB_BATCH_END, 0, 0));
	EXPECT_EQ(72, message(self, 0, VHOST_IOTLB_BATCH_BEGIN, 0, 0));
	EXPECT_EQ(72, message(self, 0, VHOST_IOTLB_UPDATE, 0, 4096));
	EXPECT_EQ(-EFAULT, message(self, 1, VHOST_IOTLB_UPDATE, 0, 4096));
	EXPECT_EQ(-EFAULT, message(self, 1, VHOST_IOTLB_BATCH_BEGIN, 0, 0));
	EXPECT_EQ(72, message(self, 0, VHOST_IOTLB_BATCH_END, 0, 0));
	EXPECT_EQ(72, message(self, 1, VHOST_IOTLB_UPDATE, 0, 4096));
	EXPECT_EQ(72, message(self, 1, VHOST_IOTLB_BATCH_END, 0, 0)); /* of none */
	EXPECT_EQ(2, maps(self));
}

TEST_F(vdpa, messages_have_a_size_and_a_type)
{
	struct vhost_msg_v2 m = { .type = VHOST_IOTLB_MSG_V2 };
	struct vhost_msg_v2 wrong = { .type = 3 };

	start(self);
	ASSERT_EQ(0, own(self));
	m.iotlb.type = VHOST_IOTLB_UPDATE;
	m.iotlb.size = 4096;
	EXPECT_EQ(-EINVAL, shim_write(self->s, self->fd, &m, 0));
	EXPECT_EQ(-EINVAL, shim_write(self->s, self->fd, &m, 39));
	EXPECT_EQ(72, shim_write(self->s, self->fd, &m, 40)); /* what is told is the structure's */
	EXPECT_EQ(-EINVAL, shim_write(self->s, self->fd, &wrong, sizeof(wrong)));
	m.iotlb.type = VHOST_IOTLB_MISS;
	EXPECT_EQ(-EFAULT, shim_write(self->s, self->fd, &m, sizeof(m)));
	EXPECT_EQ(-EINVAL, shim_read(self->s, self->fd, &m, sizeof(m)));
}

TEST_F(vdpa, mappings_have_a_limit)
{
	start(self);
	ASSERT_EQ(0, own(self));
	for (uint64_t i = 0; i < 2048; i++)
		ASSERT_EQ(72, map(self, i << 13, 4096));
	EXPECT_EQ(-EFAULT, map(self, 1ull << 40, 4096));
	EXPECT_EQ(72, unmap(self, 0, 1));
	EXPECT_EQ(72, map(self, 1ull << 40, 4096));
}

TEST_F(vdpa, every_allocation_may_fail)
{
	unsigned n = 0;

	for (unsigned nth = 1;; nth++) {
		bool fired;
		ssize_t rc = 72;

		start(self);
		shim_close(self->s, self->fd);
		shim_destroy(self->s);
		self->s = NULL;
		failing_malloc_arm(nth);
		self->s = model_new(&self->h, NULL);
		self->fd = self->s ? shim_open(self->s, NODE, O_RDWR) : -ENOMEM;
		if (self->fd >= 0 && !own(self))
			for (uint64_t i = 0; i < 20 && rc == 72; i++)
				rc = map(self, i << 12, 4096);
		fired = failing_malloc_disarm();
		if (fired) {
			EXPECT_TRUE(self->fd == -ENOMEM || rc == -EFAULT);
		} else {
			EXPECT_EQ(20, maps(self));
		}
		if (self->fd >= 0)
			shim_close(self->s, self->fd);
		self->fd = -1;
		if (self->s)
			EXPECT_TRUE(test_all_gone(self->s));
		shim_destroy(self->s);
		self->s = NULL;
		if (!fired)
			break;
		n++;
	}
	EXPECT_LT(10, n);
}

TEST_HARNESS_MAIN
