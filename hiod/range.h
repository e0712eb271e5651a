/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges of addresses with inclusive ends, and sorted lists of them.
 *
 * The rules are those of QEMU's include/qemu/range.h and util/range.c, in
 * uint64_t throughout: nothing here depends on the width of long.
 */
#ifndef HIOD_RANGE_H
#define HIOD_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [start, last]. Empty iff start == last + 1 without wrapping; canonically {1, 0}. */
struct hiod_range {
	uint64_t start, last;
};

/* Ranges that a list has without an allocation: a host has two or three. */
#define HIOD_RANGES_FEW 4

/*
 * Sorted, disjoint, not touching. Zero-initialised: empty. Owns its memory; an
 * assignment moves it, and the old one is not used again. The ranges:
 * range_list_array().
 */
struct hiod_ranges {
	struct hiod_range *many; /* all of them, once there were more than few; else NULL */
	size_t cap;		 /* of many */
	struct hiod_range few[HIOD_RANGES_FEW];
	size_t n;
};

/* start > last + 1 is not a range at all: where QEMU's range_invariant() aborts. */
static inline bool range_valid(const struct hiod_range *r)
{
	/* "last + 1" only where it cannot wrap: start > last >= 0 means last < 2^64 - 1 */
	return r->start <= r->last || r->start == r->last + 1;
}

static inline bool range_is_empty(const struct hiod_range *r)
{
	return r->start > r->last;
}

/* The number of the highest bit set in last; -1 for an empty range and for last == 0. */
int range_get_last_bit(const struct hiod_range *r);
/*
 * -1: a lies below b with at least one address between; 1: above; 0: they
 * overlap or touch. Both valid and not empty.
 */
int range_compare(const struct hiod_range *a, const struct hiod_range *b);
/* a becomes the smallest range that holds both. */
void range_extend(struct hiod_range *a, const struct hiod_range *b);

/*
 * Inserts r, valid and not empty, merging what overlaps or touches.
 * 0 or -ENOMEM (the list is then unchanged).
 */
int range_list_insert(struct hiod_ranges *list, const struct hiod_range *r);
/*
 * Appends to rev what [low, high] holds outside of in (sorted, as a list is).
 * 0 or -ENOMEM (rev may then hold a part).
 */
int range_inverse_array(const struct hiod_ranges *in, struct hiod_ranges *rev, uint64_t low,
			uint64_t high);
/* An empty list. */
static inline void range_list_init(struct hiod_ranges *list)
{
	list->many = NULL;
	list->cap = list->n = 0;
}

/* All n of them, until the list changes. */
static inline const struct hiod_range *range_list_array(const struct hiod_ranges *list)
{
	return list->many ? list->many : list->few;
}

/* The highest one of a list that is not empty. */
static inline const struct hiod_range *range_list_last(const struct hiod_ranges *list)
{
	return &range_list_array(list)[list->n - 1];
}

/* A deep copy into an empty dst. 0 or -ENOMEM. */
int range_list_copy(struct hiod_ranges *dst, const struct hiod_ranges *src);
/* Leaves an empty list. */
void range_list_free(struct hiod_ranges *list);

/* How one range of a reply stands to the one before it. */
enum range_order {
	RANGE_ORDER_SORTED,
	RANGE_ORDER_TOUCHES,  /* starts right after prev: one range would do */
	RANGE_ORDER_OVERLAPS, /* shares addresses with prev */
	RANGE_ORDER_UNSORTED, /* lies below prev */
};
/* Both valid and not empty. */
enum range_order range_order(const struct hiod_range *prev, const struct hiod_range *r);

#endif
