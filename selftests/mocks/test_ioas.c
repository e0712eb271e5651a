// SPDX-License-Identifier: GPL-2.0-or-later
/* IO address spaces: ranges, allowed ranges, mapping, copying, unmapping. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(ioas)
{
	struct host *h;
	struct shim *s;
	int fd;
	int d;
	uint32_t dev;
	uint32_t ioas;
};

FIXTURE_SETUP(ioas)
{
	struct host_spec spec = { .release = "7.3.4" };

	self->h = test_host(&spec);
	self->s = model_new(self->h, &uapi_mem_checked);
	self->fd = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->d = test_open_cdev(self->s, "vfio0");
	self->dev = (uint32_t)test_bind(self->s, self->d, self->fd);
	self->ioas = (uint32_t)test_ioas(self->s, self->fd);
}

FIXTURE_TEARDOWN(ioas)
{
	shim_destroy(self->s);
	host_free(self->h);
}

TEST_F(ioas, alloc_flags)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a), .flags = 1 };

	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_IOAS_ALLOC, &a));
}

TEST_F(ioas, ranges_before_with_and_after_a_device)
{
	struct host_range r[4];
	uint64_t align;

	ASSERT_EQ(1, test_ioas_ranges(self->s, self->fd, self->ioas, r, 4, &align));
	EXPECT_EQ(UINT64_MAX, r[0].last);
	EXPECT_EQ(1, align);

	ASSERT_EQ(3, test_attach(self->s, self->d, self->ioas));
	ASSERT_EQ(2, test_ioas_ranges(self->s, self->fd, self->ioas, r, 4, &align));
	EXPECT_EQ(MSI_FIRST - 1, r[0].last);
	EXPECT_EQ(MSI_LAST + 1, r[1].start);
	EXPECT_EQ(LAST(39), r[1].last);
	EXPECT_EQ(4096, align);

	test_detach(self->s, self->d);
	ASSERT_EQ(1, test_ioas_ranges(self->s, self->fd, self->ioas, r, 4, &align));
	EXPECT_EQ(UINT64_MAX, r[0].last);
	EXPECT_EQ(1, align);

	/* A table that nobody is on has the aperture and no device's regions. */
	ASSERT_EQ(3, test_hwpt(self->s, self->fd, 0, self->dev, self->ioas));
	ASSERT_EQ(1, test_ioas_ranges(self->s, self->fd, self->ioas, r, 4, &align));
	EXPECT_EQ(LAST(39), r[0].last);
	EXPECT_EQ(4096, align);
}

TEST_F(ioas, too_small_an_array_is_filled_and_counted)
{
	struct iommu_iova_range r[4];
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .ioas_id = self->ioas };

	test_attach(self->s, self->d, self->ioas);
	EXPECT_EQ(-EMSGSIZE, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(2, q.num_iovas);
	memset(r, 0xa5, sizeof(r));
	q.num_iovas = 1;
	q.allowed_iovas = (uintptr_t)r;
	EXPECT_EQ(-EMSGSIZE, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(2, q.num_iovas);
	EXPECT_EQ(4096, q.out_iova_alignment);
	EXPECT_EQ(MSI_FIRST - 1, r[0].last);
	EXPECT_EQ(0xa5a5a5a5a5a5a5a5ull, r[1].start);
	q.num_iovas = 4;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(2, q.num_iovas);
	EXPECT_EQ(0xa5a5a5a5a5a5a5a5ull, r[2].start);

	q.__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	q.__reserved = 0;
	q.ioas_id = self->dev;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
}

TEST_F(ioas, fault_in_the_array_leaves_the_structure_alone)
{
	uint8_t *page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q), .ioas_id = self->ioas };

	ASSERT_FALSE(page == MAP_FAILED);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	test_attach(self->s, self->d, self->ioas);
	q.num_iovas = 2;
	q.allowed_iovas = (uintptr_t)page + 4096 - 16;
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(0, q.out_iova_alignment);
	EXPECT_NE(0, page[4096 - 8]); /* the first range had been written */
	munmap(page, 8192);
}

TEST_F(ioas, everything_reserved_is_no_range_and_no_error)
{
	struct host_range r[2];
	struct shim *s;
	int fd;

	shim_destroy(self->s);
	self->s = NULL;
	test_region(&self->h->groups[0], 0, UINT64_MAX, HOST_REGION_RESERVED);
	s = model_new(self->h, NULL);
	fd = shim_open(s, "/dev/iommu", O_RDWR);
	test_bind(s, test_open_cdev(s, "vfio0"), fd);
	ASSERT_EQ(2, test_ioas(s, fd));
	ASSERT_EQ(3, test_attach(s, 4, 2));
	EXPECT_EQ(0, test_ioas_ranges(s, fd, 2, r, 2, NULL));
	EXPECT_EQ(0, test_ioas_ranges(s, fd, 2, NULL, 0, NULL));
	shim_destroy(s);
}

static int allow(struct shim *s, int fd, uint32_t ioas, const struct iommu_iova_range *r,
		 uint32_t n)
{
	struct iommu_ioas_allow_iovas a = {
		.size = sizeof(a), .ioas_id = ioas, .num_iovas = n, .allowed_iovas = (uintptr_t)r
	};

	return shim_ioctl(s, fd, IOMMU_IOAS_ALLOW_IOVAS, &a);
}

TEST_F(ioas, allow_iovas)
{
	static const struct {
		struct iommu_iova_range r[2];
		uint32_t n;
		int err;
	} rows[] = {
		{ { { 0x1000, 0x1000 } }, 1, -EINVAL }, /* one byte is not enough */
		{ { { 0x2000, 0x1000 } }, 1, -EINVAL },
		{ { { 0x1000, 0x2fff }, { 0x2000, 0x3fff } }, 2, -EINVAL },
		{ { { MSI_FIRST - 1, MSI_FIRST } }, 1, -EADDRINUSE },
		{ { { 0x1000, 0x1fff }, { 0x100000, 0x1fffff } }, 2, 0 },
		{ { { 0 } }, 0, 0 },
	};
	struct host_range r[4];

	test_attach(self->s, self->d, self->ioas);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].err, allow(self->s, self->fd, self->ioas, rows[i].r, rows[i].n))
		{
			TH_LOG("row %zu", i);
		}
		/* It does not show in the ranges. */
		EXPECT_EQ(2, test_ioas_ranges(self->s, self->fd, self->ioas, r, 4, NULL));
	}
	EXPECT_EQ(-ENOENT, allow(self->s, self->fd, 77, NULL, 0));
	EXPECT_EQ(-EFAULT, allow(self->s, self->fd, self->ioas, NULL, UINT32_MAX));
}

TEST_F(ioas, what_is_allowed_keeps_devices_out)
{
	struct iommu_iova_range beyond = { LAST(39) + 1, LAST(40) }, msi = { MSI_FIRST, MSI_LAST };

	ASSERT_EQ(0, allow(self->s, self->fd, self->ioas, &beyond, 1));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, self->ioas));
	EXPECT_EQ(-EADDRINUSE, test_hwpt(self->s, self->fd, 0, self->dev, self->ioas));
	ASSERT_EQ(0, allow(self->s, self->fd, self->ioas, &msi, 1));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, self->ioas));
	EXPECT_EQ(3, test_hwpt(self->s, self->fd, 0, self->dev, self->ioas));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, 3));
}

TEST_F(ioas, what_is_mapped_keeps_devices_out)
{
	uint64_t len = 4096;

	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, self->ioas, 1ull << 39, 4096));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, self->ioas));
	ASSERT_EQ(0, test_ioas_unmap(self->s, self->fd, self->ioas, 1ull << 39, &len));
	/* Byte-granular maps were fine while there was no page table. */
	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, self->ioas, 3, 5));
	EXPECT_EQ(-EADDRINUSE, test_attach(self->s, self->d, self->ioas));
	len = 5;
	ASSERT_EQ(0, test_ioas_unmap(self->s, self->fd, self->ioas, 3, &len));
	EXPECT_EQ(3, test_attach(self->s, self->d, self->ioas));
}

static int map(struct shim *s, int fd, uint32_t ioas, uint32_t flags, uint64_t va, uint64_t len,
	       uint64_t *iova)
{
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = flags,
		.ioas_id = ioas,
		.user_va = va,
		.length = len,
		.iova = *iova,
	};
	int err = shim_ioctl(s, fd, IOMMU_IOAS_MAP, &m);

	*iova = m.iova;
	return err;
}

TEST_F(ioas, map_checks_in_order)
{
	const struct {
		uint32_t flags;
		uint32_t ioas;
		uint64_t va;
		uint64_t len;
		uint64_t iova;
		int err;
	} rows[] = {
		{ 8, self->ioas, 0x1000, 4096, 0x1000, -EOPNOTSUPP },
		{ 7, self->ioas, 0x1000, UINT64_MAX, 0, -EOVERFLOW },
		{ 7, self->ioas, 0x1000, 4096, UINT64_MAX, -EOVERFLOW },
		{ 1, self->ioas, 0x1000, 4096, 0x1000, -EINVAL },
		{ 7, 77, 0x1000, 4096, 0x1000, -ENOENT },
		{ 7, self->dev, 0x1000, 4096, 0x1000, -ENOENT },
		{ 7, self->ioas, 0x1000, 0, 0x1000, -EINVAL },
		{ 7, self->ioas, UINT64_MAX - 0xfff, 0x2000, 0x1000, -EOVERFLOW },
		{ 7, self->ioas, 0x1000, 100, 0x1000, -EINVAL },
		{ 7, self->ioas, 0x1000, 4096, 0x1001, -EINVAL },
		{ 7, self->ioas, 0x1001, 4096, 0x1000, -EINVAL },
		{ 7, self->ioas, 0x1000, 0x2000, UINT64_MAX - 0xfff, -EOVERFLOW },
		{ 7, self->ioas, 0x1000, 4096, MSI_FIRST, -EINVAL },
		{ 7, self->ioas, 0x1000, 8192, LAST(39) - 4095, -EINVAL },
		{ 7, self->ioas, 0x1000, 4096, LAST(39) - 4095, 0 },
		{ 7, self->ioas, 0x1000, 8192, 0x1000, 0 },
		{ 7, self->ioas, 0x1000, 4096, 0x2000, -EEXIST },
	};

	test_attach(self->s, self->d, self->ioas);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t iova = rows[i].iova;

		EXPECT_EQ(rows[i].err, map(self->s, self->fd, rows[i].ioas, rows[i].flags,
					   rows[i].va, rows[i].len, &iova))
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST_F(ioas, automatic_address_is_the_lowest_that_fits)
{
	const struct iommu_iova_range allowed[2] = { { 0x10000, 0x1ffff }, { 0x400000, 0x7fffff } };
	const struct {
		uint64_t va;
		uint64_t len;
		int err;
		uint64_t iova;
	} rows[] = {
		{ 0x1000, 0x1000, 0, 0x1000 }, /* never page 0 */
		{ 0x1000, 0x2000, 0, 0x2000 }, /* aligned as its address is */
		{ 0x200000, 0x2000, 0, 0x4000 },	 { 0x200000, 0x200000, 0, 0x200000 },
		{ 0x40000000, 0x40000000, 0, 0x400000 }, /* to 2M at most */
		{ 0x1000, 1ull << 63, -EOVERFLOW, 0 },	 { 0x1000, 1ull << 40, -ENOSPC, 0 },
	};
	uint64_t iova = 0, all = UINT64_MAX;

	test_attach(self->s, self->d, self->ioas);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].err,
			  map(self->s, self->fd, self->ioas, 6, rows[i].va, rows[i].len, &iova))
		{
			TH_LOG("row %zu", i);
		}
		if (!rows[i].err) {
			EXPECT_EQ(rows[i].iova, iova)
			{
				TH_LOG("row %zu", i);
			}
		}
	}
	test_ioas_unmap(self->s, self->fd, self->ioas, 0, &all);
	ASSERT_EQ(0, allow(self->s, self->fd, self->ioas, allowed, 2));
	EXPECT_EQ(0, map(self->s, self->fd, self->ioas, 6, 0x1000, 0x10000, &iova));
	EXPECT_EQ(0x10000, iova);
	EXPECT_EQ(0, map(self->s, self->fd, self->ioas, 6, 0x1000, 0x1000, &iova));
	EXPECT_EQ(0x400000, iova);
	EXPECT_EQ(-ENOSPC, map(self->s, self->fd, self->ioas, 6, 0x1000, 0x400000, &iova));
}

TEST_F(ioas, unmap_takes_whole_mappings)
{
	/* With [0x10000,0x11fff] and [0x20000,0x20fff] mapped anew for each row. */
	static const struct {
		uint64_t iova;
		uint64_t len;
		int err;
		uint64_t gone; /* what is missing afterwards */
	} rows[] = {
		{ 0x10000, 0x2000, 0, 0x2000 },
		{ 0, 0x100000, 0, 0x3000 },
		{ 0x10000, 0x1000, -ENOENT, 0 },
		{ 0x11000, 0x1000, -ENOENT, 0 },
		{ 0x30000, 0x1000, -ENOENT, 0 },
		{ 0x10000, 0, -EINVAL, 0 },
		{ UINT64_MAX, 1, -EOVERFLOW, 0 },
		{ 1, UINT64_MAX, -EOVERFLOW, 0 },
		{ 0x10000, UINT64_MAX - 1, -EOVERFLOW, 0 },
		{ 0x10000, 0x10800, -ENOENT, 0x2000 }, /* cut at its end: the first is gone */
		{ 0, UINT64_MAX, 0, 0x3000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t len = rows[i].len, rest = UINT64_MAX;

		test_ioas_map(self->s, self->fd, self->ioas, 0x10000, 0x2000);
		test_ioas_map(self->s, self->fd, self->ioas, 0x20000, 0x1000);
		EXPECT_EQ(rows[i].err,
			  test_ioas_unmap(self->s, self->fd, self->ioas, rows[i].iova, &len))
		{
			TH_LOG("row %zu", i);
		}
		EXPECT_EQ(rows[i].err ? rows[i].len : rows[i].gone, len);
		EXPECT_EQ(0, test_ioas_unmap(self->s, self->fd, self->ioas, 0, &rest));
		EXPECT_EQ(0x3000 - rows[i].gone, rest)
		{
			TH_LOG("row %zu", i);
		}
	}
}

static int copy(struct shim *s, int fd, uint32_t flags, uint32_t dst, uint32_t src, uint64_t len,
		uint64_t to, uint64_t from)
{
	struct iommu_ioas_copy c = {
		.size = sizeof(c),
		.flags = flags,
		.dst_ioas_id = dst,
		.src_ioas_id = src,
		.length = len,
		.dst_iova = to,
		.src_iova = from,
	};

	return shim_ioctl(s, fd, IOMMU_IOAS_COPY, &c);
}

TEST_F(ioas, copy_between_and_within)
{
	uint32_t dst = (uint32_t)test_ioas(self->s, self->fd), src = self->ioas;
	uint64_t iova = 0x3000, len;
	const struct {
		uint32_t flags;
		uint32_t dst;
		uint32_t src;
		uint64_t len;
		uint64_t to;
		uint64_t from;
		int err;
	} rows[] = {
		{ 8, dst, src, 4096, 0, 0x1000, -EOPNOTSUPP },
		{ 7, dst, src, UINT64_MAX, 0, 0x1000, -EOVERFLOW },
		{ 7, dst, src, 4096, UINT64_MAX, 0x1000, -EOVERFLOW },
		{ 1, dst, src, 4096, 0, 0x1000, -EINVAL },
		{ 7, dst, 77, 4096, 0, 0x1000, -ENOENT },
		{ 7, 77, src, 4096, 0, 0x1000, -ENOENT },
		{ 7, dst, src, 0, 0, 0x1000, -EINVAL },
		{ 7, dst, src, 0x2000, 0, 0, -ENOENT },	     /* begins before what is mapped */
		{ 5, dst, src, 0x4000, 0, 0x1000, -ENOENT }, /* ends behind it */
		{ 7, dst, src, 0x3000, 0, 0x1000, -EPERM },  /* the second is read-only */
		{ 5, dst, src, 0x3000, 0x100, 0x1000, 0 },
		{ 5, dst, src, 0x1000, 0x100, 0x1000, -EEXIST },
		{ 5, src, src, 0x1000, 0x10000, 0x2800, 0 }, /* across the seam */
	};

	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, src, 0x1000, 0x2000));
	ASSERT_EQ(0, map(self->s, self->fd, src, 5, 0x50000, 0x1000, &iova));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].err, copy(self->s, self->fd, rows[i].flags, rows[i].dst,
					    rows[i].src, rows[i].len, rows[i].to, rows[i].from))
		{
			TH_LOG("row %zu", i);
		}
	}
	len = UINT64_MAX;
	ASSERT_EQ(0, test_ioas_unmap(self->s, self->fd, dst, 0, &len));
	EXPECT_EQ(0x3000, len);
}

TEST_F(ioas, map_file_and_change_process)
{
	struct uapi_ioas_map_file m = {
		.size = sizeof(m), .flags = 7, .ioas_id = self->ioas, .fd = 99, .length = 4096
	};
	struct uapi_ioas_change_process p = { .size = sizeof(p) };

	EXPECT_EQ(-EBADF, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	m.fd = shim_open(self->s, "/proc/cmdline", O_RDONLY);
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	EXPECT_EQ(-EEXIST, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	m.length = 0;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	m.length = 8192;
	m.start = UINT64_MAX - 4095;
	EXPECT_EQ(-EOVERFLOW, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	m.flags = 8;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_IOAS_MAP_FILE, &m));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, UAPI_IOAS_CHANGE_PROCESS, &p));
	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, self->ioas, 0x10000, 4096));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, UAPI_IOAS_CHANGE_PROCESS, &p));
	p.reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_IOAS_CHANGE_PROCESS, &p));
}

TEST_HARNESS_MAIN
