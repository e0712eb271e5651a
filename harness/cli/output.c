// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts as a table, JSON Lines, KTAP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/cli/output.h"
#include "harness/cli/verdict.h"
#include "hiod/intel_iommu.h"

#define COLUMNS 7

struct output {
	enum output_format format;
	size_t n; /* rows so far */
	size_t count[HIOD_HANG + 1];
	char **cell; /* table: COLUMNS a row */
	size_t cells, room;
};

static const char *const heading[COLUMNS] = {
	"HOST", "DEVICE", "BACKEND", "AW", "VIOMMU", "VERDICT", "MESSAGE",
};

struct output *output_new(enum output_format format, size_t total)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->format = format;
	if (format == OUTPUT_KTAP)
		printf("KTAP version 1\n1..%zu\n", total);
	return o;
}

/* Message, hint, warnings and assumptions in one line. The caller frees; NULL: no memory. */
static char *message_of(const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;
	char *text = NULL, *all;

	if (asprintf(&text, "%s%s%s%s", v->message, *v->hint ? " [" : "", v->hint,
		     *v->hint ? "]" : "") < 0)
		return NULL;
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++) {
		char *longer;

		if (!(v->warnings & 1u << w))
			continue;
		if (asprintf(&longer, "%s%swarning: %s", text, *text ? "; " : "",
			     intel_iommu_warning_text(w)) < 0)
			longer = NULL;
		free(text);
		text = longer;
		if (!text)
			return NULL;
	}
	if (!r->assumed)
		return text;
	if (asprintf(&all, "%s%sassumed: %s", text, *text ? "; " : "", r->assumed) < 0)
		all = NULL;
	free(text);
	return all;
}

static int table_add(struct output *o, const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;
	char aw[16] = "-", verdict[40], *text;

	if (o->cells + COLUMNS > o->room) {
		size_t room = o->room ? 2 * o->room : 64 * COLUMNS;
		char **more = realloc(o->cell, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		o->cell = more;
		o->room = room;
	}
	if (v->host_aw_bits >= 0)
		snprintf(aw, sizeof(aw), "%d", v->host_aw_bits);
	/* Where we and that QEMU differ, both answers are shown. */
	if (v->qemu != v->verdict)
		snprintf(verdict, sizeof(verdict), "%s (QEMU: %s)", hiod_answer_name(v->verdict),
			 hiod_answer_name(v->qemu));
	else
		snprintf(verdict, sizeof(verdict), "%s", hiod_answer_name(v->verdict));
	text = message_of(r);
	if (!text)
		return -ENOMEM;

	const char *const value[COLUMNS] = { r->host,	r->device, r->backend, aw,
					     r->viommu, verdict,   text };
	int err = 0;

	for (size_t i = 0; i < COLUMNS; i++) {
		char *copy = strdup(value[i]);

		if (!copy)
			err = -ENOMEM;
		o->cell[o->cells + i] = copy;
	}
	free(text);
	if (err) {
		for (size_t i = 0; i < COLUMNS; i++)
			free(o->cell[o->cells + i]);
		return err;
	}
	o->cells += COLUMNS;
	return 0;
}

static int json_add(const struct output_row *r)
{
	json_t *o = json_pack("{ss ss ss ss ss}", "host", r->host, "device", r->device, "backend",
			      r->backend, "viommu", r->viommu, "profile", r->profile);
	int err = o ? verdict_to_json(r->verdict, o) : -ENOMEM;

	if (!err && r->assumed && json_object_set_new(o, "assumed", json_string(r->assumed)))
		err = -ENOMEM;
	if (!err && json_dumpf(o, stdout, JSON_COMPACT))
		err = -ENOMEM;
	json_decref(o);
	putchar('\n');
	return err;
}

static void ktap_add(const struct output *o, const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;

	if (*v->message && v->verdict != HIOD_SKIPPED)
		printf("# %s\n", v->message);
	if (*v->hint)
		printf("# %s\n", v->hint);
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++)
		if (v->warnings & 1u << w)
			printf("# warning: %s\n", intel_iommu_warning_text(w));
	if (r->assumed)
		printf("# assumed: %s\n", r->assumed);
	printf("%sok %zu %s %s %s %s%s%s\n",
	       v->verdict == HIOD_ACCEPTED || v->verdict == HIOD_SKIPPED ? "" : "not ", o->n,
	       r->host, r->device, r->backend, r->viommu,
	       v->verdict == HIOD_SKIPPED ? " # SKIP " : "",
	       v->verdict == HIOD_SKIPPED ? v->message : "");
}

int output_add(struct output *o, const struct output_row *row)
{
	int err = 0;

	o->n++;
	o->count[row->verdict->verdict]++;
	switch (o->format) {
	case OUTPUT_TABLE: err = table_add(o, row); break;
	case OUTPUT_JSON: err = json_add(row); break;
	case OUTPUT_KTAP: ktap_add(o, row); break;
	}
	return err;
}

static void print_table(const struct output *o)
{
	int width[COLUMNS];

	for (size_t c = 0; c < COLUMNS; c++) {
		width[c] = (int)strlen(heading[c]);
		for (size_t i = c; i < o->cells; i += COLUMNS)
			if ((int)strlen(o->cell[i]) > width[c])
				width[c] = (int)strlen(o->cell[i]);
	}
	/* The last column is not padded. */
	width[COLUMNS - 1] = 0;
	for (size_t c = 0; c < COLUMNS; c++)
		printf("%-*s%s", width[c], heading[c], c + 1 < COLUMNS ? "  " : "\n");
	for (size_t i = 0; i < o->cells; i++) {
		bool last = i % COLUMNS == COLUMNS - 1;

		/* No trailing blanks where the message is empty. */
		if (i % COLUMNS == COLUMNS - 2 && !*o->cell[i + 1])
			printf("%s", o->cell[i]);
		else
			printf("%-*s%s", width[i % COLUMNS], o->cell[i], last ? "" : "  ");
		if (last)
			putchar('\n');
	}
	printf("\n%zu verdict%s:", o->n, o->n == 1 ? "" : "s");
	for (size_t a = 0; a <= HIOD_HANG; a++)
		if (o->count[a])
			printf(" %zu %s", o->count[a], hiod_answer_name((enum hiod_answer)a));
	putchar('\n');
}

void output_finish(struct output *o)
{
	if (!o)
		return;
	if (o->format == OUTPUT_TABLE)
		print_table(o);
	if (o->format == OUTPUT_KTAP) {
		size_t pass = o->count[HIOD_ACCEPTED], skip = o->count[HIOD_SKIPPED];

		printf("# Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0\n", pass,
		       o->n - pass - skip, skip);
	}
	for (size_t i = 0; i < o->cells; i++)
		free(o->cell[i]);
	free(o->cell);
	free(o);
}
