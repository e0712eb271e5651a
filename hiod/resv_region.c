// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of reserved regions; see resv_region.h. */
#include "hiod/resv_region.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The most that an insertion adds: itself, and the second half of one that it splits. */
#define GROWTH 2

static int reserve(struct hiod_resv_regions *list, size_t n)
{
	struct hiod_resv_region *r;
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

int resv_region_list_insert(struct hiod_resv_regions *list, const struct hiod_resv_region *reg)
{
	struct hiod_resv_region put[1 + GROWTH];
	size_t first = 0, end, n = 0;
	int rc;

	rc = reserve(list, list->n + GROWTH);
	if (rc)
		return rc;
	/* [first, end): those that share addresses with reg */
	while (first < list->n && list->r[first].range.last < reg->range.start)
		first++;
	for (end = first; end < list->n && list->r[end].range.start <= reg->range.last;)
		end++;

	if (first < end && list->r[first].range.start < reg->range.start) {
		put[n] = list->r[first];
		put[n++].range.last = reg->range.start - 1;
	}
	put[n++] = *reg;
	if (first < end && list->r[end - 1].range.last > reg->range.last) {
		put[n] = list->r[end - 1];
		put[n++].range.start = reg->range.last + 1;
	}
	memmove(&list->r[first + n], &list->r[end], (list->n - end) * sizeof(*put));
	memcpy(&list->r[first], put, n * sizeof(*put));
	list->n += n - (end - first);
	return 0;
}

void resv_region_list_free(struct hiod_resv_regions *list)
{
	free(list->r);
	*list = (struct hiod_resv_regions){ 0 };
}
