// SPDX-License-Identifier: GPL-2.0-or-later
/* A difference is shrunk to the calls that show it. */
#include "harness/conform/reduce.h"
#include "harness/ktap/ktap.h"
#include "selftests/conform/sides.h"

static const struct {
	const char *mutant;
	size_t calls; /* no sequence shows it with fewer */
} shortest[] = {
	{ "emsgsize-count", 3 }, /* open, alloc, ranges */
	{ "id-not-reused", 4 },	 /* open, alloc, destroy, alloc */
	{ "attach-id", 5 },	 /* open twice, bind, alloc, attach */
	{ "dma-avail", 6 },	 /* open twice, container, driver, map, info */
	{ "argsz-raised", 5 },	 /* open twice, container, driver, info */
	{ "second-container", 4 },
};

/* The first sequence that differs. False: none in a thousand. */
static bool find(struct sides *s, struct sequence *seq, struct difference *d, struct verdict *v)
{
	struct run_options o = { .seed = 5, .sequence = -1, .out = stderr };

	for (uint64_t nr = 0; nr < 1000; nr++) {
		int at = run_sequence(&s->pair, &s->gen, &o, nr, seq, NULL, v);

		if (at < 0)
			continue;
		difference_of(d, seq, at, v);
		return !pair_renew(&s->pair);
	}
	return false;
}

TEST(a_difference_is_shrunk_to_the_calls_that_show_it)
{
	for (size_t i = 0; i < sizeof(shortest) / sizeof(shortest[0]); i++) {
		struct sequence *seq = malloc(sizeof(*seq));
		struct difference d;
		struct verdict v, again;
		struct sides s;

		ASSERT_NOT_NULL(seq);
		ASSERT_EQ(0, sides_init(&s, "vtd39-6.12", mutant_from_name(shortest[i].mutant)));
		ASSERT_TRUE(find(&s, seq, &d, &v));
		reduce(&s.pair, seq, &d, 5000, &v);
		EXPECT_TRUE(v.differs);
		EXPECT_EQ(shortest[i].calls, seq->n)
		{
			TH_LOG("%s: %s", shortest[i].mutant, v.what);
		}
		/* What is left differs, in its last call. */
		EXPECT_EQ(seq->n - 1, pair_run(&s.pair, seq, &again));
		EXPECT_STREQ(v.what, again.what);
		free(seq);
		sides_free(&s);
	}
}

TEST(a_budget_ends_it_with_what_was_found)
{
	struct sequence *seq = malloc(sizeof(*seq));
	struct difference d;
	struct verdict v, again;
	struct sides s;
	size_t before;

	ASSERT_NOT_NULL(seq);
	ASSERT_EQ(0, sides_init(&s, "vtd39-6.12", mutant_from_name("dma-avail")));
	ASSERT_TRUE(find(&s, seq, &d, &v));
	before = seq->n;
	reduce(&s.pair, seq, &d, 3, &v);
	EXPECT_GE(before, seq->n);
	EXPECT_LE(6, seq->n);
	EXPECT_LE(0, pair_run(&s.pair, seq, &again));
	free(seq);
	sides_free(&s);
}

TEST_HARNESS_MAIN
