// SPDX-License-Identifier: GPL-2.0-or-later
/* Only what a supervised program has mapped can be mapped for a device: as a kernel pins pages. */
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "harness/ktap/ktap.h"
#include "selftests/supervise/world.h"

#define PAGES 8u

/* PAGES pages: the first half writable, then one not mapped, then read-only, then forbidden ones. */
static uint8_t *patchwork(void)
{
	uint8_t *at = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	CHECK(at != MAP_FAILED);
	CHECK(!munmap(at + 4 * 4096, 4096));
	CHECK(!mprotect(at + 5 * 4096, 4096, PROT_READ));
	CHECK(!mprotect(at + 6 * 4096, 2 * 4096, PROT_NONE));
	return at;
}

static int map_ioas(int iommufd, unsigned int ioas, const uint8_t *at, size_t len, uint32_t prot)
{
	static uint64_t iova = 0x100000;
	struct iommu_ioas_map m = {
		.size = sizeof(m),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | prot,
		.ioas_id = ioas,
		.user_va = (uintptr_t)at,
		.length = len,
		.iova = iova,
	};

	iova += 0x100000;
	return ioctl(iommufd, IOMMU_IOAS_MAP, &m);
}

#define RD IOMMU_IOAS_MAP_READABLE
#define WR (IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE)

TARGET(iommufd)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a) };
	int cdev = get_cdev(), iommufd = get_iommufd();
	unsigned int ioas = alloc_ioas(iommufd), late = alloc_ioas(iommufd);
	uint8_t *at = patchwork();

	CHECK(bind_iommufd(cdev, iommufd) > 0);
	a.pt_id = ioas;
	CHECK(!ioctl(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	CHECK(!map_ioas(iommufd, ioas, at, 4 * 4096, WR));
	FAILS(EFAULT, map_ioas(iommufd, ioas, at, 5 * 4096, WR));
	FAILS(EFAULT, map_ioas(iommufd, ioas, at + 4 * 4096, 4096, RD));
	CHECK(!map_ioas(iommufd, ioas, at + 5 * 4096, 4096, RD));
	FAILS(EFAULT, map_ioas(iommufd, ioas, at + 5 * 4096, 4096, WR));
	FAILS(EFAULT, map_ioas(iommufd, ioas, at + 6 * 4096, 4096, RD));

	/* Without a page table nothing is pinned: a device that comes later is refused. */
	CHECK(!map_ioas(iommufd, late, at, 5 * 4096, WR));
	CHECK(!ioctl(cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT,
		     &(struct vfio_device_detach_iommufd_pt){ .argsz = 8 }));
	a.pt_id = late;
	FAILS(EFAULT, ioctl(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	return 0;
}

static int map_type1(int container, const uint8_t *at, size_t len, uint32_t flags)
{
	static uint64_t iova = 0x100000;
	struct vfio_iommu_type1_dma_map m = {
		.argsz = sizeof(m),
		.flags = flags,
		.vaddr = (uintptr_t)at,
		.iova = iova,
		.size = len,
	};

	iova += 0x100000;
	return ioctl(container, VFIO_IOMMU_MAP_DMA, &m);
}

TARGET(type1)
{
	const uint32_t rd = VFIO_DMA_MAP_FLAG_READ, wr = rd | VFIO_DMA_MAP_FLAG_WRITE;
	int group = open(group_path(), O_RDWR), container = open("/dev/vfio/vfio", O_RDWR);
	uint8_t *at = patchwork();

	CHECK(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	CHECK(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	CHECK(!map_type1(container, at, 4 * 4096, wr));
	FAILS(EFAULT, map_type1(container, at + 3 * 4096, 2 * 4096, wr));
	CHECK(!map_type1(container, at + 5 * 4096, 4096, rd));
	FAILS(EFAULT, map_type1(container, at + 5 * 4096, 4096, wr));
	FAILS(EFAULT, map_type1(container, at + 6 * 4096, 4096, rd));
	return 0;
}

/* A BAR that is mapped: type1 takes it for peers, iommufd does not. */
TARGET(bar)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a) };
	struct vfio_region_info r = { .argsz = sizeof(r) };
	bool type1 = arg && !strcmp(arg, "type1");
	int group, container = open("/dev/vfio/vfio", O_RDWR), cdev, iommufd = get_iommufd();
	uint8_t *at;

	if (type1) {
		group = open(group_path(), O_RDWR);
		CHECK(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
		CHECK(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
		cdev = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, BDF);
	} else {
		cdev = get_cdev();
		CHECK(bind_iommufd(cdev, iommufd) > 0);
		a.pt_id = alloc_ioas(iommufd);
		CHECK(!ioctl(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	}
	CHECK(!ioctl(cdev, VFIO_DEVICE_GET_REGION_INFO, &r) && r.size >= 4096);
	at = mmap(NULL, r.size, PROT_READ | PROT_WRITE, MAP_SHARED, cdev, (off_t)r.offset);
	CHECK(at != MAP_FAILED);
	if (type1)
		CHECK(!map_type1(container, at, 4096, VFIO_DMA_MAP_FLAG_READ));
	else
		FAILS(EFAULT, map_ioas(iommufd, 2, at, 4096, RD));
	return 0;
}

FIXTURE(memory)
{
	struct world w;
};

FIXTURE_SETUP(memory)
{
	ASSERT_EQ(0, world_start(&self->w));
	model_set_pinnable(self->w.model, supervisor_pinnable, self->w.sup);
}

FIXTURE_TEARDOWN(memory)
{
	EXPECT_EQ(0, world_left(&self->w));
	world_end(&self->w);
}

FIXTURE_VARIANT(memory)
{
	const char *target, *arg;
};

FIXTURE_VARIANT_ADD(memory, iommufd)
{
	.target = "iommufd",
};
FIXTURE_VARIANT_ADD(memory, type1)
{
	.target = "type1",
};

FIXTURE_VARIANT_ADD(memory, bar_iommufd)
{
	.target = "bar",
};
FIXTURE_VARIANT_ADD(memory, bar_type1)
{
	.target = "bar",
	.arg = "type1",
};

TEST_F(memory, that_cannot_be_pinned_is_EFAULT)
{
	ASSERT_EQ(0, world_run(&self->w, variant->target, variant->arg, NULL));
	EXPECT_EQ(0, self->w.status);
}

TEST_HARNESS_MAIN
