// SPDX-License-Identifier: GPL-2.0-or-later
/* The choice stream: the same choices from every source, 0 when it runs dry. */
#include "harness/ktap/ktap.h"
#include "harness/property/choices.h"

struct drawn {
	uint64_t v[64];
	size_t n;
};

/* A draw of every kind. */
static void draw_all(struct choices *c, struct drawn *d)
{
	static const unsigned int weights[] = { 0, 3, 0, 1 };
	static const uint16_t words[] = { 7, 8, 9 };
	uint8_t raw[3];

	d->n = 0;
	d->v[d->n++] = choices_upto(c, 0);
	d->v[d->n++] = choices_upto(c, 255);
	d->v[d->n++] = choices_upto(c, 256);
	d->v[d->n++] = choices_range(c, 10, 20);
	d->v[d->n++] = choices_range(c, UINT64_MAX - 1, UINT64_MAX);
	d->v[d->n++] = choices_u64(c);
	d->v[d->n++] = choices_bool(c, 30);
	d->v[d->n++] = choices_index(c, 5);
	d->v[d->n++] = choices_weighted(c, weights, 4);
	d->v[d->n++] = CHOICES_PICK(c, words);
	choices_fill(c, raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		d->v[d->n++] = raw[i];
	while (d->n < 60 && choices_more(c, 80))
		d->v[d->n++] = choices_upto(c, 99);
}

TEST(same_seed_same_draws)
{
	struct drawn a, b, other;
	struct choices c;

	choices_init_seed(&c, 7);
	draw_all(&c, &a);
	choices_free(&c);
	choices_init_seed(&c, 7);
	draw_all(&c, &b);
	choices_free(&c);
	choices_init_seed(&c, 8);
	draw_all(&c, &other);
	choices_free(&c);
	EXPECT_EQ(a.n, b.n);
	EXPECT_EQ(0, memcmp(a.v, b.v, a.n * sizeof(a.v[0])));
	EXPECT_NE(0, memcmp(a.v, other.v, 10 * sizeof(a.v[0])));
}

TEST(record_as_values_and_as_bytes_draws_the_same)
{
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct choices c, again;
		uint64_t values[128];
		struct drawn a, b;
		uint8_t *bytes;
		size_t len;

		choices_init_seed(&c, seed);
		draw_all(&c, &a);
		ASSERT_LE(c.nrec, 128);
		for (size_t i = 0; i < c.nrec; i++)
			values[i] = c.rec[i].value;
		choices_init_values(&again, values, c.nrec);
		draw_all(&again, &b);
		choices_free(&again);
		ASSERT_EQ(a.n, b.n);
		ASSERT_EQ(0, memcmp(a.v, b.v, a.n * sizeof(a.v[0])));

		bytes = choices_encode(&c, &len);
		choices_free(&c);
		ASSERT_NOT_NULL(bytes);
		choices_init_bytes(&c, bytes, len);
		draw_all(&c, &b);
		choices_free(&c);
		free(bytes);
		ASSERT_EQ(a.n, b.n);
		ASSERT_EQ(0, memcmp(a.v, b.v, a.n * sizeof(a.v[0])));
	}
}

TEST(dry_stream_gives_the_simplest_of_everything)
{
	static const uint64_t simplest[] = { 0, 0, 0, 10, UINT64_MAX - 1, 0, 0, 0, 1, 7, 0, 0, 0 };
	struct choices c;
	struct drawn d;

	choices_init_bytes(&c, "", 0);
	draw_all(&c, &d);
	EXPECT_TRUE(c.exhausted);
	ASSERT_EQ(sizeof(simplest) / sizeof(simplest[0]), d.n);
	for (size_t i = 0; i < d.n; i++)
		EXPECT_EQ(simplest[i], d.v[i]);
	choices_free(&c);
}

TEST(bytes_above_max_wrap_and_widths_follow_max)
{
	static const uint8_t in[] = { 0xff, 0x34, 0x12, 0xff, 0xff, 0xff,
				      0xff, 0xff, 0xff, 0xff, 0xff, 0x05 };
	struct choices c;

	choices_init_bytes(&c, in, sizeof(in));
	EXPECT_EQ(255 % 7, choices_upto(&c, 6));
	EXPECT_EQ(0x1234, choices_upto(&c, 0xffff));
	EXPECT_EQ(UINT64_MAX, choices_u64(&c));
	EXPECT_EQ(0, choices_upto(&c, 0));
	EXPECT_EQ(5, choices_upto(&c, 5));
	EXPECT_FALSE(c.exhausted);
	choices_free(&c);
}

TEST(without_record_nothing_is_kept)
{
	struct choices c;
	struct drawn d;

	choices_init_seed(&c, 1);
	choices_keep(&c, false);
	draw_all(&c, &d);
	EXPECT_EQ(0, c.nrec);
	EXPECT_NULL(c.rec);
	choices_free(&c);
}

TEST(range_reaches_its_ends_and_powers_of_two)
{
	static const uint64_t want[] = { 5, 6, 5 + 4096, 5 + 4095, 5 + 4097, 99999, 100000 };
	unsigned int hits[sizeof(want) / sizeof(want[0])] = { 0 };
	struct choices c;

	choices_init_seed(&c, 3);
	choices_keep(&c, false);
	for (int i = 0; i < 20000; i++) {
		uint64_t v = choices_range(&c, 5, 100000);

		ASSERT_LE(5, v);
		ASSERT_GE(100000, v);
		for (size_t k = 0; k < sizeof(want) / sizeof(want[0]); k++)
			hits[k] += v == want[k];
	}
	for (size_t k = 0; k < sizeof(want) / sizeof(want[0]); k++)
		EXPECT_LE(20, hits[k]);
}

TEST(weights_and_percentages_hold)
{
	static const unsigned int weights[] = { 1, 0, 3 };
	unsigned int n[3] = { 0 }, yes = 0;
	struct choices c;

	choices_init_seed(&c, 5);
	choices_keep(&c, false);
	for (int i = 0; i < 10000; i++) {
		n[choices_weighted(&c, weights, 3)]++;
		yes += choices_bool(&c, 20);
	}
	EXPECT_EQ(0, n[1]);
	EXPECT_LE(2200, n[0]);
	EXPECT_GE(2800, n[0]);
	EXPECT_LE(1800, yes);
	EXPECT_GE(2200, yes);
}

TEST(endless_loop_of_more_ends)
{
	struct choices c;
	size_t n = 0;

	choices_init_seed(&c, 5);
	choices_keep(&c, false);
	while (choices_more(&c, 100))
		n++;
	EXPECT_EQ(CHOICES_MAX, n);
	EXPECT_TRUE(c.exhausted);
}

static size_t three_bytes(struct choices *c, void *ctx, uint8_t *buf, size_t cap)
{
	memcpy(buf, "xyz", 3);
	return 3;
}

TEST(a_view_is_the_rest_where_it_lies)
{
	static const uint8_t given[] = "ab\0cd";
	static const uint64_t values[] = { 'a', 'b' };
	uint8_t buf[16];
	struct choices c;
	size_t len;

	choices_init_bytes(&c, given, 5);
	choices_keep(&c, false);
	EXPECT_EQ('a', choices_upto(&c, 255));
	EXPECT_EQ((const void *)(given + 1), choices_view(&c, buf, sizeof(buf), &len, NULL, NULL));
	EXPECT_EQ(4, len);
	EXPECT_EQ(0, choices_upto(&c, 255));
	EXPECT_TRUE(c.exhausted);

	/* Copied: what is recorded, what has no room, what is no bytes, and what is made. */
	choices_init_bytes(&c, given, 5);
	EXPECT_EQ((const void *)buf, choices_view(&c, buf, sizeof(buf), &len, NULL, NULL));
	EXPECT_EQ(5, len);
	EXPECT_EQ(0, memcmp(buf, given, 5));
	choices_free(&c);
	choices_init_bytes(&c, given, 5);
	choices_keep(&c, false);
	EXPECT_EQ((const void *)buf, choices_view(&c, buf, 2, &len, NULL, NULL));
	EXPECT_EQ(2, len);
	choices_init_values(&c, values, 2);
	choices_keep(&c, false);
	EXPECT_EQ((const void *)buf, choices_view(&c, buf, sizeof(buf), &len, NULL, NULL));
	EXPECT_EQ(2, len);
	EXPECT_EQ('b', buf[1]);
	choices_init_seed(&c, 1);
	choices_keep(&c, false);
	EXPECT_EQ((const void *)buf, choices_view(&c, buf, sizeof(buf), &len, three_bytes, NULL));
	EXPECT_EQ(3, len);
	EXPECT_EQ(0, memcmp(buf, "xyz", 3));
}

TEST_HARNESS_MAIN
