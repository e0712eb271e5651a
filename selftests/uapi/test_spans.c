// SPDX-License-Identifier: GPL-2.0-or-later
/* Marshal: which memory a call reads and may write, and what it has written. */
#include <sys/mman.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/uapi/golden.h"

#define PTR(p) ((uint64_t)(uintptr_t)(p))

static const struct uapi_row *row_of(const char *name)
{
	const struct uapi_row *row = uapi_find_name(name);

	if (!row) {
		fprintf(stderr, "no row %s\n", name);
		abort();
	}
	return row;
}

/* A span that a case expects: from the argument ("arg") or from the nested buffer. */
struct want {
	const char *what; /* NULL: end of list */
	uint32_t len;
	uint8_t dir;
};

static uint8_t nested[64];

static void check(struct ktap_meta *_metadata, const char *label, const void *arg,
		  const struct uapi_span *v, int n, const struct want *want)
{
	int i;

	for (i = 0; i < n && want[i].what; i++) {
		EXPECT_STREQ(want[i].what, v[i].what)
		TH_LOG("%s span %d", label, i);
		EXPECT_EQ(want[i].len, v[i].len)
		TH_LOG("%s span %d", label, i);
		EXPECT_EQ(want[i].dir, v[i].dir)
		TH_LOG("%s span %d", label, i);
		EXPECT_TRUE(v[i].addr == (strcmp(v[i].what, "arg") ? PTR(nested) : PTR(arg)))
		TH_LOG("%s span %d", label, i);
	}
	EXPECT_EQ(i, n)
	TH_LOG("%s: %d spans", label, n);
	EXPECT_NULL(want[i].what);
}

#define IN    UAPI_IN
#define OUT   UAPI_OUT
#define INOUT UAPI_INOUT

/* The argument is 32-bit words; P is the nested buffer's address in two of them. */
#define P 0xbbbbbbbb, 0xbbbbbbbb

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

/* The case's words with P filled in. */
static void fill(uint32_t *arg, const struct span_case *c)
{
	uint64_t addr = PTR(nested);

	memcpy(arg, c->arg, sizeof(c->arg));
	for (size_t w = 0; w + 1 < sizeof(c->arg) / 4; w++)
		if (arg[w] == 0xbbbbbbbb && arg[w + 1] == 0xbbbbbbbb)
			memcpy(&arg[w], &addr, 8);
}

TEST(spans_follow_the_rule_and_the_claims)
{
	for (size_t i = 0; i < sizeof(span_cases) / sizeof(span_cases[0]); i++) {
		const struct span_case *c = &span_cases[i];
		struct uapi_span v[UAPI_SPANS_MAX];
		uint32_t arg[20];
		int n;

		fill(arg, c);
		n = uapi_spans(row_of(c->request), &uapi_mem_checked, (uintptr_t)arg, v,
			       UAPI_SPANS_MAX);
		check(_metadata, c->label, arg, v, n, c->want);
	}
}

TEST(no_more_spans_than_there_is_room_for)
{
	uint32_t arg[] = { 24, 2, 3, 0, 0, 0 };
	uint64_t addr = PTR(nested);
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

/* ---- written ---- */

struct written_case {
	const char *label, *request;
	uint32_t arg[12];   /* before */
	uint32_t reply[12]; /* after; shorter than the reply when hex is given */
	const char *hex;    /* the reply's bytes instead */
	int ret;
	struct want want[4];
};

static const struct written_case written_cases[] = {
	{ "caps fit exactly",
	  "VFIO_IOMMU_GET_INFO",
	  { 120 },
	  { 0 },
	  golden_type1,
	  0,
	  { { "arg", 120, OUT } } },
	{ "caps of 6.1, the last at 68",
	  "VFIO_IOMMU_GET_INFO",
	  { 116 },
	  { 0 },
	  golden_type1_v61,
	  0,
	  { { "arg", 116, OUT } } },
	{ "caps of the compat layer",
	  "VFIO_IOMMU_GET_INFO",
	  { 4096 },
	  { 0 },
	  golden_compat,
	  0,
	  { { "arg", 88, OUT } } },
	{ "caps do not fit: the struct alone",
	  "VFIO_IOMMU_GET_INFO",
	  { 24 },
	  { 120, 3, 0x40201000, 0, 0, 0 },
	  NULL,
	  0,
	  { { "arg", 24, OUT } } },
	{ "caps do not fit in a larger buffer",
	  "VFIO_IOMMU_GET_INFO",
	  { 48 },
	  { 120, 3, 0x40201000, 0, 0, 0 },
	  NULL,
	  0,
	  { { "arg", 24, OUT } } },
	{ "short struct",
	  "VFIO_IOMMU_GET_INFO",
	  { 16 },
	  { 120, 3, 0x40201000, 0 },
	  NULL,
	  0,
	  { { "arg", 16, OUT } } },
	{ "failed, nothing changed",
	  "VFIO_IOMMU_GET_INFO",
	  { 24 },
	  { 24 },
	  NULL,
	  -EINVAL,
	  { { NULL, 0, 0 } } },
	{ "failed, and yet written",
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO",
	  { 12 },
	  { 12, 0, 3 },
	  NULL,
	  -ENOSPC,
	  { { "arg", 12, OUT } } },
	{ "hot reset info",
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO",
	  { 44 },
	  { 44, 0, 2 },
	  NULL,
	  0,
	  { { "arg", 28, OUT } } },
	{ "hot reset info with a count that lies",
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO",
	  { 44 },
	  { 44, 0, 0xffffffff },
	  NULL,
	  0,
	  { { "arg", 44, OUT } } },
	{ "a chain that goes past what was given",
	  "VFIO_IOMMU_GET_INFO",
	  { 96 },
	  { 0 },
	  golden_type1,
	  0,
	  { { "arg", 96, OUT } } },
	{ "failed: the struct, not the array",
	  "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO",
	  { 44 },
	  { 44, 0, 3 },
	  NULL,
	  -ENOSPC,
	  { { "arg", 12, OUT } } },
	{ "nothing is ever written",
	  "VFIO_IOMMU_MAP_DMA",
	  { 32, 3 },
	  { 32, 3 },
	  NULL,
	  0,
	  { { NULL, 0, 0 } } },
	{ "bind",
	  "VFIO_DEVICE_BIND_IOMMUFD",
	  { 16, 0, 3, 0 },
	  { 16, 0, 3, 1 },
	  NULL,
	  0,
	  { { "arg", 16, OUT } } },
	{ "ranges, fewer than asked",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 16, 0, P },
	  { 32, 2, 2, 0, P, 0x1000 },
	  NULL,
	  0,
	  { { "arg", 32, OUT }, { "allowed_iovas", 32, OUT } } },
	{ "ranges, a prefix by EMSGSIZE",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 1, 0, P },
	  { 32, 2, 2, 0, P, 0x1000 },
	  NULL,
	  -EMSGSIZE,
	  { { "arg", 32, OUT }, { "allowed_iovas", 16, OUT } } },
	{ "ranges, sizing call by EMSGSIZE",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 0, 0, P },
	  { 32, 2, 2, 0, P, 0x1000 },
	  NULL,
	  -EMSGSIZE,
	  { { "arg", 32, OUT } } },
	{ "ranges, none",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 4, 0, P },
	  { 32, 2, 0, 0, P, 1 },
	  NULL,
	  0,
	  { { "arg", 32, OUT } } },
	{ "ranges, failed: the array may have been begun",
	  "IOMMU_IOAS_IOVA_RANGES",
	  { 32, 2, 2, 0, P },
	  { 32, 2, 2, 0, P },
	  NULL,
	  -EFAULT,
	  { { "allowed_iovas", 32, OUT } } },
	{ "hw info: the given length whatever the kernel has",
	  "IOMMU_GET_HW_INFO",
	  { 40, 0, 1, 48, P },
	  { 40, 0, 1, 24, P, 1 },
	  NULL,
	  0,
	  { { "arg", 40, OUT }, { "data_uptr", 48, OUT } } },
	{ "hw info, cut",
	  "IOMMU_GET_HW_INFO",
	  { 40, 0, 1, 8, P },
	  { 40, 0, 1, 24, P, 1 },
	  NULL,
	  0,
	  { { "arg", 40, OUT }, { "data_uptr", 8, OUT } } },
	{ "a struct of the future",
	  "IOMMU_IOAS_ALLOC",
	  { 32 },
	  { 32, 0, 1 },
	  NULL,
	  0,
	  { { "arg", 12, OUT } } },
	{ "invalidate counts even when it fails",
	  "IOMMU_HWPT_INVALIDATE",
	  { 32, 3, P, 0, 24, 2 },
	  { 32, 3, P, 0, 24, 1 },
	  NULL,
	  -EINVAL,
	  { { "arg", 32, OUT } } },
	{ "feature get",
	  "VFIO_DEVICE_FEATURE",
	  { 16, 0x10001 },
	  { 16, 0x10001, 1 },
	  NULL,
	  0,
	  { { "arg", 16, OUT } } },
	{ "vdpa range",
	  "VHOST_VDPA_GET_IOVA_RANGE",
	  { 0 },
	  { 0, 0, 0xffffffff, 0x7f },
	  NULL,
	  0,
	  { { "arg", 16, OUT } } },
	{ "vdpa config",
	  "VHOST_VDPA_GET_CONFIG",
	  { 0, 12 },
	  { 0, 12, 1, 2, 3 },
	  NULL,
	  0,
	  { { "arg", 20, OUT } } },
};

/* Runs uapi_spans, the reply, uapi_spans_written on a buffer that starts poisoned. */
static int answer(const struct uapi_row *row, uint8_t *buf, const void *arg, size_t arg_len,
		  const void *reply, size_t reply_len, int ret, struct uapi_span *v)
{
	struct uapi_span before[UAPI_SPANS_MAX];
	uint8_t in[256];
	int n;

	memcpy(buf, arg, arg_len);
	n = uapi_spans(row, &uapi_mem_checked, (uintptr_t)buf, before, UAPI_SPANS_MAX);
	if (n < 0)
		return n;
	memcpy(in, buf, before[0].len < sizeof(in) ? before[0].len : sizeof(in));
	memcpy(buf, reply, reply_len);
	return uapi_spans_written(row, &uapi_mem_checked, (uintptr_t)buf, ret, in, before,
				  (size_t)n, v, UAPI_SPANS_MAX);
}

static void point(uint32_t *words)
{
	uint64_t addr = PTR(nested);

	for (size_t w = 0; w + 1 < 12; w++)
		if (words[w] == 0xbbbbbbbb && words[w + 1] == 0xbbbbbbbb)
			memcpy(&words[w], &addr, 8);
}

TEST(written_is_what_the_reply_tells)
{
	for (size_t i = 0; i < sizeof(written_cases) / sizeof(written_cases[0]); i++) {
		const struct written_case *c = &written_cases[i];
		struct uapi_span v[UAPI_SPANS_MAX];
		uint32_t arg[12], words[12];
		uint8_t buf[4096], reply[256];
		size_t len = sizeof(words);
		int n;

		memset(buf, 0xa5, sizeof(buf));
		memcpy(arg, c->arg, sizeof(arg));
		memcpy(words, c->reply, sizeof(words));
		point(arg);
		point(words);
		memcpy(reply, words, sizeof(words));
		if (c->hex)
			len = unhex(reply, sizeof(reply), c->hex);
		n = answer(row_of(c->request), buf, arg, sizeof(arg), reply, len, c->ret, v);
		check(_metadata, c->label, buf, v, n, c->want);
	}
}

/* Replies made from the golden one: a word is changed, and the written length expected. */
TEST(a_chain_in_a_large_buffer_ends_where_its_capabilities_end)
{
	static const struct {
		const char *label;
		size_t at;
		uint32_t word;
		uint32_t written;
	} cases[] = {
		{ "as it is", 0, 4096, 120 },
		{ "no ranges", 80, 0, 88 },
		{ "more ranges", 80, 200, 88 + 3200 },
		{ "ranges to the end", 80, (4096 - 88) / 16, 88 + (4096 - 88) / 16 * 16 },
		{ "one range past the end", 80, (4096 - 88) / 16 + 1, 4096 },
		{ "a number of ranges that wraps 32 bits", 80, 0x10000000, 4096 },
		{ "all ones", 80, 0xffffffff, 4096 },
		{ "last of an unknown id reaches to the end", 72, 0x00010063, 4096 },
		{ "an unknown id in the middle", 56, 0x00010063, 120 },
		{ "the chain ends early", 60, 0, 68 },
		{ "next is itself", 76, 72, 4096 },
		{ "next is back at the first", 76, 24, 4096 },
		{ "next is past the end", 76, 5000, 4096 },
		{ "next leaves half a header", 76, 4092, 4096 },
		{ "next is all ones", 76, 0xffffffff, 4096 },
		{ "first is past the end", 16, 5000, 4096 },
		{ "first is all ones", 16, 0xffffffff, 4096 },
		{ "no chain", 16, 0, 24 },
		{ "argsz lowered below the chain", 0, 100, 4096 },
		{ "argsz raised", 0, 5000, 120 },
		{ "argsz of nothing", 0, 0, 120 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct uapi_row *row = row_of("VFIO_IOMMU_GET_INFO");
		struct uapi_span v[UAPI_SPANS_MAX];
		uint32_t argsz = 4096;
		uint8_t buf[4096], reply[256];
		size_t len = unhex(reply, sizeof(reply), golden_type1);

		memset(buf, 0xa5, sizeof(buf));
		memcpy(reply, &argsz, 4);
		memcpy(reply + cases[i].at, &cases[i].word, 4);
		ASSERT_EQ(1, answer(row, buf, &argsz, 4, reply, len, 0, v))
		TH_LOG("%s", cases[i].label);
		EXPECT_EQ(cases[i].written, v[0].len)
		TH_LOG("%s", cases[i].label);
	}
}

TEST_F(edge, a_chain_is_not_followed_into_memory_that_is_not_there)
{
	const struct uapi_row *row = row_of("VFIO_IOMMU_GET_INFO");
	uint8_t *buf = self->page + self->size - 24;
	uint32_t words[] = { 4096, 3, 0x1000, 0, 24, 0 };
	struct uapi_span before[UAPI_SPANS_MAX], v[UAPI_SPANS_MAX];
	int n;

	memcpy(buf, words, 24);
	n = uapi_spans(row, &uapi_mem_checked, (uintptr_t)buf, before, UAPI_SPANS_MAX);
	ASSERT_EQ(2, n);
	EXPECT_EQ(-EFAULT, uapi_spans_written(row, &uapi_mem_checked, (uintptr_t)buf, 0, NULL,
					      before, (size_t)n, v, UAPI_SPANS_MAX));
}

TEST_HARNESS_MAIN
