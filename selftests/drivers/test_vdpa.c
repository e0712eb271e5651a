// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vhost-vdpa devices and the host IOMMU device over them: on the model, and on
 * the real nodes that HIOD_VDPA names (separated by blanks). A node that is not
 * named is never opened, since that resets its device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "harness/shim/backends.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "hiod/vdpa.h"
#include "mocks/model.h"
#include "selftests/drivers/drivers.h"

#define MEM (16u * 4096)

static uint32_t sizes[] = { 256, 256 };

/* As vp_vdpa shows QEMU's virtio-net-pci. */
static const struct host_vdpa virtio = {
	.name = (char *)"vdpa0",
	.driver = (char *)"vhost_vdpa",
	.node_dir = (char *)"vhost-vdpa-0",
	.node = { .present = true, .major = 251, .mode = 0600 },
	.kind = HOST_VDPA_VIRTIO,
	.told = true,
	.device_id = 1,
	.features = 0x300000000,
	.backend_features = 0x10e,
	.range = { 0, (1ull << 39) - 1 },
	.queues = 2,
	.queue_max = 256,
	.groups = 1,
	.spaces = 1,
	.queue_size = sizes,
	.nqueue_size = 2,
};

FIXTURE(vdpa)
{
	struct host h;
	struct host_vdpa v;
	struct shim *s;
	char node[64];
	uint8_t *mem;
	struct hiod_anomalies an;
	struct hiod_error err;
	VDPADevice dev;
	AddressSpace as;
};

FIXTURE_VARIANT(vdpa)
{
	bool model;
	enum host_vdpa_kind kind;
	unsigned nth; /* of the nodes in HIOD_VDPA */
};
FIXTURE_VARIANT_ADD(vdpa, model_sim)
{ .model = true, .kind = HOST_VDPA_SIM };
FIXTURE_VARIANT_ADD(vdpa, model_virtio)
{ .model = true, .kind = HOST_VDPA_VIRTIO };
FIXTURE_VARIANT_ADD(vdpa, real)
{ .nth = 0 };
FIXTURE_VARIANT_ADD(vdpa, real_second)
{
	.nth = 1,
};

/* The nth word of HIOD_VDPA to node. */
static bool named_node(unsigned nth, char *node, size_t cap)
{
	const char *s = getenv("HIOD_VDPA");

	for (s = s ? s + strspn(s, " ") : ""; *s && nth; nth--) {
		s += strcspn(s, " ");
		s += strspn(s, " ");
	}
	snprintf(node, cap, "%.*s", (int)strcspn(s, " "), s);
	return *node;
}

FIXTURE_SETUP(vdpa)
{
	const char *release = getenv("HIOD_MODEL_RELEASE");

	hiod_error_init(&self->err);
	self->dev.fd = -1;
	if (variant->model) {
		self->v = virtio;
		self->v.kind = variant->kind;
		if (variant->kind == HOST_VDPA_SIM)
			self->v.range.last = UINT64_MAX;
		self->h = (struct host){ .release = (char *)(release ? release : "6.12.117"),
					 .vdpas = &self->v,
					 .nvdpas = 1 };
		self->h.features = host_features_default(self->h.release);
		self->s = model_new(&self->h, NULL);
		strcpy(self->node, "/dev/vhost-vdpa-0");
	} else {
		if (!named_node(variant->nth, self->node, sizeof(self->node)))
			SKIP(return, "no such node in HIOD_VDPA");
		self->s = shim_kernel_new();
	}
	ASSERT_NOT_NULL(self->s);
	/* Of other memory a simulator maps nothing. */
	self->mem = mmap(NULL, MEM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->mem != MAP_FAILED);
}

FIXTURE_TEARDOWN(vdpa)
{
	vdpa_detach_device(&self->dev);
	if (self->mem)
		munmap(self->mem, MEM);
	shim_destroy(self->s);
}

static int attach(struct ktap_fixture_vdpa *self)
{
	int rc = vdpa_device_init(&self->dev, self->s, NULL, &self->an, self->node, &self->err);

	return rc ? rc : vdpa_attach_device(&self->dev, &self->as, &self->err);
}

static int open_node(struct ktap_fixture_vdpa *self)
{
	return shim_open(self->s, self->node, O_RDWR);
}

TEST_F(vdpa, node_has_one_opener_and_opening_resets)
{
	uint8_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE;
	int fd = open_node(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, open_node(self));
	EXPECT_EQ(0, shim_ioctl(self->s, fd, VHOST_VDPA_SET_STATUS, &status));
	EXPECT_EQ(0, shim_close(self->s, fd));
	fd = open_node(self);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, shim_ioctl(self->s, fd, VHOST_VDPA_GET_STATUS, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, shim_close(self->s, fd));
}

TEST_F(vdpa, queues_are_an_owners)
{
	struct vhost_vring_state s = { .index = 0 };
	uint32_t queues = 0;
	int fd = open_node(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPERM, shim_ioctl(self->s, fd, VHOST_SET_VRING_NUM, &s));
	EXPECT_EQ(0, shim_ioctl(self->s, fd, VHOST_SET_OWNER, NULL));
	EXPECT_EQ(-EBUSY, shim_ioctl(self->s, fd, VHOST_SET_OWNER, NULL));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, fd, VHOST_SET_VRING_NUM, &s));
	EXPECT_EQ(0, shim_ioctl(self->s, fd, VHOST_VDPA_GET_VQS_COUNT, &queues));
	s.index = queues;
	EXPECT_EQ(-ENOBUFS, shim_ioctl(self->s, fd, VHOST_SET_VRING_NUM, &s));
	EXPECT_EQ(0, shim_close(self->s, fd));
}

/* What the kernel tells, less regions that lie in it. */
TEST_F(vdpa, host_iommu_device_answers_from_the_kernels_range)
{
	struct hiod_ranges ranges = { 0 };
	HostIOMMUDevice *hiod;

	ASSERT_EQ(0, attach(self))
	{
		TH_LOG("%s", self->err.message);
	}
	hiod = self->dev.hiod;
	ASSERT_EQ(0, HIOD_METHOD(hiod, get_iova_ranges)(hiod, &ranges));
	ASSERT_LT(0, ranges.n);
	EXPECT_LE(self->dev.range.start, range_list_array(&ranges)->start);
	EXPECT_EQ(self->dev.range.last, range_list_last(&ranges)->last);
	EXPECT_EQ(range_get_last_bit(&self->dev.range) + 1,
		  HIOD_METHOD(hiod, get_cap)(hiod, HOST_IOMMU_DEVICE_CAP_AW_BITS, &self->err));
	/* Behind an IOMMU of x86 the MSI window is in the range, and not usable. */
	for (size_t i = 0; i < ranges.n && ranges.n > 1; i++) {
		const struct hiod_range *r = &range_list_array(&ranges)[i];

		EXPECT_FALSE(r->start <= 0xfee00000 && r->last >= 0xfee00000);
	}
	range_list_free(&ranges);
}

TEST_F(vdpa, memory_is_mapped_and_given_back)
{
	const struct hiod_mem_region mem[] = {
		{ 0, 0x4000, self->mem, false, "low" },
		{ 0x100000, 0x4000, self->mem + 0x4000, false, "high" },
	};

	self->as = (AddressSpace){ mem, 2 };
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, attach(self))
		{
			TH_LOG("%s", self->err.message);
		}
		EXPECT_EQ(2, self->dev.nmapped);
		vdpa_detach_device(&self->dev);
	}
}

TEST_F(vdpa, memory_that_overlaps_is_refused)
{
	const struct hiod_mem_region mem[] = {
		{ 0x10000, 0x4000, self->mem, false, NULL },
		{ 0x12000, 0x1000, self->mem, false, "twice" },
	};

	self->as = (AddressSpace){ mem, 2 };
	EXPECT_EQ(-EFAULT, attach(self));
	EXPECT_STREQ("failed to map twice at 0x12000, 0x1000 bytes: Bad address",
		     self->err.message);
	EXPECT_EQ(-1, self->dev.fd);
}

TEST_F(vdpa, check_accepts_no_more_than_the_host_has)
{
	const struct hiod_check c = { .profile = hiod_profile_default(),
				      .viommu = "intel-iommu,caching-mode=on,aw-bits=48",
				      .backend = HIOD_BACKEND_VDPA,
				      .bdf = self->node };
	struct hiod_verdict v;

	hiod_check_run(self->s, &c, &v);
	EXPECT_LT(0, v.host_aw_bits)
	{
		TH_LOG("%s", v.message);
	}
	EXPECT_EQ(v.host_aw_bits >= 48 ? HIOD_ACCEPTED : HIOD_REFUSED, v.verdict);
	hiod_verdict_free(&v);
}

TEST_F(vdpa, iommufd_is_refused_in_the_name_of_this_kernel)
{
	HostIOMMUDevice *hiod = hiod_new(&host_iommu_device_iommufd_vdpa_class.parent);
	struct utsname u;
	char want[256];

	ASSERT_NOT_NULL(hiod);
	ASSERT_EQ(0, uname(&u));
	ASSERT_EQ(0,
		  vdpa_device_init(&self->dev, self->s, NULL, &self->an, self->node, &self->err));
	EXPECT_EQ(-EOPNOTSUPP, HIOD_METHOD(hiod, realize)(hiod, &self->dev, &self->err));
	snprintf(want, sizeof(want),
		 "%s: Linux %s has no iommufd for vDPA devices (vhost-vdpa has)", self->dev.name,
		 variant->model ? self->h.release : u.release);
	EXPECT_STREQ(want, self->err.message);
	hiod_unref(hiod);
}

TEST_HARNESS_MAIN
