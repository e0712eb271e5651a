// SPDX-License-Identifier: GPL-2.0-or-later
/* Marshal before a call: which memory it reads and may write. */
#include <sys/mman.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"
#include "selftests/uapi/want.h"

static const struct span_case {
	const char *label, *request;
	uint32_t arg[20];
	struct want want[5];
} span_cases[] = {
	{ "fd by pointer", "VFIO_GROUP_SET_CONTAINER", { 3 }, { { "arg", 4, IN } } },
	{ "status", "VFIO_GROUP_GET_STATUS", { 8 }, { { "arg", 8, INOUT } } },
	{ "info, no room for caps", "VFIO_IOMMU_GET_INFO", { 24 }, { { "arg", 24, INOUT } } },
	{ "info, short struct", "VFIO_IOMMU_GET_INFO", { 16 }, { { "arg", 16, INOUT } } },
	{ "info, grown buffer",
	  "VFIO_IOMMU_GET_INFO",
	  { 4096 },
	  { { "arg", 24, IN }, { "arg", 4096, OUT } } },
	{ "info, a liar",
	  "VFIO_IOMMU_GET_INFO",
	  { 0xffffffff },
	  { { "arg", 24, IN }, { "arg", UAPI_SPAN_LIMIT, OUT } } },
	{ "info, argsz below the minimum", "VFIO_IOMMU_GET_INFO", { 4 }, { { "arg", 4, INOUT } } },
	{ "map: the memory is pinned, not read",
	  "VFIO_IOMMU_MAP_DMA",
	  { 32, 3, P, 0, 0, 0x1000, 0 },
	  { { "arg", 32, IN } } },
	{ "unmap", "VFIO_IOMMU_UNMAP_DMA", { 24, 0, 0, 0, 0x1000, 0 }, { { "arg", 24, INOUT } } },
	{ "unmap with bitmap",
	  "VFIO_IOMMU_UNMAP_DMA",
	  { 48, 1, 0, 0, 0x8000, 0, 0x1000, 0, 8, 0, P },
	  { { "arg", 48, IN }, { "arg", 24, OUT }, { "data", 8, INOUT } } },
	{ "unmap with bitmap but argsz too short for it",
	  "VFIO_IOMMU_UNMAP_DMA",
	  { 24, 1, 0, 0, 0x8000, 0, 0x1000, 0, 8, 0, P },
	  { { "arg", 24, INOUT } } },
	{ "dirty pages start", "VFIO_IOMMU_DIRTY_PAGES", { 8, 1 }, { { "arg", 8, IN } } },
	{ "dirty pages get",
	  "VFIO_IOMMU_DIRTY_PAGES",
	  { 48, 4, 0, 0, 0x8000, 0, 0x1000, 0, 16, 0, P },
	  { { "arg", 48, IN }, { "bitmap.data", 16, INOUT } } },
	{ "device info of 6.1", "VFIO_DEVICE_GET_INFO", { 20 }, { { "arg", 20, INOUT } } },
	{ "region with caps",
	  "VFIO_DEVICE_GET_REGION_INFO",
	  { 64 },
	  { { "arg", 32, IN }, { "arg", 64, OUT } } },
	{ "irqs: eventfds in place",
	  "VFIO_DEVICE_SET_IRQS",
	  { 32, 0x24, 0, 0, 3, 5, 6, 7 },
	  { { "arg", 32, IN } } },
	{ "irqs: bools in place",
	  "VFIO_DEVICE_SET_IRQS",
	  { 32, 0x22, 0, 0, 3, 0x010001 },
	  { { "arg", 23, IN } } },
	{ "irqs: none", "VFIO_DEVICE_SET_IRQS", { 32, 0x21, 0, 0, 3 }, { { "arg", 20, IN } } },
	{ "irqs: a count that lies is held by argsz",
	  "VFIO_DEVICE_SET_IRQS",
	  { 32, 0x24, 0, 0, 0xffffffff },
	  { { "arg", 32, IN } } },
	{ "hot reset info",
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO",
	  { 44 },
	  { { "arg", 12, IN }, { "arg", 44, OUT } } },
	{ "hot reset", "VFIO_DEVICE_PCI_HOT_RESET", { 20, 0, 2, 8, 9 }, { { "arg", 20, IN } } },
	{ "feature get",
	  "VFIO_DEVICE_FEATURE",
	  { 16, 0x10001 },
	  { { "arg", 8, IN }, { "arg", 16, OUT } } },
	{ "feature set", "VFIO_DEVICE_FEATURE", { 24, 0x20000 }, { { "arg", 24, IN } } },
	{ "feature probe", "VFIO_DEVICE_FEATURE", { 16, 0x50001 }, { { "arg", 8, IN } } },
	{ "feature set that answers",
	  "VFIO_DEVICE_FEATURE",
	  { 16, 0x20002, 3, 0 },
	  { { "arg", 16, INOUT } } },
	{ "feature with an array",
	  "VFIO_DEVICE_FEATURE",
	  { 32, 0x20006, 0x1000, 0, 2, 0, P },
	  { { "arg", 32, INOUT }, { "ranges", 32, IN } } },
	{ "feature with a bitmap: 64 pages and a byte are two words",
	  "VFIO_DEVICE_FEATURE",
	  { 40, 0x10008, 0, 0, 64 * 4096 + 1, 0, 4096, 0, P },
	  { { "arg", 40, IN }, { "bitmap", 16, INOUT } } },
	{ "feature that is not described",
	  "VFIO_DEVICE_FEATURE",
	  { 28, 0x101f4 },
	  { { "arg", 28, INOUT } } },
	{ "bind of 6.17", "VFIO_DEVICE_BIND_IOMMUFD", { 16, 0, 3 }, { { "arg", 16, INOUT } } },
	{ "bind without token",
	  "VFIO_DEVICE_BIND_IOMMUFD",
	  { 24, 0, 3, 0, P },
	  { { "arg", 24, INOUT } } },
	{ "bind with token",
	  "VFIO_DEVICE_BIND_IOMMUFD",
	  { 24, 1, 3, 0, P },
	  { { "arg", 24, INOUT }, { "token_uuid_ptr", 16, IN } } },
	{ "bind with token but argsz too short for it",
	  "VFIO_DEVICE_BIND_IOMMUFD",
	  { 16, 1, 3, 0, P },
	  { { "arg", 16, INOUT } } },
	{ "attach of 6.14",
	  "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
	  { 12, 0, 2 },
	  { { "arg", 12, INOUT } } },
	{ "detach", "VFIO_DEVICE_DETACH_IOMMUFD_PT", { 8 }, { { "arg", 8, IN } } },
	{ "destroy", "IOMMU_DESTROY", { 8, 1 }, { { "arg", 8, IN } } },
	{ "ranges, sizing call",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 0, 0, 0, 0 },
	  { { "arg", 32, INOUT } } },
	{ "ranges, sizing call with an address",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 0, 0, P },
	  { { "arg", 32, INOUT } } },
	{ "ranges, NULL with a length",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 4, 0, 0, 0 },
	  { { "arg", 32, INOUT } } },
	{ "ranges",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 2, 0, P },
	  { { "arg", 32, INOUT }, { "allowed_iovas", 32, OUT } } },
	{ "ranges, a liar",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 0xffffffff, 0, P },
	  { { "arg", 32, INOUT }, { "allowed_iovas", UAPI_SPAN_LIMIT, OUT } } },
	{ "allow",
	  "IOMMU_IOAS_ALLOW_IOVAS",
	  { 24, 2, 3, 0, P },
	  { { "arg", 24, IN }, { "allowed_iovas", 48, IN } } },
	{ "map: user_va is not read",
	  "IOMMU_IOAS_MAP",
	  { 40, 7, 2, 0, P },
	  { { "arg", 40, INOUT } } },
	{ "a struct of the future: all is scanned, the known part written",
	  "IOMMU_IOAS_ALLOC",
	  { 32 },
	  { { "arg", 32, IN }, { "arg", 12, OUT } } },
	{ "size, a liar",
	  "IOMMU_IOAS_ALLOC",
	  { 0xffffffff },
	  { { "arg", UAPI_SPAN_LIMIT, IN }, { "arg", 12, OUT } } },
	{ "hw info",
	  "IOMMU_GET_HW_INFO",
	  { 40, 0, 1, 24, P },
	  { { "arg", 40, INOUT }, { "data_uptr", 24, OUT } } },
	{ "hw info of 6.6",
	  "IOMMU_GET_HW_INFO",
	  { 32, 0, 1, 24, P },
	  { { "arg", 32, INOUT }, { "data_uptr", 24, OUT } } },
	{ "hw info, cut before the address",
	  "IOMMU_GET_HW_INFO",
	  { 16, 0, 1, 24, P },
	  { { "arg", 16, INOUT } } },
	{ "hwpt", "IOMMU_HWPT_ALLOC", { 40, 0, 1, 2 }, { { "arg", 40, INOUT } } },
	{ "hwpt with data",
	  "IOMMU_HWPT_ALLOC",
	  { 48, 0, 1, 2, 0, 0, 1, 24, P },
	  { { "arg", 48, INOUT }, { "data_uptr", 24, IN } } },
	{ "get dirty: 8 pages are one word",
	  "IOMMU_HWPT_GET_DIRTY_BITMAP",
	  { 48, 3, 0, 0, 0, 0, 0x8000, 0, 0x1000, 0, P },
	  { { "arg", 48, IN }, { "data", 8, INOUT } } },
	{ "get dirty: page size 0",
	  "IOMMU_HWPT_GET_DIRTY_BITMAP",
	  { 48, 3, 0, 0, 0, 0, 0x8000, 0, 0, 0, P },
	  { { "arg", 48, IN } } },
	{ "get dirty: all of 64 bits in pages of one byte",
	  "IOMMU_HWPT_GET_DIRTY_BITMAP",
	  { 48, 3, 0, 0, 0, 0, 0xffffffff, 0xffffffff, 1, 0, P },
	  { { "arg", 48, IN }, { "data", UAPI_SPAN_LIMIT, INOUT } } },
	{ "invalidate",
	  "IOMMU_HWPT_INVALIDATE",
	  { 32, 3, P, 0, 24, 2 },
	  { { "arg", 32, INOUT }, { "data_uptr", 48, IN } } },
	{ "invalidate, both factors lie",
	  "IOMMU_HWPT_INVALIDATE",
	  { 32, 3, P, 0, 0xffffffff, 0xffffffff },
	  { { "arg", 32, INOUT }, { "data_uptr", UAPI_SPAN_LIMIT, IN } } },
	{ "viommu of 6.13", "IOMMU_VIOMMU_ALLOC", { 24, 0, 1, 1, 2 }, { { "arg", 24, INOUT } } },
	{ "viommu with data",
	  "IOMMU_VIOMMU_ALLOC",
	  { 40, 0, 2, 1, 2, 0, 16, 0, P },
	  { { "arg", 40, INOUT }, { "data_uptr", 16, INOUT } } },
	{ "vdpa range", "VHOST_VDPA_GET_IOVA_RANGE", { 0 }, { { "arg", 16, OUT } } },
	{ "vdpa config",
	  "VHOST_VDPA_GET_CONFIG",
	  { 0, 12 },
	  { { "arg", 8, IN }, { "arg", 20, OUT } } },
	{ "vdpa set config", "VHOST_VDPA_SET_CONFIG", { 0, 12 }, { { "arg", 20, IN } } },
	{ "vdpa config, a liar",
	  "VHOST_VDPA_GET_CONFIG",
	  { 0, 0xffffffff },
	  { { "arg", 8, IN }, { "arg", UAPI_SPAN_LIMIT, OUT } } },
	{ "vdpa group of a ring", "VHOST_VDPA_GET_VRING_GROUP", { 1 }, { { "arg", 8, INOUT } } },
	{ "no argument", "VFIO_DEVICE_RESET", { 0 }, { { NULL, 0, 0 } } },
	{ "a number", "VFIO_CHECK_EXTENSION", { 0 }, { { NULL, 0, 0 } } },
};

TEST(spans_follow_the_rule_and_the_claims)
{
	for (size_t i = 0; i < sizeof(span_cases) / sizeof(span_cases[0]); i++) {
		const struct span_case *c = &span_cases[i];
		struct uapi_span v[UAPI_SPANS_MAX];
		uint32_t arg[20];
		int n;

		memcpy(arg, c->arg, sizeof(arg));
		point(arg, sizeof(arg) / 4);
		n = uapi_spans(row_of(c->request), &uapi_mem_checked, (uintptr_t)arg, v,
			       UAPI_SPANS_MAX);
		check_spans(_metadata, c->label, arg, v, n, c->want);
	}
}

TEST(no_more_spans_than_there_is_room_for)
{
	uint32_t arg[] = { 24, 2, 3, 0, 0, 0 };
	uint64_t addr = PTR(arg);
	struct uapi_span v[1];

	memcpy(&arg[4], &addr, 8);
	EXPECT_EQ(1, uapi_spans(row_of("IOMMU_IOAS_ALLOW_IOVAS"), &uapi_mem_self, (uintptr_t)arg, v,
				1));
}

TEST(a_claimed_size_below_4_is_refused)
{
	static const char *const requests[] = { "VFIO_IOMMU_GET_INFO", "IOMMU_IOAS_IOVA_RANGES" };

	for (uint32_t argsz = 0; argsz < 4; argsz++) {
		uint32_t arg[8] = { argsz };
		struct uapi_span v[UAPI_SPANS_MAX];

		for (size_t i = 0; i < 2; i++) {
			EXPECT_EQ(-EINVAL, uapi_spans(row_of(requests[i]), &uapi_mem_checked,
						      (uintptr_t)arg, v, UAPI_SPANS_MAX));
		}
	}
}

TEST(an_argument_at_null_is_a_fault_by_either_memory)
{
	static const struct uapi_mem *const mems[] = { &uapi_mem_self, &uapi_mem_checked };
	const struct uapi_row *row;
	struct uapi_span v[UAPI_SPANS_MAX];

	for (size_t m = 0; m < 2; m++)
		for (size_t i = 0; (row = uapi_row_at(i)); i++) {
			bool none = row->rule == UAPI_SIZE_NONE || row->rule == UAPI_SIZE_VALUE;

			EXPECT_EQ(none ? 0 : -EFAULT,
				  uapi_spans(row, mems[m], 0, v, UAPI_SPANS_MAX))
			TH_LOG("%s", row->name);
		}
}

/* Two pages, the second not accessible: what lies at its end must not be read past. */
FIXTURE(edge)
{
	uint8_t *page;
	size_t size;
};

FIXTURE_SETUP(edge)
{
	self->size = (size_t)sysconf(_SC_PAGESIZE);
	self->page = mmap(NULL, 2 * self->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	ASSERT_TRUE(self->page != MAP_FAILED);
	ASSERT_EQ(0, mprotect(self->page + self->size, self->size, PROT_NONE));
}

FIXTURE_TEARDOWN(edge)
{
	munmap(self->page, 2 * self->size);
}

TEST_F(edge, no_more_of_an_info_buffer_is_read_than_its_struct)
{
	uint8_t *arg = self->page + self->size - 24;
	uint32_t argsz = 4096;
	struct uapi_span v[UAPI_SPANS_MAX];

	memcpy(arg, &argsz, 4);
	EXPECT_EQ(2, uapi_spans(row_of("VFIO_IOMMU_GET_INFO"), &uapi_mem_self, (uintptr_t)arg, v,
				UAPI_SPANS_MAX));
}

TEST_F(edge, a_struct_that_is_cut_by_the_end_of_memory_is_a_fault)
{
	uint8_t *arg = self->page + self->size - 8;
	uint32_t size = 32;
	struct uapi_span v[UAPI_SPANS_MAX];

	memcpy(arg, &size, 4);
	EXPECT_EQ(-EFAULT, uapi_spans(row_of("IOMMU_IOAS_IOVA_RANGES"), &uapi_mem_checked,
				      (uintptr_t)arg, v, UAPI_SPANS_MAX));
}

TEST_F(edge, a_string_is_read_to_its_nul_and_not_past_a_page)
{
	const char *name = "0000:00:05.0";
	uint8_t *arg = self->page + self->size - strlen(name) - 1;
	const struct uapi_row *row = row_of("VFIO_GROUP_GET_DEVICE_FD");
	struct uapi_span v[UAPI_SPANS_MAX];

	memcpy(arg, name, strlen(name) + 1);
	ASSERT_EQ(1, uapi_spans(row, &uapi_mem_checked, (uintptr_t)arg, v, UAPI_SPANS_MAX));
	EXPECT_EQ(strlen(name) + 1, v[0].len);
	EXPECT_EQ(UAPI_IN, v[0].dir);

	memset(self->page, 'x', self->size);
	EXPECT_EQ(-EFAULT, uapi_spans(row, &uapi_mem_checked, (uintptr_t)arg, v, UAPI_SPANS_MAX));
	if (self->size != 4096)
		return;
	ASSERT_EQ(1, uapi_spans(row, &uapi_mem_checked, (uintptr_t)self->page, v, UAPI_SPANS_MAX));
	EXPECT_EQ(4096, v[0].len);
}

TEST_F(edge, checked_memory_faults_where_memory_ends)
{
	uint64_t end = PTR(self->page + self->size);
	uint8_t buf[16] = { 1 };

	EXPECT_EQ(0, uapi_mem_checked.in(NULL, buf, end - 16, 16));
	EXPECT_EQ(-EFAULT, uapi_mem_checked.in(NULL, buf, end - 8, 16));
	EXPECT_EQ(-EFAULT, uapi_mem_checked.in(NULL, buf, end, 1));
	EXPECT_EQ(-EFAULT, uapi_mem_checked.in(NULL, buf, UINT64_MAX - 3, 16));
	EXPECT_EQ(0, uapi_mem_checked.out(NULL, end - 16, buf, 16));
	EXPECT_EQ(-EFAULT, uapi_mem_checked.out(NULL, end - 8, buf, 16));
	EXPECT_EQ(-EFAULT, uapi_mem_self.in(NULL, buf, 8, 4));
	EXPECT_EQ(-EFAULT, uapi_mem_self.out(NULL, 0, buf, 4));
	EXPECT_EQ(-EFAULT, uapi_mem_self.in(NULL, buf, UINT64_MAX - 3, 16));
	EXPECT_EQ(0, uapi_mem_self.in(NULL, buf, 0, 0));
}

TEST_HARNESS_MAIN
