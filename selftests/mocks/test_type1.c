// SPDX-License-Identifier: GPL-2.0-or-later
/* The VFIO container with type1: states, replies byte by byte, the IOVA list. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(type1)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(type1)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(type1)
{
	shim_destroy(self->s);
	host_free(self->h);
}

static int container(struct shim *s)
{
	return shim_open(s, "/dev/vfio/vfio", O_RDWR);
}

static int set_iommu(struct shim *s, int c, unsigned long type)
{
	return shim_ioctl_val(s, c, VFIO_SET_IOMMU, type);
}

static int extension(struct shim *s, int c, unsigned long ext)
{
	return shim_ioctl_val(s, c, VFIO_CHECK_EXTENSION, ext);
}

/* The 39-bit reply with all its capabilities in a buffer of 4096 bytes, from 6.6 on. */
static const uint8_t golden_a[120] = {
	0x00, 0x10, 0, 0, 3,	0,    0, 0,    0, 0x10, 0x20, 0x40, 0,	  0,	0,    0, 0x18,
	0,    0,    0, 0, 0,	0,    0, 2,    0, 1,	0,    0x38, 0,	  0,	0,    0, 0,
	0,    0,    0, 0, 0,	0,    0, 0x10, 0, 0,	0,    0,    0,	  0,	0,    0, 0,
	0x10, 0,    0, 0, 0,	3,    0, 1,    0, 0x48, 0,    0,    0,	  0xff, 0xff, 0, 0,
	0,    0,    0, 0, 1,	0,    1, 0,    0, 0,	0,    0,    2,	  0,	0,    0, 0,
	0,    0,    0, 0, 0,	0,    0, 0,    0, 0,	0,    0xff, 0xff, 0xdf, 0xfe, 0, 0,
	0,    0,    0, 0, 0xf0, 0xfe, 0, 0,    0, 0,	0xff, 0xff, 0xff, 0xff, 0x7f,
};

TEST_F(type1, reply_with_room_is_golden)
{
	uint8_t buf[4096];
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_EQ(0, test_info(self->s, c, 4096, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, golden_a, sizeof(golden_a)));
	EXPECT_EQ(0xa5, buf[120]);
}

TEST_F(type1, reply_of_61_has_the_ranges_at_68)
{
	uint8_t buf[4096], want[116];
	int c, g;

	self->h->features = host_features_default("6.1.0-56-amd64");
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	/* Bytes 20 to 23 are not copied before 6.6. */
	memcpy(want, golden_a, 68);
	memset(want + 20, 0xa5, 4);
	want[60] = 68;
	memcpy(want + 68, golden_a + 72, 48);
	ASSERT_EQ(0, test_info(self->s, c, 4096, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, want, sizeof(want)));
}

TEST_F(type1, short_buffer_gets_the_size_and_no_capability)
{
	static const struct {
		uint32_t argsz;
		int err;
		uint32_t argsz_out;
		uint32_t written; /* bytes of the reply that are not a5 any more */
	} rows[] = {
		{ 8, -EINVAL, 8, 4 }, { 15, -EINVAL, 15, 4 }, { 16, 0, 120, 16 },
		{ 20, 0, 120, 20 },   { 24, 0, 120, 24 },     { 119, 0, 120, 24 },
		{ 120, 0, 120, 120 },
	};
	uint8_t buf[256];
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t out;

		EXPECT_EQ(rows[i].err, test_info(self->s, c, rows[i].argsz, buf, sizeof(buf)));
		memcpy(&out, buf, sizeof(out));
		EXPECT_EQ(rows[i].argsz_out, out);
		for (size_t b = rows[i].written; b < sizeof(buf); b++) {
			EXPECT_EQ(0xa5, buf[b])
			{
				TH_LOG("argsz %u byte %zu", rows[i].argsz, b);
			}
		}
		if (rows[i].written == 24) {
			EXPECT_EQ(3, buf[4]);
			EXPECT_EQ(0, buf[16]);
		}
	}
}

TEST_F(type1, old_short_reply_copies_16_or_20_bytes)
{
	uint8_t buf[64];
	int c, g;

	self->h->features = host_features_default("6.1.0");
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	for (uint32_t argsz = 16; argsz <= 24; argsz++) {
		size_t n = argsz < 20 ? 16 : 20;

		ASSERT_EQ(0, test_info(self->s, c, argsz, buf, sizeof(buf)));
		EXPECT_NE(0xa5, buf[n - 1]);
		EXPECT_EQ(0xa5, buf[n]);
	}
}

TEST_F(type1, what_each_state_answers)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	uint32_t info[6] = { sizeof(info) };
	int c = container(s), g;

	EXPECT_EQ(0, shim_ioctl_val(s, c, VFIO_GET_API_VERSION, 0));
	EXPECT_EQ(-EINVAL, set_iommu(s, c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, c, VFIO_IOMMU_GET_INFO, info));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, c, 0x3bff, info));
	EXPECT_NULL(model_unknown(s));

	g = test_open_group(s, 1);
	ASSERT_EQ(0, test_set_container(s, g, c));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, c, VFIO_IOMMU_GET_INFO, info));
	EXPECT_EQ(-ENODEV, set_iommu(s, c, 99));
	EXPECT_EQ(-ENODEV, set_iommu(s, c, VFIO_NOIOMMU_IOMMU));
	EXPECT_EQ(-EINVAL, set_iommu(s, c, VFIO_UNMAP_ALL)); /* claimed, and no type */
	EXPECT_EQ(0, set_iommu(s, c, VFIO_TYPE1v2_IOMMU));

	EXPECT_EQ(-EINVAL, set_iommu(s, c, VFIO_TYPE1v2_IOMMU));
	EXPECT_EQ(0, shim_ioctl(s, c, VFIO_IOMMU_GET_INFO, info));
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, c, VFIO_IOMMU_ENABLE, info));
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, c, 0x3bff, info));
	EXPECT_STREQ("container: unknown request 0x3bff", model_unknown(s));

	/* The last group takes the driver and its mappings along. */
	ASSERT_EQ(0, test_map(s, c, 0, 4096));
	EXPECT_EQ(0, shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(-EINVAL, shim_ioctl(s, c, VFIO_IOMMU_GET_INFO, info));
	shim_close(s, g);
	shim_close(s, c);
	EXPECT_TRUE(test_all_gone(s));
}

TEST_F(type1, extensions_by_state)
{
	/* One bit per extension that is there: no driver, and with it. */
	static const struct {
		const char *release;
		uint32_t without;
		uint32_t with;
	} rows[] = {
		{ "6.12.117", 1 << 1 | 1 << 3 | 1 << 6 | 1 << 9,
		  1 << 1 | 1 << 3 | 1 << 6 | 1 << 9 | 1 << 10 },
		{ "7.3.4", 1 << 1 | 1 << 3 | 1 << 9, 1 << 1 | 1 << 3 | 1 << 9 | 1 << 10 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shim *s;
		int c, g;

		self->h->features = host_features_default(rows[i].release);
		s = model_new(self->h, NULL);
		c = container(s);
		for (unsigned int x = 0; x < 20; x++)
			EXPECT_EQ((int)(rows[i].without >> x & 1), extension(s, c, x));
		shim_close(s, c);
		c = test_type1(s, 1, &g);
		for (unsigned int x = 0; x < 20; x++)
			EXPECT_EQ((int)(rows[i].with >> x & 1), extension(s, c, x));
		shim_destroy(s);
	}
}

TEST_F(type1, extension_number_is_not_cut_to_32_bits)
{
	if (sizeof(long) == 4)
		SKIP(return, "a long has 32 bits here");
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(0, extension(self->s, container(self->s), (unsigned long)0x100000001ull));
}

TEST_F(type1, coherency_needs_every_domain)
{
	int c, g;

	self->h->iommus[0].coherent = 1;
	test_unit(self->h, CAP_39, ECAP);
	test_group(self->h, 2);
	test_device(self->h, "0000:00:06.0", 2, 1);
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	EXPECT_EQ(1, extension(self->s, c, VFIO_DMA_CC_IOMMU));
	ASSERT_EQ(0, test_set_container(self->s, test_open_group(self->s, 2), c));
	EXPECT_EQ(0, extension(self->s, c, VFIO_DMA_CC_IOMMU));
}

TEST_F(type1, no_interrupt_remapping_is_eperm_unless_allowed)
{
	int c, g;

	self->h->iommus[0].isolated_msi = 0;
	self->h->iommufd_unsafe = true; /* another module's */
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(-EPERM, test_type1(self->s, 1, &g));
	shim_destroy(self->s);
	self->h->type1_unsafe = true;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	EXPECT_LE(0, c);
}

/* Announced until 6.12; refused before anything else but by Arm's driver. */
TEST_F(type1, nesting_is_refused)
{
	int c, g;

	self->h->iommus[0].isolated_msi = 0;
	for (int err = -EINVAL; err; err = err == -EINVAL ? -EPERM : 0) {
		self->s = model_new(self->h, NULL);
		c = shim_open(self->s, "/dev/vfio/vfio", O_RDWR);
		g = test_open_group(self->s, 1);
		ASSERT_EQ(0, test_set_container(self->s, g, c));
		EXPECT_EQ(err,
			  shim_ioctl_val(self->s, c, VFIO_SET_IOMMU, VFIO_TYPE1_NESTING_IOMMU));
		test_stop(&self->s);
		self->h->iommus[0].type = HOST_IOMMU_SMMUV3;
	}
}

TEST_F(type1, driver_refusal_reaches_set_iommu)
{
	struct host_domain *d = self->h->iommus[0].domain;
	int g;

	d[HOST_DOMAIN_TYPE1] = (struct host_domain){ .known = true, .attach_errno = EBUSY };
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(-EBUSY, test_type1(self->s, 1, &g));
}

TEST_F(type1, rmrr_refuses_at_attach_or_at_ownership)
{
	int g, c;

	test_region(&self->h->groups[0], 0x1000, 0x1fff, HOST_REGION_DIRECT);
	self->h->features = host_features_default("6.1.0");
	self->s = model_new(self->h, NULL);
	c = container(self->s);
	g = test_open_group(self->s, 1);
	EXPECT_EQ(0, test_set_container(self->s, g, c));
	EXPECT_EQ(-EPERM, set_iommu(self->s, c, VFIO_TYPE1v2_IOMMU));
	shim_destroy(self->s);
	self->h->features = host_features_default("6.12.0");
	self->s = model_new(self->h, NULL);
	c = container(self->s);
	g = test_open_group(self->s, 1);
	EXPECT_EQ(-EINVAL, test_set_container(self->s, g, c));
}

/* The list is the aperture without the reserved regions; relaxable ones stay. */
TEST_F(type1, list_is_aperture_minus_regions)
{
	static const struct {
		uint64_t start;
		uint64_t last;
		enum host_region_type type;
	} regions[] = {
		{ 0, 0xffffff, HOST_REGION_DIRECT_RELAXABLE },
		{ 0, 0xfff, HOST_REGION_RESERVED },
		{ 0x10000, 0x7ffffffffe, HOST_REGION_RESERVED },
	};
	struct host_range r[8];
	int c, g;

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		test_region(&self->h->groups[0], regions[i].start, regions[i].last,
			    regions[i].type);
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_EQ(2, test_ranges(self->s, c, r, 8));
	EXPECT_EQ(0x1000, r[0].start);
	EXPECT_EQ(0xffff, r[0].last);
	/* One byte below the aperture's end is a range of its own. */
	EXPECT_EQ(0x7fffffffffull, r[1].start);
	EXPECT_EQ(0x7fffffffffull, r[1].last);
}

TEST_F(type1, nothing_left_is_einval)
{
	int g;

	test_region(&self->h->groups[0], 0, UINT64_MAX, HOST_REGION_RESERVED);
	self->s = model_new(self->h, NULL);
	EXPECT_EQ(-EINVAL, test_type1(self->s, 1, &g));
}

/* A 48-bit group, then a 39-bit one with a hole: the list shrinks, and grows back. */
FIXTURE(two_groups)
{
	struct host *h;
	struct shim *s;
	int c;
	int g[2];
};

FIXTURE_SETUP(two_groups)
{
	struct host_spec spec = { .cap = CAP_48, .ecap = ECAP };

	self->h = test_host(&spec);
	test_unit(self->h, CAP_39, ECAP);
	test_region(test_group(self->h, 2), 0x100000, 0x1fffff, HOST_REGION_RESERVED);
	test_device(self->h, "0000:00:06.0", 2, 1);
	self->s = model_new(self->h, NULL);
	self->c = test_type1(self->s, 1, &self->g[0]);
	self->g[1] = test_open_group(self->s, 2);
}

FIXTURE_TEARDOWN(two_groups)
{
	shim_destroy(self->s);
	host_free(self->h);
}

TEST_F(two_groups, list_shrinks_and_grows)
{
	struct host_range r[8];

	ASSERT_EQ(2, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(LAST(48), r[1].last);
	ASSERT_EQ(0, test_set_container(self->s, self->g[1], self->c));
	ASSERT_EQ(3, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(0xfffff, r[0].last);
	EXPECT_EQ(0x200000, r[1].start);
	EXPECT_EQ(LAST(39), r[2].last);
	EXPECT_EQ(0, shim_ioctl_val(self->s, self->g[1], VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(2, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(LAST(48), r[1].last);
}

/* A narrower unit has a table of its own, so that the wider one goes with its group. */
TEST_F(two_groups, the_wider_group_leaves)
{
	struct host_range r[8];

	ASSERT_EQ(0, test_set_container(self->s, self->g[1], self->c));
	ASSERT_EQ(0, shim_ioctl_val(self->s, self->g[0], VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(3, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(LAST(39), r[2].last);
}

/* A wider unit joins the narrower one's, whose width stays when that one leaves. */
TEST_F(two_groups, a_shared_table_keeps_its_width)
{
	struct host_range r[8];

	ASSERT_EQ(0, shim_ioctl_val(self->s, self->g[0], VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(0, test_set_container(self->s, self->g[1], self->c));
	ASSERT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(0, test_set_container(self->s, self->g[0], self->c));
	ASSERT_EQ(0, shim_ioctl_val(self->s, self->g[1], VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(2, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(LAST(39), r[1].last);
}

TEST_F(two_groups, both_at_set_iommu)
{
	struct host_range r[8];

	shim_ioctl_val(self->s, self->g[0], VFIO_GROUP_UNSET_CONTAINER, 0);
	ASSERT_EQ(0, test_set_container(self->s, self->g[0], self->c));
	ASSERT_EQ(0, test_set_container(self->s, self->g[1], self->c));
	ASSERT_EQ(0, set_iommu(self->s, self->c, VFIO_TYPE1v2_IOMMU));
	ASSERT_EQ(3, test_ranges(self->s, self->c, r, 8));
	EXPECT_EQ(LAST(39), r[2].last);
}

TEST_F(two_groups, a_mapping_in_the_way_keeps_the_group_out)
{
	static const uint64_t iova[] = { 0x100000, LAST(39) + 1 };

	for (size_t i = 0; i < 2; i++) {
		uint64_t size = 4096;

		ASSERT_EQ(0, test_map(self->s, self->c, iova[i], 4096));
		EXPECT_EQ(-EINVAL, test_set_container(self->s, self->g[1], self->c));
		EXPECT_EQ(0, test_unmap(self->s, self->c, iova[i], &size));
	}
	EXPECT_EQ(0, test_set_container(self->s, self->g[1], self->c));
}

TEST_F(two_groups, container_outlives_its_descriptor_while_a_group_is_in_it)
{
	struct model_stats st;

	shim_close(self->s, self->c);
	model_stats(self->s, &st);
	EXPECT_EQ(1, st.containers);
	EXPECT_LE(0, test_device_fd(self->s, self->g[0], BDF));
	shim_close(self->s, self->g[1]);
	shim_close(self->s, self->g[0]);
	model_stats(self->s, &st);
	EXPECT_EQ(1, st.containers); /* the device still holds its group */
}

TEST_F(type1, mdev_only_has_no_list)
{
	struct host_range r[8];
	uint8_t buf[256];
	int c, g;

	self->h->devices[0].mdev = true;
	self->h->devices[0].iommu = -1;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_LE(0, c);
	EXPECT_EQ(0, test_ranges(self->s, c, r, 8));
	ASSERT_EQ(0, test_info(self->s, c, sizeof(buf), buf, sizeof(buf)));
	EXPECT_EQ(0, buf[60]); /* DMA_AVAIL ends the chain */
	EXPECT_EQ(0, extension(self->s, c, VFIO_UPDATE_VADDR));
	EXPECT_EQ(1, extension(self->s, c, VFIO_DMA_CC_IOMMU));
	/* Any address is valid. */
	EXPECT_EQ(0, test_map(self->s, c, MSI_FIRST, 4096));
	EXPECT_EQ(0, test_map(self->s, c, UINT64_MAX - 0x1fff, 4096));
}

TEST_F(type1, mdev_stays_after_the_last_real_group)
{
	struct host_range r[8];
	int c, g, g2;

	test_group(self->h, 2);
	test_device(self->h, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", 2, -1)->mdev = true;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	g2 = test_open_group(self->s, 2);
	ASSERT_EQ(0, test_set_container(self->s, g2, c));
	ASSERT_EQ(2, test_ranges(self->s, c, r, 8));
	ASSERT_EQ(0, test_map(self->s, c, 0, 4096));
	ASSERT_EQ(0, shim_ioctl_val(self->s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	ASSERT_EQ(1, test_ranges(self->s, c, r, 8));
	EXPECT_EQ(0, r[0].start);
	EXPECT_EQ(UINT64_MAX, r[0].last);
	EXPECT_EQ(-EEXIST, test_map(self->s, c, 0, 4096));
	ASSERT_EQ(0, shim_ioctl_val(self->s, g2, VFIO_GROUP_UNSET_CONTAINER, 0));
	EXPECT_EQ(-EINVAL, test_map(self->s, c, 0, 4096));
}

TEST_F(type1, noiommu_container)
{
	struct shim *s;
	int c, g;

	self->h->noiommu = true;
	self->h->devices[0].noiommu = true;
	self->h->devices[0].iommu = -1;
	test_group(self->h, 2);
	test_device(self->h, "0000:00:06.0", 2, 0);
	s = self->s = model_new(self->h, NULL);
	c = container(s);
	EXPECT_EQ(1, extension(s, c, VFIO_NOIOMMU_IOMMU));
	EXPECT_EQ(1, extension(s, c, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(-ENOENT, test_open_group(s, 1));
	g = shim_open(s, "/dev/vfio/noiommu-1", O_RDWR);
	ASSERT_LE(0, g);
	ASSERT_EQ(0, test_set_container(s, g, c));
	EXPECT_EQ(0, extension(s, c, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(-EPERM, test_set_container(s, test_open_group(s, 2), c)); /* kinds do not mix */
	EXPECT_EQ(-ENODEV, set_iommu(s, c, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(0, set_iommu(s, c, VFIO_NOIOMMU_IOMMU));
	EXPECT_EQ(-ENOTTY, test_map(s, c, 0, 4096));
	EXPECT_LE(0, test_device_fd(s, g, BDF));
}

TEST_HARNESS_MAIN
