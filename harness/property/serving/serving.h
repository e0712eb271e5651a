/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of what serves in a fuzzer, the model kernel first: included before all
 * else in files that are built without AddressSanitizer (ci/fuzz.mk), it puts
 * these functions in the place of the C library's. There each allocation costs a
 * redzone, a stack and a quarantine, a fifteenth of an input on the model, for code that
 * other targets and `make check` test with all of it.
 *
 * For one thread. What is free()d here may be from the C library (strdup), not
 * the other way round: AddressSanitizer ends a program that frees what is not its.
 */
#ifndef HARNESS_SERVING_H
#define HARNESS_SERVING_H

#include <stdlib.h>

void *serving_malloc(size_t size);
void *serving_calloc(size_t n, size_t size);
void *serving_realloc(void *p, size_t size);
void serving_free(void *p);

#define malloc(size)	 serving_malloc(size)
#define calloc(n, size)	 serving_calloc(n, size)
#define realloc(p, size) serving_realloc(p, size)
#define free(p)		 serving_free(p)

#endif
