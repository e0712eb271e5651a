// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands around the rows of a format, and the order of what is printed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cli/output.h"
#include "harness/cli/spool.h"

struct output {
	enum output_format format;
	FILE *f;
	struct output_part sum; /* all but the text */
	struct spool spool;
	bool failed; /* what is in it is not all */
};

static const char *const heading[OUTPUT_COLUMNS] = {
	"HOST", "DEVICE", "BACKEND", "AW", "VIOMMU", "VERDICT", "MESSAGE",
};

static const char csv_heading[] = "host,device,backend,viommu,profile,host_aw_bits,iova_ranges,"
				  "verdict,qemu,stage,message,hint,warnings,assumed\r\n";

struct output *output_new(enum output_format format, FILE *f)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->format = format;
	o->f = f;
	return o;
}

/* What stdio could not write; its errno is of the call before, if anything. */
static int write_error(const struct output *o)
{
	return ferror(o->f) ? -(errno ? errno : EIO) : 0;
}

static int append(struct output *o, const struct output_part *p)
{
	if (p->text.failed)
		return -ENOMEM;
	if (!p->rows)
		return 0;
	if (o->format == OUTPUT_CSV && !o->sum.rows)
		fputs(csv_heading, o->f);
	o->sum.rows += p->rows;
	for (size_t a = 0; a <= HIOD_HANG; a++)
		o->sum.count[a] += p->count[a];
	for (size_t c = 0; c < OUTPUT_COLUMNS; c++)
		if (p->width[c] > o->sum.width[c])
			o->sum.width[c] = p->width[c];
	if (o->format != OUTPUT_JSON && o->format != OUTPUT_CSV)
		return spool_put(&o->spool, p->text.b, p->text.n);
	errno = 0;
	fwrite(p->text.b, 1, p->text.n, o->f);
	return write_error(o);
}

int output_append(struct output *o, const struct output_part *p)
{
	int rc = append(o, p);

	o->failed |= rc;
	return rc;
}

/* A cell with the blanks behind it. */
static void print_cell(struct output *o, size_t column, const char *cell)
{
	fprintf(o->f, "%-*s  ", (int)o->sum.width[column], cell);
}

static void print_table(struct output *o)
{
	const char *cell;

	for (size_t c = 0; c < OUTPUT_COLUMNS; c++) {
		if (strlen(heading[c]) > o->sum.width[c])
			o->sum.width[c] = strlen(heading[c]);
		if (c + 1 < OUTPUT_COLUMNS)
			print_cell(o, c, heading[c]);
	}
	fprintf(o->f, "%s\n", heading[OUTPUT_COLUMNS - 1]);
	for (size_t i = 0; (cell = spool_next(&o->spool)); i++) {
		size_t c = i % OUTPUT_COLUMNS;
		char last[48]; /* a verdict, and QEMU's */

		if (c < OUTPUT_COLUMNS - 2) {
			print_cell(o, c, cell);
		} else if (c == OUTPUT_COLUMNS - 2) {
			snprintf(last, sizeof(last), "%s", cell);
			/* No trailing blanks where the message is empty. */
			cell = spool_next(&o->spool);
			i++;
			if (cell && *cell)
				fprintf(o->f, "%-*s  %s\n", (int)o->sum.width[c], last, cell);
			else
				fprintf(o->f, "%s\n", last);
		}
	}
	fprintf(o->f, "\n%zu verdict%s:", o->sum.rows, o->sum.rows == 1 ? "" : "s");
	for (size_t a = 0; a <= HIOD_HANG; a++)
		if (o->sum.count[a])
			fprintf(o->f, " %zu %s", o->sum.count[a],
				hiod_answer_name((enum hiod_answer)a));
	fputc('\n', o->f);
}

static void print_ktap(struct output *o)
{
	size_t pass = o->sum.count[HIOD_ACCEPTED], skip = o->sum.count[HIOD_SKIPPED];
	const char *s;

	fprintf(o->f, "KTAP version 1\n1..%zu\n", o->sum.rows);
	for (size_t i = 0; (s = spool_next(&o->spool)); i++) {
		if (i % 2)
			fprintf(o->f, "%zu%s", i / 2 + 1, s);
		else
			fputs(s, o->f);
	}
	fprintf(o->f, "# Totals: pass:%zu fail:%zu xfail:0 xpass:0 skip:%zu error:0\n", pass,
		o->sum.rows - pass - skip, skip);
}

static void print_junit(struct output *o)
{
	const size_t *n = o->sum.count;
	const size_t failures = o->sum.rows - n[HIOD_ACCEPTED] - n[HIOD_SKIPPED] - n[HIOD_ERROR];
	const char *s;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", o->f);
	for (int i = 0; i < 2; i++)
		fprintf(o->f,
			"%s name=\"hiod check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
			"skipped=\"%zu\">\n",
			i ? "  <testsuite" : "<testsuites", o->sum.rows, failures, n[HIOD_ERROR],
			n[HIOD_SKIPPED]);
	while ((s = spool_next(&o->spool)))
		fputs(s, o->f);
	fputs("  </testsuite>\n</testsuites>\n", o->f);
}

int output_finish(struct output *o, bool quiet)
{
	int rc = spool_rewind(&o->spool);

	errno = 0;
	if (!rc && !o->failed && (o->sum.rows || !quiet)) {
		switch (o->format) {
		case OUTPUT_TABLE: print_table(o); break;
		case OUTPUT_KTAP: print_ktap(o); break;
		case OUTPUT_JUNIT: print_junit(o); break;
		case OUTPUT_CSV:
			if (!o->sum.rows)
				fputs(csv_heading, o->f);
			break;
		case OUTPUT_JSON: break;
		}
	}
	if (!rc && o->spool.f && ferror(o->spool.f))
		rc = -EIO;
	/* A failure of before was said then. */
	if (!rc && !o->failed)
		rc = write_error(o);
	spool_free(&o->spool);
	free(o);
	return rc;
}
