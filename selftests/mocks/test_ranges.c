// SPDX-License-Identifier: GPL-2.0-or-later
/* The two kinds of interval sets, by themselves. */
#include <string.h>

#include "harness/ktap/ktap.h"
#include "mocks/internal.h"

#define MAX_RANGES 4

struct list {
	size_t n;
	struct host_range v[MAX_RANGES];
};

static struct ivlist make(const struct list *from)
{
	struct ivlist l = { 0 }, src = { .v = (struct host_range *)from->v, .n = from->n };

	if (ivlist_copy(&l, &src))
		__builtin_trap();
	return l;
}

static bool same(const struct ivlist *l, const struct list *want)
{
	return l->n == want->n && !memcmp(l->v, want->v, want->n * sizeof(l->v[0]));
}

/* At either end a range of which one address alone would stay goes whole. */
TEST(list_is_trimmed_to_an_aperture)
{
	static const struct {
		struct list from;
		uint64_t start;
		uint64_t last;
		struct list to;
	} rows[] = {
		{ { 0 }, 5, 9, { 1, { { 5, 9 } } } },
		{ { 1, { { 0, 100 } } }, 0, 100, { 1, { { 0, 100 } } } },
		{ { 1, { { 0, 100 } } }, 10, 90, { 1, { { 10, 90 } } } },
		{ { 1, { { 0, 100 } } }, 99, 200, { 1, { { 99, 100 } } } },
		{ { 1, { { 0, 100 } } }, 100, 200, { 0 } },
		{ { 1, { { 50, 100 } } }, 0, 51, { 1, { { 50, 51 } } } },
		{ { 1, { { 50, 100 } } }, 0, 50, { 0 } },
		{ { 2, { { 0, 10 }, { 20, 30 } } }, 15, 40, { 1, { { 20, 30 } } } },
		{ { 2, { { 0, 10 }, { 20, 30 } } }, 0, 15, { 1, { { 0, 10 } } } },
		{ { 2, { { 0, 10 }, { 20, 30 } } }, 10, 20, { 0 } },
		{ { 2, { { 0, 10 }, { 20, UINT64_MAX } } },
		  5,
		  UINT64_MAX,
		  { 2, { { 5, 10 }, { 20, UINT64_MAX } } } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ivlist l = make(&rows[i].from);

		ASSERT_EQ(0, ivlist_resize(&l, rows[i].start, rows[i].last));
		EXPECT_TRUE(same(&l, &rows[i].to))
		{
			TH_LOG("row %zu", i);
		}
		ivlist_free(&l);
	}
}

/* A cut leaves what it does not touch, be it one address. */
TEST(list_is_cut)
{
	static const struct {
		uint64_t start;
		uint64_t last;
		struct list to;
	} rows[] = {
		{ 0, 9, { 2, { { 10, 20 }, { 30, UINT64_MAX } } } },
		{ 12, 13, { 3, { { 10, 11 }, { 14, 20 }, { 30, UINT64_MAX } } } },
		{ 0, 19, { 2, { { 20, 20 }, { 30, UINT64_MAX } } } },
		{ 11, 29, { 2, { { 10, 10 }, { 30, UINT64_MAX } } } },
		{ 15, 35, { 2, { { 10, 14 }, { 36, UINT64_MAX } } } },
		{ 5, UINT64_MAX - 1, { 1, { { UINT64_MAX, UINT64_MAX } } } },
		{ 0, UINT64_MAX, { 0 } },
	};
	static const struct list from = { 2, { { 10, 20 }, { 30, UINT64_MAX } } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ivlist l = make(&from);

		ASSERT_EQ(0, ivlist_exclude(&l, rows[i].start, rows[i].last));
		EXPECT_TRUE(same(&l, &rows[i].to))
		{
			TH_LOG("row %zu", i);
		}
		ivlist_free(&l);
	}
}

TEST(holes_between_overlapping_intervals)
{
	static const struct {
		struct list in;
		struct list holes;
	} rows[] = {
		{ { 0 }, { 1, { { 0, UINT64_MAX } } } },
		{ { 1, { { 0, UINT64_MAX } } }, { 0 } },
		{ { 1, { { 5, 9 } } }, { 2, { { 0, 4 }, { 10, UINT64_MAX } } } },
		{ { 2, { { 20, 30 }, { 5, 25 } } }, { 2, { { 0, 4 }, { 31, UINT64_MAX } } } },
		{ { 3, { { 0, 50 }, { 10, 20 }, { 52, 60 } } },
		  { 2, { { 51, 51 }, { 61, UINT64_MAX } } } },
		{ { 2, { { 5, 9 }, { 10, UINT64_MAX } } }, { 1, { { 0, 4 } } } },
		{ { 2, { { 0, 9 }, { 0, UINT64_MAX - 1 } } },
		  { 1, { { UINT64_MAX, UINT64_MAX } } } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hole_iter it;
		struct iset s = { 0 };
		uint64_t start, last;
		size_t n = 0;

		for (size_t k = 0; k < rows[i].in.n; k++)
			ASSERT_EQ(0, iset_add(&s, rows[i].in.v[k].start, rows[i].in.v[k].last, &s));
		hole_iter_init(&it, &s);
		for (; hole_next(&it, &start, &last) && n < MAX_RANGES; n++) {
			EXPECT_EQ(rows[i].holes.v[n].start, start);
			EXPECT_EQ(rows[i].holes.v[n].last, last);
		}
		EXPECT_EQ(rows[i].holes.n, n)
		{
			TH_LOG("row %zu", i);
		}
		iset_remove_owner(&s, &s);
		EXPECT_EQ(0, s.n);
		iset_free(&s);
	}
}

TEST_HARNESS_MAIN
