// SPDX-License-Identifier: GPL-2.0-or-later
/* The page; see report.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/internal.h"
#include "harness/report/out.h"

struct report *report_new(const struct hiod_profile *p)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r)
		r->profile = p;
	return r;
}

void report_free(struct report *r)
{
	for (size_t i = 0; r && i < r->n; i++)
		report_host_free(&r->host[i]);
	if (r)
		free(r->host);
	free(r);
}

int report_add(struct report *r, const char *name, const struct host *h)
{
	int rc;

	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct report_host *more = realloc(r->host, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		r->host = more;
		r->room = room;
	}
	memset(&r->host[r->n], 0, sizeof(*r->host));
	rc = report_gather(r->profile, name, h, &r->host[r->n]);
	if (rc)
		report_host_free(&r->host[r->n]);
	else
		r->n++;
	return rc;
}

size_t report_hosts(const struct report *r)
{
	return r->n;
}

/* A class of cells, its sign and its word; in the order of the legend. */
struct sign {
	char class;
	const char *sign, *word;
};

static const struct sign signs[] = {
	[HIOD_ACCEPTED] = { 'a', "✓", "fits" },	    [HIOD_REFUSED] = { 'r', "✗", "no" },
	[HIOD_ERROR] = { 'e', "!", "error" },	    [HIOD_UNKNOWN] = { 'u', "?", "unknown" },
	[HIOD_SKIPPED] = { 'x', "–", "no device" }, [HIOD_ABORT] = { 'e', "!", "abort" },
	[HIOD_HANG] = { 'e', "!", "hang" },
};

#define NANSWERS (HIOD_HANG + 1)

static const char *const backend_words[REPORT_BACKENDS] = { "legacy", "iommufd" };

/* A filter's values as they are met in the hosts: number, and how many hosts have it. */
struct tally {
	unsigned int value, hosts;
};

static int by_value(const void *a, const void *b)
{
	unsigned int x = ((const struct tally *)a)->value, y = ((const struct tally *)b)->value;

	return x < y ? -1 : x > y;
}

static unsigned int kernel_of(const struct report_host *h)
{
	return h->version;
}

static unsigned int width_of(const struct report_host *h)
{
	return h->bits;
}

static unsigned int answer_of(const struct report_host *h)
{
	return (unsigned int)h->answer;
}

/* Sorted, *n of them; the caller frees. NULL: no memory. */
static struct tally *count(const struct report *r, unsigned int (*of)(const struct report_host *h),
			   size_t *n)
{
	struct tally *t = calloc(r->n + 1, sizeof(*t));

	*n = 0;
	for (size_t i = 0; t && i < r->n; i++) {
		unsigned int v = of(&r->host[i]);
		size_t k = 0;

		while (k < *n && t[k].value != v)
			k++;
		t[k].value = v;
		t[k].hosts++;
		*n += k == *n;
	}
	if (t)
		qsort(t, *n, sizeof(*t), by_value);
	return t;
}

/* "k" and 6.12: class and id are "k6-12". */
static void value_name(struct out *o, char filter, unsigned int value)
{
	if (filter == 'k')
		out_fmt(o, "k%u-%u", value >> 16, value & 0xffff);
	else
		out_fmt(o, "%c%u", filter, value);
}

static void value_words(struct out *o, char filter, unsigned int value)
{
	if (filter == 'k' && value)
		out_fmt(o, "%u.%u", value >> 16, value & 0xffff);
	else if (filter == 'w' && value)
		out_fmt(o, "%u bits", value);
	else if (filter == 'v')
		out_fmt(o, "%s %s", signs[value].sign, signs[value].word);
	else
		out_raw(o, "not known");
}

/*
 * A filter's buttons, and a rule for each that hides the other hosts. The rules
 * look for the button in the form alone: in the page they would take minutes.
 */
static int filter(struct out *o, const struct report *r, char name, const char *legend,
		  unsigned int (*of)(const struct report_host *h))
{
	size_t n;
	struct tally *t = count(r, of, &n);

	if (!t)
		return -ENOMEM;
	out_fmt(o,
		"<fieldset><legend>%s</legend><label><input type=\"radio\" name=\"%c\" "
		"id=\"%c-all\" checked>all <small>%zu</small></label>",
		legend, name, name, r->n);
	for (size_t i = 0; i < n; i++) {
		out_fmt(o, "<label><input type=\"radio\" name=\"%c\" id=\"f-", name);
		value_name(o, name, t[i].value);
		out_raw(o, "\">");
		value_words(o, name, t[i].value);
		out_fmt(o, " <small>%u</small></label>", t[i].hosts);
	}
	out_raw(o, "</fieldset><style>");
	for (size_t i = 0; i < n; i++) {
		out_raw(o, ".filters:has(#f-");
		value_name(o, name, t[i].value);
		out_raw(o, ":checked)~* .h:not(.");
		value_name(o, name, t[i].value);
		out_raw(o, "){display:none}");
	}
	out_raw(o, "</style>\n");
	free(t);
	return 0;
}

static int filters(struct out *o, const struct report *r)
{
	int rc;

	out_raw(o,
		"<p class=\"nohas\">This browser is too old for the filters; all hosts are shown."
		"</p><form class=\"filters\" aria-label=\"Filters\">\n");
	rc = filter(o, r, 'v', "Default vIOMMU", answer_of);
	if (!rc)
		rc = filter(o, r, 'w', "Host IOMMU width", width_of);
	if (!rc)
		rc = filter(o, r, 'k', "Kernel", kernel_of);
	out_raw(o, "</form>\n");
	return rc;
}

static void classes(struct out *o, const struct report_host *h)
{
	out_fmt(o, "h v%u w%u ", (unsigned int)h->answer, h->bits);
	value_name(o, 'k', h->version);
}

static void legend(struct out *o)
{
	out_raw(o,
		"<ul class=\"legend\"><li><span class=\"sa\">✓ fits</span> QEMU starts</li>"
		"<li><span class=\"sr\">✗ no</span> QEMU refuses</li>"
		"<li><span class=\"su\">? unknown</span> the description does not tell</li>"
		"<li><span class=\"se\">! error</span> replies contradict themselves, or QEMU aborts or "
		"hangs</li>"
		"<li><span class=\"sm\">✓2 ✗1</span> a host's devices differ, with their numbers</li>"
		"<li>– no device, or this version has no such option</li></ul>\n");
}

/* All devices alike: sign and word; else a sign and number for each answer. */
static void cell(struct out *o, const struct report_cell *c)
{
	int only = -1, kinds = 0;

	for (int a = 0; a < NANSWERS; a++)
		if (c->n[a]) {
			only = a;
			kinds++;
		}
	if (!kinds) {
		out_raw(o, "<td class=\"x\">–</td>");
		return;
	}
	out_fmt(o, "<td class=\"%c\" data-n=\"", kinds == 1 ? signs[only].class : 'm');
	for (int a = 0; a < NANSWERS; a++)
		if (c->n[a])
			out_fmt(o, "%s%s:%u", a == only && kinds == 1 ? "" : " ",
				hiod_answer_name((enum hiod_answer)a), c->n[a]);
	out_raw(o, "\">");
	if (kinds == 1)
		out_fmt(o, "%s %s", signs[only].sign, signs[only].word);
	for (int a = 0; kinds > 1 && a < NANSWERS; a++)
		if (c->n[a])
			out_fmt(o, "%s%u ", signs[a].sign, c->n[a]);
	out_raw(o, "</td>");
}

static void matrix_head(struct out *o, const struct report *r)
{
	out_raw(o,
		"<thead><tr><th scope=\"col\" rowspan=\"2\">host</th><th scope=\"col\" "
		"rowspan=\"2\">width</th><th scope=\"col\" rowspan=\"2\">kernel</th><th scope=\"col\" "
		"rowspan=\"2\">devices</th>");
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++) {
		char text[200] = "no such option in this version";

		explain_config_text(&explain_configs[c], r->profile, text, sizeof(text));
		out_fmt(o, "<th scope=\"colgroup\" colspan=\"%d\" title=\"%s\">%s</th>",
			REPORT_BACKENDS, text, explain_configs[c].title);
	}
	out_raw(o, "</tr><tr>");
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++)
		for (int b = 0; b < REPORT_BACKENDS; b++)
			out_fmt(o, "<th scope=\"col\">%s</th>", backend_words[b]);
	out_raw(o, "</tr></thead>\n");
}

static void matrix_row(struct out *o, const struct report_host *h, size_t i)
{
	out_raw(o, "<tr class=\"");
	classes(o, h);
	out_fmt(o, "\"><th scope=\"row\"><a href=\"#h%zu\"><bdi>", i);
	out_text(o, h->name);
	out_raw(o, "</bdi></a></th><td>");
	if (h->bits)
		out_fmt(o, "%u", h->bits);
	else
		out_raw(o, "–");
	out_raw(o, "</td><td>");
	if (h->version)
		out_fmt(o, "%u.%u", h->version >> 16, h->version & 0xffff);
	else
		out_raw(o, "–");
	out_fmt(o, "</td><td>%u</td>", h->devices);
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++)
		for (int b = 0; b < REPORT_BACKENDS; b++)
			cell(o, &h->cell[c][b]);
	out_raw(o, "</tr>\n");
}

static void matrix(struct out *o, const struct report *r)
{
	out_raw(o, "<h2 id=\"matrix\">Hosts × vIOMMUs</h2>\n");
	legend(o);
	out_raw(o, "<div class=\"wrap\" tabindex=\"0\" role=\"region\" aria-labelledby=\"matrix\">"
		   "<table id=\"hosts\">");
	matrix_head(o, r);
	out_raw(o, "<tbody>\n");
	for (size_t i = 0; i < r->n; i++)
		matrix_row(o, &r->host[i], i);
	out_raw(o, "</tbody></table></div>\n");
}

static void totals(struct out *o, const struct report *r)
{
	out_raw(o,
		"<details><summary>All verdicts in numbers</summary><div class=\"wrap\"><table "
		"id=\"totals\"><thead><tr><th scope=\"col\">vIOMMU</th><th scope=\"col\">backend</th>");
	for (int a = 0; a < NANSWERS; a++)
		out_fmt(o, "<th scope=\"col\">%s</th>", hiod_answer_name((enum hiod_answer)a));
	out_raw(o, "</tr></thead><tbody>\n");
	for (size_t c = 0; c < EXPLAIN_CONFIGS; c++) {
		char text[200];

		if (!explain_config_text(&explain_configs[c], r->profile, text, sizeof(text)))
			continue;
		for (int b = 0; b < REPORT_BACKENDS; b++) {
			out_fmt(o, "<tr><th scope=\"row\">%s</th><td>%s</td>", text,
				backend_words[b]);
			for (int a = 0; a < NANSWERS; a++) {
				unsigned long sum = 0;

				for (size_t i = 0; i < r->n; i++)
					sum += r->host[i].cell[c][b].n[a];
				out_fmt(o, "<td>%lu</td>", sum);
			}
			out_raw(o, "</tr>\n");
		}
	}
	out_raw(o, "</tbody></table></div></details>\n");
}

static void card(struct out *o, const struct report_host *h, size_t i)
{
	out_raw(o, "<section class=\"card ");
	classes(o, h);
	out_fmt(o, "\" id=\"h%zu\"><h3><bdi>", i);
	out_text(o, h->name);
	out_raw(o, "</bdi></h3><p class=\"dim\">kernel <bdi>");
	out_text(o, *h->kernel ? h->kernel : "not known");
	out_raw(o, "</bdi>, ");
	out_text(o, h->origin);
	out_raw(o, "<br><bdi>");
	out_text(o, h->source);
	out_raw(o, "</bdi></p>");
	report_maps(o, h, i);
	if (h->problems)
		out_raw(o, "<ul class=\"pr\">");
	for (size_t p = 0; problem_at(p); p++)
		if (h->problems & 1u << p) {
			out_raw(o, "<li>");
			out_text(o, problem_at(p)->title);
			out_fmt(o, " <span class=\"dim\">(%s)</span></li>", problem_at(p)->slug);
		}
	out_raw(o, h->problems ? "</ul></section>\n" : "</section>\n");
}

static void map_legend(struct out *o, const struct report *r)
{
	static const struct {
		const char *class, *mark, *words;
	} items[] = {
		{ "r", NULL, "usable addresses" },
		{ "ra", NULL, "usable, if the assumed width is right" },
		{ "hm", "hmm", "interrupts (MSI)" },
		{ "hr", "hrm", "reserved" },
		{ "hd", "hdm", "firmware, must stay: not assignable" },
		{ "bg", "hxm", "firmware, which the kernel gives up" },
	};

	out_raw(o, "<ul class=\"legend\">");
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++) {
		out_fmt(o,
			"<li><svg viewBox=\"0 0 34 18\" aria-hidden=\"true\"><rect class=\"%s\" "
			"x=\"0\" y=\"7\" width=\"34\" height=\"11\"/>",
			items[i].class);
		if (items[i].mark)
			out_fmt(o, "<path class=\"%s\" d=\"M17 6.5l-3.5-5.5h7z\"/>", items[i].mark);
		out_fmt(o, "</svg>%s</li>", items[i].words);
	}
	out_fmt(o,
		"<li><svg viewBox=\"0 0 34 18\" aria-hidden=\"true\"><line class=\"v\" x1=\"17\" "
		"x2=\"17\" y1=\"0\" y2=\"18\"/></svg>width of the default vIOMMU, %u bits</li></ul>",
		r->profile->aw_bits);
	out_raw(o,
		"<p class=\"dim\">To scale by bits of the address: from 4 KiB on the left to "
		"2<sup>64</sup> on the right, each bit as wide as the next. What is narrower than a "
		"hair is drawn as one, with its mark above.</p>\n");
}

static void cards(struct out *o, const struct report *r)
{
	out_raw(o, "<h2 id=\"maps\">IOVA maps</h2>\n");
	map_legend(o, r);
	report_map_defs(o, r->profile->aw_bits);
	out_raw(o, "<div class=\"cards\">\n");
	for (size_t i = 0; i < r->n; i++)
		card(o, &r->host[i], i);
	out_raw(o, "</div>\n<p class=\"shown\">Hosts shown: <b class=\"count\"></b></p>\n");
}

int report_write(const struct report *r, FILE *f)
{
	struct out out = { f }, *o = &out;
	unsigned long devices = 0;
	int rc;

	for (size_t i = 0; i < r->n; i++)
		devices += r->host[i].devices;
	out_raw(o, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		   "<meta name=\"referrer\" content=\"no-referrer\">"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		   "style-src 'unsafe-inline'; img-src data:\">"
		   "<link rel=\"icon\" href=\"data:,\">"
		   "<title>Host IOMMUs and vIOMMUs</title><style>");
	out_raw(o, report_style);
	out_raw(o, "</style></head>\n<body><main><h1>Host IOMMUs and vIOMMUs</h1>");
	out_fmt(o,
		"<p id=\"sum\"><b>%zu</b> hosts, <b>%lu</b> devices; what %s says of each.</p>\n",
		r->n, devices, r->profile->name);
	rc = filters(o, r);
	matrix(o, r);
	totals(o, r);
	cards(o, r);
	out_raw(o, "</main></body></html>\n");
	if (!rc && ferror(f))
		rc = -EIO;
	return rc;
}
