/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host with one vDPA device, the simulator's, its node open on the model, and
 * the requests that most tests make of it. Each program that includes this has
 * the fixture "vdpa".
 */
#ifndef HIOD_SELFTESTS_MOCKS_VDPA_H
#define HIOD_SELFTESTS_MOCKS_VDPA_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

#define NODE	 "/dev/vhost-vdpa-0"
#define PLATFORM (1ull << 33)
#define BIT(n)	 (1ull << VHOST_BACKEND_F_##n)
#define ALWAYS	 (BIT(IOTLB_MSG_V2) | BIT(IOTLB_BATCH) | BIT(IOTLB_ASID))
#define DRIVER_OK                                                                                  \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK |      \
	 VIRTIO_CONFIG_S_DRIVER_OK)
#define SET_FORK _IOW(VHOST_VIRTIO, 0x84, uint8_t)
#define GET_FORK _IOR(VHOST_VIRTIO, 0x85, uint8_t)

static uint8_t vdpa_config[24] = { 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xdc, 5 };
static uint32_t vdpa_groups[] = { 0, 0, 1 };

/* vdpa_sim_net as it was recorded. */
static const struct host_vdpa simulator = {
	.name = (char *)"vdpa0",
	.driver = (char *)"vhost_vdpa",
	.node_dir = (char *)"vhost-vdpa-0",
	.node = { .present = true, .major = 251, .minor = 4, .mode = 0600 },
	.kind = HOST_VDPA_SIM,
	.told = true,
	.device_id = 1,
	.features = 0x308830028,
	.backend_features = ALWAYS | BIT(SUSPEND) | BIT(RESUME) | BIT(ENABLE_AFTER_DRIVER_OK) |
			    BIT(IOTLB_PERSIST),
	.range = { 0, UINT64_MAX },
	.queues = 3,
	.queue_max = 256,
	.groups = 2,
	.spaces = 2,
	.queue_group = vdpa_groups,
	.nqueue_group = 3,
	.config = vdpa_config,
	.config_len = sizeof(vdpa_config),
};

FIXTURE(vdpa)
{
	struct host h;
	struct host_vdpa v;
	struct shim *s;
	int fd;
};

FIXTURE_SETUP(vdpa)
{
	self->v = simulator;
	self->h = (struct host){ .release = (char *)"6.12.117", .nvdpas = 1 };
	self->fd = -1;
}

FIXTURE_TEARDOWN(vdpa)
{
	if (self->s && self->fd >= 0)
		shim_close(self->s, self->fd);
	if (self->s)
		EXPECT_TRUE(test_all_gone(self->s));
	shim_destroy(self->s);
}

/* The model, and the node open. */
static inline void start(struct ktap_fixture_vdpa *self)
{
	self->h.vdpas = &self->v;
	self->h.features = host_features_default(self->h.release);
	self->s = model_new(&self->h, NULL);
	if (!self->s)
		abort();
	self->fd = shim_open(self->s, NODE, O_RDWR);
}

static inline int set_status(struct ktap_fixture_vdpa *self, uint8_t status)
{
	return shim_ioctl(self->s, self->fd, VHOST_VDPA_SET_STATUS, &status);
}

static inline int get_status(struct ktap_fixture_vdpa *self)
{
	uint8_t status = 0xa5;
	int err = shim_ioctl(self->s, self->fd, VHOST_VDPA_GET_STATUS, &status);

	return err ? err : status;
}

static inline int own(struct ktap_fixture_vdpa *self)
{
	return shim_ioctl(self->s, self->fd, VHOST_SET_OWNER, NULL);
}

static inline int set64(struct ktap_fixture_vdpa *self, uint32_t req, uint64_t v)
{
	return shim_ioctl(self->s, self->fd, req, &v);
}

static inline int vring(struct ktap_fixture_vdpa *self, uint32_t req, uint32_t index, uint32_t num)
{
	struct vhost_vring_state s = { index, num };

	return shim_ioctl(self->s, self->fd, req, &s);
}

/* The number that a request answers for a queue, or -errno. */
static inline int ask(struct ktap_fixture_vdpa *self, uint32_t req, uint32_t index)
{
	struct vhost_vring_state s = { index, 0xa5a5 };
	int err = shim_ioctl(self->s, self->fd, req, &s);

	return err ? err : (int)s.num;
}

static inline ssize_t message(struct ktap_fixture_vdpa *self, uint32_t asid, uint8_t type,
			      uint64_t iova, uint64_t size)
{
	struct vhost_msg_v2 m = { .type = VHOST_IOTLB_MSG_V2, .asid = asid };

	m.iotlb.iova = iova;
	m.iotlb.size = size;
	m.iotlb.uaddr = 0x1000;
	m.iotlb.perm = VHOST_ACCESS_RW;
	m.iotlb.type = type;
	return shim_write(self->s, self->fd, &m, sizeof(m));
}

static inline ssize_t map(struct ktap_fixture_vdpa *self, uint64_t iova, uint64_t size)
{
	return message(self, 0, VHOST_IOTLB_UPDATE, iova, size);
}

static inline ssize_t unmap(struct ktap_fixture_vdpa *self, uint64_t iova, uint64_t size)
{
	return message(self, 0, VHOST_IOTLB_INVALIDATE, iova, size);
}

static inline unsigned maps(const struct ktap_fixture_vdpa *self)
{
	struct model_stats st;

	model_stats(self->s, &st);
	return st.mappings;
}

#endif
