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

/* Sorted, disjoint, not touching. Zero-initialised: empty. Owns its memory. */
struct hiod_ranges {
	struct hiod_range *r;
	size_t n, cap;
};

/* start > last + 1 is not a range at all: where QEMU's range_invariant() aborts. */
bool range_valid(const struct hiod_range *r);
bool range_is_empty(const struct hiod_range *r);
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
