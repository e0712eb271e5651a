// SPDX-License-Identifier: GPL-2.0-or-later
/* What changes replies for fuzzers: it stays in its room, and does what it is there for. */
#include <string.h>

#include "harness/ktap/ktap.h"
#include "harness/uapi/uapi_compat.h"
#include "selftests/properties/chain.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/mutate.h"

#define SEEDS  20000u
#define BEFORE 3u
#define SIZE   (BEFORE + 84u)

static size_t fresh(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	return make_type1_reply(c, buf, cap);
}

static const struct reply_of of = { UAPI_FD_CONTAINER, (uint32_t)VFIO_IOMMU_GET_INFO, BEFORE,
				    fresh };

/* BEFORE bytes, the structure, a DMA_AVAIL and two ranges; all that is no length or link is mark. */
static void make_reply(uint8_t *buf, uint8_t mark)
{
	struct uapi_type1_info info = { .argsz = SIZE - BEFORE, .flags = 3, .cap_offset = 24 };
	struct vfio_info_cap_header avail = { VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, 1, 36 },
				    ranges = { VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 1, 0 };
	uint32_t head[2] = { 2, 0 };

	memset(buf, mark, SIZE);
	info.iova_pgsizes = mark;
	memcpy(buf + BEFORE, &info, sizeof(info));
	memcpy(buf + BEFORE + 24, &avail, sizeof(avail));
	memcpy(buf + BEFORE + 36, &ranges, sizeof(ranges));
	memcpy(buf + BEFORE + 44, head, sizeof(head));
}

/* What a reply has become, as far as these tests look at it. */
struct look {
	struct uapi_type1_info info;
	bool good; /* the chain ends where it should */
	size_t caps;
	uint32_t nr; /* of the first list of ranges */
	size_t there;
	bool of_range[4]; /* a range begins with the byte 0, 1, 2; 3: any other */
};

static struct look look_at(const uint8_t *buf, size_t n)
{
	struct look l = { .good = n >= BEFORE + sizeof(l.info) };
	const uint8_t *img = buf + BEFORE;
	struct uapi_cap cap;
	uint32_t pos;
	int rc;

	if (!l.good)
		return l;
	memcpy(&l.info, img, sizeof(l.info));
	pos = l.info.cap_offset;
	while ((rc = uapi_cap_next(img, n - BEFORE, &pos, &cap)) > 0) {
		l.caps++;
		if (cap.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE || l.there ||
		    cap.end < cap.off + 16)
			continue;
		memcpy(&l.nr, img + cap.off + 8, sizeof(l.nr));
		l.there = (cap.end - cap.off - 16) / 16;
		for (size_t i = 0; i < l.there; i++)
			l.of_range[img[cap.off + 16 + 16 * i] < 3 ? img[cap.off + 16 + 16 * i]
								  : 3] = true;
	}
	l.good = rc == 0;
	return l;
}

TEST(a_mutation_stays_in_its_room)
{
	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		size_t max = SIZE + seed % 400, n = seed % 5 ? SIZE : seed % SIZE;
		uint8_t good[SIZE], *data = page_end(max);

		make_reply(good, 1);
		memcpy(data, good, n);
		ASSERT_LE(mutate_reply(&of, data, n, max, seed), max);
	}
}

TEST(where_there_is_no_reply_one_is_made)
{
	uint8_t *data = page_end(1024);
	size_t n = mutate_reply(&of, data, 0, 1024, 7);

	EXPECT_LE(BEFORE + sizeof(struct uapi_type1_info), n);
	EXPECT_EQ(0, data[0] | data[1] | data[2]);
}

TEST(each_part_of_a_reply_is_changed)
{
	bool flags = false, link = false, more = false, fewer = false, range = false, cap = false;

	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		uint8_t *data = page_end(512);
		struct look l;
		size_t n;

		make_reply(data, 1);
		n = mutate_reply(&of, data, SIZE, 512, seed);
		if (!n)
			continue;
		ASSERT_TRUE(n < BEFORE + 1 || (data[0] == 1 && data[2] == 1));
		l = look_at(data, n);
		flags |= l.good && l.info.flags == 1;
		link |= n == SIZE && !l.good;
		more |= l.good && l.nr == 3 && l.there >= 3;
		fewer |= l.good && l.nr == 1;
		range |= l.good && l.nr == 2 && l.of_range[3];
		cap |= l.good && l.caps == 3;
	}
	EXPECT_TRUE(flags);
	EXPECT_TRUE(link);
	EXPECT_TRUE(more);
	EXPECT_TRUE(fewer);
	EXPECT_TRUE(range);
	EXPECT_TRUE(cap);
}

TEST(two_good_replies_crossed_are_a_good_one)
{
	uint8_t a[SIZE], b[SIZE];
	unsigned int done = 0;

	make_reply(a, 1);
	make_reply(b, 2);
	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		size_t max = SIZE + seed % 100, n;
		uint8_t *out = page_end(max);
		struct look l;

		n = cross_reply(&of, a, SIZE, b, SIZE, out, max, seed);
		ASSERT_LE(n, max);
		if (!n)
			continue;
		done++;
		l = look_at(out, n);
		ASSERT_TRUE(l.good);
		ASSERT_EQ(n - BEFORE, l.info.argsz);
		ASSERT_EQ(l.there, l.nr);
	}
	EXPECT_LT(SEEDS / 2, done);
}

TEST(crossing_takes_capabilities_elements_and_fields)
{
	bool caps = false, elements = false, fields = false;
	uint8_t a[SIZE], b[SIZE];

	make_reply(a, 1);
	make_reply(b, 2);
	for (uint32_t seed = 0; seed < SEEDS; seed++) {
		uint8_t *out = page_end(512);
		struct look l;
		size_t n = cross_reply(&of, a, SIZE, b, SIZE, out, 512, seed);

		if (!n)
			continue;
		l = look_at(out, n);
		caps |= l.caps > 2 && l.info.iova_pgsizes == 1;
		elements |= l.of_range[1] && l.of_range[2];
		fields |= n == SIZE && l.info.iova_pgsizes == 2 && l.of_range[1];
	}
	EXPECT_TRUE(caps);
	EXPECT_TRUE(elements);
	EXPECT_TRUE(fields);
}

/* The two replies of IOMMU_IOAS_IOVA_RANGES. */
TEST(entries_of_two_lists_are_one_list)
{
	struct {
		struct ranges_replies head;
		struct hiod_range r[2];
	} a = { { .num = { 2, 2 }, .written = 2 }, { { 1, 1 }, { 1, 1 } } }, b = a, got;
	bool both = false;

	b.r[0] = b.r[1] = (struct hiod_range){ 2, 2 };
	for (uint32_t seed = 0; seed < 1000; seed++) {
		uint8_t *out = page_end(sizeof(got));
		size_t n = cross_ranges((void *)&a, sizeof(a), (void *)&b, sizeof(b), out,
					sizeof(got), seed);

		ASSERT_LE(n, sizeof(got));
		memset(&got, 0, sizeof(got));
		memcpy(&got, out, n);
		both |= n == sizeof(got) && got.r[0].start == 1 && got.r[1].start == 2 &&
			got.head.num[1] == 2;
		n = mutate_ranges(out, n, sizeof(got), seed);
		ASSERT_LE(n, sizeof(got));
	}
	EXPECT_TRUE(both);
}

TEST_HARNESS_MAIN
