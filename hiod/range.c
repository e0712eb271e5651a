// SPDX-License-Identifier: GPL-2.0-or-later
/* Ranges and sorted lists of ranges; see range.h. */
#include "hiod/range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool range_valid(const struct hiod_range *r)
{
	/* "last + 1" only where it cannot wrap: start > last >= 0 means last < 2^64 - 1 */
	return r->start <= r->last || r->start == r->last + 1;
}

bool range_is_empty(const struct hiod_range *r)
{
	return r->start > r->last;
}

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

static int reserve(struct hiod_ranges *list, size_t n)
{
	struct hiod_range *r;
	size_t cap;

	if (n <= list->cap)
		return 0;
	cap = list->cap ? list->cap * 2 : 8;
	if (cap < n)
		cap = n;
	r = realloc(list->r, cap * sizeof(*r));
	if (!r)
		return -ENOMEM;
	list->r = r;
	list->cap = cap;
	return 0;
}

int range_list_insert(struct hiod_ranges *list, const struct hiod_range *r)
{
	size_t i = list->n, end;
	int rc;

	/* Replies are nearly always sorted: look from the end. */
	while (i > 0 && range_compare(&list->r[i - 1], r) >= 0)
		i--;
	if (i == list->n || range_compare(&list->r[i], r) > 0) {
		rc = reserve(list, list->n + 1);
		if (rc)
			return rc;
		if (i < list->n)
			memmove(&list->r[i + 1], &list->r[i], (list->n - i) * sizeof(*r));
		/* Number by number: each range of each reply comes here. */
		list->r[i].start = r->start;
		list->r[i].last = r->last;
		list->n++;
		return 0;
	}
	range_extend(&list->r[i], r);
	for (end = i + 1; end < list->n && !range_compare(&list->r[i], &list->r[end]); end++)
		range_extend(&list->r[i], &list->r[end]);
	memmove(&list->r[i + 1], &list->r[end], (list->n - end) * sizeof(*r));
	list->n -= end - (i + 1);
	return 0;
}

static int append(struct hiod_ranges *list, uint64_t start, uint64_t last)
{
	int rc = reserve(list, list->n + 1);

	if (rc)
		return rc;
	list->r[list->n++] = (struct hiod_range){ start, last };
	return 0;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int range_inverse_array(const struct hiod_ranges *in, struct hiod_ranges *rev, uint64_t low,
			uint64_t high)
{
	const struct hiod_range *r, *next;
	size_t i = 0;
	int rc;

	while (i < in->n && in->r[i].last < low)
		i++;
	if (i == in->n)
		return append(rev, low, high);
	r = &in->r[i];
	if (r->start > low) {
		rc = append(rev, low, min64(r->start - 1, high));
		if (rc)
			return rc;
	}
	for (; i + 1 < in->n; i++) {
		r = &in->r[i];
		next = &in->r[i + 1];
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
	r = &in->r[in->n - 1];
	if (r->last < high)
		return append(rev, r->last + 1, high);
	return 0;
}

int range_list_copy(struct hiod_ranges *dst, const struct hiod_ranges *src)
{
	int rc;

	if (!src->n)
		return 0;
	rc = reserve(dst, src->n);
	if (rc)
		return rc;
	memcpy(dst->r, src->r, src->n * sizeof(*src->r));
	dst->n = src->n;
	return 0;
}

void range_list_free(struct hiod_ranges *list)
{
	free(list->r);
	*list = (struct hiod_ranges){ 0 };
}

enum range_order range_order(const struct hiod_range *prev, const struct hiod_range *r)
{
	if (r->start > prev->last)
		return r->start == prev->last + 1 ? RANGE_ORDER_TOUCHES : RANGE_ORDER_SORTED;
	return r->last < prev->start ? RANGE_ORDER_UNSORTED : RANGE_ORDER_OVERLAPS;
}
