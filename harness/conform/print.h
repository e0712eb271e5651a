/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sequence, for people and as a C test. */
#ifndef HIOD_CONFORM_PRINT_H
#define HIOD_CONFORM_PRINT_H

#include "harness/conform/compare.h"

/*
 * Each call with what it gave on both sides, one line a call and one more
 * where they differ. Runs the sequence once more.
 */
void print_sequence(FILE *f, struct pair *p, const struct sequence *seq);

/*
 * A TEST body in the dialect of ktap.h: the calls as they are made of side 0,
 * with the results that side 0 gives as expectations. It needs `s`, a struct
 * shim * of a host whose paths are those of the calls. Runs the sequence.
 * name: of the test, a C identifier.
 */
void print_ctest(FILE *f, struct pair *p, const struct sequence *seq, const char *name);

#endif
