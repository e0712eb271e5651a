/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `hiod check` prints its verdicts: as a table, as JSON Lines, as KTAP. */
#ifndef HIOD_CLI_OUTPUT_H
#define HIOD_CLI_OUTPUT_H

#include <stddef.h>

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

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_KTAP };

struct output;

/* total: how many rows will come, for KTAP's plan. NULL: no memory. */
struct output *output_new(enum output_format format, size_t total);
/* 0 or -ENOMEM. The table prints at the end, when the widths are known. */
int output_add(struct output *o, const struct output_row *row);
/* Prints what is left and the totals; frees o. */
void output_finish(struct output *o);

#endif
