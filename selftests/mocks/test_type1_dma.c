// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings of a type1 container: MAP_DMA, UNMAP_DMA, DIRTY_PAGES. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(dma)
{
	struct host *h;
	struct shim *s;
};

FIXTURE_SETUP(dma)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
}

FIXTURE_TEARDOWN(dma)
{
	shim_destroy(self->s);
	host_free(self->h);
}

struct map_row {
	uint32_t argsz;
	uint32_t flags;
	uint64_t vaddr;
	uint64_t iova;
	uint64_t size;
	int err_612;
	int err_73;
};

TEST_F(dma, map_checks_in_order)
{
	static const struct map_row rows[] = {
		{ 31, 3, 0x1000, 0x1000, 4096, -EINVAL, -EINVAL },
		{ 32, 8, 0x1000, 0x1000, 4096, -EINVAL, -EINVAL },
		{ 32, 0, 0x1000, 0x1000, 4096, -EINVAL, -EINVAL },
		{ 32, 7, 0x1000, 0x1000, 4096, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, 0x1000, 0, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, 0x1000, 100, -EINVAL, -EINVAL },
		{ 32, 3, 0x1001, 0x1000, 4096, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, 0x1001, 4096, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, UINT64_MAX - 0xfff, 0x2000, -EINVAL, -EOVERFLOW },
		{ 32, 3, UINT64_MAX - 0xfff, 0x1000, 0x2000, -EINVAL, -EOVERFLOW },
		{ 32, 0, 0x1000, UINT64_MAX - 0xfff, 0x2000, -EINVAL, -EOVERFLOW },
		{ 32, 4, 0x1000, 0x1000, 4096, -ENOENT, -ENOENT },
		{ 32, 3, 0x1000, MSI_FIRST, 4096, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, MSI_FIRST - 4096, 8192, -EINVAL, -EINVAL },
		{ 32, 3, 0x1000, LAST(39) - 4095, 8192, -EINVAL, -EINVAL },
		{ 32, 1, 0x1000, LAST(39) - 4095, 4096, 0, 0 },
		{ 32, 2, 0x1000, 0x1000, 0x2000, 0, 0 },
		{ 32, 3, 0x1000, 0x2000, 4096, -EEXIST, -EEXIST },
		{ 32, 3, 0x1000, 0, 0x10000, -EEXIST, -EEXIST },
		{ 32, 4, 0x1000, 0x1000, 0x2000, -EINVAL, -EINVAL }, /* vaddr is valid */
	};
	static const char *const release[] = { "6.12.117", "7.3.4" };

	for (int k = 0; k < 2; k++) {
		struct shim *s;
		int c, g;

		self->h->features = host_features_default(release[k]);
		s = model_new(self->h, NULL);
		c = test_type1(s, 1, &g);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct vfio_iommu_type1_dma_map m = {
				.argsz = rows[i].argsz,
				.flags = rows[i].flags,
				.vaddr = rows[i].vaddr,
				.iova = rows[i].iova,
				.size = rows[i].size,
			};

			EXPECT_EQ(k ? rows[i].err_73 : rows[i].err_612,
				  shim_ioctl(s, c, VFIO_IOMMU_MAP_DMA, &m))
			{
				TH_LOG("row %zu on %s", i, release[k]);
			}
		}
		EXPECT_EQ(-EFAULT, shim_ioctl(s, c, VFIO_IOMMU_MAP_DMA, NULL));
		shim_destroy(s);
	}
}

static uint32_t dma_avail(struct shim *s, int c)
{
	uint8_t buf[256];
	uint32_t avail;

	test_info(s, c, sizeof(buf), buf, sizeof(buf));
	memcpy(&avail, buf + 64, sizeof(avail));
	return avail;
}

TEST_F(dma, dma_avail_counts_down_and_up)
{
	uint64_t size = 4096;
	int c, g;

	self->h->dma_entry_limit = 2;
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	EXPECT_EQ(2, dma_avail(self->s, c));
	ASSERT_EQ(0, test_map(self->s, c, 0, 4096));
	ASSERT_EQ(0, test_map(self->s, c, 0x1000, 4096));
	EXPECT_EQ(0, dma_avail(self->s, c));
	EXPECT_EQ(-ENOSPC, test_map(self->s, c, 0x2000, 4096));
	EXPECT_EQ(-EEXIST, test_map(self->s, c, 0, 4096));
	ASSERT_EQ(0, test_unmap(self->s, c, 0, &size));
	EXPECT_EQ(1, dma_avail(self->s, c));
}

TEST_F(dma, unmap_v2_takes_whole_mappings)
{
	/* With [0x10000,0x11fff] and [0x20000,0x20fff] mapped anew for each row. */
	static const struct {
		uint64_t iova;
		uint64_t size;
		int err;
		uint64_t gone;
	} rows[] = {
		{ 0x10000, 0x2000, 0, 0x2000 },	 { 0, 0x100000, 0, 0x3000 },
		{ 0x11000, 0x1000, -EINVAL, 0 }, { 0x10000, 0x1000, -EINVAL, 0 },
		{ 0x8000, 0x9000, -EINVAL, 0 },	 { 0x30000, 0x1000, 0, 0 },
		{ 0x10001, 0x1000, -EINVAL, 0 }, { 0x10000, 0, -EINVAL, 0 },
		{ 0x10000, 0x1001, -EINVAL, 0 }, { 0x10000, UINT64_MAX - 0xfff, -EINVAL, 0 },
		{ 0x12000, 0xf000, 0, 0x1000 },
	};
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t size = rows[i].size, all = 0;
		struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u),
							.flags = VFIO_DMA_UNMAP_FLAG_ALL };

		test_map(self->s, c, 0x10000, 0x2000);
		test_map(self->s, c, 0x20000, 0x1000);
		EXPECT_EQ(rows[i].err, test_unmap(self->s, c, rows[i].iova, &size))
		{
			TH_LOG("row %zu", i);
		}
		if (!rows[i].err) {
			EXPECT_EQ(rows[i].gone, size);
		}
		EXPECT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u));
		all = u.size;
		EXPECT_EQ(0x3000 - (rows[i].err ? 0 : rows[i].gone), all);
	}
}

TEST_F(dma, unmap_v1_goes_by_the_first_address)
{
	static const struct {
		uint64_t iova;
		uint64_t size;
		uint64_t gone;
	} rows[] = {
		{ 0x11000, 0x1000, 0 },	     /* begins inside: nothing */
		{ 0x10000, 0x1000, 0x2000 }, /* covers the first: all of it */
		{ 0xf000, 0x2000, 0x2000 },
	};
	struct shim *s = self->s = model_new(self->h, NULL);
	int c = shim_open(s, "/dev/vfio/vfio", O_RDWR), g = test_open_group(s, 1);

	test_set_container(s, g, c);
	ASSERT_EQ(0, shim_ioctl_val(s, c, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t size = rows[i].size;

		test_map(s, c, 0x10000, 0x2000);
		EXPECT_EQ(0, test_unmap(s, c, rows[i].iova, &size));
		EXPECT_EQ(rows[i].gone, size);
	}
}

TEST_F(dma, unmap_flags)
{
	static const struct {
		uint32_t argsz;
		uint32_t flags;
		uint64_t iova;
		uint64_t size;
		int err;
	} rows[] = {
		{ 23, 0, 0, 4096, -EINVAL }, { 24, 8, 0, 4096, -EINVAL },
		{ 24, 3, 0, 0, -EINVAL },    { 24, 5, 0, 4096, -EINVAL },
		{ 24, 1, 0, 4096, -EINVAL }, { 24, 2, 4096, 0, -EINVAL },
		{ 24, 2, 0, 4096, -EINVAL }, { 24, 2, 0, 0, 0 },
	};
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vfio_iommu_type1_dma_unmap u = {
			.argsz = rows[i].argsz,
			.flags = rows[i].flags,
			.iova = rows[i].iova,
			.size = rows[i].size,
		};

		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u))
		{
			TH_LOG("row %zu", i);
		}
	}
}

/* Until 6.17 a mapping that ends with the address space cannot be unmapped. */
TEST_F(dma, last_page_of_the_address_space)
{
	static const char *const release[] = { "6.12.117", "7.3.4" };
	const uint64_t top = UINT64_MAX - 0xfff;

	self->h->iommus[0].type = HOST_IOMMU_AMD;
	for (int k = 0; k < 2; k++) {
		uint64_t size = 4096;
		struct shim *s;
		int c, g;

		self->h->features = host_features_default(release[k]);
		s = model_new(self->h, NULL);
		c = test_type1(s, 1, &g);
		ASSERT_EQ(0, test_map(s, c, top, 4096));
		EXPECT_EQ(0, test_unmap(s, c, top, &size));
		EXPECT_EQ(k ? 4096 : 0, size);
		shim_destroy(s);
	}
}

TEST_F(dma, vaddr_is_taken_away_and_given_back)
{
	struct vfio_iommu_type1_dma_unmap u = { .argsz = sizeof(u),
						.flags = VFIO_DMA_UNMAP_FLAG_VADDR,
						.size = 0x2000 };
	struct vfio_iommu_type1_dma_map m = { .argsz = sizeof(m),
					      .flags = VFIO_DMA_MAP_FLAG_VADDR,
					      .vaddr = 0x5000,
					      .size = 0x1000 };
	int c, g, g2;

	test_group(self->h, 2);
	test_device(self->h, "0000:00:06.0", 2, 0);
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	g2 = test_open_group(self->s, 2);
	ASSERT_EQ(0, test_map(self->s, c, 0, 0x1000));
	ASSERT_EQ(0, test_map(self->s, c, 0x1000, 0x1000));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u));
	EXPECT_EQ(0x2000, u.size);
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u));
	EXPECT_EQ(-EBUSY, test_set_container(self->s, g2, c));
	m.size = 0x2000;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_MAP_DMA, &m));
	m.size = 0x1000;
	EXPECT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_MAP_DMA, &m));
	m.iova = 0x1000;
	EXPECT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_MAP_DMA, &m));
	EXPECT_EQ(0, test_set_container(self->s, g2, c));
}

struct dirty_get {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
	struct uapi_bitmap bitmap;
};

TEST_F(dma, dirty_pages_checks_and_bits)
{
	static const struct {
		uint32_t argsz;
		uint32_t flags;
		int err;
	} rows[] = {
		{ 7, 1, -EINVAL }, { 8, 0, -EINVAL }, { 8, 3, -EINVAL }, { 8, 8, -EINVAL },
		{ 8, 4, -EINVAL }, { 8, 2, 0 },	      { 8, 1, 0 },	 { 8, 1, 0 },
	};
	const uint64_t behind = 1ull << 63;
	uint64_t bits[2] = { 1 | behind, UINT64_MAX };
	struct dirty_get get = {
		.argsz = sizeof(get),
		.flags = 4,
		.size = 0x40000,
		.bitmap = { .pgsize = 4096, .size = sizeof(bits), .data = (uintptr_t)bits },
	};
	struct dirty_get bad;
	int c, g;

	_Static_assert(sizeof(get) == 48, "dirty bitmap request");
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_EQ(0, test_map(self->s, c, 0x4000, 0x3000));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &get)); /* not started */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t d[2] = { rows[i].argsz, rows[i].flags };

		EXPECT_EQ(rows[i].err, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, d))
		{
			TH_LOG("row %zu", i);
		}
	}
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &get));
	EXPECT_EQ(1 | 7 << 4 | behind, bits[0]); /* the mapping begins in the word: it is kept */
	EXPECT_EQ(UINT64_MAX, bits[1]);		 /* no mapping there: not written */

	bad = get;
	bad.bitmap.pgsize = 8192;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &bad));
	bad = get;
	bad.bitmap.size = 0;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &bad));
	bad = get;
	bad.size = 0x5000; /* ends inside the mapping */
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &bad));
	bad = get;
	bad.iova = 0x800;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &bad));
}

/* The kernel keeps in its own bitmap what it took from the caller's first word. */
TEST_F(dma, dirty_bits_of_an_unaligned_report_are_told_again)
{
	uint32_t start[2] = { 8, 1 }, stop[2] = { 8, 2 };
	uint64_t bits = 0xa5a5;
	struct dirty_get get = {
		.argsz = sizeof(get),
		.flags = 4,
		.iova = 0x1ff000,
		.size = 0x2000,
		.bitmap = { .pgsize = 4096, .size = sizeof(bits), .data = (uintptr_t)&bits },
	};
	int c, g;

	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, start));
	ASSERT_EQ(0, test_map(self->s, c, 0x200000, 0x1000));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &get));
	EXPECT_EQ(0xa5a7, bits);
	get.iova = 0x200000;
	get.size = 0x1000;
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &get));
	EXPECT_EQ(0xa5a7, bits);
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, stop));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, start));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, &get));
	EXPECT_EQ(1, bits);
}

TEST_F(dma, unmap_reports_dirty_bits)
{
	struct {
		uint32_t argsz;
		uint32_t flags;
		uint64_t iova;
		uint64_t size;
		struct uapi_bitmap bitmap;
	} u = { .argsz = sizeof(u), .flags = 1, .iova = 0x4000, .size = 0x3000 };
	uint32_t start[2] = { 8, 1 };
	uint64_t bits = 0;
	int c, g;

	u.bitmap = (struct uapi_bitmap){ 4096, sizeof(bits), (uintptr_t)&bits };
	self->s = model_new(self->h, NULL);
	c = test_type1(self->s, 1, &g);
	ASSERT_EQ(0, test_map(self->s, c, 0x4000, 0x3000));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_DIRTY_PAGES, start));
	ASSERT_EQ(0, shim_ioctl(self->s, c, VFIO_IOMMU_UNMAP_DMA, &u));
	EXPECT_EQ(7, bits);
	EXPECT_EQ(0x3000, u.size);
}

TEST_F(dma, dirty_pages_of_v1_is_eacces)
{
	struct shim *s = self->s = model_new(self->h, NULL);
	uint32_t start[2] = { 8, 1 };
	int c = shim_open(s, "/dev/vfio/vfio", O_RDWR);

	test_set_container(s, test_open_group(s, 1), c);
	ASSERT_EQ(0, shim_ioctl_val(s, c, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU));
	EXPECT_EQ(-EACCES, shim_ioctl(s, c, VFIO_IOMMU_DIRTY_PAGES, start));
}

TEST_HARNESS_MAIN
