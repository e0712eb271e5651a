/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shrinking: from the choices of a failing case to simpler ones that fail too.
 * Simpler is fewer draws, then smaller numbers from the first on. It works on
 * the record alone and so on any property. Deterministic unless the time
 * limit ends it.
 */
#ifndef HIOD_PROPERTY_SHRINK_H
#define HIOD_PROPERTY_SHRINK_H

#include "harness/property/property.h"

struct shrink_limit {
	unsigned int runs; /* of the property */
	unsigned int ms;   /* milliseconds */
};

/*
 * best: the record of a case that failed; replaced by that of the simplest
 * one found, message included. Returns how often the property was run.
 */
unsigned int shrink(struct choices *best, property_fn *fn, void *ctx,
		    const struct shrink_limit *lim);

#endif
