// SPDX-License-Identifier: GPL-2.0-or-later
/* Device descriptors and cdevs: what they tell, who may bind and attach, and when. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(device)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(device)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(device)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static int iommufd(struct shim *s)
{
	return shim_open(s, "/dev/iommu", O_RDWR);
}

TEST_F(device, info_from_the_description)
{
	struct uapi_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info reg = { .argsz = sizeof(reg) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(VFIO_DEVICE_FLAGS_PCI, info.flags);
	EXPECT_EQ(9, info.num_regions);
	EXPECT_EQ(5, info.num_irqs);
	info.argsz = 15;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &info));

	reg.index = 7;
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));
	EXPECT_EQ(7ull << 40, reg.offset);
	reg.index = 8;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));
	reg.index = 9;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));
	reg.index = 0;
	reg.argsz = 31;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));

	irq.index = 4;
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_IRQ_INFO, &irq));
	EXPECT_EQ(9, irq.flags);
	EXPECT_EQ(1, irq.count);
	irq.index = 5;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_IRQ_INFO, &irq));

	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, d, VFIO_DEVICE_QUERY_GFX_PLANE, &irq));
	EXPECT_NULL(model_unknown(self->s));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, d, 0x3bff, &irq));
	EXPECT_STREQ("device: unknown request 0x3bff", model_unknown(self->s));
}

/* A host from a boot log tells nothing of its functions' regions. */
TEST_F(device, function_that_was_not_described)
{
	struct host_device *hd = &self->h->devices[0];
	struct uapi_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info reg = { .argsz = sizeof(reg), .index = 7 };
	struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = 3 };
	int c, g, d;

	hd->info_known = false;
	hd->nregion_info = hd->nirq_info = 0;
	free(hd->vfio_dev); /* before 6.1 */
	hd->vfio_dev = NULL;
	hd->has_cdev = false;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(9, info.num_regions);
	EXPECT_EQ(5, info.num_irqs);
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));
	EXPECT_EQ(256, reg.size);
	reg.index = VFIO_PCI_VGA_REGION_INDEX;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_REGION_INFO, &reg));
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_IRQ_INFO, &irq));
	EXPECT_EQ(1, irq.count);
	irq.index = 5;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_IRQ_INFO, &irq));
}

TEST_F(device, interrupts_are_set_up_within_what_there_is)
{
	static const struct {
		uint32_t argsz;
		uint32_t flags;
		uint32_t index;
		uint32_t start;
		uint32_t count;
		int err;
	} rows[] = {
		{ 20, 0x21, 3, 0, 0, 0 },	{ 24, 0x24, 3, 0, 1, 0 },
		{ 19, 0x21, 3, 0, 0, -EINVAL }, { 20, 0x24, 3, 0, 1, -EINVAL },
		{ 20, 0x21, 5, 0, 0, -EINVAL }, { 20, 0x21, 2, 0, 0, -EINVAL },
		{ 20, 0x21, 3, 0, 2, -EINVAL }, { 20, 0x23, 3, 0, 0, -EINVAL },
		{ 20, 0x61, 3, 0, 0, -EINVAL }, { 20, 0x31, 3, 0, 0, -ENOTTY },
	};
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t set[6] = { rows[i].argsz, rows[i].flags, rows[i].index, rows[i].start,
				    rows[i].count };

		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, d, VFIO_DEVICE_SET_IRQS, set))
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST_F(device, features_resets)
{
	uint32_t feature[2] = { 8, VFIO_DEVICE_FEATURE_GET | 1 }, reset[3] = { 12 };
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, feature));
	feature[1] |= VFIO_DEVICE_FEATURE_SET;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, feature));
	feature[0] = 7;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_FEATURE, feature));
	EXPECT_EQ(-ENODEV, shim_ioctl(self->s, d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, reset));
	reset[0] = 11;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, reset));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, d, VFIO_DEVICE_RESET, NULL)); /* cannot */
}

TEST_F(device, device_capabilities_need_room)
{
	static const uint8_t cap[16] = { 5, 0, 1, 0, 0, 0, 0, 0, 7 };
	union {
		struct uapi_device_info info;
		uint8_t b[64];
	} u = { .info.argsz = 24 };
	struct host_device *hd = &self->h->devices[0];
	int c, g, d;

	hd->info_flags |= VFIO_DEVICE_FLAGS_CAPS;
	hd->info_caps = malloc(sizeof(cap));
	hd->info_caps_len = sizeof(cap);
	memcpy(hd->info_caps, cap, sizeof(cap));
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &u));
	EXPECT_EQ(40, u.info.argsz);
	EXPECT_EQ(0, u.info.cap_offset);
	ASSERT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &u));
	EXPECT_EQ(24, u.info.cap_offset);
	EXPECT_EQ(0, memcmp(u.b + 24, cap, sizeof(cap)));
}

TEST_F(device, configuration_space_has_the_identity)
{
	uint32_t id = 0;
	int c, g, d;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(self->s, g, BDF);
	EXPECT_EQ(4, shim_pread(self->s, d, &id, 4, 7ull << 40));
	EXPECT_EQ(0x00051b36, id);
	EXPECT_EQ(2, shim_pread(self->s, d, &id, 4, (7ull << 40) + 254));
	EXPECT_EQ(-EINVAL, shim_pread(self->s, d, &id, 4, 0));
}

TEST_F(device, cdev_before_bind_answers_nothing_else)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	struct uapi_device_info info = { .argsz = sizeof(info) };
	int d = test_open_cdev(s, "vfio0"), i = iommufd(s);

	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(-EINVAL, test_attach(s, d, 1));
	EXPECT_EQ(-EINVAL, test_detach(s, d));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, 0x3bff, &info));
	EXPECT_EQ(-EINVAL, shim_pread(s, d, &info, 4, 7ull << 40));
	EXPECT_EQ(1, test_bind(s, d, i));
	EXPECT_EQ(0, shim_ioctl(s, d, VFIO_DEVICE_GET_INFO, &info));
	EXPECT_EQ(0, test_detach(s, d)); /* nothing to do */
}

TEST_F(device, bind_checks_in_order)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	int i = iommufd(s), d = test_open_cdev(s, "vfio0"), d2 = test_open_cdev(s, "vfio0"), g;
	const struct {
		uint32_t argsz;
		uint32_t flags;
		int fd;
		int err;
	} rows[] = {
		{ 15, 0, i, -EINVAL }, { 16, 1, i, -EINVAL }, { 16, 0, -1, -EINVAL },
		{ 16, 0, 99, -EBADF }, { 16, 0, d, -EBADFD },
	};

	EXPECT_EQ(-EFAULT, shim_ioctl(s, d, VFIO_DEVICE_BIND_IOMMUFD, NULL));
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		struct vfio_device_bind_iommufd b = { .argsz = rows[k].argsz,
						      .flags = rows[k].flags,
						      .iommufd = rows[k].fd };

		EXPECT_EQ(rows[k].err, shim_ioctl(s, d, VFIO_DEVICE_BIND_IOMMUFD, &b))
		{
			TH_LOG("row %zu", k);
		}
	}
	g = test_open_group(s, 1);
	EXPECT_EQ(-EBUSY, test_bind(s, d, i));
	shim_close(s, g);
	EXPECT_EQ(1, test_bind(s, d, i));
	EXPECT_EQ(-EINVAL, test_bind(s, d, i));	 /* bound */
	EXPECT_EQ(-EINVAL, test_bind(s, d2, i)); /* by another descriptor */
	shim_close(s, d);
	EXPECT_EQ(1, test_bind(s, d2, i));
}

TEST_F(device, bind_sizes_by_release)
{
	static const struct {
		const char *release;
		uint32_t argsz;
		uint32_t flags;
		uint8_t tail; /* byte 24, past everyone's structure */
		int err;
	} rows[] = {
		{ "6.12.117", 24, 0, 0, 0 },	{ "6.12.117", 32, 0, 1, 0 },
		{ "7.3.4", 16, 0, 0, 0 },	{ "7.3.4", 24, 0, 0, 0 },
		{ "7.3.4", 32, 0, 0, 0 },	{ "7.3.4", 32, 0, 1, -E2BIG },
		{ "7.3.4", 15, 0, 0, -EINVAL }, { "7.3.4", 24, 2, 0, -EINVAL },
		{ "7.3.4", 24, 1, 0, -EFAULT }, /* a token at NULL */
	};

	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		union {
			struct uapi_bind_iommufd b;
			uint8_t bytes[32];
		} u = { .b = { .argsz = rows[k].argsz, .flags = rows[k].flags } };
		struct shim *s;

		self->h->features = host_features_default(rows[k].release);
		s = model_new(self->h, NULL);
		u.bytes[24] = rows[k].tail;
		u.b.iommufd = iommufd(s);
		EXPECT_EQ(rows[k].err,
			  shim_ioctl(s, test_open_cdev(s, "vfio0"), VFIO_DEVICE_BIND_IOMMUFD, &u))
		{
			TH_LOG("row %zu", k);
		}
		EXPECT_EQ(rows[k].err ? 0 : 1, u.b.out_devid);
		shim_destroy(s);
	}
}

TEST_F(device, bind_without_interrupt_remapping)
{
	struct shim *s;

	self->h->iommus[0].isolated_msi = 0;
	self->h->type1_unsafe = true; /* another module's */
	s = model_new(self->h, NULL);
	EXPECT_EQ(-EPERM, test_bind(s, test_open_cdev(s, "vfio0"), iommufd(s)));
	EXPECT_LE(0, test_open_group(s, 1)); /* nothing is left of it */
	shim_destroy(s);
	self->h->iommufd_unsafe = true;
	s = self->s = model_new(self->h, NULL);
	EXPECT_EQ(1, test_bind(s, test_open_cdev(s, "vfio0"), iommufd(s)));
}

TEST_F(device, bind_on_a_group_descriptor_or_an_old_kernel)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b) };
	struct shim *s;
	int c, g, d;

	s = model_new(self->h, NULL);
	c = test_type1(s, 1, &g);
	ASSERT_LE(0, c);
	d = test_device_fd(s, g, BDF);
	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, VFIO_DEVICE_BIND_IOMMUFD, &b));
	EXPECT_EQ(-ENOTTY, test_attach(s, d, 1));
	EXPECT_EQ(-ENOTTY, test_detach(s, d));
	shim_destroy(s);
	self->h->devices[0].has_cdev = false;
	s = self->s = model_new(self->h, NULL);
	c = test_type1(s, 1, &g);
	d = test_device_fd(s, g, BDF);
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, d, VFIO_DEVICE_BIND_IOMMUFD, &b));
	EXPECT_EQ(-ENOENT, test_open_cdev(s, "vfio0"));
}

TEST_F(device, two_contexts_cannot_own_one_group)
{
	struct shim *s;
	int a, b;

	test_device(self->h, "0000:00:05.1", 1, 0);
	s = self->s = model_new(self->h, NULL);
	a = iommufd(s);
	b = iommufd(s);
	EXPECT_EQ(1, test_bind(s, test_open_cdev(s, "vfio0"), a));
	EXPECT_EQ(-EPERM, test_bind(s, test_open_cdev(s, "vfio1"), b));
	EXPECT_EQ(2, test_bind(s, test_open_cdev(s, "vfio1"), a));
}

TEST_F(device, attach_checks_in_order)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	int i = iommufd(s), d = test_open_cdev(s, "vfio0"), dev = test_bind(s, d, i);
	int ioas = test_ioas(s, i);
	struct vfio_device_attach_iommufd_pt a = { .argsz = 11, .pt_id = (uint32_t)ioas };
	struct vfio_device_detach_iommufd_pt det = { .argsz = 7 };

	EXPECT_EQ(-EFAULT, shim_ioctl(s, d, VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	a.argsz = 12;
	a.flags = 1; /* a PASID, which 6.12 does not know */
	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	EXPECT_EQ(-ENOENT, test_attach(s, d, 77));
	EXPECT_EQ(-ENOENT, test_attach(s, d, 0));
	EXPECT_EQ(-EINVAL, test_attach(s, d, (uint32_t)dev)); /* a wrong kind */
	EXPECT_EQ(3, test_attach(s, d, (uint32_t)ioas));      /* the page table, not the IOAS */
	EXPECT_EQ(-EINVAL, shim_ioctl(s, d, VFIO_DEVICE_DETACH_IOMMUFD_PT, &det));
	EXPECT_EQ(0, test_detach(s, d));
	EXPECT_EQ(0, test_detach(s, d));
}

TEST_F(device, closing_in_any_order_leaves_nothing)
{
	struct model_stats st;

	for (int order = 0; order < 2; order++) {
		struct shim *s = model_new(self->h, NULL);
		int i = iommufd(s), d = test_open_cdev(s, "vfio0"), ioas;

		test_bind(s, d, i);
		ioas = test_ioas(s, i);
		test_attach(s, d, (uint32_t)ioas);
		test_ioas_map(s, i, (uint32_t)ioas, 0, 4096);
		shim_close(s, order ? d : i);
		model_stats(s, &st);
		EXPECT_EQ(1, st.iommufds); /* the device holds its context */
		EXPECT_EQ(order ? 1 : 3, st.objects);
		shim_close(s, order ? i : d);
		EXPECT_TRUE(test_all_gone(s));
		shim_destroy(s);
	}
}

TEST_F(device, mdev_binds_as_an_access)
{
	struct shim *s;
	int i, d, dev, ioas;
	struct uapi_hw_info hw = { .size = sizeof(hw) };
	struct host_range r[4];
	uint64_t align;

	self->h->devices[0].mdev = true;
	s = self->s = model_new(self->h, NULL);
	i = iommufd(s);
	d = test_open_cdev(s, "vfio0");
	dev = test_bind(s, d, i);
	ASSERT_EQ(1, dev);
	ioas = test_ioas(s, i);
	hw.dev_id = (uint32_t)dev;
	EXPECT_EQ(-ENOENT, shim_ioctl(s, i, IOMMU_GET_HW_INFO, &hw));
	EXPECT_EQ(-ENOENT, test_hwpt(s, i, 0, (uint32_t)dev, (uint32_t)ioas));
	EXPECT_EQ(-EBUSY, test_destroy(s, i, (uint32_t)dev));
	EXPECT_EQ(ioas, test_attach(s, d, (uint32_t)ioas)); /* no page table is made */
	ASSERT_EQ(1, test_ioas_ranges(s, i, (uint32_t)ioas, r, 4, &align));
	EXPECT_EQ(4096, align);
	EXPECT_EQ(-EBUSY, test_destroy(s, i, (uint32_t)ioas));
	EXPECT_EQ(0, test_detach(s, d));
	EXPECT_EQ(0, test_destroy(s, i, (uint32_t)ioas));
}

TEST_F(device, noiommu_cdev)
{
	struct shim *s;
	struct uapi_hw_info hw = { .size = sizeof(hw), .dev_id = 1 };
	struct host_range r[4];
	int i, d, ioas;

	self->h->features = host_features_default("7.3.4");
	self->h->devices[0].noiommu = true;
	self->h->devices[0].iommu = -1;
	self->h->groups[0].nregions = 0;
	s = self->s = model_new(self->h, NULL);
	i = iommufd(s);
	d = test_open_cdev(s, "vfio0");
	ASSERT_EQ(1, test_bind(s, d, i));
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(s, i, IOMMU_GET_HW_INFO, &hw));
	ioas = test_ioas(s, i);
	EXPECT_EQ(-EOPNOTSUPP, test_hwpt(s, i, UAPI_HWPT_NEST_PARENT, 1, (uint32_t)ioas));
	EXPECT_EQ(3, test_attach(s, d, (uint32_t)ioas));
	ASSERT_EQ(1, test_ioas_ranges(s, i, (uint32_t)ioas, r, 4, NULL));
	EXPECT_EQ(UINT64_MAX, r[0].last);
}

static void attach_other(void *ctx, struct shim *s, int fd, uint32_t req)
{
	int *left = ctx;

	if (req == VFIO_IOMMU_GET_INFO && !--*left)
		test_set_container(s, test_open_group(s, 2), fd);
}

TEST_F(device, hook_changes_the_host_between_two_calls)
{
	uint32_t info[6] = { sizeof(info) };
	int c, g, left = 2;

	test_region(test_group(self->h, 2), 0x1000, 0x1fff, HOST_REGION_RESERVED);
	test_device(self->h, "0000:00:06.0", 2, 0);
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	model_set_hook(self->s, attach_other, &left);
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_GET_INFO, info));
	EXPECT_EQ(120, info[0]);
	info[0] = sizeof(info);
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_GET_INFO, info));
	EXPECT_EQ(136, info[0]);
}

TEST_HARNESS_MAIN
