// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation of the model may fail: the call says ENOMEM, nothing leaks,
 * and all can be closed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "harness/ktap/ktap.h"
#include "selftests/failing_malloc.h"
#include "selftests/mocks/hosts.h"

/* A call that is expected to work: only for want of memory may it not. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		int try_ret = (call);                                                              \
		if (try_ret < 0)                                                                   \
			return try_ret;                                                            \
	} while (0)

/* Two groups come into a container and one goes; mappings come and go. */
static int type1_life(struct shim *s)
{
	uint64_t size = 4096;
	int c, g, g2;

	c = test_type1(s, 1, &g);
	TRY(c);
	g2 = test_open_group(s, 2);
	TRY(g2);
	for (uint64_t i = 0; i < 20; i++)
		TRY(test_map(s, c, i << 20, 4096));
	TRY(test_set_container(s, g2, c));
	TRY(test_device_fd(s, g2, "0000:00:06.0"));
	TRY(test_unmap(s, c, 0, &size));
	TRY(shim_ioctl_val(s, g, VFIO_GROUP_UNSET_CONTAINER, 0));
	return 0;
}

/* Devices on page tables of every kind, replaced, with mappings and a fault queue. */
static int iommufd_life(struct shim *s)
{
	struct iommu_vfio_ioas v = { .size = sizeof(v), .op = IOMMU_VFIO_IOAS_SET, .ioas_id = 2 };
	struct iommu_iova_range allowed = { 0x10000, 0xfffff };
	struct iommu_ioas_allow_iovas allow = { .size = sizeof(allow),
						.num_iovas = 1,
						.allowed_iovas = (uintptr_t)&allowed };
	struct iommu_ioas_copy copy = { .size = sizeof(copy), .flags = 7, .length = 0x3000 };
	struct iommu_fault_alloc fault = { .size = sizeof(fault) };
	int i = shim_open(s, "/dev/iommu", O_RDWR), d, a, b, g;

	TRY(i);
	d = test_open_cdev(s, "vfio0");
	TRY(d);
	TRY(test_bind(s, d, i));
	a = test_ioas(s, i);
	TRY(a);
	b = test_ioas(s, i);
	TRY(b);
	TRY(test_attach(s, d, (uint32_t)a));
	for (uint64_t k = 0; k < 20; k++)
		TRY(test_ioas_map(s, i, (uint32_t)a, k << 12, 4096));
	copy.src_ioas_id = copy.dst_ioas_id = (uint32_t)a;
	copy.dst_iova = 0x100000;
	TRY(shim_ioctl(s, i, IOMMU_IOAS_COPY, &copy));
	TRY(test_attach(s, d, (uint32_t)b));
	TRY(test_hwpt(s, i, UAPI_HWPT_NEST_PARENT, 1, (uint32_t)b));
	TRY(shim_ioctl(s, i, IOMMU_FAULT_QUEUE_ALLOC, &fault));
	allow.ioas_id = (uint32_t)b;
	TRY(shim_ioctl(s, i, IOMMU_IOAS_ALLOW_IOVAS, &allow));
	TRY(shim_ioctl(s, i, IOMMU_VFIO_IOAS, &v));
	g = test_open_group(s, 2);
	TRY(g);
	TRY(test_set_container(s, g, i));
	return test_device_fd(s, g, "0000:00:06.0");
}

static int open_all(struct shim *s)
{
	for (int k = 0; k < 40; k++)
		TRY(shim_open(s, "/dev/iommu", O_RDWR));
	TRY(shim_open(s, "/dev/vfio/vfio", O_RDWR));
	TRY(shim_open(s, "/sys/bus/pci/devices/" BDF "/vendor", O_RDONLY));
	return 0;
}

static const struct {
	const char *what;
	int (*fn)(struct shim *s);
} lives[] = { { "type1", type1_life }, { "iommufd", iommufd_life }, { "open", open_all } };

TEST(every_allocation_may_fail)
{
	struct host_spec spec = { .release = "7.3.4", .cap = CAP_FULL, .ecap = ECAP_FULL };
	struct host *h = test_host(&spec);
	unsigned int failed = 0;

	test_unit(h, CAP_FULL, ECAP_FULL);
	test_region(test_group(h, 2), 1ull << 40, 1ull << 41, HOST_REGION_RESERVED);
	test_device(h, "0000:00:06.0", 2, 1);
	for (size_t l = 0; l < sizeof(lives) / sizeof(lives[0]); l++) {
		for (unsigned int nth = 1;; nth++) {
			bool gone = true, fired;
			int ret = -ENOMEM;
			struct shim *s;

			failing_malloc_arm(nth);
			s = model_new(h, NULL);
			if (s) {
				ret = lives[l].fn(s);
				for (int fd = 3; fd < 64; fd++)
					shim_close(s, fd);
				gone = test_all_gone(s);
			}
			shim_destroy(s);
			fired = failing_malloc_disarm();
			EXPECT_TRUE(gone)
			{
				TH_LOG("%s: something is left after allocation %u", lives[l].what,
				       nth);
			}
			EXPECT_EQ(0, failing_malloc.balance)
			{
				TH_LOG("%s: allocation %u leaks", lives[l].what, nth);
			}
			if (!fired) {
				EXPECT_LE(0, ret);
				break;
			}
			failed++;
			/* A list that cannot be made anew at a detach stays as it was. */
			if (ret < 0) {
				EXPECT_EQ(-ENOMEM, ret)
				{
					TH_LOG("%s: allocation %u", lives[l].what, nth);
				}
			}
		}
	}
	TH_LOG("%u allocations", failed);
	EXPECT_LT(50, failed);
	host_free(h);
}

TEST_HARNESS_MAIN
