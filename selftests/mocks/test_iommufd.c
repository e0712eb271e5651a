// SPDX-License-Identifier: GPL-2.0-or-later
/* The iommufd context: the extensible-structure rule, sizes per kernel, objects and ids. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/ktap/ktap.h"
#include "selftests/mocks/hosts.h"

FIXTURE(iommufd)
{
	struct host *h;
	struct shim *s;
	int fd;
};

static void start(struct host *h, const char *release, const struct uapi_mem *mem, struct shim **s,
		  int *fd)
{
	h->features = host_features_default(release);
	*s = model_new(h, mem);
	*fd = shim_open(*s, "/dev/iommu", O_RDWR);
}

FIXTURE_SETUP(iommufd)
{
	struct host_spec spec = { 0 };

	self->h = test_host(&spec);
	start(self->h, "7.3.4", &uapi_mem_checked, &self->s, &self->fd);
}

FIXTURE_TEARDOWN(iommufd)
{
	shim_destroy(self->s);
	host_free(self->h);
}

/* Every command with its smallest and its full size; 0: not in that kernel. */
static const struct {
	uint32_t req;
	uint32_t min;
	uint32_t size_66;
	uint32_t size_612;
	uint32_t size_73;
} sizes[] = {
	{ IOMMU_DESTROY, 8, 8, 8, 8 },
	{ IOMMU_IOAS_ALLOC, 12, 12, 12, 12 },
	{ IOMMU_IOAS_ALLOW_IOVAS, 24, 24, 24, 24 },
	{ IOMMU_IOAS_COPY, 40, 40, 40, 40 },
	{ IOMMU_IOAS_IOVA_RANGES, 32, 32, 32, 32 },
	{ IOMMU_IOAS_MAP, 40, 40, 40, 40 },
	{ IOMMU_IOAS_UNMAP, 24, 24, 24, 24 },
	{ IOMMU_OPTION, 24, 24, 24, 24 },
	{ IOMMU_VFIO_IOAS, 12, 12, 12, 12 },
	{ IOMMU_HWPT_ALLOC, 24, 24, 48, 48 },
	{ IOMMU_GET_HW_INFO, 32, 32, 40, 40 },
	{ IOMMU_HWPT_SET_DIRTY_TRACKING, 16, 0, 16, 16 },
	{ IOMMU_HWPT_GET_DIRTY_BITMAP, 48, 0, 48, 48 },
	{ IOMMU_HWPT_INVALIDATE, 32, 0, 32, 32 },
	{ IOMMU_FAULT_QUEUE_ALLOC, 16, 0, 16, 16 },
	{ UAPI_IOAS_MAP_FILE, 40, 0, 0, 40 },
	{ UAPI_VIOMMU_ALLOC, 24, 0, 0, 40 },
	{ UAPI_VDEVICE_ALLOC, 24, 0, 0, 24 },
	{ UAPI_IOAS_CHANGE_PROCESS, 8, 0, 0, 8 },
	{ UAPI_VEVENTQ_ALLOC, 28, 0, 0, 32 },
	{ UAPI_HW_QUEUE_ALLOC, 40, 0, 0, 40 },
	{ UAPI_IOAS_NOIOMMU_GET_PA, 40, 0, 0, 40 },
};

#define NSIZES (sizeof(sizes) / sizeof(sizes[0]))

static void any_size(uint8_t *b, uint32_t size)
{
	memcpy(b, &size, sizeof(size));
}

/* One less than the smallest, one more with a zero, one more with something in it. */
TEST_F(iommufd, size_rule_for_every_command_and_kernel)
{
	static const char *const release[] = { "6.6.0", "6.12.117", "7.3.4" };

	shim_destroy(self->s);
	self->s = NULL;
	for (int k = 0; k < 3; k++) {
		struct shim *s;
		int fd;

		start(self->h, release[k], NULL, &s, &fd);
		for (size_t i = 0; i < NSIZES; i++) {
			const uint32_t full[] = { sizes[i].size_66, sizes[i].size_612,
						  sizes[i].size_73 };
			uint32_t size = full[k];
			uint8_t b[64] = { 0 };
			int exact;

			if (!size) {
				any_size(b, sizes[i].size_73);
				EXPECT_EQ(-ENOTTY, shim_ioctl(s, fd, sizes[i].req, b));
				continue;
			}
			any_size(b, sizes[i].min - 1);
			EXPECT_EQ(-EINVAL, shim_ioctl(s, fd, sizes[i].req, b))
			{
				TH_LOG("0x%x on %s", sizes[i].req, release[k]);
			}
			any_size(b, size);
			exact = shim_ioctl(s, fd, sizes[i].req, b);
			EXPECT_NE(-E2BIG, exact);
			EXPECT_NE(-ENOTTY, exact);
			memset(b, 0, sizeof(b));
			any_size(b, size + 1);
			b[size] = 1;
			EXPECT_EQ(-E2BIG, shim_ioctl(s, fd, sizes[i].req, b))
			{
				TH_LOG("0x%x on %s", sizes[i].req, release[k]);
			}
			b[size] = 0;
			EXPECT_EQ(exact, shim_ioctl(s, fd, sizes[i].req, b))
			{
				TH_LOG("0x%x on %s", sizes[i].req, release[k]);
			}
		}
		shim_destroy(s);
	}
}

TEST_F(iommufd, order_of_the_first_checks)
{
	uint32_t cmd[4] = { 4 };

	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, NULL));
	/* Same low byte, another type: the size is read before the number is known wrong. */
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, 0x3c80, NULL));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0x3c80, cmd));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0xc0103b80, cmd));
	/* Past the table's end nothing is read. */
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0x3b96, NULL));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0x3b7f, NULL));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, cmd));
	EXPECT_STREQ("iommufd: unknown request 0x3c80", model_unknown(self->s));
}

TEST_F(iommufd, newer_command_than_the_kernel)
{
	struct shim *s;
	uint32_t cmd[12] = { sizeof(cmd) };
	int fd;

	shim_destroy(self->s);
	self->s = NULL;
	start(self->h, "6.12.117", NULL, &s, &fd);
	/* Beyond 6.12's last command: not even the pointer is looked at. */
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, fd, UAPI_IOAS_MAP_FILE, NULL));
	EXPECT_EQ(-EFAULT, shim_ioctl(s, fd, IOMMU_FAULT_QUEUE_ALLOC, NULL));
	EXPECT_NULL(model_unknown(s)); /* a probe, not a mistake */
	shim_destroy(s);
	/* A hole that backports leave: the pointer is. */
	start(self->h, "7.3.4", NULL, &s, &fd);
	shim_destroy(s);
	self->h->features &= ~(1u << HOST_F_CHANGE_PROCESS);
	s = model_new(self->h, NULL);
	fd = shim_open(s, "/dev/iommu", O_RDWR);
	EXPECT_EQ(-EFAULT, shim_ioctl(s, fd, UAPI_IOAS_CHANGE_PROCESS, NULL));
	EXPECT_EQ(-ENOTTY, shim_ioctl(s, fd, UAPI_IOAS_CHANGE_PROCESS, cmd));
	shim_destroy(s);
}

TEST_F(iommufd, giant_size_scans_until_it_faults)
{
	uint8_t *page =
		mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *end = page + 4096;

	ASSERT_FALSE(page == MAP_FAILED);
	ASSERT_EQ(0, mprotect(end, 4096, PROT_NONE));
	any_size(page, UINT32_MAX);
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, page));
	any_size(end - 8, 9);
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, end - 8));
	any_size(end - 8, 8);
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, end - 8));
	page[4095 - 512] = 1; /* something in the tail before it ends */
	EXPECT_EQ(-E2BIG, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, page));
	/* Word by word: what is not zero counts when it is before the memory's end. */
	memset(end - 24, 0, 24);
	any_size(end - 24, 64);
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, end - 24));
	end[-12] = 1;
	EXPECT_EQ(-E2BIG, shim_ioctl(self->s, self->fd, IOMMU_DESTROY, end - 24));
	munmap(page, 8192);
}

TEST_F(iommufd, kernel_built_for_tests)
{
	struct iommu_ioas_copy copy = { .size = sizeof(copy),
					.flags = 1u << 16 | IOMMU_IOAS_MAP_READABLE,
					.length = 4096,
					.src_iova = 1 };
	uint32_t src = (uint32_t)test_ioas(self->s, self->fd);

	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0x3b9f, NULL));
	copy.src_ioas_id = copy.dst_ioas_id = src;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_IOAS_COPY, &copy));
	test_stop(&self->s);
	self->h->features |= 1u << HOST_F_IOMMUFD_TEST;
	self->s = model_new(self->h, NULL);
	self->fd = shim_open(self->s, "/dev/iommu", O_RDWR);
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, 0x3b9f, NULL));
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, UAPI_IOAS_CHANGE_PROCESS, NULL));
	EXPECT_EQ(-ENOTTY, shim_ioctl(self->s, self->fd, 0x3b9f, &copy));
	copy.src_ioas_id = copy.dst_ioas_id = src = (uint32_t)test_ioas(self->s, self->fd);
	EXPECT_EQ(0, test_ioas_map(self->s, self->fd, src, 0x100000, 4096));
	EXPECT_EQ(0, test_ioas_map(self->s, self->fd, src, 0x300000, 4096));
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_IOAS_COPY, &copy));
	EXPECT_EQ(0x300000, copy.src_iova); /* the second mapping */
	EXPECT_EQ(IOMMU_IOAS_MAP_READABLE, copy.flags);
}

TEST_F(iommufd, ids_are_the_lowest_free_and_shared)
{
	struct shim *s = self->s;
	int d = test_open_cdev(s, "vfio0");

	EXPECT_EQ(1, test_ioas(s, self->fd));
	EXPECT_EQ(2, test_bind(s, d, self->fd));
	EXPECT_EQ(3, test_ioas(s, self->fd));
	EXPECT_EQ(4, test_hwpt(s, self->fd, 0, 2, 3));
	EXPECT_EQ(0, test_destroy(s, self->fd, 1));
	EXPECT_EQ(1, test_hwpt(s, self->fd, 0, 2, 3)); /* reused at once, by another kind */
	EXPECT_EQ(5, test_ioas(s, self->fd));
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(6 + i, test_ioas(s, self->fd));
}

TEST_F(iommufd, destroy_unknown_and_used)
{
	struct shim *s = self->s;
	int d = test_open_cdev(s, "vfio0"), dev = test_bind(s, d, self->fd);
	int ioas = test_ioas(s, self->fd), hwpt;

	EXPECT_EQ(-ENOENT, test_destroy(s, self->fd, 0));
	EXPECT_EQ(-ENOENT, test_destroy(s, self->fd, 3));
	EXPECT_EQ(-ENOENT, test_destroy(s, self->fd, UINT32_MAX));
	EXPECT_EQ(-EBUSY, test_destroy(s, self->fd, (uint32_t)dev));
	hwpt = test_attach(s, d, (uint32_t)ioas);
	EXPECT_EQ(-EBUSY, test_destroy(s, self->fd, (uint32_t)hwpt));
	EXPECT_EQ(-EBUSY, test_destroy(s, self->fd, (uint32_t)ioas));
	test_detach(s, d);
	EXPECT_EQ(-ENOENT, test_destroy(s, self->fd, (uint32_t)hwpt)); /* went with the detach */
	EXPECT_EQ(0, test_destroy(s, self->fd, (uint32_t)ioas));
	shim_close(s, d);
	EXPECT_EQ(-ENOENT, test_destroy(s, self->fd, (uint32_t)dev));
}

TEST_F(iommufd, failed_copy_out_leaves_no_object)
{
	uint8_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iommu_ioas_alloc *a = (void *)page;
	struct model_stats st;

	ASSERT_FALSE(page == MAP_FAILED);
	a->size = sizeof(*a);
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, shim_ioctl(self->s, self->fd, IOMMU_IOAS_ALLOC, page));
	model_stats(self->s, &st);
	EXPECT_EQ(0, st.objects);
	munmap(page, 4096);
}

static int option(struct shim *s, int fd, uint32_t id, uint16_t op, uint32_t object, uint64_t *val)
{
	struct iommu_option o = {
		.size = sizeof(o), .option_id = id, .op = op, .object_id = object, .val64 = *val
	};
	int err = shim_ioctl(s, fd, IOMMU_OPTION, &o);

	*val = o.val64;
	return err;
}

TEST_F(iommufd, rlimit_option)
{
	const uint32_t id = IOMMU_OPTION_RLIMIT_MODE;
	const uint16_t get = IOMMU_OPTION_OP_GET, set = IOMMU_OPTION_OP_SET;
	uint64_t v = 7;

	EXPECT_EQ(0, option(self->s, self->fd, id, get, 0, &v));
	EXPECT_EQ(0, v);
	v = 1;
	EXPECT_EQ(0, option(self->s, self->fd, id, set, 0, &v));
	v = 0;
	EXPECT_EQ(0, option(self->s, self->fd, id, get, 0, &v));
	EXPECT_EQ(1, v);
	v = 2;
	EXPECT_EQ(-EINVAL, option(self->s, self->fd, id, set, 0, &v));
	EXPECT_EQ(-EOPNOTSUPP, option(self->s, self->fd, id, get, 1, &v));
	EXPECT_EQ(-EOPNOTSUPP, option(self->s, self->fd, id, 2, 0, &v));
	EXPECT_EQ(-EOPNOTSUPP, option(self->s, self->fd, 9, get, 0, &v));
	test_ioas(self->s, self->fd);
	v = 0;
	EXPECT_EQ(-EBUSY, option(self->s, self->fd, id, set, 0, &v));
}

TEST_F(iommufd, huge_pages_option)
{
	const uint32_t id = IOMMU_OPTION_HUGE_PAGES;
	const uint16_t get = IOMMU_OPTION_OP_GET, set = IOMMU_OPTION_OP_SET;
	uint32_t ioas = (uint32_t)test_ioas(self->s, self->fd);
	struct host_range r[2];
	uint64_t v = 0, align;

	EXPECT_EQ(-ENOENT, option(self->s, self->fd, id, get, 77, &v));
	EXPECT_EQ(0, option(self->s, self->fd, id, get, ioas, &v));
	EXPECT_EQ(1, v);
	v = 2;
	EXPECT_EQ(-EINVAL, option(self->s, self->fd, id, set, ioas, &v));
	EXPECT_EQ(0, test_ioas_map(self->s, self->fd, ioas, 1, 10)); /* bytes, with no domain */
	v = 0;
	EXPECT_EQ(-EADDRINUSE, option(self->s, self->fd, id, set, ioas, &v));
	v = 10;
	EXPECT_EQ(0, test_ioas_unmap(self->s, self->fd, ioas, 1, &v));
	v = 0;
	EXPECT_EQ(0, option(self->s, self->fd, id, set, ioas, &v));
	test_ioas_ranges(self->s, self->fd, ioas, r, 2, &align);
	EXPECT_EQ(4096, align);
	v = 1;
	EXPECT_EQ(0, option(self->s, self->fd, id, set, ioas, &v));
	test_ioas_ranges(self->s, self->fd, ioas, r, 2, &align);
	EXPECT_EQ(1, align);
	/* With a domain and a mapping it is too late. */
	ASSERT_LE(1, test_bind(self->s, test_open_cdev(self->s, "vfio0"), self->fd));
	ASSERT_LE(1, test_hwpt(self->s, self->fd, 0, 2, ioas));
	ASSERT_EQ(0, test_ioas_map(self->s, self->fd, ioas, 0, 4096));
	v = 0;
	EXPECT_EQ(-EINVAL, option(self->s, self->fd, id, set, ioas, &v));
}

TEST_F(iommufd, vfio_ioas)
{
	struct iommu_vfio_ioas v = { .size = sizeof(v), .op = IOMMU_VFIO_IOAS_GET };
	uint32_t ioas = (uint32_t)test_ioas(self->s, self->fd);

	EXPECT_EQ(-ENODEV, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	v.op = IOMMU_VFIO_IOAS_SET;
	v.ioas_id = 77;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	v.ioas_id = ioas;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	v.op = IOMMU_VFIO_IOAS_GET;
	v.ioas_id = 0;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(ioas, v.ioas_id);
	v.op = IOMMU_VFIO_IOAS_CLEAR;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	v.op = 3;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	v.op = IOMMU_VFIO_IOAS_SET;
	v.ioas_id = ioas;
	EXPECT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, ioas)); /* the default goes with it */
	v.op = IOMMU_VFIO_IOAS_GET;
	EXPECT_EQ(-ENODEV, shim_ioctl(self->s, self->fd, IOMMU_VFIO_IOAS, &v));
}

TEST_F(iommufd, fault_queue_has_an_id_and_a_descriptor)
{
	struct iommu_fault_alloc f = { .size = sizeof(f), .flags = 1 };
	uint8_t b[64];

	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, IOMMU_FAULT_QUEUE_ALLOC, &f));
	f.flags = 0;
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_FAULT_QUEUE_ALLOC, &f));
	EXPECT_EQ(1, f.out_fault_id);
	EXPECT_EQ(4, f.out_fault_fd);
	EXPECT_EQ(0, shim_read(self->s, (int)f.out_fault_fd, b, sizeof(b)));
	EXPECT_EQ(-EBUSY, test_destroy(self->s, self->fd, 1)); /* the descriptor uses it */
	EXPECT_EQ(0, shim_close(self->s, (int)f.out_fault_fd));
	EXPECT_EQ(0, test_destroy(self->s, self->fd, 1));
	/* The context outlives its own descriptor. */
	ASSERT_EQ(0, shim_ioctl(self->s, self->fd, IOMMU_FAULT_QUEUE_ALLOC, &f));
	shim_close(self->s, self->fd);
	shim_close(self->s, (int)f.out_fault_fd);
	EXPECT_TRUE(test_all_gone(self->s));
}

TEST_F(iommufd, viommu_family_checks_and_finds_none)
{
	struct uapi_viommu_alloc v = { .size = sizeof(v), .type = 1, .dev_id = 77 };
	struct uapi_vdevice_alloc vd = { .size = sizeof(vd), .viommu_id = 1 };
	struct uapi_veventq_alloc q = { .size = sizeof(q), .type = 1 };
	struct uapi_hw_queue_alloc hq = { .size = sizeof(hq), .type = 1 };

	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, UAPI_VIOMMU_ALLOC, &v));
	v.dev_id = (uint32_t)test_bind(self->s, test_open_cdev(self->s, "vfio0"), self->fd);
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_VIOMMU_ALLOC, &v));
	v.dev_id = 77;
	v.type = 0;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_VIOMMU_ALLOC, &v));
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, UAPI_VDEVICE_ALLOC, &vd));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, UAPI_VEVENTQ_ALLOC, &q));
	q.veventq_depth = 8;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, UAPI_VEVENTQ_ALLOC, &q));
	q.type = 0;
	EXPECT_EQ(-EOPNOTSUPP, shim_ioctl(self->s, self->fd, UAPI_VEVENTQ_ALLOC, &q));
	EXPECT_EQ(-EINVAL, shim_ioctl(self->s, self->fd, UAPI_HW_QUEUE_ALLOC, &hq));
	hq.length = 2;
	hq.nesting_parent_iova = UINT64_MAX;
	EXPECT_EQ(-EOVERFLOW, shim_ioctl(self->s, self->fd, UAPI_HW_QUEUE_ALLOC, &hq));
	hq.nesting_parent_iova = 0;
	EXPECT_EQ(-ENOENT, shim_ioctl(self->s, self->fd, UAPI_HW_QUEUE_ALLOC, &hq));
}

TEST_HARNESS_MAIN
