// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The property that every input has: what a fuzzer's turn costs without a
 * target, which `make bench-fuzz` divides by. Not in list.def: it tests nothing.
 */
#include "harness/property/property.h"

extern const struct property property_empty;

static enum property_result empty(struct choices *c, void *ctx)
{
	return PROPERTY_PASS;
}

const struct property property_empty = { "empty", empty, .cases = 1 };
