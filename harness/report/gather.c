// SPDX-License-Identifier: GPL-2.0-or-later
/* One host for the page; see internal.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/reconstruct/reconstruct.h"
#include "harness/report/internal.h"

static int copy(char **to, const char *from)
{
	*to = strdup(from ? from : "");
	return *to ? 0 : -ENOMEM;
}

/* From good to bad, for what is said of a host as a whole. */
static int badness(enum hiod_answer a)
{
	static const int by_answer[] = {
		[HIOD_SKIPPED] = 0, [HIOD_ACCEPTED] = 1, [HIOD_UNKNOWN] = 2, [HIOD_REFUSED] = 3,
		[HIOD_ERROR] = 4,   [HIOD_HANG] = 5,	 [HIOD_ABORT] = 6,
	};

	return by_answer[a];
}

static int ask_cells(const struct hiod_profile *p, const struct host *h,
		     const struct host_device *d, struct report_host *out)
{
	char viommu[200];
	struct hiod_verdict v;
	int r = 0;

	for (size_t c = 0; c < EXPLAIN_CONFIGS && !r; c++) {
		if (!explain_config_text(&explain_configs[c], p, viommu, sizeof(viommu)))
			continue;
		for (int b = 0; b < REPORT_BACKENDS && !r; b++) {
			const struct explain_question q = {
				.profile = p,
				.backend = (enum hiod_backend)b,
				.viommu = viommu,
				.weigh = true,
				.mem = explain_small_guest,
				.nmem = EXPLAIN_SMALL_GUEST,
			};

			r = explain_ask(h, d, &q, &v);
			if (!r) {
				out->cell[c][b].asked = true;
				out->cell[c][b].n[v.verdict]++;
				if (!c && badness(v.verdict) > badness(out->answer))
					out->answer = v.verdict;
			}
			hiod_verdict_free(&v);
		}
	}
	return r;
}

/* Ranges as the first backend that opens the device tells them; v is filled in any case. */
static int ask_ranges(const struct hiod_profile *p, const struct host *h,
		      const struct host_device *d, struct hiod_verdict *v)
{
	int r = 0;

	for (int b = 0; b < REPORT_BACKENDS && !r; b++) {
		const struct explain_question q = { .profile = p, .backend = (enum hiod_backend)b };

		if (b)
			hiod_verdict_free(v);
		r = explain_ask(h, d, &q, v);
		if (!r && v->nranges)
			break;
	}
	return r;
}

static bool same_map(const struct report_map *m, const struct hiod_verdict *v,
		     const struct host_region *holes, size_t nholes, bool assumed)
{
	if (m->nranges + m->more_ranges != v->nranges || m->nholes + m->more_holes != nholes ||
	    m->assumed != assumed)
		return false;
	for (size_t i = 0; i < m->nranges; i++)
		if (m->range[i].start != v->ranges[i].start ||
		    m->range[i].last != v->ranges[i].last)
			return false;
	for (size_t i = 0; i < m->nholes; i++)
		if (m->hole[i].start != holes[i].start || m->hole[i].last != holes[i].last ||
		    m->hole[i].type != holes[i].type)
			return false;
	return true;
}

static int fill_map(struct report_map *m, const struct host *h, const struct host_device *d,
		    const struct hiod_verdict *v, const struct host_region *holes, size_t nholes)
{
	m->nranges = v->nranges < REPORT_RANGES ? v->nranges : REPORT_RANGES;
	m->more_ranges = v->nranges - m->nranges;
	m->nholes = nholes < REPORT_RANGES ? nholes : REPORT_RANGES;
	m->more_holes = nholes - m->nholes;
	m->range = calloc(m->nranges + 1, sizeof(*m->range));
	m->hole = calloc(m->nholes + 1, sizeof(*m->hole));
	if (!m->range || !m->hole ||
	    copy(&m->unit, d->iommu >= 0 ? explain_unit_name(h, (size_t)d->iommu) : "no IOMMU"))
		return -ENOMEM;
	for (size_t i = 0; i < m->nranges; i++)
		m->range[i] = (struct host_range){ v->ranges[i].start, v->ranges[i].last };
	for (size_t i = 0; i < m->nholes; i++)
		m->hole[i] = holes[i];
	if (v->nranges)
		m->bits = explain_bits_of(v->ranges[v->nranges - 1].last);
	m->locked = !v->nranges && explain_locked(h, d);
	return 0;
}

static int add_map(const struct host *h, const struct host_device *d, const struct hiod_verdict *v,
		   struct report_host *out)
{
	size_t nholes, i = 0;
	const struct host_region *holes = explain_regions(h, d, &nholes);
	char *text;
	bool assumed;

	if (recon_rests_on(h, d, &text, &assumed))
		return -ENOMEM;
	free(text);
	while (i < out->nmaps && !same_map(&out->map[i], v, holes, nholes, assumed))
		i++;
	if (i == REPORT_MAPS_MAX) {
		out->more_maps++;
		return 0;
	}
	out->map[i].devices++;
	if (i < out->nmaps)
		return 0;
	out->nmaps++;
	out->map[i].assumed = assumed;
	return fill_map(&out->map[i], h, d, v, holes, nholes);
}

static int gather_device(const struct hiod_profile *p, const struct host *h,
			 const struct host_device *d, struct report_host *out)
{
	struct hiod_verdict v;
	int r = ask_cells(p, h, d, out);

	out->devices++;
	if (r)
		return r;
	r = ask_ranges(p, h, d, &v);
	if (!r)
		r = add_map(h, d, &v, out);
	hiod_verdict_free(&v);
	return r;
}

int report_gather(const struct hiod_profile *p, const char *name, const struct host *h,
		  struct report_host *out)
{
	struct findings f;
	int r = 0;

	out->answer = HIOD_SKIPPED;
	out->version = host_kernel_version(h->release ? h->release : "");
	if (copy(&out->name, name) || copy(&out->kernel, h->release) ||
	    copy(&out->source, h->source) || copy(&out->origin, h->origin))
		return -ENOMEM;
	for (size_t i = 0; i < h->ndevices && !r; i++)
		if (explain_chosen(h, &h->devices[i], NULL))
			r = gather_device(p, h, &h->devices[i], out);
	for (size_t i = 0; i < out->nmaps; i++)
		if (out->map[i].bits && (!out->bits || out->map[i].bits < out->bits))
			out->bits = out->map[i].bits;
	if (r)
		return r;
	r = problems_find(h, NULL, NULL, NULL, &f);
	for (size_t i = 0; i < f.n; i++)
		out->problems |= 1u << f.v[i].id;
	findings_free(&f);
	return r;
}

void report_host_free(struct report_host *rh)
{
	for (size_t i = 0; i < rh->nmaps; i++) {
		free(rh->map[i].unit);
		free(rh->map[i].range);
		free(rh->map[i].hole);
	}
	free(rh->name);
	free(rh->kernel);
	free(rh->source);
	free(rh->origin);
}
