/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutations and crossings that know what a reply is: walks over the
 * descriptions of harness/uapi that change a field, a length, a flag, a link
 * of a chain or an element of an array, and that put parts of two replies
 * together where a part begins. What they do is told by the seed alone.
 */
#ifndef HIOD_PROPERTIES_MUTATE_H
#define HIOD_PROPERTIES_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "harness/property/choices.h"
#include "harness/uapi/uapi.h"

/* Inputs that end with one reply. */
struct reply_of {
	enum uapi_fd kind; /* of the descriptor that was asked */
	uint32_t req;
	size_t skip;		  /* bytes before the reply: other choices */
	choices_sample_fn *fresh; /* makes one where there is none; NULL: nothing does */
};

/*
 * Changes the reply at data + of->skip, or makes another. size bytes in a
 * buffer of max; the new size, 0: there was nothing to change.
 */
size_t mutate_reply(const struct reply_of *of, uint8_t *data, size_t size, size_t max,
		    uint32_t seed);
/*
 * Of two inputs: fields, capabilities or elements of one in the reply of the
 * other, into out. The new size, 0: they have nothing to give each other.
 */
size_t cross_reply(const struct reply_of *of, const uint8_t *a, size_t na, const uint8_t *b,
		   size_t nb, uint8_t *out, size_t max, uint32_t seed);
/* The same for the input of the property iova_ranges: struct ranges_replies and its entries. */
size_t mutate_ranges(uint8_t *data, size_t size, size_t max, uint32_t seed);
size_t cross_ranges(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
		    size_t max, uint32_t seed);

/*
 * One element of n changes: a number of it, its place, or it is another's
 * neighbour or copy. p: n elements of that type; n is not 0.
 */
void mutate_array(struct choices *c, const struct uapi_struct *type, uint8_t *p, size_t n);

#endif
