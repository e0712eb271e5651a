// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IOVAs on a logarithmic scale: every bit of the address has the same width,
 * from 4 KiB to 2^64. What is narrower than a hair is drawn as wide as one, and
 * has a mark above it.
 */
#include <inttypes.h>
#include <string.h>

#include "harness/report/internal.h"
#include "harness/report/out.h"

#define LEFT	  8.0
#define PER_BIT	  13.0 /* units of the view box */
#define FIRST_BIT 12
#define LAST_BIT  64
#define HAIR	  2.5
#define ROW	  44 /* height of one map */
#define BAR_Y	  14
#define BAR_H	  16
#define WIDTH	  (2 * LEFT + PER_BIT * (LAST_BIT - FIRST_BIT))
#define LISTED	  8 /* ranges that are also told in words */

/* Binary logarithm to better than a thousandth; v > 0. */
static double log2_of(uint64_t v)
{
	unsigned int bits = explain_bits_of(v) - 1;
	double x = (double)v / (double)((uint64_t)1 << bits), result = bits, step = 0.5;

	for (int i = 0; i < 12; i++, step /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			result += step;
		}
	}
	return result;
}

static double x_of(uint64_t v)
{
	double b = v ? log2_of(v) : FIRST_BIT;

	return LEFT + PER_BIT * ((b < FIRST_BIT ? FIRST_BIT : b) - FIRST_BIT);
}

/* Where the address after last would be. */
static double x_after(uint64_t last)
{
	return last == UINT64_MAX ? LEFT + PER_BIT * (LAST_BIT - FIRST_BIT) : x_of(last + 1);
}

static void line_at(struct out *o, unsigned int bits, const char *class, const char *label)
{
	double x = LEFT + PER_BIT * (bits - FIRST_BIT);

	out_fmt(o, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"9\" y2=\"34\"/>", class, x, x);
	out_fmt(o, "<text class=\"t%s\" x=\"%.1f\" y=\"43\">%s</text>", *class == 'v' ? " vt" : "",
		x, label);
}

void report_map_defs(struct out *o, unsigned int viommu_bits)
{
	static const struct {
		unsigned int bits;
		const char *label;
	} ticks[] = { { 12, "4K" }, { 20, "1M" }, { 32, "4G" }, { 39, "39" },
		      { 48, "48" }, { 57, "57" }, { 64, "64" } };

	out_raw(o, "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
		   "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
		   "patternTransform=\"rotate(45)\"><rect class=\"hb\" width=\"6\" height=\"6\"/>"
		   "<line class=\"hl\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"6\"/></pattern>"
		   "<pattern id=\"dots\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		   "<rect class=\"rb\" width=\"5\" height=\"5\"/><circle class=\"rd\" cx=\"2.5\" "
		   "cy=\"2.5\" r=\"1\"/></pattern><g id=\"axis\">");
	out_fmt(o, "<rect class=\"bg\" x=\"%.0f\" y=\"%d\" width=\"%.0f\" height=\"%d\"/>", LEFT,
		BAR_Y, WIDTH - 2 * LEFT, BAR_H);
	out_raw(o, "</g><g id=\"ticks\">");
	for (size_t i = 0; i < sizeof(ticks) / sizeof(*ticks); i++)
		line_at(o, ticks[i].bits, ticks[i].bits == viommu_bits ? "v" : "k", ticks[i].label);
	out_raw(o, "</g></defs></svg>");
}

static void draw_bar(struct out *o, const char *class, uint64_t start, uint64_t last)
{
	double x = x_of(start), w = x_after(last) - x;

	if (w < HAIR)
		w = HAIR;
	out_fmt(o, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>", class,
		x, BAR_Y, w, BAR_H);
}

static const char *const hole_class[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "hd",
	[HOST_REGION_DIRECT_RELAXABLE] = "hx",
	[HOST_REGION_RESERVED] = "hr",
	[HOST_REGION_MSI] = "hm",
};

static const char *const hole_words[HOST_REGION_NR] = {
	[HOST_REGION_DIRECT] = "firmware",
	[HOST_REGION_DIRECT_RELAXABLE] = "firmware, given up",
	[HOST_REGION_RESERVED] = "reserved",
	[HOST_REGION_MSI] = "MSI",
};

static void draw_hole(struct out *o, const struct host_region *r)
{
	double x = x_of(r->start), end = x_after(r->last), middle = (x + end) / 2;

	/* What the kernel gives up is no hole: a mark alone. */
	if (r->type != HOST_REGION_DIRECT_RELAXABLE)
		draw_bar(o, hole_class[r->type], r->start, r->last);
	out_fmt(o, "<path class=\"%sm\" d=\"M%.1f 13l-3.5-6h7z\"/>", hole_class[r->type], middle);
}

/* The same in words, for those who do not see the picture. */
static void tell(struct out *o, const struct report_map *m)
{
	size_t listed = m->nranges < LISTED ? m->nranges : LISTED;

	if (!m->nranges)
		out_raw(o, m->locked ? "not assignable: the firmware holds its memory"
				     : "no usable addresses are known");
	for (size_t i = 0; i < listed; i++)
		out_fmt(o, "%s0x%" PRIx64 "–0x%" PRIx64, i ? ", " : "", m->range[i].start,
			m->range[i].last);
	if (m->nranges + m->more_ranges > listed)
		out_fmt(o, " and %zu more", m->nranges + m->more_ranges - listed);
	listed = m->nholes < LISTED ? m->nholes : LISTED;
	for (size_t i = 0; i < listed; i++)
		out_fmt(o, "%s%s 0x%" PRIx64 "–0x%" PRIx64,
			i ? ", " : "; holes: ", hole_words[m->hole[i].type], m->hole[i].start,
			m->hole[i].last);
	if (m->nholes + m->more_holes > listed)
		out_fmt(o, " and %zu more", m->nholes + m->more_holes - listed);
}

static void map(struct out *o, const struct report_map *m, size_t host, size_t number)
{
	out_raw(o, "<figure><figcaption>");
	out_text(o, m->unit);
	out_fmt(o, ", %u device%s: ", m->devices, m->devices == 1 ? "" : "s");
	if (m->bits)
		out_fmt(o, "<b>%u bits</b>%s", m->bits, m->assumed ? " (assumed)" : "");
	else
		out_raw(o, m->locked ? "<b>not assignable</b>" : "width not known");
	out_fmt(o,
		"</figcaption><svg viewBox=\"0 0 %.0f %d\" role=\"img\" "
		"aria-labelledby=\"t%zu-%zu d%zu-%zu\"><title id=\"t%zu-%zu\">IOVA map of ",
		WIDTH, ROW + 2, host, number, host, number, host, number);
	out_text(o, m->unit);
	out_fmt(o, "</title><desc id=\"d%zu-%zu\">", host, number);
	tell(o, m);
	out_raw(o, "</desc><use href=\"#axis\"/>");
	for (size_t i = 0; i < m->nranges; i++)
		draw_bar(o, m->assumed ? "ra" : "r", m->range[i].start, m->range[i].last);
	for (size_t i = 0; i < m->nholes; i++)
		draw_hole(o, &m->hole[i]);
	out_raw(o, "<use href=\"#ticks\"/></svg><p class=\"words\">");
	tell(o, m);
	out_raw(o, "</p></figure>");
}

void report_maps(struct out *o, const struct report_host *rh, size_t i)
{
	for (size_t n = 0; n < rh->nmaps; n++)
		map(o, &rh->map[n], i, n);
	if (rh->more_maps)
		out_fmt(o, "<p>%zu more devices have other addresses.</p>", rh->more_maps);
}
