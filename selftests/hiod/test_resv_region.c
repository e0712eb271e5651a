// SPDX-License-Identifier: GPL-2.0-or-later
/* Reserved regions: what a new one does to those that are there. */
#include "harness/ktap/ktap.h"
#include "selftests/hiod/regions.h"

#define MAX UINT64_MAX

TEST(a_new_reserved_region_has_priority)
{
	static const struct {
		const char *what;
		struct hiod_resv_region put[4];
		unsigned n;
		const char *list;
	} rows[] = {
		{ "into an empty list", { { { 5, 9 }, 1 } }, 1, "5:9:1" },
		{ "below", { { { 5, 9 }, 0 }, { { 0, 3 }, 1 } }, 2, "0:3:1 5:9:0" },
		{ "above", { { { 5, 9 }, 0 }, { { 11, 12 }, 1 } }, 2, "5:9:0 b:c:1" },
		{ "between",
		  { { { 0, 1 }, 0 }, { { 8, 9 }, 0 }, { { 4, 5 }, 1 } },
		  3,
		  "0:1:0 4:5:1 8:9:0" },
		{ "touching below stays apart",
		  { { { 5, 9 }, 0 }, { { 3, 4 }, 0 } },
		  2,
		  "3:4:0 5:9:0" },
		{ "touching above stays apart",
		  { { { 5, 9 }, 0 }, { { 10, 10 }, 0 } },
		  2,
		  "5:9:0 a:a:0" },
		{ "touching on both sides",
		  { { { 0, 4 }, 0 }, { { 6, 9 }, 0 }, { { 5, 5 }, 1 } },
		  3,
		  "0:4:0 5:5:1 6:9:0" },
		{ "the same", { { { 5, 9 }, 0 }, { { 5, 9 }, 1 } }, 2, "5:9:1" },
		{ "covering", { { { 5, 9 }, 0 }, { { 4, 10 }, 1 } }, 2, "4:a:1" },
		{ "covering many",
		  { { { 1, 2 }, 0 }, { { 4, 5 }, 0 }, { { 7, 8 }, 0 }, { { 0, 9 }, 1 } },
		  4,
		  "0:9:1" },
		{ "inside: split in three",
		  { { { 0, 15 }, 0 }, { { 4, 7 }, 1 } },
		  2,
		  "0:3:0 4:7:1 8:f:0" },
		{ "at the left end", { { { 0, 15 }, 0 }, { { 0, 7 }, 1 } }, 2, "0:7:1 8:f:0" },
		{ "at the right end", { { { 0, 15 }, 0 }, { { 8, 15 }, 1 } }, 2, "0:7:0 8:f:1" },
		{ "over the lower edge", { { { 5, 9 }, 0 }, { { 3, 6 }, 1 } }, 2, "3:6:1 7:9:0" },
		{ "over the upper edge", { { { 5, 9 }, 0 }, { { 8, 12 }, 1 } }, 2, "5:7:0 8:c:1" },
		{ "over two edges and one whole",
		  { { { 0, 4 }, 0 }, { { 6, 7 }, 1 }, { { 9, 15 }, 0 }, { { 3, 10 }, 1 } },
		  4,
		  "0:2:0 3:a:1 b:f:0" },
		{ "the ends of the address space",
		  { { { 0, MAX }, 0 }, { { 0, 0 }, 1 }, { { MAX, MAX }, 1 } },
		  3,
		  "0:0:1 1:fffffffffffffffe:0 ffffffffffffffff:ffffffffffffffff:1" },
		{ "everything",
		  { { { 0, 0 }, 0 }, { { MAX, MAX }, 0 }, { { 0, MAX }, 1 } },
		  3,
		  "0:ffffffffffffffff:1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hiod_resv_regions list = { 0 };

		for (unsigned k = 0; k < rows[i].n; k++)
			ASSERT_EQ(0, resv_region_list_insert(&list, &rows[i].put[k]));
		EXPECT_STREQ(rows[i].list, show_regions(&list))
		{
			TH_LOG("%s", rows[i].what);
		}
		resv_region_list_free(&list);
	}
}

TEST_HARNESS_MAIN
