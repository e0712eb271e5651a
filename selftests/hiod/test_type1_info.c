// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of VFIO_IOMMU_GET_INFO's reply, on replies whose end is the end
 * of memory.
 */
#include <sys/mman.h>
#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/type1_info.h"

#define CAPS (VFIO_IOMMU_INFO_CAPS | VFIO_IOMMU_INFO_PGSIZES)

/* A reply under construction; offsets are of the reply. */
struct reply {
	unsigned char b[512];
	size_t len;
};

static void header(struct reply *r, uint32_t flags, uint32_t cap_offset)
{
	struct uapi_type1_info i = { .flags = flags,
				     .iova_pgsizes = 0x40201000,
				     .cap_offset = cap_offset };

	memset(r, 0, sizeof(*r));
	memcpy(r->b, &i, sizeof(i));
	r->len = sizeof(i);
}

static void cap(struct reply *r, size_t at, uint16_t id, uint32_t next, const void *payload,
		size_t n)
{
	struct vfio_info_cap_header h = { id, 1, next };

	memcpy(r->b + at, &h, sizeof(h));
	memcpy(r->b + at + sizeof(h), payload, n);
	if (r->len < at + sizeof(h) + n)
		r->len = at + sizeof(h) + n;
}

static void iova_cap(struct reply *r, size_t at, uint32_t next, uint32_t nr,
		     const struct hiod_range *ranges, unsigned n)
{
	uint32_t p[2 + 4 * 8] = { nr };

	memcpy(p + 2, ranges, n * sizeof(*ranges));
	cap(r, at, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, next, p, 8 + n * sizeof(*ranges));
}

static void dma_avail(struct reply *r, size_t at, uint32_t next)
{
	uint32_t avail = 1000;

	cap(r, at, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, next, &avail, sizeof(avail));
}

static void migration(struct reply *r, size_t at, uint32_t next, uint64_t pgsizes)
{
	uint64_t p[3] = { 0, pgsizes, 1 << 28 };

	cap(r, at, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, next, p, sizeof(p));
}

struct parsed {
	struct type1_info info;
	struct hiod_anomalies an;
	struct hiod_error err;
	int rc;
};

/* Parses a copy that ends where memory ends; the page before it is filled with 0xa5. */
static void parse(const struct reply *r, struct parsed *p)
{
	const size_t page = 4096;
	unsigned char *m =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned char *at = m + page - r->len;

	memset(m, 0xa5, page);
	mprotect(m + page, page, PROT_NONE);
	memcpy(at, r->b, r->len);
	memset(p, 0, sizeof(*p));
	hiod_error_init(&p->err);
	p->rc = type1_info_parse(at, r->len, &p->info, &p->an, &p->err);
	munmap(m, 2 * page);
}

static const struct hiod_range two[] = { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } };

TEST(a_reply_as_linux_gives_it)
{
	/* before 6.6 the last capability is not aligned */
	for (size_t at = 68; at <= 72; at += 4) {
		struct reply r;
		struct parsed p;

		header(&r, CAPS, 24);
		migration(&r, 24, 56, 0x1000);
		dma_avail(&r, 56, at);
		iova_cap(&r, at, 0, 2, two, 2);
		parse(&r, &p);
		EXPECT_EQ(0, p.rc);
		EXPECT_EQ(0, p.an.seen);
		EXPECT_EQ(0x40201000, p.info.pgsizes);
		EXPECT_EQ(1000, p.info.dma_max_mappings);
		EXPECT_TRUE(p.info.dirty_pages_supported);
		EXPECT_EQ(0x1000, p.info.dirty_pgsizes);
		EXPECT_EQ(1 << 28, p.info.max_dirty_bitmap_size);
		ASSERT_EQ(2, p.info.iova_ranges.n);
		EXPECT_EQ(0x7fffffffff, p.info.iova_ranges.few[1].last);
		range_list_free(&p.info.iova_ranges);
	}
}

TEST(flags_decide_what_is_there)
{
	struct reply r;
	struct parsed p;

	header(&r, 0, 24);
	iova_cap(&r, 24, 0, 2, two, 2); /* not announced */
	parse(&r, &p);
	EXPECT_EQ(0, p.rc);
	EXPECT_EQ(4096, p.info.pgsizes); /* nor are the page sizes */
	EXPECT_EQ(65535, p.info.dma_max_mappings);
	EXPECT_EQ(0, p.info.iova_ranges.n);
	EXPECT_EQ(1u << HIOD_ANOMALY_NO_RANGES, p.an.seen);

	header(&r, CAPS, 0); /* a chain without a link */
	parse(&r, &p);
	EXPECT_EQ(0, p.rc);
	EXPECT_EQ(1u << HIOD_ANOMALY_NO_RANGES, p.an.seen);
}

TEST(migration_counts_only_for_the_host_page_size)
{
	struct reply r;
	struct parsed p;

	header(&r, CAPS, 24);
	migration(&r, 24, 0, 0x200000);
	parse(&r, &p);
	EXPECT_FALSE(p.info.dirty_pages_supported);
}

TEST(the_first_capability_of_an_id_counts)
{
	struct reply r;
	struct parsed p;

	header(&r, CAPS, 24);
	iova_cap(&r, 24, 64, 1, two, 1);
	iova_cap(&r, 64, 0, 2, two, 2);
	parse(&r, &p);
	EXPECT_EQ(1, p.info.iova_ranges.n);
	range_list_free(&p.info.iova_ranges);
}

/*
 * Chains that are no chains. QEMU looks for DMA_AVAIL, for the ranges and for
 * MIGRATION, in this order, and each lookup ends at what it looks for: a
 * broken link behind all three is never met.
 */
TEST(broken_chains)
{
	enum { NO_AVAIL = 1, NO_MIGRATION = 2 };
	static const struct {
		const char *name;
		uint32_t first, last; /* cap_offset; next of the last capability */
		unsigned without;
		enum hiod_anomaly anomaly;
		bool fatal;
	} rows[] = {
		{ "loop to itself", 24, 72, NO_AVAIL, HIOD_ANOMALY_CHAIN_CYCLE, true },
		{ "loop to the first", 24, 24, NO_MIGRATION, HIOD_ANOMALY_CHAIN_CYCLE, true },
		{ "loop behind all", 24, 24, 0, HIOD_ANOMALY_CHAIN_CYCLE_LATE, false },
		{ "next outside", 24, 4000, NO_AVAIL, HIOD_ANOMALY_CHAIN_OUTSIDE, true },
		{ "next far outside", 24, UINT32_MAX, NO_AVAIL, HIOD_ANOMALY_CHAIN_OUTSIDE, true },
		{ "next outside, behind all", 24, 4000, 0, HIOD_ANOMALY_CHAIN_OUTSIDE_LATE, false },
		{ "header cut by the end", 24, 116, NO_AVAIL, HIOD_ANOMALY_CHAIN_OUTSIDE, true },
		{ "first outside", 120, 0, 0, HIOD_ANOMALY_CHAIN_OUTSIDE, true },
		{ "first unaligned, outside", 0x80000001, 0, 0, HIOD_ANOMALY_CHAIN_OUTSIDE, true },
		{ "next in the header", 24, 8, 0, HIOD_ANOMALY_CHAIN_IN_HEADER, false },
		{ "nobody wrote next", 24, 0xa5a5a5a5, NO_AVAIL, HIOD_ANOMALY_REPLY_UNWRITTEN,
		  true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply r;
		struct parsed p;

		header(&r, CAPS, rows[i].first);
		migration(&r, 24, 56, 0x1000);
		dma_avail(&r, 56, 72);
		iova_cap(&r, 72, rows[i].last, 2, two, 2);
		/* an id that nobody looks for */
		if (rows[i].without & NO_AVAIL)
			r.b[56] = 99;
		if (rows[i].without & NO_MIGRATION)
			r.b[24] = 98;
		parse(&r, &p);
		EXPECT_EQ(rows[i].fatal ? -EPROTO : 0, p.rc)
		{
			TH_LOG("%s: %s", rows[i].name, p.err.message);
		}
		EXPECT_TRUE(p.an.seen & 1u << rows[i].anomaly)
		{
			TH_LOG("%s: %#x", rows[i].name, p.an.seen);
		}
		EXPECT_EQ(rows[i].fatal ? HIOD_FAIL_ANOMALY : HIOD_FAIL_QEMU, p.err.fail);
		range_list_free(&p.info.iova_ranges);
	}
}

TEST(capabilities_cut_by_the_end)
{
	static const struct {
		const char *name;
		size_t len;
		uint32_t nr;
	} rows[] = {
		{ "in the ranges", 103, 2 },
		{ "before the ranges", 87, 2 },
		{ "in the range capability", 80, 2 },
		{ "more ranges than room", 120, 3 },
		{ "far more ranges than room", 120, UINT32_MAX },
		{ "as many as make 32 bits wrap", 120, 0x10000000 },
		{ "in DMA_AVAIL", 67, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reply r;
		struct parsed p;

		header(&r, CAPS, 24);
		migration(&r, 24, 56, 0x1000);
		dma_avail(&r, 56, 72);
		iova_cap(&r, 72, 0, rows[i].nr, two, 2);
		ASSERT_LE(rows[i].len, r.len);
		r.len = rows[i].len;
		parse(&r, &p);
		EXPECT_EQ(-EPROTO, p.rc)
		{
			TH_LOG("%s", rows[i].name);
		}
		EXPECT_TRUE(p.an.seen & 1u << HIOD_ANOMALY_CHAIN_OUTSIDE);
		range_list_free(&p.info.iova_ranges);
	}
}

TEST(ranges_that_nobody_wrote)
{
	static const struct hiod_range rows[] = {
		{ HIOD_UNWRITTEN, HIOD_UNWRITTEN },
		{ 0xfef00000, HIOD_UNWRITTEN },
		{ 0xfef00000, 0xa5a5a5a5ffffffff }, /* half of the end was written */
		{ 0xfef0000000000000, 0xffffffffa5a5a5a5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_range r2[2] = { { 0, 0xfff }, rows[i] };
		struct reply r;
		struct parsed p;

		header(&r, CAPS, 24);
		iova_cap(&r, 24, 0, 2, r2, 2);
		parse(&r, &p);
		EXPECT_EQ(-EPROTO, p.rc);
		EXPECT_EQ(1u << HIOD_ANOMALY_REPLY_UNWRITTEN, p.an.seen);
		EXPECT_EQ(1, p.an.arg[HIOD_ANOMALY_REPLY_UNWRITTEN].a);
		range_list_free(&p.info.iova_ranges);
	}
}

TEST(many_ranges)
{
	enum { N = 4000 };
	size_t len = 24 + 16 + N * 16;
	unsigned char *b = calloc(1, len);
	struct hiod_anomalies an = { 0 };
	struct type1_info info;
	struct hiod_error err;
	uint32_t nr = N;

	ASSERT_NOT_NULL(b);
	memcpy(b, &(struct uapi_type1_info){ .flags = CAPS, .cap_offset = 24 }, 24);
	memcpy(b + 24, &(struct vfio_info_cap_header){ 1, 1, 0 }, 8);
	memcpy(b + 32, &nr, sizeof(nr));
	for (uint64_t i = 0; i < N; i++)
		memcpy(b + 40 + i * 16, &(struct hiod_range){ i << 20, (i << 20) + 0xfff }, 16);
	hiod_error_init(&err);
	EXPECT_EQ(0, type1_info_parse(b, len, &info, &an, &err));
	EXPECT_EQ(N, info.iova_ranges.n);
	EXPECT_EQ(0, an.seen);
	range_list_free(&info.iova_ranges);
	free(b);
}

/* Every reply of the right length gives an answer and reads nothing but itself. */
TEST(noise)
{
	uint64_t x = 88172645463325252ull;
	unsigned fatal = 0;

	for (int n = 0; n < 20000; n++) {
		struct reply r;
		struct parsed p;

		header(&r, CAPS, 24);
		migration(&r, 24, 56, 0x1000);
		dma_avail(&r, 56, 72);
		iova_cap(&r, 72, 0, 2, two, 2);
		for (int i = 0; i < 3; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			r.b[16 + x % (r.len - 16)] = x >> 32;
		}
		r.len -= x >> 40 & 7;
		parse(&r, &p);
		EXPECT_TRUE(p.rc == 0 || p.rc == -EPROTO);
		fatal += p.rc != 0;
		range_list_free(&p.info.iova_ranges);
	}
	EXPECT_LT(1000, fatal);
}

TEST_HARNESS_MAIN
