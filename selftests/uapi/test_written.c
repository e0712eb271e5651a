// SPDX-License-Identifier: GPL-2.0-or-later
/* Marshal after a call: what the reply tells that was written. */
#include <sys/mman.h>
#include <unistd.h>

#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi.h"
#include "selftests/uapi/golden.h"
#include "selftests/uapi/want.h"

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
		point(arg, sizeof(arg) / 4);
		point(words, sizeof(words) / 4);
		memcpy(reply, words, sizeof(words));
		if (c->hex)
			len = unhex(reply, sizeof(reply), c->hex);
		n = answer(row_of(c->request), buf, arg, sizeof(arg), reply, len, c->ret, v);
		check_spans(_metadata, c->label, buf, v, n, c->want);
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

TEST(a_chain_is_not_followed_into_memory_that_is_not_there)
{
	const struct uapi_row *row = row_of("VFIO_IOMMU_GET_INFO");
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *page =
		mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *buf = page + size - 24;
	uint32_t words[] = { 4096, 3, 0x1000, 0, 24, 0 };
	struct uapi_span before[UAPI_SPANS_MAX], v[UAPI_SPANS_MAX];
	int n;

	ASSERT_TRUE(page != MAP_FAILED);
	ASSERT_EQ(0, mprotect(page + size, size, PROT_NONE));
	memcpy(buf, words, 24);
	n = uapi_spans(row, &uapi_mem_checked, (uintptr_t)buf, before, UAPI_SPANS_MAX);
	ASSERT_EQ(2, n);
	EXPECT_EQ(-EFAULT, uapi_spans_written(row, &uapi_mem_checked, (uintptr_t)buf, 0, NULL,
					      before, (size_t)n, v, UAPI_SPANS_MAX));
	munmap(page, 2 * size);
}

TEST_HARNESS_MAIN
