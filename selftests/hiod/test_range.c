// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges: last bit and width, sorted lists, inverse, order in a reply. */
#include "harness/ktap/ktap.h"
#include "hiod/range.h"

#define MAX    UINT64_MAX
#define BIT(n) (1ull << (n))

TEST(width_is_the_bit_length_of_the_last_address)
{
	static const struct {
		struct hiod_range r;
		int last_bit;
	} rows[] = {
		{ { 1, 0 }, -1 }, /* empty */
		{ { 0, 0 }, -1 },
		{ { 0, 1 }, 0 },
		{ { 0, 0xffffffff }, 31 },
		{ { 0, BIT(32) }, 32 }, /* a clz of 32 bits would say -1 */
		{ { 0, BIT(38) - 1 }, 37 },
		{ { 0, BIT(38) }, 38 },
		{ { 0xfef00000, BIT(39) - 1 }, 38 },
		{ { 0, BIT(39) }, 39 },
		{ { 0, BIT(47) - 1 }, 46 },
		{ { 0, BIT(47) }, 47 },
		{ { 0, BIT(48) - 1 }, 47 },
		{ { 0, BIT(57) - 1 }, 56 },
		{ { 0, MAX }, 63 },
		{ { MAX, MAX }, 63 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].last_bit, range_get_last_bit(&rows[i].r))
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST(valid_and_empty)
{
	static const struct {
		struct hiod_range r;
		bool valid, empty;
	} rows[] = {
		{ { 0, 0 }, true, false },	   { { 1, 0 }, true, true },
		{ { 0x1000, 0xfff }, true, true }, { { 0x2000, 0xfff }, false, true },
		{ { 0, MAX }, true, false }, /* last + 1 wraps to start: still not empty */
		{ { MAX, MAX - 1 }, true, true },  { { MAX, 0 }, false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].valid, range_valid(&rows[i].r));
		EXPECT_EQ(rows[i].empty, range_is_empty(&rows[i].r));
	}
}

TEST(compare_takes_touching_for_equal)
{
	static const struct {
		struct hiod_range a, b;
		int cmp;
	} rows[] = {
		{ { 0, 9 }, { 11, 20 }, -1 }, /* one address between */
		{ { 0, 9 }, { 10, 20 }, 0 },  /* touching */
		{ { 0, 9 }, { 5, 20 }, 0 },    { { 11, 20 }, { 0, 9 }, 1 },
		{ { 10, 20 }, { 0, 9 }, 0 },   { { 0, MAX }, { 5, 6 }, 0 },
		{ { 0, 0 }, { 0, 0 }, 0 },     { { 0, 5 }, { MAX, MAX }, -1 },
		{ { MAX, MAX }, { 0, 5 }, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_EQ(rows[i].cmp, range_compare(&rows[i].a, &rows[i].b))
		{
			TH_LOG("row %zu", i);
		}
	}
}

TEST(extend_ignores_empty_ranges)
{
	struct hiod_range a = { 5, 9 }, empty = { 1, 0 };

	range_extend(&a, &empty);
	EXPECT_EQ(5, a.start);
	range_extend(&empty, &a);
	EXPECT_EQ(5, empty.start);
	EXPECT_EQ(9, empty.last);
	range_extend(&a, &(struct hiod_range){ 2, 7 });
	EXPECT_EQ(2, a.start);
	EXPECT_EQ(9, a.last);
}

/* Lists as text: "0-9 20-29". */
static const char *text_of(const struct hiod_ranges *l, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < l->n; i++)
		n += snprintf(buf + n, len - n, "%s%" PRIx64 "-%" PRIx64, i ? " " : "",
			      range_list_array(l)[i].start, range_list_array(l)[i].last);
	return buf;
}

static void fill(struct hiod_ranges *l, const struct hiod_range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		range_list_insert(l, &r[i]);
}

TEST(insert_sorts_and_merges)
{
	static const struct {
		struct hiod_range in[6];
		size_t n;
		const char *out;
	} rows[] = {
		{ { { 0, 9 }, { 0x20, 0x29 } }, 2, "0-9 20-29" },
		{ { { 0x20, 0x29 }, { 0, 9 } }, 2, "0-9 20-29" },
		{ { { 0, 0xfff }, { 0x1000, 0x1fff } }, 2, "0-1fff" },
		{ { { 0x1000, 0x1fff }, { 0, 0xfff } }, 2, "0-1fff" },
		{ { { 0, 9 }, { 0x20, 0x29 }, { 0x40, 0x49 }, { 8, 0x41 } }, 4, "0-49" },
		{ { { 0, 9 }, { 0x20, 0x29 }, { 0x40, 0x49 }, { 0xa, 0x1f } }, 4, "0-29 40-49" },
		{ { { 0x10, 0x19 }, { 0x12, 0x13 } }, 2, "10-19" },
		{ { { 0x40, 0x49 }, { 0x20, 0x29 }, { 0x60, 0x69 }, { 0, 9 } },
		  4,
		  "0-9 20-29 40-49 60-69" },
		{ { { 5, 6 }, { 0, MAX } }, 2, "0-ffffffffffffffff" },
		{ { { MAX, MAX }, { 0, 0 } }, 2, "0-0 ffffffffffffffff-ffffffffffffffff" },
	};
	char buf[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_ranges l = { 0 };

		fill(&l, rows[i].in, rows[i].n);
		EXPECT_STREQ(rows[i].out, text_of(&l, buf, sizeof(buf)));
		range_list_free(&l);
	}
}

TEST(insert_order_does_not_matter)
{
	struct hiod_range r[64];
	struct hiod_ranges fwd = { 0 }, mixed = { 0 };
	char a[2048], b[2048];

	for (unsigned i = 0; i < 64; i++)
		r[i] = (struct hiod_range){ i * 16, i * 16 + (i % 3 ? 9 : 15) };
	fill(&fwd, r, 64);
	for (unsigned i = 0; i < 64; i++)
		range_list_insert(&mixed, &r[i * 37 % 64]);
	EXPECT_STREQ(text_of(&fwd, a, sizeof(a)), text_of(&mixed, b, sizeof(b)));
	/* Every third range touches the one after it. */
	EXPECT_EQ(64 - 21, fwd.n);
	range_list_free(&fwd);
	range_list_free(&mixed);
}

TEST(inverse)
{
	static const struct {
		struct hiod_range in[3];
		size_t n;
		uint64_t low, high;
		const char *out;
	} rows[] = {
		{ { { 0, MAX } }, 1, 0, MAX, "" },
		{ { { 0 } }, 0, 0, MAX, "0-ffffffffffffffff" },
		{ { { 0x1000, 0x1fff } }, 1, 0, MAX, "0-fff 2000-ffffffffffffffff" },
		{ { { 0, 0xfedfffff }, { 0xfef00000, 0x7fffffffff } },
		  2,
		  0,
		  MAX,
		  "fee00000-feefffff 8000000000-ffffffffffffffff" },
		{ { { 0x1000, 0x1fff } }, 1, 0x3000, 0x4fff, "3000-4fff" }, /* all of it below */
		{ { { 0x1000, 0x1fff } }, 1, 0x1800, 0x4fff, "2000-4fff" },
		{ { { 0x6000, 0x6fff } }, 1, 0x1000, 0x4fff, "1000-4fff" }, /* all of it above */
		{ { { 0x1000, 0x1fff }, { 0x3000, 0x3fff } }, 2, 0, 0x37ff, "0-fff 2000-2fff" },
		{ { { 0, 0xfff }, { 0x2000, MAX } }, 2, 0, MAX, "1000-1fff" },
	};
	char buf[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_ranges in = { 0 }, rev = { 0 };

		fill(&in, rows[i].in, rows[i].n);
		EXPECT_EQ(0, range_inverse_array(&in, &rev, rows[i].low, rows[i].high));
		EXPECT_STREQ(rows[i].out, text_of(&rev, buf, sizeof(buf)));
		range_list_free(&in);
		range_list_free(&rev);
	}
}

TEST(inverse_appends)
{
	struct hiod_ranges in = { 0 }, rev = { 0 };
	char buf[64];

	range_list_insert(&rev, &(struct hiod_range){ 1, 2 });
	EXPECT_EQ(0, range_inverse_array(&in, &rev, 8, 9));
	EXPECT_STREQ("1-2 8-9", text_of(&rev, buf, sizeof(buf)));
	range_list_free(&rev);
}

TEST(copy_is_deep)
{
	struct hiod_ranges a = { 0 }, b = { 0 };

	range_list_insert(&a, &(struct hiod_range){ 1, 2 });
	EXPECT_EQ(0, range_list_copy(&b, &a));
	b.few[0].start = 0;
	EXPECT_EQ(1, a.few[0].start);
	range_list_free(&a);
	EXPECT_EQ(2, b.few[0].last);
	range_list_free(&b);
	EXPECT_EQ(0, b.n);
}

TEST(order_in_a_reply)
{
	static const struct {
		struct hiod_range prev, r;
		enum range_order order;
	} rows[] = {
		{ { 0, 9 }, { 11, 12 }, RANGE_ORDER_SORTED },
		{ { 0, 9 }, { 10, 12 }, RANGE_ORDER_TOUCHES },
		{ { 0, 9 }, { 9, 12 }, RANGE_ORDER_OVERLAPS },
		{ { 5, 9 }, { 0, 5 }, RANGE_ORDER_OVERLAPS },
		{ { 5, 9 }, { 0, 4 }, RANGE_ORDER_UNSORTED }, /* touching, but the wrong way round */
		{ { 5, MAX }, { 0, 3 }, RANGE_ORDER_UNSORTED },
		{ { 0, MAX }, { 0, MAX }, RANGE_ORDER_OVERLAPS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		EXPECT_EQ(rows[i].order, range_order(&rows[i].prev, &rows[i].r));
}

TEST_HARNESS_MAIN
