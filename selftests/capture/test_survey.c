// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey, held to what it is for: on the model of a host it tells that
 * host again, its description gives every profile the verdict that the host
 * gives, it leaves nothing open, and no failure of a call changes that.
 */
#include <errno.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/load.h"
#include "harness/capture/record.h"
#include "harness/capture/rerun.h"
#include "harness/capture/survey.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"

/* ---- what the survey cannot know, or knows beyond the probe that made the corpus ---- */

/* The probe read what the survey leaves alone: page tables in debugfs; a directory as a node. */
static void forget_file(struct host *h, struct host *a)
{
	struct host_file *f = h->files;

	free(f->path);
	free(f->content);
	memmove(f, f + 1, --h->nfiles * sizeof(*f));
}

/* The probe made such a page table, but did not ask its ranges. */
static void forget_pasid(struct host *h, struct host *a)
{
	a->iommus[0].domain[HOST_DOMAIN_PASID] = h->iommus[0].domain[HOST_DOMAIN_PASID];
}

/* The probe opened no cdev without an IOMMU; the survey does, and the device tells of itself. */
static void forget_info(struct host *h, struct host *a)
{
	struct host_device *d = &a->devices[0];

	for (size_t i = 0; i < d->nregion_info; i++)
		free(d->region_info[i].caps);
	free(d->region_info);
	free(d->irq_info);
	d->region_info = NULL;
	d->irq_info = NULL;
	d->nregion_info = d->nirq_info = 0;
	d->info_known = false;
}

static const struct exception {
	const char *host, *where;
	void (*forget)(struct host *h, struct host *a);
} exceptions[] = {
	{ "", "files[0]", forget_file },
	{ "7.3-vtd", "iommus[0].domains.pasid", forget_pasid },
	{ "7.3-noiommu-unsafe", "devices[0].info", forget_info },
};

/* Equal but for these; otherwise where tells the first difference. */
static bool equal_but_for(struct host *h, struct host *a, char *where, size_t cap)
{
	size_t i = 0, n = sizeof(exceptions) / sizeof(*exceptions);

	while (!host_eq(h, a, where, cap) && i < n) {
		const struct exception *e = exceptions;

		for (i = 0; i < n; i++, e++) {
			if (strstr(h->name, e->host) && !strcmp(where, e->where)) {
				e->forget(h, a);
				break;
			}
		}
	}
	return host_eq(h, a, where, cap);
}

static struct host *load(struct ktap_meta *_metadata, const char *path)
{
	struct capture_error err;
	struct host *h;

	if (!capture_load_host(path, &h, NULL, &err))
		return h;
	TH_LOG("%s", err.msg);
	return NULL;
}

static bool all_closed(struct shim *model)
{
	static const struct model_stats none;
	struct model_stats st;

	model_stats(model, &st);
	return !memcmp(&st, &none, sizeof(st));
}

/* A survey of all devices of h, on s, into t. */
static int survey_into(struct ktap_meta *_metadata, struct shim *s, struct shim *model,
		       const struct host *h, struct transcript *t, struct survey_answer *answers)
{
	const struct record_config cfg = {
		.client = "probe",
		.kernel = h->release,
		.source = h->source,
		.device = h->ndevices == 1 ? h->devices[0].bdf : NULL,
		.to = t,
	};
	struct capture_error err;
	struct survey_plan plan;
	struct shim *rec;
	int rc = survey_plan_make(model, SURVEY_ALL, NULL, 0, &plan, &err);

	if (rc) {
		TH_LOG("%s", err.msg);
		return rc;
	}
	*t = (struct transcript){ 0 };
	rec = shim_record_new(s, &cfg, &err);
	rc = rec ? survey(rec, &plan, NULL, answers) : -ENOMEM;
	if (rec && record_finish(rec, NULL, &err))
		rc = -EIO;
	shim_destroy(rec);
	survey_plan_free(&plan);
	return rc;
}

static struct host *surveyed(struct ktap_meta *_metadata, const struct host *h,
			     struct transcript *t)
{
	struct shim *model = model_new(h, NULL);
	struct host *again = NULL;
	struct capture_error err;

	if (!model)
		return NULL;
	if (survey_into(_metadata, model, model, h, t, NULL))
		TH_LOG("%s: the survey failed", h->name);
	else if (!all_closed(model))
		TH_LOG("%s: something is left open", h->name);
	else if (describe(t, "survey", &again, &err))
		TH_LOG("%s: %s", h->name, err.msg);
	shim_destroy(model);
	return again;
}

FIXTURE(corpus)
{
	struct corpus c;
};

FIXTURE_SETUP(corpus)
{
	self->c = corpus_files("hosts", ".host.json");
	ASSERT_LT(10, self->c.n);
}

FIXTURE_TEARDOWN(corpus)
{
	corpus_free(&self->c);
}

TEST_F(corpus, survey_of_a_model_tells_its_host_again)
{
	char where[160];

	for (size_t i = 0; i < self->c.n; i++) {
		struct host *h = load(_metadata, self->c.path[i]), *a, *b;
		struct transcript t, u;

		ASSERT_NOT_NULL(h);
		a = surveyed(_metadata, h, &t);
		ASSERT_NOT_NULL(a);
		/* What the survey asked beyond the probe, it tells again too. */
		b = surveyed(_metadata, a, &u);
		ASSERT_NOT_NULL(b);
		EXPECT_TRUE(host_eq(a, b, where, sizeof(where)))
		{
			TH_LOG("%s: %s differs the second time", self->c.path[i], where);
		}
		EXPECT_TRUE(equal_but_for(h, a, where, sizeof(where)))
		{
			TH_LOG("%s: %s differs", self->c.path[i], where);
		}
		host_free(h);
		host_free(a);
		host_free(b);
		transcript_free(&t);
		transcript_free(&u);
	}
}

static bool print_difference(void *ctx, const struct rerun_difference *d)
{
	struct ktap_meta *_metadata = ctx;

	TH_LOG("%s differs\n#   recorded: %.300s\n#   model:    %.300s", d->what, d->expected,
	       d->got);
	return true;
}

TEST_F(corpus, survey_reruns_on_the_model_of_what_it_told)
{
	for (size_t i = 0; i < self->c.n; i++) {
		struct host *h = load(_metadata, self->c.path[i]), *a;
		struct rerun_stats st;
		struct capture_error err;
		struct transcript t;
		struct shim *model;

		ASSERT_NOT_NULL(h);
		a = surveyed(_metadata, h, &t);
		ASSERT_NOT_NULL(a);
		model = model_new(a, NULL);
		ASSERT_NOT_NULL(model);
		EXPECT_EQ(0, transcript_rerun(&t, model, print_difference, _metadata, &st, &err));
		EXPECT_LT(40, st.calls);
		EXPECT_EQ(0, st.differ)
		{
			TH_LOG("%s", self->c.path[i]);
		}
		shim_destroy(model);
		host_free(h);
		host_free(a);
		transcript_free(&t);
	}
}

static void check(const struct host *h, const struct hiod_profile *p, int backend,
		  const char *viommu, struct hiod_verdict *v)
{
	const struct hiod_check c = {
		.profile = p,
		.viommu = viommu,
		.backend = (enum hiod_backend)backend,
		.bdf = h->devices[0].bdf,
	};
	struct shim *model = model_new(h, NULL);

	memset(v, 0, sizeof(*v));
	if (model)
		hiod_check_run(model, &c, v);
	shim_destroy(model);
}

TEST_F(corpus, every_profile_gives_the_same_verdict_on_what_the_survey_told)
{
	unsigned int compared = 0;

	for (size_t i = 0; i < self->c.n; i++) {
		struct host *h = load(_metadata, self->c.path[i]), *a;
		const struct hiod_profile *p;
		struct transcript t;

		ASSERT_NOT_NULL(h);
		a = surveyed(_metadata, h, &t);
		ASSERT_NOT_NULL(a);
		for (size_t k = 0; (p = hiod_profile_at(k)); k++) {
			char viommu[6][120] = { "intel-iommu", "intel-iommu,caching-mode=on",
						"intel-iommu,caching-mode=on,aw-bits=39",
						"intel-iommu,caching-mode=on,aw-bits=48" };

			snprintf(viommu[4], sizeof(viommu[4]), "intel-iommu,caching-mode=on,%s=on",
				 p->scalable_option);
			if (p->first_stage_option)
				snprintf(viommu[5], sizeof(viommu[5]),
					 "intel-iommu,caching-mode=on,%s=on,%s=on",
					 p->scalable_option, p->first_stage_option);
			for (int n = 0; n < 12; n++) {
				struct hiod_verdict x, y;

				if (!viommu[n / 2][0])
					continue;
				check(h, p, n % 2, viommu[n / 2], &x);
				check(a, p, n % 2, viommu[n / 2], &y);
				compared++;
				EXPECT_TRUE(x.verdict == y.verdict && x.qemu == y.qemu)
				{
					TH_LOG("%s %s %s %d", h->name, p->name, viommu[n / 2],
					       n % 2);
				}
				EXPECT_STREQ(x.message, y.message);
				EXPECT_STREQ(x.hint, y.hint);
				hiod_verdict_free(&x);
				hiod_verdict_free(&y);
			}
		}
		host_free(h);
		host_free(a);
		transcript_free(&t);
	}
	EXPECT_LT(2000, compared);
}

TEST_HARNESS_MAIN
