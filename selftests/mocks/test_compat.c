// SPDX-License-Identifier: GPL-2.0-or-later
/* VFIO container requests served by an iommufd: where they differ from type1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(compat)
{
	struct host *h;
	struct shim *s;
	int c;
	int g;
};

FIXTURE_SETUP(compat)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
	self->s = model_new(self->h, NULL);
	self->c = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->g = test_open_group(self->s, 1);
}

FIXTURE_TEARDOWN(compat)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static int set_iommu(struct shim *s, int c, unsigned long type)
{
	return shim_ioctl_val(s, c, VFIO_SET_IOMMU, type);
}

static int ready(struct shim *s, int c, int g)
{
	int err = test_set_container(s, g, c);

	if (!err)
		err = set_iommu(s, c, VFIO_TYPE1v2_IOMMU);
	return err ? err : test_device_fd(s, g, BDF);
}

/* 39 bits, device attached, as recorded from 6.12 and 7.3. */
static const uint8_t full[88] = {
	88,   0,    0, 0, 3, 0, 0,    0,    0, 0x10, 0x20, 0x40, 0,    0,    0,	   0,	 24,
	0,    0,    0, 0, 0, 0, 0,    3,    0, 1,    0,	   40,	 0,    0,    0,	   0xff, 0xff,
	0xff, 0xff, 0, 0, 0, 0, 1,    0,    1, 0,    0,	   0,	 0,    0,    2,	   0,	 0,
	0,    0,    0, 0, 0, 0, 0,    0,    0, 0,    0,	   0,	 0,    0xff, 0xff, 0xdf, 0xfe,
	0,    0,    0, 0, 0, 0, 0xf0, 0xfe, 0, 0,    0,	   0,	 0xff, 0xff, 0xff, 0xff, 0x7f,
};

TEST_F(compat, reply_is_as_recorded_and_tells_the_size_always)
{
	uint8_t buf[4096], want[sizeof(full)];

	ASSERT_LE(0, ready(self->s, self->c, self->g));
	ASSERT_EQ(0, test_info(self->s, self->c, 4096, buf, sizeof(buf)));
	memcpy(want, full, sizeof(full));
	/* The padding between the capabilities is not written. */
	memset(want + 36, 0xa5, 4);
	EXPECT_EQ(0, memcmp(buf, want, sizeof(want)));
	EXPECT_EQ(0xa5, buf[88]);
}

/* What of the capability area is written into a buffer of each size. */
TEST_F(compat, short_buffer_is_filled_as_far_as_it_goes)
{
	static const struct {
		uint32_t argsz;
		uint32_t avail_hdr; /* DMA_AVAIL written */
		uint32_t next;	    /* its link is patched */
		uint32_t ranges;    /* array entries written */
		uint32_t iova_hdr;
	} rows[] = {
		{ 24, 0, 0, 0, 0 }, { 35, 0, 0, 0, 0 }, { 36, 1, 0, 0, 0 },
		{ 39, 1, 0, 0, 0 }, { 40, 1, 1, 0, 0 }, { 71, 1, 1, 0, 0 },
		{ 72, 1, 1, 1, 0 }, { 87, 1, 1, 1, 0 }, { 88, 1, 1, 2, 1 },
	};
	uint8_t buf[128];

	ASSERT_LE(0, ready(self->s, self->c, self->g));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ASSERT_EQ(0, test_info(self->s, self->c, rows[i].argsz, buf, sizeof(buf)));
		EXPECT_EQ(88, buf[0]);
		EXPECT_EQ(rows[i].iova_hdr ? 24 : 0, buf[16]);
		EXPECT_EQ(rows[i].avail_hdr ? 3 : 0xa5, buf[24])
		{
			TH_LOG("argsz %u", rows[i].argsz);
		}
		EXPECT_EQ(!rows[i].avail_hdr ? 0xa5 : rows[i].next ? 40 : 0, buf[28])
		{
			TH_LOG("argsz %u", rows[i].argsz);
		}
		EXPECT_EQ(rows[i].iova_hdr ? 1 : 0xa5, buf[40]);
		EXPECT_EQ(rows[i].ranges > 0 ? 0xff : 0xa5, buf[64])
		{
			TH_LOG("argsz %u", rows[i].argsz);
		}
		EXPECT_EQ(rows[i].ranges > 1 ? 0xff : 0xa5, buf[80]);
	}
	EXPECT_EQ(-EINVAL, test_info(self->s, self->c, 15, buf, sizeof(buf)));
	ASSERT_EQ(0, test_info(self->s, self->c, 16, buf, sizeof(buf)));
	EXPECT_EQ(0xa5, buf[16]);
}

TEST_F(compat, nothing_is_attached_before_the_device_descriptor)
{
	uint8_t buf[128];
	struct host_range r[4];
	uint64_t sizes;
	int d;

	EXPECT_EQ(-ENODEV, test_info(self->s, self->c, 88, buf, sizeof(buf)));
	EXPECT_EQ(-ENODEV, test_map(self->s, self->c, 0, 4096));
	EXPECT_EQ(-ENODEV, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(-ENODEV,
		  shim_ioctl_val(self->s, self->c, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU));
	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	/* No need of SET_IOMMU. */
	ASSERT_EQ(1, test_ranges(self->s, self->c, r, 4));
	EXPECT_EQ(UINT64_MAX, r[0].last);
	test_info(self->s, self->c, 88, buf, sizeof(buf));
	memcpy(&sizes, buf + 8, sizeof(sizes));
	EXPECT_EQ(0xfffffffffffff000ull, sizes);
	d = test_device_fd(self->s, self->g, BDF);
	ASSERT_LE(0, d);
	EXPECT_EQ(2, test_ranges(self->s, self->c, r, 4));
	shim_close(self->s, d);
	EXPECT_EQ(1, test_ranges(self->s, self->c, r, 4));
}

TEST_F(compat, set_iommu_and_extensions)
{
	static const uint32_t have = 1 << 1 | 1 << 3 | 1 << 9;

	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	EXPECT_EQ(-EINVAL, set_iommu(self->s, self->c, VFIO_TYPE1_NESTING_IOMMU));
	EXPECT_EQ(-EINVAL, set_iommu(self->s, self->c, 99));
	EXPECT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(0, shim_ioctl_val(self->s, self->c, VFIO_GET_API_VERSION, 0));
	for (unsigned long x = 0; x < 12; x++) {
		if (x != VFIO_DMA_CC_IOMMU) {
			EXPECT_EQ((int)(have >> x & 1),
				  shim_ioctl_val(self->s, self->c, VFIO_CHECK_EXTENSION, x));
		}
	}
	/* Coherent as long as no table says otherwise. */
	EXPECT_EQ(1, shim_ioctl_val(self->s, self->c, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU));
	ASSERT_LE(0, test_device_fd(self->s, self->g, BDF));
	EXPECT_EQ(0, shim_ioctl_val(self->s, self->c, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->c, VFIO_IOMMU_DIRTY_PAGES, NULL));
	EXPECT_NULL(model_unknown(self->s));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->c, VFIO_IOMMU_ENABLE, NULL));
}

TEST_F(compat, default_ioas_is_an_object_like_others)
{
	struct iommu_vfio_ioas v = { .size = sizeof(v) };

	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	ASSERT_EQ(0, shim_ioctl(self->s, self->c, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(1, v.ioas_id);
	ASSERT_LE(0, test_device_fd(self->s, self->g, BDF)); /* device 2, page table 3 */
	EXPECT_EQ(4, test_ioas(self->s, self->c));
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->c, 1));
}

TEST_F(compat, device_without_default_ioas)
{
	struct iommu_vfio_ioas v = { .size = sizeof(v), .op = IOMMU_VFIO_IOAS_CLEAR };
	struct model_stats st;

	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	ASSERT_EQ(0, shim_ioctl(self->s, self->c, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(-ENODEV, test_device_fd(self->s, self->g, BDF));
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.devices_bound);
	EXPECT_EQ(0, st.devices_open);
}

TEST_F(compat, map_differs)
{
	static const struct {
		uint32_t argsz;
		uint32_t flags;
		uint64_t iova;
		uint64_t size;
		int err;
	} rows[] = {
		{ 31, 3, 0x1000, 4096, -EINVAL },
		{ 32, 4, 0x1000, 4096, -EINVAL },
		{ 32, 0, 0x1000, 4096, -EINVAL }, /* neither read nor write */
		{ 32, 3, 0x1000, 0, -EINVAL },
		{ 32, 3, UINT64_MAX - 0xfff, 0x2000, -EOVERFLOW },
		{ 32, 3, MSI_FIRST, 4096, -EINVAL },
		{ 32, 1, 0x1000, 4096, 0 },
		{ 32, 3, 0x1000, 4096, -EEXIST },
	};

	ASSERT_LE(0, ready(self->s, self->c, self->g));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vfio_iommu_type1_dma_map m = {
			.argsz = rows[i].argsz,
			.flags = rows[i].flags,
			.vaddr = 0x1000,
			.iova = rows[i].iova,
			.size = rows[i].size,
		};

		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, self->c, VFIO_IOMMU_MAP_DMA, &m))
		{
			TH_LOG("row %zu", i);
		}
	}
}

/* What no page table takes can be mapped while there is none, and keeps devices out then. */
TEST_F(compat, mapping_without_access)
{
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m), .vaddr = 0x1000, .iova = 0x1000, .size = 4096
	};
	uint64_t size = 4096;

	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	ASSERT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, shim_ioctl(self->s, self->c, VFIO_IOMMU_MAP_DMA, &m));
	EXPECT_EQ(-EINVAL, test_device_fd(self->s, self->g, BDF));
	EXPECT_EQ(0, test_unmap(self->s, self->c, 0x1000, &size));
	EXPECT_LE(0, test_device_fd(self->s, self->g, BDF));
}

TEST_F(compat, unmap_differs)
{
	struct vfio_iommu_type1_dma_unmap all = { .argsz = sizeof(all), .flags = 2 };
	uint64_t size = 4096;

	ASSERT_LE(0, ready(self->s, self->c, self->g));
	ASSERT_EQ(0, test_map(self->s, self->c, 0x10000, 0x2000));
	ASSERT_EQ(0, test_map(self->s, self->c, 0x20000, 0x2000));
	EXPECT_EQ(0, test_unmap(self->s, self->c, 0x1000, &size)); /* nothing there */
	EXPECT_EQ(0, size);
	size = 0x11000;
	EXPECT_EQ(-ENOENT, test_unmap(self->s, self->c, 0x10000, &size));
	EXPECT_EQ(0x2000, size); /* told all the same */
	all.flags = 1;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->c, VFIO_IOMMU_UNMAP_DMA, &all));
	all.flags = 2;
	all.size = 1;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->c, VFIO_IOMMU_UNMAP_DMA, &all));
	all.size = 0;
	EXPECT_EQ(0, shim_ioctl(self->s, self->c, VFIO_IOMMU_UNMAP_DMA, &all));
	EXPECT_EQ(0x2000, all.size);
}

TEST_F(compat, v1_may_unmap_in_the_middle)
{
	struct model_stats st;
	uint64_t size = 0x1000;

	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	ASSERT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1_IOMMU));
	ASSERT_LE(0, test_device_fd(self->s, self->g, BDF));
	ASSERT_EQ(0, test_map(self->s, self->c, 0x10000, 0x4000));
	EXPECT_EQ(0, test_unmap(self->s, self->c, 0x11000, &size));
	EXPECT_EQ(0x1000, size);
	model_stats(self->s, &st);
	EXPECT_EQ(2, st.mappings);
	EXPECT_EQ(0, test_map(self->s, self->c, 0x11000, 0x1000));
}

TEST_F(compat, a_mapping_in_the_way_refuses_the_device)
{
	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	ASSERT_EQ(0, test_map(self->s, self->c, MSI_FIRST, 4096));
	EXPECT_EQ(-EADDRINUSE, test_device_fd(self->s, self->g, BDF));
}

TEST_F(compat, no_interrupt_remapping_shows_at_the_device)
{
	struct host_range r[4];

	shim_destroy(self->s);
	self->h->iommus[0].isolated_msi = 0;
	self->s = model_new(self->h, NULL);
	self->c = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->g = test_open_group(self->s, 1);
	EXPECT_EQ(-EPERM, ready(self->s, self->c, self->g));
	EXPECT_EQ(1, test_ranges(self->s, self->c, r, 4));
}

TEST_F(compat, device_outlives_context_and_group_descriptors)
{
	int d = ready(self->s, self->c, self->g);
	struct uapi_device_info info = { .argsz = sizeof(info) };

	ASSERT_LE(0, d);
	shim_close(self->s, self->c);
	shim_close(self->s, self->g);
	EXPECT_EQ(0, shim_ioctl(self->s, d, VFIO_DEVICE_GET_INFO, &info));
	shim_close(self->s, d);
	EXPECT_TRUE(test_all_gone(self->s));
}

TEST_F(compat, container_node_served_by_iommufd)
{
	struct host_range r[4];
	uint32_t cmd[3] = { sizeof(cmd) };

	shim_destroy(self->s);
	self->h->container_is_iommufd = true;
	self->s = model_new(self->h, NULL);
	self->c = shim_open(self->s, "/dev/vfio/vfio", O_RDWR);
	self->g = test_open_group(self->s, 1);
	ASSERT_LE(0, ready(self->s, self->c, self->g));
	EXPECT_EQ(2, test_ranges(self->s, self->c, r, 4));
	EXPECT_EQ(0, shim_ioctl(self->s, self->c, IOMMU_IOAS_ALLOC, cmd));
}

TEST_F(compat, unpadded_capabilities_before_66)
{
	uint8_t buf[128];

	shim_destroy(self->s);
	self->h->features &= ~(1u << HOST_F_CAPS_ALIGN8);
	self->s = model_new(self->h, NULL);
	self->c = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->g = test_open_group(self->s, 1);
	ASSERT_LE(0, ready(self->s, self->c, self->g));
	ASSERT_EQ(0, test_info(self->s, self->c, sizeof(buf), buf, sizeof(buf)));
	EXPECT_EQ(84, buf[0]);
	EXPECT_EQ(36, buf[28]);
}

TEST_F(compat, noiommu_mode)
{
	int d;

	shim_destroy(self->s);
	self->h->compat_noiommu = true;
	self->h->devices[0].noiommu = true;
	self->s = model_new(self->h, NULL);
	self->c = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->g = shim_open(self->s, "/dev/vfio/noiommu-1", O_RDWR);
	EXPECT_EQ(1, shim_ioctl_val(self->s, self->c, VFIO_CHECK_EXTENSION, VFIO_NOIOMMU_IOMMU));
	EXPECT_EQ(-EINVAL, set_iommu(self->s, self->c, VFIO_NOIOMMU_IOMMU));
	ASSERT_EQ(0, test_set_container(self->s, self->g, self->c));
	EXPECT_EQ(-EINVAL, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(0, set_iommu(self->s, self->c, VFIO_NOIOMMU_IOMMU));
	d = test_device_fd(self->s, self->g, BDF);
	EXPECT_LE(0, d);
	shim_close(self->s, d);
	shim_close(self->s, self->g);
	shim_close(self->s, self->c);
	EXPECT_TRUE(test_all_gone(self->s));
}

TEST_HARNESS_MAIN
