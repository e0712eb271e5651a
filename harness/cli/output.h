/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How `hiod check` prints its verdicts. Rows are formatted into parts, by as
 * many threads as there are, and the parts are put behind each other by one.
 * JSON Lines and CSV leave at once. The others have something in front of them
 * that only the end tells (the table its widths, KTAP its plan, JUnit its
 * totals): their rows wait in a spool.
 */
#ifndef HIOD_CLI_OUTPUT_H
#define HIOD_CLI_OUTPUT_H

#include <stddef.h>
#include <stdio.h>

#include "harness/cli/text.h"
#include "hiod/check.h"

/* One verdict with what it is about. The strings outlive the call only. */
struct output_row {
	const char *host;
	const char *device;
	const char *backend;
	const char *viommu;
	const char *profile;
	const struct hiod_verdict *verdict;
	const char *assumed; /* what the answer rests on and nobody told; NULL: nothing */
};

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_KTAP, OUTPUT_JUNIT, OUTPUT_CSV };

/* By its name: "table", "json", "ktap", "junit", "csv". -1: none. */
int output_format_from_name(const char *name);

#define OUTPUT_COLUMNS 7 /* of the table */

/* Rows of some hosts, formatted. Zeroed, there are none. */
struct output_part {
	/*
	 * JSON, CSV: lines. Else strings, each with its NUL: a row is its cells
	 * (table), what stands before and behind its number (KTAP), its element
	 * (JUnit).
	 */
	struct text text;
	size_t rows;
	size_t count[HIOD_HANG + 1]; /* by verdict */
	size_t width[OUTPUT_COLUMNS];
};

/* format.c. The text's failed says when there was no memory. */
void output_format_row(struct output_part *p, enum output_format f, const struct output_row *row);
/* Empties it for the next hosts. */
void output_part_reset(struct output_part *p);
void output_part_free(struct output_part *p);

struct output;

/* Prints to f, which stays the caller's. NULL: no memory. */
struct output *output_new(enum output_format format, FILE *f);
/*
 * 0, or a negative errno: of the file, or of the spool, which is in $TMPDIR
 * where it does not fit into a few pages.
 */
int output_append(struct output *o, const struct output_part *p);
/*
 * Prints what is left and the totals, after a failed output_append() nothing;
 * frees o. Without a row, heading and totals of nothing are left out where
 * quiet. 0 or a negative errno.
 */
int output_finish(struct output *o, bool quiet);

#endif
