// SPDX-License-Identifier: GPL-2.0-or-later
/* The algebra of ranges, against a bitmap of 64 addresses somewhere. */
#include <inttypes.h>

#include "harness/property/property.h"
#include "hiod/resv_region.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/list.h"

#define CELLS 64u

/* Where the 64 addresses are: the two ends, and where a bit is gained. */
static uint64_t make_base(struct choices *c)
{
	static const uint64_t bases[] = { 0,
					  UINT64_MAX - CELLS + 1,
					  (1ull << 39) - 32,
					  (1ull << 32) - 32,
					  (1ull << 63) - 32,
					  0x123456789a };

	return CHOICES_PICK(c, bases);
}

static struct hiod_range make_cells(struct choices *c, uint64_t base)
{
	uint64_t a = choices_upto(c, CELLS - 1), b = choices_upto(c, CELLS - 1);

	return (struct hiod_range){ base + (a < b ? a : b), base + (a < b ? b : a) };
}

/* Bits of the cells in [start, last], which may stick out. */
static uint64_t mask(uint64_t base, const struct hiod_range *r)
{
	uint64_t m = 0;

	for (uint64_t i = 0; i < CELLS; i++)
		if (base + i >= r->start && base + i <= r->last)
			m |= 1ull << i;
	return m;
}

/* Is the list the runs of m, in order? */
static bool is_runs(const struct hiod_ranges *list, uint64_t base, uint64_t m)
{
	const struct hiod_range *r = range_list_array(list);
	size_t k = 0;

	for (uint64_t i = 0; i < CELLS; i++) {
		bool begins = m >> i & 1 && (!i || !(m >> (i - 1) & 1));
		uint64_t last = i;

		if (!begins)
			continue;
		while (last + 1 < CELLS && m >> (last + 1) & 1)
			last++;
		if (k == list->n || r[k].start != base + i || r[k].last != base + last)
			return false;
		k++;
	}
	return k == list->n;
}

static void note_list(struct choices *c, const struct hiod_ranges *l)
{
	const struct hiod_range *r = range_list_array(l);

	for (size_t i = 0; i < l->n; i++)
		choices_note(c, "list[%zu] = 0x%" PRIx64 "-0x%" PRIx64, i, r[i].start, r[i].last);
}

static enum property_result algebra(struct choices *c, void *ctx)
{
	enum property_result res = PROPERTY_PASS;
	struct hiod_ranges list = { 0 }, copy = { 0 };
	uint64_t base = make_base(c), m = 0;
	struct hiod_range prev = { 1, 0 };

	for (unsigned int i = 0; i < 16 && choices_more(c, 90); i++) {
		struct hiod_range r;

		choices_begin(c);
		r = make_cells(c, base);
		choices_end(c);
		choices_note(c, "insert 0x%" PRIx64 "-0x%" PRIx64, r.start, r.last);
		if (!range_is_empty(&prev)) {
			uint64_t a = mask(base, &prev), b = mask(base, &r);
			bool touch = (a << 1 | a >> 1) & b;
			int cmp = a & b || touch ? 0 : prev.last < r.start ? -1 : 1;
			struct hiod_range all = prev;
			enum range_order order = a & b			    ? RANGE_ORDER_OVERLAPS
						 : prev.last + 1 == r.start ? RANGE_ORDER_TOUCHES
						 : prev.last < r.start	    ? RANGE_ORDER_SORTED
									    : RANGE_ORDER_UNSORTED;

			if (range_compare(&prev, &r) != cmp)
				res = property_fail(c, "range_compare() is not %d", cmp);
			if (range_order(&prev, &r) != order)
				res = property_fail(c, "range_order() is not %d", (int)order);
			range_extend(&all, &r);
			if (all.start != (r.start < prev.start ? r.start : prev.start) ||
			    all.last != (r.last > prev.last ? r.last : prev.last))
				res = property_fail(c, "range_extend() is not the hull");
		}
		prev = r;
		m |= mask(base, &r);
		if (range_list_insert(&list, &r)) {
			res = PROPERTY_DISCARD;
			break;
		}
	}
	note_list(c, &list);
	if (res == PROPERTY_PASS && !is_runs(&list, base, m))
		res = property_fail(c, "the list is not the runs of 0x%" PRIx64, m);
	if (res == PROPERTY_PASS && !range_list_copy(&copy, &list) &&
	    (!is_runs(&copy, base, m) || (copy.many && copy.many == list.many)))
		res = property_fail(c, "the copy is none");
	range_list_free(&copy);
	range_list_free(&list);
	if (res == PROPERTY_PASS && (list.many || list.n))
		res = property_fail(c, "something is left after range_list_free()");
	return res;
}

static enum property_result inverse(struct choices *c, void *ctx)
{
	enum property_result res = PROPERTY_PASS;
	struct hiod_ranges list = { 0 }, rev = { 0 };
	uint64_t base = make_base(c), m = 0, want;
	struct hiod_range window = make_cells(c, base);

	for (unsigned int i = 0; i < 12 && choices_more(c, 85); i++) {
		struct hiod_range r = make_cells(c, base);

		m |= mask(base, &r);
		if (range_list_insert(&list, &r))
			res = PROPERTY_DISCARD;
	}
	want = mask(base, &window) & ~m;
	choices_note(c, "window 0x%" PRIx64 "-0x%" PRIx64, window.start, window.last);
	note_list(c, &list);
	if (range_inverse_array(&list, &rev, window.start, window.last))
		res = PROPERTY_DISCARD;
	if (res == PROPERTY_PASS && !is_runs(&rev, base, want))
		res = property_fail(c, "the inverse is not the runs of 0x%" PRIx64, want);
	range_list_free(&rev);
	range_list_free(&list);
	return res;
}

static int bits_by_loop(uint64_t v)
{
	int n = -1;

	for (int i = 0; i < 64; i++)
		if (v >> i & 1)
			n = i;
	return n;
}

static enum property_result last_bit(struct choices *c, void *ctx)
{
	struct hiod_range r = { choices_u64(c), make_top(c) };
	int want = r.start > r.last ? -1 : bits_by_loop(r.last), got = range_get_last_bit(&r);

	choices_note(c, "0x%" PRIx64 "-0x%" PRIx64, r.start, r.last);
	if (got != want)
		return property_fail(c, "last bit %d, by a loop %d", got, want);
	if (range_is_empty(&r) != (r.start > r.last))
		return property_fail(c, "range_is_empty() is wrong");
	if (range_valid(&r) != (r.start <= r.last || r.start - 1 == r.last))
		return property_fail(c, "range_valid() is wrong");
	return PROPERTY_PASS;
}

static int aw_bits(struct hiod_ranges *l)
{
	return range_get_last_bit(range_list_last(l)) + 1;
}

/* Taking a higher address in never makes the width smaller, a lower one changes nothing. */
static enum property_result monotonic(struct choices *c, void *ctx)
{
	enum property_result res = PROPERTY_PASS;
	struct hiod_range r[RANGES_MAX], more;
	size_t n = make_valid_ranges(c, r, RANGES_MAX);
	struct hiod_ranges list = { 0 };
	int before, after;
	uint64_t top;

	for (size_t i = 0; i < n; i++)
		if (range_list_insert(&list, &r[i]))
			res = PROPERTY_DISCARD;
	if (res == PROPERTY_PASS) {
		top = range_list_last(&list)->last;
		before = aw_bits(&list);
		more.last = choices_u64(c);
		more.start = more.last - choices_range(c, 0, more.last);
		choices_note(c, "top 0x%" PRIx64 ", and 0x%" PRIx64 "-0x%" PRIx64, top, more.start,
			     more.last);
		if (range_list_insert(&list, &more))
			res = PROPERTY_DISCARD;
	}
	if (res == PROPERTY_PASS) {
		after = aw_bits(&list);
		if (more.last <= top && after != before)
			res = property_fail(c, "%d bits became %d by a lower range", before, after);
		if (more.last > top && after < before)
			res = property_fail(c, "%d bits became %d by a higher range", before,
					    after);
		if (after != bits_by_loop(range_list_last(&list)->last) + 1)
			res = property_fail(c, "%d bits are not those of the top", after);
	}
	range_list_free(&list);
	return res;
}

/* The later one wins; what is left of the older ones stays, in order. */
static enum property_result resv(struct choices *c, void *ctx)
{
	enum property_result res = PROPERTY_PASS;
	struct hiod_resv_regions list = { 0 };
	uint64_t base = make_base(c);
	uint8_t owner[CELLS] = { 0 }; /* 0: nobody, else type + 1 */

	for (unsigned int i = 0; i < 12 && choices_more(c, 90); i++) {
		struct hiod_resv_region reg = { .range = make_cells(c, base),
						.type = choices_bool(c, 50) ? HIOD_RESV_MSI
									    : HIOD_RESV_RESERVED };

		choices_note(c, "0x%" PRIx64 "-0x%" PRIx64 " type %d", reg.range.start,
			     reg.range.last, (int)reg.type);
		for (uint64_t k = reg.range.start - base; k <= reg.range.last - base; k++)
			owner[k] = (uint8_t)(reg.type + 1);
		if (resv_region_list_insert(&list, &reg)) {
			resv_region_list_free(&list);
			return PROPERTY_DISCARD;
		}
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct hiod_range *r = &list.r[i].range;

		if (r->start > r->last || (i && list.r[i - 1].range.last >= r->start)) {
			res = property_fail(c, "region %zu is empty or not in order", i);
			break;
		}
		for (uint64_t k = r->start - base; k <= r->last - base; k++) {
			if (k >= CELLS || owner[k] != list.r[i].type + 1) {
				res = property_fail(c, "region %zu has what is not its own", i);
				break;
			}
			owner[k] = 0;
		}
	}
	for (unsigned int k = 0; res == PROPERTY_PASS && k < CELLS; k++)
		if (owner[k])
			res = property_fail(c, "cell %u is in no region", k);
	resv_region_list_free(&list);
	return res;
}

const struct property property_range_algebra = { "range_algebra", algebra, .cases = 20000 };
const struct property property_range_inverse = { "range_inverse", inverse, .cases = 20000 };
const struct property property_last_bit = { "last_bit", last_bit, .cases = 50000 };
const struct property property_aw_bits_monotonic = { "aw_bits_monotonic", monotonic,
						     .cases = 20000 };
const struct property property_resv_regions = { "resv_regions", resv, .cases = 30000 };
