// SPDX-License-Identifier: GPL-2.0-or-later
/* One row in each format; what stands around the rows is in output.c. */
#include <string.h>

#include "harness/cli/output.h"
#include "harness/cli/verdict.h"
#include "hiod/intel_iommu.h"

int output_format_from_name(const char *name)
{
	static const char *const names[] = {
		[OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json", [OUTPUT_KTAP] = "ktap",
		[OUTPUT_JUNIT] = "junit", [OUTPUT_CSV] = "csv",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return (int)i;
	return -1;
}

static bool warned(const struct hiod_verdict *v, unsigned w)
{
	return v->warnings & 1u << w;
}

/* Message, hint, warnings and assumptions in one line. */
static void put_message(struct text *t, const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;
	const size_t from = t->n;

	text_str(t, v->message);
	if (*v->hint) {
		text_str(t, " [");
		text_str(t, v->hint);
		text_char(t, ']');
	}
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++) {
		if (!warned(v, w))
			continue;
		text_str(t, t->n > from ? "; warning: " : "warning: ");
		text_str(t, intel_iommu_warning_text(w));
	}
	if (r->assumed) {
		text_str(t, t->n > from ? "; assumed: " : "assumed: ");
		text_str(t, r->assumed);
	}
}

/* Where we and that QEMU differ, both answers are shown. */
static void put_answers(struct text *t, const struct hiod_verdict *v)
{
	text_str(t, hiod_answer_name(v->verdict));
	if (v->qemu == v->verdict)
		return;
	text_str(t, " (QEMU: ");
	text_str(t, hiod_answer_name(v->qemu));
	text_char(t, ')');
}

static void table_row(struct output_part *p, const struct output_row *r)
{
	struct text *t = &p->text;

	for (size_t c = 0; c < OUTPUT_COLUMNS; c++) {
		size_t from = t->n;

		switch (c) {
		case 0: text_str(t, r->host); break;
		case 1: text_str(t, r->device); break;
		case 2: text_str(t, r->backend); break;
		case 3:
			if (r->verdict->host_aw_bits < 0)
				text_char(t, '-');
			else
				text_printf(t, "%d", r->verdict->host_aw_bits);
			break;
		case 4: text_str(t, r->viommu); break;
		case 5: put_answers(t, r->verdict); break;
		default: put_message(t, r);
		}
		if (t->n - from > p->width[c])
			p->width[c] = t->n - from;
		text_char(t, '\0');
	}
}

static void json_row(struct output_part *p, const struct output_row *r)
{
	const char *const member[][2] = { { "{\"host\":", r->host },
					  { ",\"device\":", r->device },
					  { ",\"backend\":", r->backend },
					  { ",\"viommu\":", r->viommu },
					  { ",\"profile\":", r->profile } };
	struct text *t = &p->text;

	for (size_t i = 0; i < sizeof(member) / sizeof(*member); i++) {
		text_str(t, member[i][0]);
		text_json(t, member[i][1]);
	}
	text_char(t, ',');
	verdict_to_text(r->verdict, t);
	if (r->assumed) {
		text_str(t, ",\"assumed\":");
		text_json(t, r->assumed);
	}
	text_str(t, "}\n");
}

static void comment(struct text *t, const char *what, const char *text)
{
	text_str(t, "# ");
	text_str(t, what);
	text_str(t, text);
	text_char(t, '\n');
}

static void ktap_row(struct output_part *p, const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;
	const bool skipped = v->verdict == HIOD_SKIPPED;
	struct text *t = &p->text;

	if (*v->message && !skipped)
		comment(t, "", v->message);
	if (*v->hint)
		comment(t, "", v->hint);
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++)
		if (warned(v, w))
			comment(t, "warning: ", intel_iommu_warning_text(w));
	if (r->assumed)
		comment(t, "assumed: ", r->assumed);
	text_str(t, v->verdict == HIOD_ACCEPTED || skipped ? "ok " : "not ok ");
	text_char(t, '\0');
	text_printf(t, " %s %s %s %s", r->host, r->device, r->backend, r->viommu);
	if (skipped) {
		text_str(t, " # SKIP ");
		text_str(t, v->message);
	}
	text_put(t, "\n", 2);
}

/* An attribute, with a blank before it. */
static void attribute(struct text *t, const char *name, const char *value)
{
	text_char(t, ' ');
	text_str(t, name);
	text_str(t, "=\"");
	text_xml(t, value);
	text_char(t, '"');
}

/* What is said beside the message: hint, warnings, assumptions, a line each. */
static void put_details(struct text *t, const struct output_row *r)
{
	if (*r->verdict->hint) {
		text_xml(t, r->verdict->hint);
		text_char(t, '\n');
	}
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++) {
		if (!warned(r->verdict, w))
			continue;
		text_str(t, "warning: ");
		text_xml(t, intel_iommu_warning_text(w));
		text_char(t, '\n');
	}
	if (r->assumed) {
		text_str(t, "assumed: ");
		text_xml(t, r->assumed);
		text_char(t, '\n');
	}
}

static void junit_row(struct output_part *p, const struct output_row *r)
{
	const struct hiod_verdict *v = r->verdict;
	const char *element = v->verdict == HIOD_ACCEPTED  ? "system-out"
			      : v->verdict == HIOD_SKIPPED ? "skipped"
			      : v->verdict == HIOD_ERROR   ? "error"
							   : "failure";
	struct text *t = &p->text;

	text_str(t, "    <testcase");
	attribute(t, "classname", r->host);
	text_str(t, " name=\"");
	text_xml(t, r->device);
	text_char(t, ' ');
	text_xml(t, r->backend);
	text_char(t, ' ');
	text_xml(t, r->viommu);
	text_char(t, ' ');
	text_xml(t, r->profile);
	text_str(t, "\">\n      <");
	text_str(t, element);
	if (v->verdict != HIOD_ACCEPTED)
		attribute(t, "message", v->message);
	if (v->verdict != HIOD_ACCEPTED && v->verdict != HIOD_SKIPPED)
		attribute(t, "type", hiod_answer_name(v->verdict));
	text_char(t, '>');
	if (v->verdict == HIOD_ACCEPTED && *v->message) {
		text_xml(t, v->message);
		text_char(t, '\n');
	}
	put_details(t, r);
	text_str(t, "</");
	text_str(t, element);
	text_str(t, ">\n    </testcase>\n");
	text_char(t, '\0');
}

static void csv_row(struct output_part *p, const struct output_row *r)
{
	const char *const first[] = { r->host, r->device, r->backend, r->viommu, r->profile };
	const struct hiod_verdict *v = r->verdict;
	struct text *t = &p->text;
	const char *between = "";

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++) {
		text_csv(t, first[i]);
		text_char(t, ',');
	}
	if (v->host_aw_bits >= 0)
		text_printf(t, "%d", v->host_aw_bits);
	text_char(t, ',');
	for (size_t i = 0; i < v->nranges; i++) {
		if (i)
			text_char(t, ' ');
		text_hex(t, v->ranges[i].start);
		text_char(t, '-');
		text_hex(t, v->ranges[i].last);
	}
	text_printf(t, ",%s,%s,%s,", hiod_answer_name(v->verdict), hiod_answer_name(v->qemu),
		    hiod_stage_name(v->stage));
	text_csv(t, v->message);
	text_char(t, ',');
	text_csv(t, v->hint);
	text_char(t, ',');
	/* Sentences with commas: always quoted, none has a quotation mark. */
	if (v->warnings)
		text_char(t, '"');
	for (unsigned w = 0; w < INTEL_IOMMU_WARN_COUNT; w++) {
		if (!warned(v, w))
			continue;
		text_str(t, between);
		text_str(t, intel_iommu_warning_text(w));
		between = "; ";
	}
	if (v->warnings)
		text_char(t, '"');
	text_char(t, ',');
	text_csv(t, r->assumed ? r->assumed : "");
	text_str(t, "\r\n");
}

void output_format_row(struct output_part *p, enum output_format f, const struct output_row *row)
{
	p->rows++;
	p->count[row->verdict->verdict]++;
	switch (f) {
	case OUTPUT_TABLE: table_row(p, row); break;
	case OUTPUT_JSON: json_row(p, row); break;
	case OUTPUT_KTAP: ktap_row(p, row); break;
	case OUTPUT_JUNIT: junit_row(p, row); break;
	case OUTPUT_CSV: csv_row(p, row); break;
	}
}

void output_part_reset(struct output_part *p)
{
	struct text t = p->text;

	text_reset(&t);
	*p = (struct output_part){ .text = t };
}

void output_part_free(struct output_part *p)
{
	text_free(&p->text);
}
