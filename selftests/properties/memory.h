/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A property without memory: what prop_memory.c and prop_memory_files.c share. */
#ifndef HIOD_PROPERTIES_MEMORY_H
#define HIOD_PROPERTIES_MEMORY_H

#include "harness/property/property.h"

/*
 * Draws which allocation of p fails, and an input of p; runs p on it, with
 * memory and without. It fails where p does, and where something is not freed.
 */
enum property_result without_memory(struct choices *c, const struct property *p);
/*
 * Whether an allocation of this run has failed: what compares two that must be
 * alike has then nothing to say of one that is missing.
 */
bool memory_failed(void);
/* For an allocator that never fails and is not counted: of libraries that cannot do without. */
void *memory_exempt_alloc(size_t n);
void memory_exempt_free(void *p);

#endif
