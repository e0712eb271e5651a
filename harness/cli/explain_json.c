// SPDX-License-Identifier: GPL-2.0-or-later
/* One host as one JSON object. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "harness/capture/host_derive.h"
#include "harness/cli/explain_print.h"
#include "harness/cli/verdict.h"
#include "harness/reconstruct/reconstruct.h"

static json_t *hex(uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, v);
	return json_string(text);
}

/* Names in a description may be any bytes that JSON allows; NULL becomes null. */
static json_t *text_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *bits_or_null(unsigned int bits)
{
	return bits ? json_integer(bits) : json_null();
}

static json_t *unit(const struct host *h, size_t i)
{
	const struct host_iommu *io = &h->iommus[i];
	const char *note = NULL, *how = explain_width_source(h, i, &note);
	struct host_domain d;
	json_t *o;

	host_domain_get(h, io, HOST_DOMAIN_TYPE1, &d);
	o = json_pack("{so so so so so sb}", "name", text_or_null(io->name), "legacy_bits",
		      bits_or_null(explain_width(h, i, HOST_DOMAIN_TYPE1)), "iommufd_bits",
		      bits_or_null(explain_width(h, i, HOST_DOMAIN_PAGING)), "dirty_tracking_bits",
		      bits_or_null(explain_width(h, i, HOST_DOMAIN_DIRTY)), "page_sizes",
		      hex(d.pgsizes), "interrupt_remapping", io->isolated_msi != 0);
	if (o && io->has_regs) {
		json_object_set_new(o, "cap", hex(io->cap));
		json_object_set_new(o, "ecap", hex(io->ecap));
		json_object_set_new(o, "mgaw", json_integer((int)(io->cap >> 16 & 63) + 1));
	}
	if (o && how) {
		json_object_set_new(o, "width", json_string(how));
		json_object_set_new(o, "width_note", json_string(note));
	}
	return o;
}

static json_t *firmware(const struct host_firmware *f)
{
	json_t *regions = json_array();

	for (size_t i = 0; i < f->nregions; i++) {
		json_t *devices = json_array();

		for (size_t d = 0; d < f->regions[i].ndevices; d++)
			json_array_append_new(devices, json_string(f->regions[i].devices[d]));
		json_array_append_new(regions,
				      json_pack("{so so so}", "start",
						hex(f->regions[i].range.start), "last",
						hex(f->regions[i].range.last), "devices", devices));
	}
	return json_pack("{so so}", "width", bits_or_null(f->width), "reserved", regions);
}

static json_t *answer(const struct host *h, const struct host_device *d, enum hiod_backend b,
		      const struct hiod_profile *p, const struct explain_config *c)
{
	char viommu[200];
	const struct explain_question q = {
		.profile = p,
		.backend = b,
		.viommu = viommu,
		.weigh = true,
		.mem = explain_small_guest,
		.nmem = EXPLAIN_SMALL_GUEST,
	};
	struct hiod_verdict v;
	json_t *o;

	if (!explain_config_text(c, p, viommu, sizeof(viommu)))
		return NULL;
	if (explain_ask(h, d, &q, &v)) {
		hiod_verdict_free(&v);
		return NULL;
	}
	o = json_pack("{ss ss ss ss ss ss}", "profile", p->name, "backend", backend_name(b),
		      "viommu", viommu, "verdict", hiod_answer_name(v.verdict), "qemu",
		      hiod_answer_name(v.qemu), "message", v.message);
	hiod_verdict_free(&v);
	return o;
}

static json_t *holes(const struct host *h, const struct host_device *d)
{
	json_t *list = json_array();
	size_t n;
	const struct host_region *v = explain_regions(h, d, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{so so ss}", "start", hex(v[i].start),
						      "last", hex(v[i].last), "type",
						      explain_region_types[v[i].type]));
	return list;
}

static json_t *range_list(const struct host_range *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("[oo]", hex(v[i].start), hex(v[i].last)));
	return list;
}

static json_t *trial(const struct trial *t)
{
	static const char *const misses[] = {
		[TRIAL_NO_MISS] = "none",
		[TRIAL_ABOVE] = "above",
		[TRIAL_HOLE] = "hole",
		[TRIAL_ELSE] = "other",
	};
	json_t *regions = json_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct trial_region *tr = &t->region[i];
		json_t *o = json_pack("{ss so so sb ss}", "name", tr->r.name, "start",
				      hex(tr->r.start), "last", hex(tr->r.start + tr->r.size - 1),
				      "mapped", !*tr->message, "misses", misses[tr->miss]);

		if (o && *tr->message) {
			json_object_set_new(o, "message", json_string(tr->message));
			json_object_set_new(o, "fatal", json_boolean(tr->fatal));
		}
		if (o && (tr->miss == TRIAL_ABOVE || tr->miss == TRIAL_HOLE))
			json_object_set_new(o, "hole", range_list(&tr->hole, 1));
		json_array_append_new(regions, o);
	}
	return json_pack("{ss ss sb ss so so}", "profile", t->profile->name, "backend",
			 backend_name(t->backend), "attached", t->attached, "message", t->message,
			 "iova_ranges", range_list(t->ranges, t->nranges), "regions", regions);
}

static int add_guest(const struct explain_options *opt, const struct host *h,
		     const struct host_device *d, json_t *o)
{
	struct guest_layout l;
	json_t *trials = json_array();
	int r = 0;

	guest_lay_out(&opt->guest, trial_host_is_amd(h, d), &l);
	for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD && !r; b++) {
		struct trial t;

		r = trial_run(h, d, opt->profile, (enum hiod_backend)b, &l, &t);
		if (!r && json_array_append_new(trials, trial(&t)))
			r = -ENOMEM;
		trial_free(&t);
	}
	json_object_set_new(o, "guest",
			    json_pack("{so sb ss so}", "phys_bits", bits_or_null(l.phys_bits),
				      "relocated", l.relocated, "refusal", l.refusal, "trials",
				      trials));
	return r;
}

static int add_device(const struct explain_options *opt, const struct host *h,
		      const struct host_device *d, json_t *devices)
{
	json_t *answers = json_array(), *o;
	char *assumed;
	bool unknown;
	int r;

	if (recon_rests_on(h, d, &assumed, &unknown)) {
		json_decref(answers);
		return -ENOMEM;
	}
	for (size_t i = 0; hiod_profile_at(i) && !opt->problems_only; i++)
		for (int b = HIOD_BACKEND_LEGACY; b <= HIOD_BACKEND_IOMMUFD; b++)
			for (size_t c = 0; c < EXPLAIN_CONFIGS; c++) {
				json_t *a = answer(h, d, (enum hiod_backend)b, hiod_profile_at(i),
						   &explain_configs[c]);

				if (a)
					json_array_append_new(answers, a);
			}
	o = json_pack("{ss so so so sb so}", "bdf", d->bdf, "unit",
		      d->iommu >= 0 ? text_or_null(h->iommus[d->iommu].name) : json_null(),
		      "assumed", text_or_null(assumed), "holes", holes(h, d), "assignable",
		      !explain_locked(h, d), "answers", answers);
	free(assumed);
	r = o ? 0 : -ENOMEM;
	if (!r && opt->has_guest)
		r = add_guest(opt, h, d, o);
	if (!o || json_array_append_new(devices, o))
		return -ENOMEM;
	return r;
}

static json_t *findings(const struct explain_options *opt, const struct findings *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->v[i];
		const struct problem *p = problem_at(one->id);

		if (opt->only && p != opt->only)
			continue;
		json_array_append_new(
			list, json_pack("{so ss ss ss ss ss}", "number",
					p->number ? json_integer(p->number) : json_null(), "slug",
					p->slug, "title", p->title, "where", one->where, "seen",
					one->seen, "remedy", one->remedy));
	}
	return list;
}

static void add_sentence(void *ctx, const char *sentence)
{
	json_array_append_new(ctx, json_string(sentence));
}

int explain_print_json(const struct explain_options *opt, const struct host *h,
		       const struct findings *f)
{
	json_t *units = json_array(), *devices = json_array(), *advice = json_array(), *o;
	int r = 0;

	for (size_t i = 0; i < h->niommus; i++)
		json_array_append_new(units, unit(h, i));
	for (size_t i = 0; i < h->ndevices && !r; i++)
		if (explain_chosen(h, &h->devices[i], opt->device))
			r = add_device(opt, h, &h->devices[i], devices);
	explain_advice(h, add_sentence, advice);
	o = json_pack("{so so so so so so so so so}", "host", text_or_null(h->name), "kernel",
		      text_or_null(h->release), "origin", text_or_null(h->origin), "source",
		      text_or_null(h->source), "units", units, "firmware", firmware(&h->firmware),
		      "devices", devices, "problems", findings(opt, f), "advice", advice);
	if (!r && (!o || json_dumpf(o, stdout, JSON_COMPACT)))
		r = -ENOMEM;
	json_decref(o);
	putchar('\n');
	return r;
}
