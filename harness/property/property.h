/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A property and what its drivers share. One function serves as a selftest
 * (property_run), as a fuzz target and over saved inputs (property_input).
 */
#ifndef HIOD_PROPERTY_H
#define HIOD_PROPERTY_H

#include <stdio.h>

#include "harness/property/choices.h"

enum property_result {
	PROPERTY_PASS,
	PROPERTY_FAIL,
	PROPERTY_DISCARD, /* these choices are no case of this property */
};

/*
 * Draws its values from c and says what holds of them. Nothing else may
 * influence it: the same choices give the same result. ctx is not changed in a
 * way that a later case could see. What it wants seen in a failing case goes
 * through choices_note().
 */
typedef enum property_result property_fn(struct choices *c, void *ctx);

/* "return property_fail(c, "what is wrong");" */
__attribute__((format(printf, 2, 3))) enum property_result property_fail(struct choices *c,
									 const char *fmt, ...);

/*
 * A property with its name, for whatever runs it: one of these, and the
 * function is a selftest, a fuzz target and a reader of saved inputs.
 */
struct property {
	const char *name;
	property_fn *fn;
	void *ctx;	    /* may be NULL */
	unsigned int cases; /* of a selftest's run; what all of them together may cost */
	/*
	 * Input that is not to be changed byte by byte alone, for fuzzers; each
	 * may be NULL. data: size bytes in a buffer of max; what was done is
	 * told by the size returned, 0: nothing could be done. seed decides all.
	 */
	size_t (*mutate)(uint8_t *data, size_t size, size_t max, uint32_t seed);
	size_t (*cross)(const uint8_t *a, size_t na, const uint8_t *b, size_t nb, uint8_t *out,
			size_t max, uint32_t seed);
};

struct property_options {
	uint64_t seed;
	unsigned int cases;	  /* that were not discarded */
	unsigned int shrink_runs; /* of the property, spent on shrinking; 0: 20000 */
	unsigned int shrink_ms;	  /* milliseconds, likewise; 0: 10000 */
	FILE *out;		  /* report; NULL: stderr */
};

struct property_report {
	unsigned int passed;
	unsigned int discarded;
	bool failed;
	unsigned int case_nr; /* the one that failed */
	unsigned int runs;    /* spent on shrinking */
	char message[CHOICES_MESSAGE];
	struct choice *choices; /* of the shrunk case; property_report_free() */
	size_t nchoices;
	uint8_t *bytes; /* the same as an input */
	size_t len;
};

void property_report_free(struct property_report *r);

/*
 * Runs cases until one fails. On failure it is shrunk, and its notes, message
 * and input (as hex and as a C test) are printed. More than ten discarded
 * cases for each passed one is a failure too: the generator does not fit the
 * property. 0, -EINVAL (failed, report filled in when given), -ENOMEM.
 */
int property_try(const char *name, property_fn *fn, void *ctx, const struct property_options *opt,
		 struct property_report *report);

/*
 * The selftest driver: property_try() with, from the environment, PROP_SEED
 * (a number, or "random"), PROP_CASES, and PROP_INPUT (the hex of a failure:
 * only that case is run). Without PROP_SEED the seed is made of the name, so
 * that a run of all tests is the same run everywhere. The seed is printed.
 */
int property_run(const char *name, property_fn *fn, void *ctx, unsigned int cases);

/*
 * One input: for saved files (out not NULL: a failure's notes and message are
 * printed) and fuzz targets (NULL: nothing is recorded or printed).
 */
enum property_result property_input(const char *name, property_fn *fn, void *ctx, const void *data,
				    size_t len, FILE *out);

#endif
