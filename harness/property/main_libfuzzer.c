// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzzers' driver: one property, PROPERTY (a macro), as a target with
 * libFuzzer's interface, which AFL++ and honggfuzz serve too. A failure of the
 * property is a crash, with its notes and message printed before.
 *
 * With HAVE_MUTATE (libFuzzer) the property's own mutator is used as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/property/property.h"

#define NAME2(p) property_##p
#define NAME1(p) NAME2(p)
#define TARGET	 NAME1(PROPERTY)

extern const struct property TARGET;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned int seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct property *p = &TARGET;

	if (property_input(p->name, p->fn, p->ctx, data, size, NULL) == PROPERTY_FAIL) {
		property_input(p->name, p->fn, p->ctx, data, size, stderr);
		abort();
	}
	return 0;
}

#ifdef HAVE_MUTATE
/* Every other mutation is the fuzzer's own: it knows what comparisons wanted. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	size_t n = 0;

	if (TARGET.mutate && seed & 1)
		n = TARGET.mutate(data, size, max, seed >> 1);
	return n ? n : LLVMFuzzerMutate(data, size, max);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned int seed)
{
	size_t n = 0, cut;

	if (TARGET.cross)
		n = TARGET.cross(a, na, b, nb, out, max, seed);
	if (n)
		return n;
	/* The beginning of one, the end of the other. */
	cut = na ? seed % (na + 1) : 0;
	n = cut < max ? cut : max;
	memcpy(out, a, n);
	cut = nb > cut ? nb - cut : 0;
	if (cut > max - n)
		cut = max - n;
	if (cut)
		memcpy(out + n, b + nb - cut, cut);
	return n + cut;
}
#endif
