// SPDX-License-Identifier: GPL-2.0-or-later
/* The mock devices of a kernel with CONFIG_IOMMUFD_TEST, where they were asked for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

#define START	     0x1000000ull /* of a mock device's aperture */
#define CHECK_MAP    3u
#define CHECK_REFS   4u
#define NOT_MODELLED 5u

FIXTURE(mock)
{
	struct host *h;
	struct shim *s;
	int fd;
	uint32_t ioas;
	uint8_t *mem; /* four pages */
};

FIXTURE_SETUP(mock)
{
	struct host_spec spec = { .release = "7.3.4" };

	self->h = test_host(&spec);
	self->s = model_new(self->h, &uapi_mem_checked);
	model_set_mock_devices(self->s);
	self->fd = shim_open(self->s, "/dev/iommu", O_RDWR);
	self->ioas = (uint32_t)test_ioas(self->s, self->fd);
	self->mem =
		mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(self->mem != MAP_FAILED);
}

FIXTURE_TEARDOWN(mock)
{
	struct model_stats st;

	EXPECT_EQ(0, shim_close(self->s, self->fd));
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.objects + st.iommufds + st.mappings + st.fds);
	munmap(self->mem, 4 * 4096);
	shim_destroy(self->s);
	host_free(self->h);
}

static int op(struct shim *s, int fd, struct uapi_iommufd_test *t, uint32_t nr, uint32_t id)
{
	t->size = sizeof(*t);
	t->op = nr;
	t->id = id;
	return shim_ioctl(s, fd, UAPI_IOMMUFD_TEST, t);
}

/* 64-bit words of an operation whose layout is not among those in uapi_compat.h. */
static int words(struct shim *s, int fd, uint32_t nr, uint32_t id, uint64_t a, uint64_t b,
		 uint64_t c)
{
	const uint64_t w[3] = { a, b, c };
	struct uapi_iommufd_test t = { 0 };

	memcpy((uint8_t *)&t + offsetof(struct uapi_iommufd_test, mock_domain), w, sizeof(w));
	return op(s, fd, &t, nr, id);
}

static int destroy(struct shim *s, int fd, uint32_t id)
{
	struct iommu_destroy d = { .size = sizeof(d), .id = id };

	return shim_ioctl(s, fd, IOMMU_DESTROY, &d);
}

TEST_F(mock, only_where_asked_for)
{
	struct shim *plain = model_new(self->h, &uapi_mem_checked);
	int fd = shim_open(plain, "/dev/iommu", O_RDWR);
	struct uapi_iommufd_test t = { 0 };

	EXPECT_EQ(-ENOTTY, op(plain, fd, &t, UAPI_TEST_MOCK_DOMAIN_FLAGS, 1));
	shim_destroy(plain);
}

TEST_F(mock, lives_as_long_as_the_tests_object)
{
	struct uapi_iommufd_test t = { 0 };

	EXPECT_EQ(-ENOENT, op(self->s, self->fd, &t, UAPI_TEST_MOCK_DOMAIN_FLAGS, 77));
	ASSERT_EQ(0, op(self->s, self->fd, &t, UAPI_TEST_MOCK_DOMAIN_FLAGS, self->ioas));
	/* What is used cannot be destroyed, in the order from the ground up. */
	EXPECT_EQ(-EBUSY, destroy(self->s, self->fd, self->ioas));
	EXPECT_EQ(-EBUSY, destroy(self->s, self->fd, t.mock_domain.out_hwpt_id));
	EXPECT_EQ(-EBUSY, destroy(self->s, self->fd, t.mock_domain.out_idev_id));
	EXPECT_EQ(0, destroy(self->s, self->fd, t.mock_domain.out_stdev_id));
	EXPECT_EQ(-ENOENT, destroy(self->s, self->fd, t.mock_domain.out_idev_id));
	EXPECT_EQ(0, destroy(self->s, self->fd, self->ioas));
}

TEST_F(mock, has_its_own_aperture_and_registers)
{
	struct uapi_iommufd_test t = { 0 };
	struct iommu_iova_range r = { 0 };
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q),
					    .ioas_id = self->ioas,
					    .num_iovas = 1,
					    .allowed_iovas = (uintptr_t)&r };
	uint32_t reg[2] = { 0 };
	struct iommu_hw_info hw = { .size = sizeof(hw),
				    .data_len = sizeof(reg),
				    .data_uptr = (uintptr_t)reg };

	ASSERT_EQ(0, op(self->s, self->fd, &t, UAPI_TEST_MOCK_DOMAIN_FLAGS, self->ioas));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_IOVA_RANGES, &q));
	EXPECT_EQ(1, q.num_iovas);
	EXPECT_EQ(START, r.start);
	EXPECT_EQ(0x7fffffff, r.last);
	EXPECT_EQ(2048, q.out_iova_alignment);
	hw.dev_id = t.mock_domain.out_idev_id;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_GET_HW_INFO, &hw));
	EXPECT_EQ(UAPI_TEST_HW_INFO_TYPE, hw.out_data_type);
	EXPECT_EQ(0xdeadbeef, reg[1]);
}

TEST_F(mock, tells_what_is_mapped_and_pinned)
{
	struct uapi_iommufd_test t = { 0 };
	uint64_t va = (uintptr_t)self->mem;
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.ioas_id = self->ioas,
		.user_va = va,
		.length = 8192,
		.iova = START,
	};
	struct iommu_ioas_copy c = {
		.size = sizeof(c),
		.flags = m.flags,
		.dst_ioas_id = self->ioas,
		.src_ioas_id = self->ioas,
		.length = 4096,
		.dst_iova = START + 0x10000,
		.src_iova = START,
	};
	uint32_t pt;

	ASSERT_EQ(0, op(self->s, self->fd, &t, UAPI_TEST_MOCK_DOMAIN_FLAGS, self->ioas));
	pt = t.mock_domain.out_hwpt_id;
	EXPECT_EQ(-EINVAL, words(self->s, self->fd, CHECK_MAP, pt, START, 4096, va));
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_MAP, &m));
	EXPECT_EQ(0, words(self->s, self->fd, CHECK_MAP, pt, START, 8192, va));
	EXPECT_EQ(-EINVAL, words(self->s, self->fd, CHECK_MAP, pt, START, 8192, va + 4096));
	EXPECT_EQ(-EINVAL, words(self->s, self->fd, CHECK_MAP, pt, START, 12288, va));
	EXPECT_EQ(-EINVAL, words(self->s, self->fd, CHECK_MAP, self->ioas, START, 4096, va));
	EXPECT_EQ(0, words(self->s, self->fd, CHECK_REFS, 0, 8192, va, 1));
	EXPECT_EQ(-EIO, words(self->s, self->fd, CHECK_REFS, 0, 12288, va, 1));
	/* A copy shares the pages; another mapping of them pins them once more. */
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_COPY, &c));
	EXPECT_EQ(0, words(self->s, self->fd, CHECK_REFS, 0, 8192, va, 1));
	m.iova += 0x20000;
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_MAP, &m));
	EXPECT_EQ(0, words(self->s, self->fd, CHECK_REFS, 0, 8192, va, 2));
}

TEST_F(mock, an_operation_that_is_not_modelled_is_named)
{
	struct uapi_iommufd_test t = { 0 };

	EXPECT_EQ(-EOPNOTSUPP, op(self->s, self->fd, &t, NOT_MODELLED, self->ioas));
	EXPECT_STREQ("test operation: unknown request 0x5", model_unknown(self->s));
	t.size = 64;
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, UAPI_IOMMUFD_TEST, &t));
}

TEST_HARNESS_MAIN
