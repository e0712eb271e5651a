// SPDX-License-Identifier: GPL-2.0-or-later
/* Recorded memory: which bytes an address has, and that a piece ends where it ends. */
#include <errno.h>
#include "harness/capture/image.h"
#include "harness/ktap/ktap.h"

/* Two pieces that touch, and one after a gap. */
static void three(struct image *m, uint8_t *a, uint8_t *b, uint8_t *c)
{
	*m = (struct image){ 0 };
	image_add(m, 0x1000, a, 4);
	image_add(m, 0x1004, b, 8);
	image_add(m, 0x2000, c, 1);
}

TEST(an_address_has_the_bytes_of_its_piece_up_to_its_end)
{
	uint8_t a[4], b[8], c[1];
	const struct {
		uint64_t addr;
		const uint8_t *p;
		size_t left;
	} rows[] = {
		{ 0, NULL, 0 },		 { 0xfff, NULL, 0 }, { 0x1000, a, 4 },
		{ 0x1003, a + 3, 1 },	 { 0x1004, b, 8 },   { 0x100b, b + 7, 1 },
		{ 0x100c, NULL, 0 },	 { 0x2000, c, 1 },   { 0x2001, NULL, 0 },
		{ UINT64_MAX, NULL, 0 },
	};
	struct image m;

	three(&m, a, b, c);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t left = 99;

		EXPECT_TRUE(rows[i].p == image_at(&m, rows[i].addr, &left))
		{
			TH_LOG("0x%llx", (unsigned long long)rows[i].addr);
		}
		EXPECT_EQ(rows[i].left, left);
	}
}

TEST(an_access_is_within_one_piece)
{
	uint8_t a[4] = "abc", b[8] = "0123456", c[1] = "x";
	static const struct {
		uint64_t addr;
		size_t len;
		int rc;
	} rows[] = {
		{ 0x1000, 4, 0 }, { 0x1000, 5, -EFAULT }, { 0x1003, 2, -EFAULT },
		{ 0x1004, 8, 0 }, { 0x1004, 9, -EFAULT }, { 0x100c, 1, -EFAULT },
		{ 0x2000, 1, 0 }, { 0x2001, 1, -EFAULT }, { 0x5000, 0, 0 },
	};
	struct uapi_mem mem;
	struct image m;

	three(&m, a, b, c);
	mem = image_mem(&m);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t dst[16] = { 0 }, want[16] = { 0 };
		static const uint8_t none[16];
		size_t left;

		EXPECT_EQ(rows[i].rc, mem.in(mem.ctx, dst, rows[i].addr, rows[i].len))
		{
			TH_LOG("%zu at 0x%llx", rows[i].len, (unsigned long long)rows[i].addr);
		}
		if (!rows[i].rc && rows[i].len)
			memcpy(want, image_at(&m, rows[i].addr, &left), rows[i].len);
		EXPECT_EQ(0, memcmp(want, dst, sizeof(dst)));
		EXPECT_EQ(rows[i].rc, mem.out(mem.ctx, rows[i].addr, none, rows[i].len));
	}
	/* Every byte was written over. */
	for (size_t i = 0; i < 8; i++)
		EXPECT_EQ(0, b[i] | a[i % 4] | c[0]);
}

TEST(what_exceeds_the_pieces_is_dropped)
{
	struct image m = { 0 };
	uint8_t byte = 7;
	size_t left;

	image_add(&m, 0x10, &byte, 0);
	EXPECT_EQ(0, m.n);
	for (uint64_t i = 0; i <= IMAGE_PIECES; i++)
		image_add(&m, 0x1000 + 2 * i, &byte, 1);
	EXPECT_EQ(IMAGE_PIECES, m.n);
	EXPECT_TRUE(image_at(&m, 0x1000 + 2 * (IMAGE_PIECES - 1), &left) == &byte);
	EXPECT_TRUE(!image_at(&m, 0x1000 + 2 * IMAGE_PIECES, &left));
}

TEST_HARNESS_MAIN
