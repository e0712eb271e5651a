/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a sequence on which two sides differ to the shortest that still does. */
#ifndef HIOD_CONFORM_REDUCE_H
#define HIOD_CONFORM_REDUCE_H

#include "harness/conform/compare.h"

/*
 * Calls are deleted, then the arguments of what is left made simpler, each
 * step kept when the sides still differ in the kind d: otherwise a seldom
 * difference would be shrunk into a common one. At most max_runs runs. v: the
 * difference that is left.
 */
void reduce(struct pair *p, struct sequence *seq, const struct difference *d, unsigned int max_runs,
	    struct verdict *v);

#endif
