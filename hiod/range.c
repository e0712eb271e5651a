// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges and sorted lists of ranges; see range.h. */
#include "hiod/range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 64 for 0, which __builtin_clzll leaves undefined. */
static int clz64(uint64_t v)
{
	return v ? __builtin_clzll(v) : 64;
}

int range_get_last_bit(const struct hiod_range *r)
{
	return range_is_empty(r) ? -1 : 63 - clz64(r->last);
}

int range_compare(const struct hiod_range *a, const struct hiod_range *b)
{
	/* A start of 0 has nothing below it, and 0 - 1 would wrap. */
	if (b->start && a->last < b->start - 1)
		return -1;
	if (a->start && b->last < a->start - 1)
		return 1;
	return 0;
}

void range_extend(struct hiod_range *a, const struct hiod_range *b)
{
	if (range_is_empty(b))
		return;
	if (range_is_empty(a)) {
		*a = *b;
		return;
	}
	if (b->start < a->start)
		a->start = b->start;
	if (b->last > a->last)
		a->last = b->last;
}

/* Where the ranges of a list with room for n are, or NULL: no memory for them. */
static struct hiod_range *reserve(struct hiod_ranges *list, size_t n)
{
	struct hiod_range *r;
	size_t cap;

	if (!list->many && n <= HIOD_RANGES_FEW)
		return list->few;
	if (n <= list->cap)
		return list->many;
	cap = n + n / 2 + HIOD_RANGES_FEW;
	r = realloc(list->many, cap * sizeof(*r));
	if (!r)
		return NULL;
	if (!list->many)
		memcpy(r, list->few, list->n * sizeof(*r));
	list->many = r;
	list->cap = cap;
	return r;
}

int range_list_insert(struct hiod_ranges *list, const struct hiod_range *r)
{
	struct hiod_range *all = list->many ? list->many : list->few;
	size_t i = list->n, end;

	/* Replies are nearly always sorted: look from the end. */
	while (i > 0 && range_compare(&all[i - 1], r) >= 0)
		i--;
	if (i == list->n || range_compare(&all[i], r) > 0) {
		all = reserve(list, list->n + 1);
		if (!all)
			return -ENOMEM;
		if (i < list->n)
			memmove(&all[i + 1], &all[i], (list->n - i) * sizeof(*r));
		/* Number by number: each range of each reply comes here. */
		all[i].start = r->start;
		all[i].last = r->last;
		list->n++;
		return 0;
	}
	range_extend(&all[i], r);
	for (end = i + 1; end < list->n && !range_compare(&all[i], &all[end]); end++)
		range_extend(&all[i], &all[end]);
	if (end > i + 1) {
		memmove(&all[i + 1], &all[end], (list->n - end) * sizeof(*r));
		list->n -= end - (i + 1);
	}
	return 0;
}

static int append(struct hiod_ranges *list, uint64_t start, uint64_t last)
{
	struct hiod_range *all = reserve(list, list->n + 1);

	if (!all)
		return -ENOMEM;
	all[list->n++] = (struct hiod_range){ start, last };
	return 0;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int range_inverse_array(const struct hiod_ranges *in, struct hiod_ranges *rev, uint64_t low,
			uint64_t high)
{
	const struct hiod_range *all = range_list_array(in), *r, *next;
	size_t i = 0;
	int rc;

	while (i < in->n && all[i].last < low)
		i++;
	if (i == in->n)
		return append(rev, low, high);
	r = &all[i];
	if (r->start > low) {
		rc = append(rev, low, min64(r->start - 1, high));
		if (rc)
			return rc;
	}
	for (; i + 1 < in->n; i++) {
		r = &all[i];
		next = &all[i + 1];
		if (r->start >= high)
			break;
		if (!range_compare(r, next))
			continue;
		if (r->last >= high)
			break;
		rc = append(rev, r->last + 1, min64(next->start - 1, high));
		if (rc)
			return rc;
	}
	r = &all[in->n - 1];
	if (r->last < high)
		return append(rev, r->last + 1, high);
	return 0;
}

int range_list_copy(struct hiod_ranges *dst, const struct hiod_ranges *src)
{
	struct hiod_range *all;

	if (!src->n)
		return 0;
	all = reserve(dst, src->n);
	if (!all)
		return -ENOMEM;
	memcpy(all, range_list_array(src), src->n * sizeof(*all));
	dst->n = src->n;
	return 0;
}

void range_list_free(struct hiod_ranges *list)
{
	free(list->many);
	range_list_init(list);
}

enum range_order range_order(const struct hiod_range *prev, const struct hiod_range *r)
{
	if (r->start > prev->last)
		return r->start == prev->last + 1 ? RANGE_ORDER_TOUCHES : RANGE_ORDER_SORTED;
	return r->last < prev->start ? RANGE_ORDER_UNSORTED : RANGE_ORDER_OVERLAPS;
}
