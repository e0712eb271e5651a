// SPDX-License-Identifier: GPL-2.0-or-later
/* Mappings: where they may lie, what unmapping takes, by each way to the IOMMU. */
#include <sys/mman.h>

#include "selftests/drivers/drivers.h"
#include "selftests/mocks/hosts.h"

RIG_FIXTURE(dma);
RIG_VARIANTS(dma);
/* VFIO's requests; iommufd's. */
RIG_FIXTURE(dma_container);
RIG_VARIANTS_GROUP(dma_container);
RIG_FIXTURE(dma_ioas);
RIG_VARIANT_IOMMUFD(dma_ioas);

static bool is_type1(const struct rig *r)
{
	return r->mode == RIG_TYPE1 || r->mode == RIG_TYPE1V2;
}

/* What an end past 2^64 is. */
static int overflow(const struct rig *r)
{
	return is_type1(r) && !RIG_HAS(r, MAP_EOVERFLOW) ? -EINVAL : -EOVERFLOW;
}

/* Maps and unmaps one page. */
static int touch(struct rig *r, uint64_t iova, uint64_t page)
{
	uint64_t size = page;
	int err = rig_map(r, iova, 0, page);

	if (err)
		return err;
	err = rig_unmap(r, iova, &size);
	return err ? err : size == page ? 0 : -EPROTO;
}

/* A fixed address is taken exactly where the whole mapping lies in one range. */
TEST_F(dma, edges_of_every_range)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	uint64_t page;
	int n;

	RIG_ATTACH(r);
	page = rig_page(r);
	n = rig_ranges(r, v, RIG_RANGES);
	ASSERT_LE(1, n);
	for (int i = 0; i < n; i++) {
		uint64_t first = (v[i].start + page - 1) / page * page;
		/* One more than the last mappable byte; 0 stands for 2^64. */
		uint64_t end = (v[i].last + 1) / page * page;
		bool top = v[i].last == UINT64_MAX;

		if (!top && (end <= first || end - first < page))
			continue; /* too small to hold a page */
		EXPECT_EQ(0, touch(r, first, page))
		{
			TH_LOG("first page of range %d: 0x%" PRIx64, i, first);
		}
		/* Before 6.18 what ends at 2^64 can be mapped by type1, and never unmapped. */
		if (!top || !is_type1(r) || RIG_HAS(r, MAP_EOVERFLOW)) {
			EXPECT_EQ(0, touch(r, end - page, page))
			{
				TH_LOG("last page of range %d: 0x%" PRIx64, i, end - page);
			}
		}
		EXPECT_EQ(top ? overflow(r) : -EINVAL, rig_map(r, end - page, 0, 2 * page))
		{
			TH_LOG("across the end of range %d: 0x%" PRIx64, i, end - page);
		}
		if (!top) {
			EXPECT_EQ(-EINVAL, rig_map(r, end, 0, page))
			{
				TH_LOG("behind range %d: 0x%" PRIx64, i, end);
			}
		}
		if (first >= page) {
			EXPECT_EQ(-EINVAL, rig_map(r, first - page, 0, page));
			EXPECT_EQ(-EINVAL, rig_map(r, first - page, 0, 2 * page));
		}
	}
	if (v[n - 1].last != UINT64_MAX) {
		EXPECT_EQ(-EINVAL, rig_map(r, -page, 0, page));
	}
}

TEST_F(dma, overlap_is_eexist)
{
	struct rig *r = &self->rig;
	uint64_t page, at, size;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	ASSERT_NE(0, at);
	ASSERT_EQ(0, rig_map(r, at, 0, 2 * page));
	EXPECT_EQ(-EEXIST, rig_map(r, at, 0, 2 * page));
	EXPECT_EQ(-EEXIST, rig_map(r, at, 0, page));
	EXPECT_EQ(-EEXIST, rig_map(r, at + page, 0, page));
	EXPECT_EQ(-EEXIST, rig_map(r, at + page, 0, 2 * page));
	EXPECT_EQ(-EEXIST, rig_map(r, at - page, 0, 2 * page));
	EXPECT_EQ(-EEXIST, rig_map(r, at - page, 0, 4 * page));
	/* The neighbours are free, and the same memory may be mapped twice. */
	EXPECT_EQ(0, rig_map(r, at - page, 0, page));
	EXPECT_EQ(0, rig_map(r, at + 2 * page, 0, page));
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(4 * page, size);
}

TEST_F(dma, unmap_what_was_mapped)
{
	struct rig *r = &self->rig;
	uint64_t page, at, size;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	ASSERT_EQ(0, rig_map(r, at, 0, 3 * page));
	size = 3 * page;
	EXPECT_EQ(0, rig_unmap(r, at, &size));
	EXPECT_EQ(3 * page, size);
	/* Two with a gap between them go with one request. */
	ASSERT_EQ(0, rig_map(r, at, 0, page));
	ASSERT_EQ(0, rig_map(r, at + 2 * page, 0, page));
	size = 3 * page;
	EXPECT_EQ(0, rig_unmap(r, at, &size));
	EXPECT_EQ(2 * page, size);
	/* More than there is around it is no cut. */
	ASSERT_EQ(0, rig_map(r, at, 0, page));
	size = 3 * page;
	EXPECT_EQ(0, rig_unmap(r, at - page, &size));
	EXPECT_EQ(page, size);
}

TEST_F(dma, unmap_where_nothing_is)
{
	struct rig *r = &self->rig;
	uint64_t page, size;

	RIG_ATTACH(r);
	page = size = rig_page(r);
	EXPECT_EQ(r->mode == RIG_IOMMUFD ? -ENOENT : 0, rig_unmap(r, rig_iova(r), &size));
	if (r->mode != RIG_IOMMUFD) {
		EXPECT_EQ(0, size);
	}
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(0, size);
	size = 0;
	EXPECT_EQ(-EINVAL, rig_unmap(r, rig_iova(r), &size));
	size = page * 2;
	EXPECT_EQ(r->mode == RIG_IOMMUFD || r->mode == RIG_COMPAT ? -EOVERFLOW : overflow(r),
		  rig_unmap(r, -page, &size));
}

/* A request that would cut a mapping: v1 takes it whole or leaves it, the others refuse. */
TEST_F(dma, unmap_a_part)
{
	struct rig *r = &self->rig;
	const bool v1 = r->mode == RIG_TYPE1;
	const int err = v1 ? 0 : is_type1(r) ? -EINVAL : -ENOENT;
	uint64_t page, at, size;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	ASSERT_EQ(0, rig_map(r, at, 0, 3 * page));
	size = page;
	EXPECT_EQ(err, rig_unmap(r, at + page, &size)); /* its middle */
	if (v1) {
		EXPECT_EQ(0, size);
	}
	size = 2 * page;
	EXPECT_EQ(err, rig_unmap(r, at + page, &size)); /* up to its end */
	size = page;
	EXPECT_EQ(err, rig_unmap(r, at, &size)); /* its beginning */
	if (v1) {
		EXPECT_EQ(3 * page, size);
		return;
	}
	size = 3 * page;
	EXPECT_EQ(0, rig_unmap(r, at, &size));
	EXPECT_EQ(3 * page, size);
}

TEST_F(dma, addresses_and_sizes_are_pages)
{
	struct rig *r = &self->rig;
	uint64_t page, at, size;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	EXPECT_EQ(-EINVAL, rig_map(r, at, 0, 0));
	EXPECT_EQ(-EINVAL, rig_map(r, at + 1, 0, page));
	EXPECT_EQ(-EINVAL, rig_map(r, at, 1, page));
	EXPECT_EQ(-EINVAL, rig_map(r, at, 0, page + 1));
	EXPECT_EQ(-EINVAL, rig_map(r, at, 0, page / 2));
	EXPECT_EQ(overflow(r), rig_map(r, -page, 0, 2 * page));
	EXPECT_EQ(overflow(r), rig_map(r, at, -page - (uintptr_t)r->mem, 2 * page));
	/* None of them left anything. */
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(0, size);
	if (is_type1(r)) {
		size = page + 1;
		EXPECT_EQ(-EINVAL, rig_unmap(r, at, &size));
		size = page;
		EXPECT_EQ(-EINVAL, rig_unmap(r, at + 1, &size));
	}
}

static int map_raw(struct rig *r, uint32_t argsz, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = argsz,
		.flags = flags,
		.vaddr = (uintptr_t)r->mem,
		.iova = rig_iova(r),
		.size = rig_page(r),
	};

	return shim_ioctl(r->s, r->container, VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap_raw(struct rig *r, uint32_t argsz, uint32_t flags, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap u = {
		.argsz = argsz,
		.flags = flags,
		.iova = iova,
		.size = size,
	};

	return shim_ioctl(r->s, r->container, VFIO_IOMMU_UNMAP_DMA, &u);
}

TEST_F(dma_container, map_arguments)
{
	struct rig *r = &self->rig;
	const uint32_t rw = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	char cap[64];
	uint64_t size;

	RIG_ATTACH(r);
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->container, VFIO_IOMMU_MAP_DMA, 0));
	EXPECT_EQ(-EINVAL, map_raw(r, 0, rw));
	EXPECT_EQ(-EINVAL, map_raw(r, 31, rw));
	EXPECT_EQ(-EINVAL, map_raw(r, 32, rw | 1u << 3));
	EXPECT_EQ(-EINVAL, map_raw(r, 32, rw | 1u << 31));
	EXPECT_EQ(-EINVAL, map_raw(r, 32, rw | VFIO_DMA_MAP_FLAG_VADDR));
	/* type1 asks for an access; the compat layer leaves it to the page table, and VT-d's does. */
	if (r->mode != RIG_COMPAT ||
	    (rig_attr(r, "iommu/intel-iommu/cap", cap, sizeof(cap)) && !rig_warns_of_mute(r))) {
		EXPECT_EQ(-EINVAL, map_raw(r, 32, 0));
	}
	EXPECT_EQ(0, map_raw(r, 4096, VFIO_DMA_MAP_FLAG_READ));
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(0, map_raw(r, UINT32_MAX, VFIO_DMA_MAP_FLAG_WRITE));
}

TEST_F(dma_container, unmap_arguments)
{
	struct rig *r = &self->rig;
	const uint32_t all = VFIO_DMA_UNMAP_FLAG_ALL;
	uint64_t page, at;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	EXPECT_EQ(-EFAULT, shim_ioctl_val(r->s, r->container, VFIO_IOMMU_UNMAP_DMA, 0));
	EXPECT_EQ(-EINVAL, unmap_raw(r, 23, 0, at, page));
	EXPECT_EQ(-EINVAL, unmap_raw(r, 24, 1u << 3, at, page));
	EXPECT_EQ(-EINVAL, unmap_raw(r, 24, all, at, 0));
	EXPECT_EQ(-EINVAL, unmap_raw(r, 24, all, 0, page));
	EXPECT_EQ(-EINVAL, unmap_raw(r, 24, VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, at, page));
	EXPECT_EQ(0, unmap_raw(r, 24, all, 0, 0));
}

TEST_F(dma_ioas, map_arguments)
{
	struct rig *r = &self->rig;
	const uint32_t fixed = IOMMU_IOAS_MAP_FIXED_IOVA, rd = IOMMU_IOAS_MAP_READABLE;
	uint64_t page, at;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	const struct {
		struct iommu_ioas_map m;
		int err;
	} rows[] = {
		{ { .flags = fixed | rd | 8 }, -EOPNOTSUPP },
		{ { .flags = fixed | rd, .__reserved = 1 }, -EOPNOTSUPP },
		{ { .flags = fixed }, -EINVAL },
		{ { .flags = fixed | rd, .ioas_id = 77 }, -ENOENT },
		{ { .flags = fixed | rd, .ioas_id = r->devid }, -ENOENT },
		{ { .flags = fixed | rd, .length = UINT64_MAX }, -EOVERFLOW },
		{ { .flags = fixed | rd, .iova = UINT64_MAX }, -EOVERFLOW },
		{ { .flags = fixed | rd }, 0 },
		{ { .flags = fixed | rd }, -EEXIST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iommu_ioas_map m = rows[i].m;

		m.size = sizeof(m);
		m.ioas_id = m.ioas_id ? m.ioas_id : r->ioas;
		m.user_va = (uintptr_t)r->mem;
		m.length = m.length ? m.length : page;
		m.iova = m.iova ? m.iova : at;
		EXPECT_EQ(rows[i].err, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_MAP, &m))
		{
			TH_LOG("row %zu", i);
		}
	}
}

/* Without a fixed address the kernel looks for one, in the ranges. */
TEST_F(dma_ioas, map_finds_an_address)
{
	struct rig *r = &self->rig;
	struct host_range v[RIG_RANGES];
	bool inside = false;
	int n;

	RIG_ATTACH(r);
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.ioas_id = r->ioas,
		.user_va = (uintptr_t)r->mem,
		.length = 2 * rig_page(r),
	};
	ASSERT_EQ(0, shim_ioctl(r->s, r->iommufd, IOMMU_IOAS_MAP, &m));
	n = rig_ranges(r, v, RIG_RANGES);
	for (int i = 0; i < n; i++)
		inside |= m.iova >= v[i].start && m.iova + m.length - 1 <= v[i].last;
	EXPECT_TRUE(inside);
	EXPECT_LE(rig_page(r), m.iova);
	EXPECT_EQ(0, m.iova % rig_page(r));
}

TEST_F(dma, memory_that_is_not_there)
{
	struct rig *r = &self->rig;
	uint64_t size, page;

	if (r->model)
		SKIP(return, "the model pins nothing");
	RIG_ATTACH(r);
	page = rig_page(r);
	ASSERT_EQ(0, mprotect(r->mem + page, page, PROT_NONE));
	EXPECT_EQ(-EFAULT, rig_map(r, rig_iova(r), page, page));
	EXPECT_EQ(-EFAULT, rig_map(r, rig_iova(r), 0, 3 * page));
	/* What was pinned before the fault is free again. */
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(0, size);
	EXPECT_EQ(0, rig_map(r, rig_iova(r), 0, page));
}

TEST_F(dma, many_mappings)
{
	struct rig *r = &self->rig;
	uint64_t page, at, size;

	RIG_ATTACH(r);
	page = rig_page(r);
	at = rig_iova(r);
	for (uint64_t i = 0; i < 15; i++) {
		ASSERT_EQ(0, rig_map(r, at + 2 * i * page, i * page, page));
	}
	for (uint64_t i = 0; i < 15; i++) {
		EXPECT_EQ(-EEXIST, rig_map(r, at + 2 * i * page, 0, page));
	}
	EXPECT_EQ(0, rig_unmap_all(r, &size));
	EXPECT_EQ(15 * page, size);
}

TEST_HARNESS_MAIN
