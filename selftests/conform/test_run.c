// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The generator and the comparison, without a kernel: a model agrees with
 * itself on every made host, deep states are reached, mutants are told.
 */
#include "harness/ktap/ktap.h"
#include "selftests/conform/sides.h"

/* What a run compares when nothing else is asked for. */
#define CALLS 20000
/* Of each result that a host can give. */
#define HITS 10

FIXTURE(against_itself)
{
	struct sides s;
	struct run_result r;
	FILE *out;
};
FIXTURE_VARIANT(against_itself)
{
	const char *host;
};
FIXTURE_VARIANT_ADD(against_itself, vtd39_6_12)
{ .host = "vtd39-6.12" };
FIXTURE_VARIANT_ADD(against_itself, scalable_6_12)
{ .host = "vtd48-scalable-6.12" };
FIXTURE_VARIANT_ADD(against_itself, nested_7_3)
{ .host = "vtd48-nested-7.3" };
FIXTURE_VARIANT_ADD(against_itself, vtd57_6_18)
{ .host = "vtd57-6.18" };
FIXTURE_VARIANT_ADD(against_itself, compat_container)
{ .host = "vtd39-compat-6.12" };
FIXTURE_VARIANT_ADD(against_itself, type1_only_6_1)
{ .host = "vtd39-6.1" };
FIXTURE_VARIANT_ADD(against_itself, no_intremap)
{ .host = "vtd39-no-intremap-6.12" };
FIXTURE_VARIANT_ADD(against_itself, no_iommu)
{
	.host = "no-iommu-6.12",
};

FIXTURE_SETUP(against_itself)
{
	ASSERT_EQ(0, sides_init(&self->s, variant->host, -1));
	self->out = fopen("/dev/null", "w");
	ASSERT_NOT_NULL(self->out);
}

FIXTURE_TEARDOWN(against_itself)
{
	fclose(self->out);
	sides_free(&self->s);
}

TEST_F(against_itself, agrees_succeeds_and_reaches_every_result)
{
	struct run_options o = {
		.seed = 1, .calls = CALLS, .want = HITS, .sequence = -1, .out = stderr
	};
	struct coverage cov;

	ASSERT_EQ(0, run(&self->s.pair, &self->s.gen, &o, &self->r));
	EXPECT_EQ(0, self->r.differing);
	EXPECT_LE(CALLS, self->r.table.calls);
	EXPECT_LE(40, self->r.table.succeeded * 100 / self->r.table.calls);
	EXPECT_FALSE(self->r.table.full);
	coverage_print(self->out, &self->r.table, self->s.host, self->s.gen.able, HITS, &cov);
	EXPECT_EQ(0, cov.few)
	{
		coverage_print(stderr, &self->r.table, self->s.host, self->s.gen.able, HITS, &cov);
	}
}

TEST_F(against_itself, a_sequence_is_the_same_by_its_number_alone)
{
	struct run_options o = { .seed = 7, .sequence = -1, .out = self->out };
	struct sequence *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	struct verdict v;

	ASSERT_TRUE(a && b);
	for (uint64_t nr = 0; nr < 40; nr++)
		EXPECT_EQ(-1, run_sequence(&self->s.pair, &self->s.gen, &o, nr, a, NULL, &v));
	EXPECT_EQ(-1, run_sequence(&self->s.pair, &self->s.gen, &o, 39, b, NULL, &v));
	EXPECT_EQ(a->n, b->n);
	EXPECT_EQ(0, memcmp(a->v, b->v, a->n * sizeof(a->v[0])));
	o.seed = 8;
	EXPECT_EQ(-1, run_sequence(&self->s.pair, &self->s.gen, &o, 39, b, NULL, &v));
	EXPECT_TRUE(a->n != b->n || memcmp(a->v, b->v, a->n * sizeof(a->v[0])));
	free(a);
	free(b);
}

TEST(each_mutant_is_told_from_the_model)
{
	for (size_t k = 0; mutant_name(k); k++) {
		struct run_options o = {
			.seed = 1, .calls = CALLS, .sequence = -1, .stop_after = 1, .shrink = 200
		};
		struct run_result *r = malloc(sizeof(*r));
		struct sides s;
		char *text = NULL;
		size_t len;

		o.out = open_memstream(&text, &len);
		ASSERT_TRUE(r && o.out);
		ASSERT_EQ(0, sides_init(&s, "vtd39-6.12", (int)k));
		ASSERT_EQ(0, run(&s.pair, &s.gen, &o, r));
		fclose(o.out);
		EXPECT_EQ(1, r->kinds)
		{
			TH_LOG("mutant %s was not caught in %d calls", mutant_name(k), CALLS);
		}
		EXPECT_NOT_NULL(strstr(text, "difference: --seed 0x1 --sequence "));
		EXPECT_NOT_NULL(strstr(text, "TEST(seed_1_sequence_"));
		sides_free(&s);
		free(text);
		free(r);
	}
}

TEST(mutants_have_names_and_numbers)
{
	EXPECT_LE(10, mutant_from_name("10") + 1);
	EXPECT_EQ(0, mutant_from_name("1"));
	EXPECT_EQ(-1, mutant_from_name("0"));
	EXPECT_EQ(-1, mutant_from_name("none-of-these"));
	for (size_t k = 0; mutant_name(k); k++)
		EXPECT_EQ(k, mutant_from_name(mutant_name(k)));
}

TEST_HARNESS_MAIN
