/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many sequences: made, run on both sides, and what differs told. */
#ifndef HIOD_CONFORM_RUN_H
#define HIOD_CONFORM_RUN_H

#include "harness/conform/excuse.h"
#include "harness/conform/compare.h"
#include "harness/conform/generate.h"
#include "harness/conform/table.h"

struct run_options {
	uint64_t seed;
	uint64_t calls; /* at least so many */
	uint64_t want;	/* not 0: go on, up to 4 times calls, until each result was seen so often */
	int64_t sequence;	 /* only this one; -1: from 0 on */
	unsigned int length;	 /* calls in a sequence, at most; 0: 30 */
	unsigned int shrink;	 /* runs spent on shrinking one difference; 0: 2000 */
	unsigned int stop_after; /* kinds of differences; 0: never */
	bool verbose;		 /* print every sequence */
	FILE *out;
};

struct run_result {
	uint64_t sequences;
	uint64_t differing;	   /* sequences that differed */
	unsigned int kinds;	   /* of differences: request, results, what differed */
	uint64_t excused[EXCUSES]; /* sequences with a known difference, not counted above */
	struct table table;
};

/*
 * One sequence of a run, without shrinking; seq is what was called. The index
 * of the call that differed, seq->n for the end, -1 for none.
 */
int run_sequence(struct pair *p, const struct generator *g, const struct run_options *opt,
		 uint64_t nr, struct sequence *seq, struct table *t, struct verdict *v);

/*
 * A whole run. The first difference of each kind is shrunk and printed as text
 * and as a C test, with the seed and sequence that give it again; later ones
 * are counted. r needs no initialisation. 0, -ENOMEM; whether anything
 * differed is in r.
 */
int run(struct pair *p, const struct generator *g, const struct run_options *opt,
	struct run_result *r);

#endif
