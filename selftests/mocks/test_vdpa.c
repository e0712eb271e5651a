// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model's vhost-vdpa: openers and owners, features, status, configuration
 * space. Source: drivers/vhost/vdpa.c and vhost.c, drivers/vdpa of 6.12.
 */
#include <sys/stat.h>

#include "selftests/mocks/vdpa.h"

/* ---- the node ---------------------------------------------------------------- */

TEST_F(vdpa, node_has_one_opener_and_an_open_resets)
{
	start(self);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EBUSY, shim_open(self->s, NODE, O_RDWR));
	EXPECT_EQ(0, set_status(self, VIRTIO_CONFIG_S_ACKNOWLEDGE));
	shim_close(self->s, self->fd);
	self->fd = shim_open(self->s, NODE, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, get_status(self));
	EXPECT_EQ(0, own(self)); /* the owner of before is none now */
	EXPECT_EQ(-ENOENT, shim_open(self->s, "/dev/vhost-vdpa-1", O_RDWR));
}

TEST_F(vdpa, errors_of_opening_are_the_descriptions)
{
	self->v.node.open_err = 524;
	start(self);
	EXPECT_EQ(-524, self->fd);
}

TEST_F(vdpa, files_in_sysfs_and_dev)
{
	static const struct {
		const char *link, *target;
	} rows[] = {
		{ "/sys/bus/vdpa/devices/vdpa0", "../../../devices/vdpa0" },
		{ "/sys/bus/vdpa/devices/vdpa0/driver", "../../bus/vdpa/drivers/vhost_vdpa" },
		{ "/sys/bus/vdpa/devices/vdpa0/subsystem", "../../bus/vdpa" },
		{ "/sys/dev/char/251:4", "../../devices/vdpa0/vhost-vdpa-0" },
	};
	struct shim_stat st;
	char buf[128];

	start(self);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ssize_t n = shim_readlink(self->s, rows[i].link, buf, sizeof(buf) - 1);

		ASSERT_LT(0, n);
		buf[n] = '\0';
		EXPECT_STREQ(rows[i].target, buf);
	}
	ASSERT_EQ(0, shim_fstat(self->s, self->fd, &st));
	EXPECT_EQ(S_IFCHR | 0600, st.mode);
	EXPECT_EQ(251, st.rdev_major);
	EXPECT_EQ(4, st.rdev_minor);
}

TEST_F(vdpa, node_opened_for_reading_takes_no_messages)
{
	start(self);
	shim_close(self->s, self->fd);
	self->fd = shim_open(self->s, NODE, O_RDONLY);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(-EBADF, map(self, 0, 4096));
	EXPECT_EQ(0, set_status(self, VIRTIO_CONFIG_S_ACKNOWLEDGE));
}

/* ---- numbers -------------------------------------------------------------------- */

TEST_F(vdpa, numbers_that_need_no_owner)
{
	static const struct {
		uint32_t req;
		uint64_t value;
		unsigned width;
	} rows[] = {
		{ VHOST_VDPA_GET_DEVICE_ID, 1, 4 },	  { VHOST_GET_FEATURES, 0x308830028, 8 },
		{ VHOST_VDPA_GET_VRING_NUM, 256, 2 },	  { VHOST_VDPA_GET_VQS_COUNT, 3, 4 },
		{ VHOST_VDPA_GET_GROUP_NUM, 2, 4 },	  { VHOST_VDPA_GET_AS_NUM, 2, 4 },
		{ VHOST_VDPA_GET_CONFIG_SIZE, 24, 4 },	  { VHOST_VDPA_GET_STATUS, 0, 1 },
		{ VHOST_GET_BACKEND_FEATURES, 0x17e, 8 },
	};
	struct vhost_vdpa_iova_range r = { 1, 1 };

	start(self);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t buf[9];
		uint64_t v = 0;

		memset(buf, 0xa5, sizeof(buf));
		EXPECT_EQ(0, shim_ioctl(self->s, self->fd, rows[i].req, buf));
		memcpy(&v, buf, rows[i].width);
		EXPECT_EQ(rows[i].value, v);
		EXPECT_EQ(0xa5, buf[rows[i].width]); /* and no byte more */
		EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, rows[i].req, NULL));
	}
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_GET_IOVA_RANGE, &r));
	EXPECT_EQ(0, r.first);
	EXPECT_EQ(UINT64_MAX, r.last);
}

TEST_F(vdpa, who_is_no_owner_gets_eperm_before_all_else)
{
	static const uint32_t requests[] = {
		VHOST_SET_VRING_NUM,
		VHOST_SET_VRING_ADDR,
		VHOST_SET_VRING_BASE,
		VHOST_GET_VRING_BASE,
		VHOST_SET_VRING_KICK,
		VHOST_SET_VRING_CALL,
		VHOST_SET_VRING_ERR,
		VHOST_VDPA_SET_VRING_ENABLE,
		VHOST_VDPA_GET_VRING_GROUP,
		VHOST_VDPA_SET_GROUP_ASID,
		VHOST_VDPA_GET_VRING_DESC_GROUP,
		VHOST_VDPA_GET_VRING_SIZE,
		VHOST_RESET_OWNER,
		0x1234,
	};

	start(self);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		EXPECT_EQ(-EPERM, shim_ioctl(self->s, self->fd, requests[i], NULL));
	EXPECT_EQ(-EFAULT, map(self, 0, 4096)); /* which the way of messages hides */
	EXPECT_EQ(0, own(self));
	EXPECT_EQ(-EBUSY, own(self));
	/* Now the index is looked at, even by what is no request. */
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, requests[i], NULL));
		EXPECT_EQ(-ENOBUFS, vring(self, requests[i], 3, 1));
	}
	EXPECT_EQ(-ENOTTY, vring(self, 0x1234, 0, 0));
	EXPECT_EQ(-ENOTTY, vring(self, VHOST_RESET_OWNER, 0, 0));
	EXPECT_STREQ("vdpa: unknown request 0x1234", model_unknown(self->s));
}

TEST_F(vdpa, logs_are_not_for_vdpa)
{
	start(self);
	EXPECT_EQ(-ENOTTY, set64(self, _IOW(VHOST_VIRTIO, 0x04, uint64_t), 0));
	EXPECT_EQ(-ENOTTY, set64(self, _IOW(VHOST_VIRTIO, 0x07, int), 0));
}

/* ---- features and status ---------------------------------------------------------- */

TEST_F(vdpa, features_are_fixed_once_they_are_ok)
{
	start(self);
	EXPECT_EQ(-EINVAL, set64(self, VHOST_SET_FEATURES, 0)); /* it maps through an IOMMU */
	EXPECT_EQ(0, set64(self, VHOST_SET_FEATURES, PLATFORM | 1ull << 60));
	EXPECT_EQ(0, set_status(self, VIRTIO_CONFIG_S_FEATURES_OK));
	EXPECT_EQ(-EBUSY, shim_ioctl(self->s, self->fd, VHOST_SET_FEATURES, NULL));
	EXPECT_EQ(0, set_status(self, 0));
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, VHOST_SET_FEATURES, NULL));
}

TEST_F(vdpa, status_bits_are_only_added_until_a_reset)
{
	start(self);
	EXPECT_EQ(0, set_status(self, 1));
	EXPECT_EQ(0, set_status(self, 3));
	EXPECT_EQ(-EINVAL, set_status(self, 1));
	EXPECT_EQ(-EINVAL, set_status(self, 2));
	EXPECT_EQ(3, get_status(self));
	EXPECT_EQ(0, set_status(self, 0));
	EXPECT_EQ(0, get_status(self));
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, VHOST_VDPA_SET_STATUS, NULL));
}

TEST_F(vdpa, backend_features_by_kernel_and_device)
{
	static const struct {
		const char *release;
		uint64_t device, set;
		int rc;
	} rows[] = {
		{ "6.12.117", ALWAYS, ALWAYS, 0 },
		{ "6.12.117", ALWAYS, 0, 0 },
		{ "6.12.117", ALWAYS, 1, -EOPNOTSUPP },
		{ "6.12.117", ALWAYS, 1ull << 9, -EOPNOTSUPP },
		{ "6.12.117", ALWAYS, BIT(SUSPEND), -EOPNOTSUPP },
		{ "6.12.117", ALWAYS | BIT(SUSPEND), BIT(SUSPEND), 0 },
		{ "6.12.117", ALWAYS, BIT(RESUME), -EOPNOTSUPP },
		{ "6.12.117", ALWAYS, BIT(DESC_ASID), -EINVAL },
		{ "6.12.117", ALWAYS, BIT(DESC_ASID) | BIT(IOTLB_ASID), -EOPNOTSUPP },
		{ "6.12.117", ALWAYS | BIT(DESC_ASID), BIT(DESC_ASID) | BIT(IOTLB_ASID), 0 },
		{ "6.12.117", ALWAYS, BIT(IOTLB_PERSIST), -EOPNOTSUPP },
		{ "6.12.117", ALWAYS | BIT(IOTLB_PERSIST), BIT(IOTLB_PERSIST), 0 },
		/* taken without asking the device */
		{ "6.12.117", ALWAYS, BIT(ENABLE_AFTER_DRIVER_OK), 0 },
		{ "6.1.0", ALWAYS, BIT(ENABLE_AFTER_DRIVER_OK), -EOPNOTSUPP },
		{ "6.1.0", ALWAYS | BIT(RESUME), BIT(RESUME), -EOPNOTSUPP },
		{ "6.1.0", ALWAYS | BIT(IOTLB_PERSIST), BIT(IOTLB_PERSIST), -EOPNOTSUPP },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		self->h.release = (char *)rows[i].release;
		self->v.backend_features = rows[i].device;
		start(self);
		EXPECT_EQ(rows[i].rc, set64(self, VHOST_SET_BACKEND_FEATURES, rows[i].set))
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, VHOST_SET_BACKEND_FEATURES, NULL));
		shim_destroy(self->s);
		self->s = NULL;
	}
}

TEST_F(vdpa, suspend_and_resume_do_nothing_before_the_driver_runs)
{
	self->v.backend_features = ALWAYS;
	start(self);
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_SUSPEND, NULL));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_RESUME, NULL));
	EXPECT_EQ(0, set_status(self, DRIVER_OK));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, VHOST_VDPA_SUSPEND, NULL));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, VHOST_VDPA_RESUME, NULL));
}

TEST_F(vdpa, requests_that_old_kernels_do_not_have)
{
	uint8_t how = 0xa5;

	self->h.release = (char *)"6.1.0";
	self->v.queue_size = vdpa_groups;
	start(self);
	EXPECT_EQ(-EPERM, shim_ioctl(self->s, self->fd, GET_FORK, &how));
	EXPECT_EQ(-EPERM, shim_ioctl(self->s, self->fd, VHOST_VDPA_RESUME, NULL));
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(-ENOTTY, ask(self, VHOST_VDPA_GET_VRING_SIZE, 0));
	EXPECT_EQ(-ENOTTY, ask(self, VHOST_VDPA_GET_VRING_DESC_GROUP, 0));
	EXPECT_EQ(-ENOTTY, ask(self, VHOST_VDPA_RESUME, 0));
	EXPECT_EQ(0, ask(self, VHOST_VDPA_GET_VRING_GROUP, 0));
}

TEST_F(vdpa, fork_control_until_there_is_an_owner)
{
	uint8_t how = 0xa5;

	start(self);
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, GET_FORK, &how));
	EXPECT_EQ(1, how);
	how = 2;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, SET_FORK, &how));
	how = 0;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, SET_FORK, &how));
	how = 7;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, GET_FORK, &how));
	EXPECT_EQ(0, how);
	ASSERT_EQ(0, own(self));
	EXPECT_EQ(-EBUSY, shim_ioctl(self->s, self->fd, SET_FORK, &how));
}

/* ---- configuration space ------------------------------------------------------------ */

TEST_F(vdpa, config_within_its_size)
{
	static const struct {
		uint32_t off, len;
		int rc;
	} rows[] = {
		{ 0, 24, 0 },	    { 23, 1, 0 },
		{ 10, 2, 0 },	    { 0, 0, -EINVAL },
		{ 0, 25, -EINVAL }, { 24, 1, -EINVAL },
		{ 25, 1, -EINVAL }, { 1, UINT32_MAX, -EINVAL },
	};
	struct {
		uint32_t off, len;
		uint8_t buf[24];
	} a;

	start(self);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&a, 0xa5, sizeof(a));
		a.off = rows[i].off;
		a.len = rows[i].len;
		EXPECT_EQ(rows[i].rc, shim_ioctl(self->s, self->fd, VHOST_VDPA_GET_CONFIG, &a));
		EXPECT_EQ(0, memcmp(a.buf,
				    rows[i].rc ? (uint8_t[]){ 0xa5 } : vdpa_config + rows[i].off,
				    rows[i].rc ? 1 : rows[i].len));
		/* what was read, back again */
		EXPECT_EQ(rows[i].rc, shim_ioctl(self->s, self->fd, VHOST_VDPA_SET_CONFIG, &a));
	}
}

TEST_F(vdpa, what_is_written_to_config_stays_but_for_the_link)
{
	struct {
		uint32_t off, len;
		uint8_t buf[8];
	} a = { 0, 8, { 1, 2, 3, 4, 5, 6, 0, 0 } };

	start(self);
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_SET_CONFIG, &a));
	memset(a.buf, 0, sizeof(a.buf));
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_GET_CONFIG, &a));
	EXPECT_EQ(0, memcmp(a.buf, "\1\2\3\4\5\6\1\0", 8));
	/* a reset is not one of it */
	ASSERT_EQ(0, set_status(self, 0));
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, VHOST_VDPA_GET_CONFIG, &a));
	EXPECT_EQ(1, a.buf[0]);
}

TEST_HARNESS_MAIN
