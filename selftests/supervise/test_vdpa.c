// SPDX-License-Identifier: GPL-2.0-or-later
/* A supervised program and vhost-vdpa nodes: requests, messages that are written, the end. */
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

#define HOST "vm-6.12-vtd-vdpa"
#define NODE "/dev/vhost-vdpa-0"

static ssize_t message(int fd, uint8_t type, uint64_t iova, void *at, uint64_t size)
{
	struct vhost_msg_v2 m = { .type = VHOST_IOTLB_MSG_V2 };

	m.iotlb = (struct vhost_iotlb_msg){ .iova = iova,
					    .size = size,
					    .uaddr = (uintptr_t)at,
					    .perm = VHOST_ACCESS_RW,
					    .type = type };
	return write(fd, &m, sizeof(m));
}

TARGET(vdpa)
{
	struct vhost_vdpa_iova_range r = { 0 };
	uint64_t features = 0, v2 = 1ull << VHOST_BACKEND_F_IOTLB_MSG_V2;
	struct vhost_vring_state num = { .index = 0, .num = 128 };
	struct vhost_vring_file call = { .index = 0, .fd = eventfd(0, 0) };
	struct stat st;
	uint32_t id = 0;
	uint8_t status = 1;
	void *mem = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = open(NODE, O_RDWR);

	CHECK(fd >= 0 && mem != MAP_FAILED && call.fd >= 0);
	CHECK(!stat(NODE, &st) && S_ISCHR(st.st_mode));
	CHECK(!ioctl(fd, VHOST_VDPA_GET_DEVICE_ID, &id) && id == 1);
	CHECK(!ioctl(fd, VHOST_VDPA_GET_IOVA_RANGE, &r) && r.last == UINT64_MAX);
	CHECK(!ioctl(fd, VHOST_GET_BACKEND_FEATURES, &features) && features & v2);
	FAILS(EFAULT, ioctl(fd, VHOST_GET_BACKEND_FEATURES, 16));

	/* Without an owner nothing is mapped; with one it is, once. All failures are one. */
	FAILS(EFAULT, (int)message(fd, VHOST_IOTLB_UPDATE, 0x1000, mem, 8192));
	CHECK(!ioctl(fd, VHOST_SET_OWNER, NULL));
	CHECK(!ioctl(fd, VHOST_SET_BACKEND_FEATURES, &v2));
	CHECK(message(fd, VHOST_IOTLB_UPDATE, 0x1000, mem, 8192) == sizeof(struct vhost_msg_v2));
	FAILS(EFAULT, (int)message(fd, VHOST_IOTLB_UPDATE, 0x1000, mem, 8192));
	FAILS(EFAULT, (int)syscall(SYS_write, fd, 16, sizeof(struct vhost_msg_v2)));
	CHECK(message(fd, VHOST_IOTLB_INVALIDATE, 0x1000, NULL, 8192) > 0);
	CHECK(message(fd, VHOST_IOTLB_UPDATE, 0x1000, mem, 8192) > 0);

	/* Eventfds are the program's own, and stay it. */
	CHECK(!ioctl(fd, VHOST_VDPA_SET_STATUS, &status));
	CHECK(!ioctl(fd, VHOST_SET_VRING_NUM, &num));
	CHECK(!ioctl(fd, VHOST_SET_VRING_CALL, &call));
	FAILS(EINVAL, ioctl(fd, VHOST_SET_VRING_CALL, (&(struct vhost_vring_file){ 0, 0 })));
	FAILS(EBADF, ioctl(fd, VHOST_SET_VRING_CALL, (&(struct vhost_vring_file){ 0, 777 })));

	/* One opener; what others write to is theirs. */
	FAILS(EBUSY, open(NODE, O_RDWR));
	FAILS(ENOENT, open("/dev/vhost-vdpa-77", O_RDWR));
	CHECK(write(call.fd, &features, 8) == 8 && read(call.fd, &features, 8) == 8);
	FAILS(ENOTTY, ioctl(call.fd, VHOST_SET_OWNER, NULL));
	CHECK(!close(fd));
	fd = open(NODE, O_RDWR);
	CHECK(fd >= 0);
	return 0;
}

TARGET(vdpa_vector)
{
	struct iovec v = { "x", 1 };
	int fd = open(NODE, O_RDWR);

	FAILS(EOPNOTSUPP, (int)writev(fd, &v, 1));
	return 0;
}

FIXTURE(vdpa)
{
	struct world w;
};

FIXTURE_SETUP(vdpa)
{
	ASSERT_EQ(0, world_start_on(&self->w, HOST));
	self->w.cfg.writes = true;
	model_set_eventfd(self->w.model, supervisor_eventfd, self->w.sup);
}

FIXTURE_TEARDOWN(vdpa)
{
	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
}

TEST_F(vdpa, node_answers_a_program)
{
	ASSERT_EQ(0, world_run(&self->w, "vdpa", NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_STREQ("", self->w.said);
}

TEST_F(vdpa, writev_is_refused_and_said)
{
	ASSERT_EQ(0, world_run(&self->w, "vdpa_vector", NULL, NULL));
	EXPECT_EQ(0, self->w.status);
	EXPECT_TRUE(strstr(self->w.said, NODE ": writev is not served"));
}

TEST_HARNESS_MAIN
