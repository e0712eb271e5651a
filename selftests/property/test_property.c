// SPDX-License-Identifier: GPL-2.0-or-later
/* Shrinking to known minimal counterexamples, and what the drivers tell. */
#include <stdlib.h>

#include "harness/ktap/ktap.h"
#include "harness/property/property.h"

/* A list as properties draw it. */
struct list {
	uint64_t v[64];
	size_t n;
};

static void draw_list(struct choices *c, struct list *l, uint64_t max)
{
	l->n = 0;
	for (;;) {
		choices_begin(c);
		if (l->n == 64 || !choices_more(c, 85)) {
			choices_end(c);
			break;
		}
		l->v[l->n] = choices_range(c, 0, max);
		choices_note(c, "v[%zu]=%llu", l->n, (unsigned long long)l->v[l->n]);
		l->n++;
		choices_end(c);
	}
}

static enum property_result below_1000(struct choices *c, void *ctx)
{
	uint64_t x = choices_u64(c);

	choices_note(c, "x=%llu", (unsigned long long)x);
	return x < 1000 ? PROPERTY_PASS
			: property_fail(c, "%llu is not below 1000", (unsigned long long)x);
}

static enum property_result range_from_10_below_13(struct choices *c, void *ctx)
{
	return choices_range(c, 10, 500) < 13 ? PROPERTY_PASS : property_fail(c, "13 or more");
}

static enum property_result sum_up_to_100(struct choices *c, void *ctx)
{
	struct list l;
	uint64_t sum = 0;

	draw_list(c, &l, 1000);
	for (size_t i = 0; i < l.n; i++)
		sum += l.v[i];
	return sum <= 100 ? PROPERTY_PASS : property_fail(c, "sum is large");
}

static enum property_result is_sorted(struct choices *c, void *ctx)
{
	struct list l;

	draw_list(c, &l, 1u << 20);
	for (size_t i = 1; i < l.n; i++)
		if (l.v[i - 1] > l.v[i])
			return property_fail(c, "not sorted");
	return PROPERTY_PASS;
}

static enum property_result has_no_equal_pair_above_50(struct choices *c, void *ctx)
{
	struct list l;

	draw_list(c, &l, 200);
	for (size_t i = 0; i < l.n; i++)
		for (size_t k = 0; k < i; k++)
			if (l.v[i] == l.v[k] && l.v[i] > 50)
				return property_fail(c, "equal pair");
	return PROPERTY_PASS;
}

/* A count first, then so many elements: deleting an element needs a smaller count. */
static enum property_result counted_has_no_7(struct choices *c, void *ctx)
{
	size_t n = (size_t)choices_range(c, 0, 30);
	bool seen = false;

	for (size_t i = 0; i < n; i++)
		seen |= choices_range(c, 0, 255) == 7;
	return seen ? property_fail(c, "a 7") : PROPERTY_PASS;
}

/* A machine that breaks on open, then use after close: three calls of many kinds. */
static enum property_result never_uses_after_close(struct choices *c, void *ctx)
{
	enum { NOP, OPEN, CLOSE, USE } op;
	int state = 0;

	for (;;) {
		choices_begin(c);
		if (!choices_more(c, 95)) {
			choices_end(c);
			return PROPERTY_PASS;
		}
		op = choices_index(c, 4);
		choices_upto(c, 1000000);
		choices_end(c);
		if (op == OPEN && state == 0)
			state = 1;
		else if (op == CLOSE && state == 1)
			state = 2;
		else if (op == USE && state == 2)
			return property_fail(c, "used after close");
	}
}

FIXTURE(shrinks)
{
	struct property_report r;
	FILE *out;
	char *text;
	size_t len;
};
FIXTURE_VARIANT(shrinks)
{
	property_fn *fn;
	const char *minimal; /* the recorded numbers */
};
FIXTURE_VARIANT_ADD(shrinks, integer)
{ .fn = below_1000, .minimal = "1000" };
FIXTURE_VARIANT_ADD(shrinks, range)
{ .fn = range_from_10_below_13, .minimal = "3" };
FIXTURE_VARIANT_ADD(shrinks, list_to_one_element)
{ .fn = sum_up_to_100, .minimal = "1 101 0" };
FIXTURE_VARIANT_ADD(shrinks, list_order)
{ .fn = is_sorted, .minimal = "1 1 1 0 0" };
FIXTURE_VARIANT_ADD(shrinks, equal_pair)
{
	.fn = has_no_equal_pair_above_50,
	.minimal = "1 51 1 51 0",
};
FIXTURE_VARIANT_ADD(shrinks, counted_list)
{ .fn = counted_has_no_7, .minimal = "1 7" };
FIXTURE_VARIANT_ADD(shrinks, state_machine)
{
	.fn = never_uses_after_close,
	.minimal = "1 1 0 1 2 0 1 3 0",
};

FIXTURE_SETUP(shrinks)
{
	self->out = open_memstream(&self->text, &self->len);
	ASSERT_NOT_NULL(self->out);
}

FIXTURE_TEARDOWN(shrinks)
{
	fclose(self->out);
	free(self->text);
	property_report_free(&self->r);
}

TEST_F(shrinks, to_the_minimal_case_from_any_seed)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct property_options o = { .seed = seed, .cases = 5000, .out = self->out };
		char seen[256] = "";
		size_t at = 0;

		ASSERT_EQ(-EINVAL, property_try("toy", variant->fn, NULL, &o, &self->r));
		ASSERT_TRUE(self->r.failed);
		for (size_t i = 0; i < self->r.nchoices && at < sizeof(seen) - 24; i++)
			at += (size_t)sprintf(seen + at, "%s%llu", i ? " " : "",
					      (unsigned long long)self->r.choices[i].value);
		/* The last "no more" of a list is 0, which a dry stream gives as well. */
		ASSERT_STREQ(variant->minimal, seen);
		ASSERT_EQ(PROPERTY_FAIL, property_input("toy", variant->fn, NULL, self->r.bytes,
							self->r.len, NULL));
		property_report_free(&self->r);
	}
}

static char *report_of(property_fn *fn, const struct property_options *opt, int *rc)
{
	struct property_options o = *opt;
	char *text = NULL;
	size_t len;

	o.out = open_memstream(&text, &len);
	*rc = property_try("toy", fn, NULL, &o, NULL);
	fclose(o.out);
	return text;
}

TEST(failure_is_told_with_values_seed_input_and_c_test)
{
	struct property_options o = { .seed = 0x11, .cases = 1000 };
	char *text;
	int rc;

	text = report_of(below_1000, &o, &rc);
	EXPECT_EQ(-EINVAL, rc);
	EXPECT_NOT_NULL(strstr(text, "seed 0x11 failed"));
	EXPECT_NOT_NULL(strstr(text, ": 1000 is not below 1000\n"));
	EXPECT_NOT_NULL(strstr(text, "#   x=1000\n"));
	EXPECT_NOT_NULL(strstr(text, "PROP_INPUT=e803\n"));
	EXPECT_NOT_NULL(strstr(text, "TEST(toy_regression)"));
	EXPECT_NOT_NULL(strstr(text, "0xe8, 0x03,"));
	free(text);
}

TEST(same_seed_same_report)
{
	struct property_options o = { .seed = 99, .cases = 1000 };
	char *a, *b;
	int rc;

	a = report_of(is_sorted, &o, &rc);
	b = report_of(is_sorted, &o, &rc);
	EXPECT_STREQ(a, b);
	free(a);
	free(b);
}

TEST(budget_of_runs_ends_shrinking)
{
	struct property_options o = { .seed = 4, .cases = 1000, .shrink_runs = 5 };
	struct property_report r;

	o.out = fopen("/dev/null", "w");
	ASSERT_NOT_NULL(o.out);
	EXPECT_EQ(-EINVAL, property_try("toy", never_uses_after_close, NULL, &o, &r));
	EXPECT_EQ(5, r.runs);
	/* What is left still fails. */
	EXPECT_EQ(PROPERTY_FAIL,
		  property_input("toy", never_uses_after_close, NULL, r.bytes, r.len, NULL));
	property_report_free(&r);
	fclose(o.out);
}

static enum property_result odd_discarded(struct choices *c, void *ctx)
{
	unsigned int *ran = ctx;

	(*ran)++;
	return choices_upto(c, 1) ? PROPERTY_DISCARD : PROPERTY_PASS;
}

static enum property_result all_discarded(struct choices *c, void *ctx)
{
	return PROPERTY_DISCARD;
}

TEST(discarded_cases_do_not_count)
{
	struct property_options o = { .seed = 1, .cases = 100 };
	struct property_report r;
	unsigned int ran = 0;

	EXPECT_EQ(0, property_try("toy", odd_discarded, &ran, &o, &r));
	EXPECT_EQ(100, r.passed);
	EXPECT_LE(50, r.discarded);
	EXPECT_EQ(r.passed + r.discarded, ran);
	property_report_free(&r);
}

TEST(property_that_discards_everything_fails)
{
	struct property_options o = { .seed = 1, .cases = 100 };
	char *text;
	int rc;

	text = report_of(all_discarded, &o, &rc);
	EXPECT_EQ(-EINVAL, rc);
	EXPECT_NOT_NULL(strstr(text, "discarded, 0 passed"));
	free(text);
}

static enum property_result counts(struct choices *c, void *ctx)
{
	uint64_t *sum = ctx;

	sum[0]++;
	sum[1] += choices_upto(c, UINT32_MAX);
	return PROPERTY_PASS;
}

TEST(environment_sets_seed_and_cases)
{
	uint64_t a[2] = { 0 }, b[2] = { 0 }, other[2] = { 0 };

	setenv("PROP_CASES", "7", 1);
	setenv("PROP_SEED", "0x123", 1);
	EXPECT_EQ(0, property_run("toy", counts, a, 1000));
	EXPECT_EQ(0, property_run("toy", counts, b, 1000));
	setenv("PROP_SEED", "0x124", 1);
	EXPECT_EQ(0, property_run("toy", counts, other, 1000));
	EXPECT_EQ(7, a[0]);
	EXPECT_EQ(a[1], b[1]);
	EXPECT_NE(a[1], other[1]);
}

TEST(environment_gives_one_input)
{
	setenv("PROP_INPUT", "e703", 1);
	EXPECT_EQ(0, property_run("toy", below_1000, NULL, 1000));
	setenv("PROP_INPUT", "e803", 1);
	EXPECT_EQ(-EINVAL, property_run("toy", below_1000, NULL, 1000));
	setenv("PROP_INPUT", "e8x", 1);
	EXPECT_EQ(-EINVAL, property_run("toy", below_1000, NULL, 1000));
}

TEST_HARNESS_MAIN
