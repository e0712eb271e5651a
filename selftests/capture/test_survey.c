// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The survey, held to what it is for: on the model of a host it tells that
 * host again, its description gives every profile the verdict that the host
 * gives, and it leaves nothing open.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/record.h"
#include "harness/capture/rerun.h"
#include "harness/capture/survey.h"
#include "harness/uapi/uapi_compat.h"
#include "hiod/check.h"
#include "hiod/profile.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"
#include "selftests/capture/surveyed.h"

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

/* Derived from a recorded description: what a survey finds was recorded by it. */
static void forget_origin(struct host *h, struct host *a)
{
	free(h->origin);
	h->origin = strdup(a->origin);
}

static const struct exception {
	const char *host, *where;
	void (*forget)(struct host *h, struct host *a);
} exceptions[] = {
	{ "", "files[0]", forget_file },
	{ "-derived", "origin", forget_origin },
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
	plan.ask_vdpa = true;
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
		struct host *h = host_of_path(self->c.path[i]), *a, *b;
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
		struct host *h = host_of_path(self->c.path[i]), *a;
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

TEST_F_TIMEOUT(corpus, every_profile_gives_the_same_verdict_on_what_the_survey_told, 120)
{
	unsigned int compared = 0;

	for (size_t i = 0; i < self->c.n; i++) {
		struct host *h = host_of_path(self->c.path[i]), *a;
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

/* Requests that a survey may make; a size of 0 asks a kernel no more than whether it has it. */
static bool asks_only(const struct call *c)
{
	static const uint32_t asked[] = {
		VFIO_GET_API_VERSION,
		VFIO_CHECK_EXTENSION,
		VFIO_SET_IOMMU,
		VFIO_IOMMU_GET_INFO,
		VFIO_GROUP_GET_STATUS,
		VFIO_GROUP_SET_CONTAINER,
		VFIO_GROUP_UNSET_CONTAINER,
		VFIO_GROUP_GET_DEVICE_FD,
		VFIO_DEVICE_GET_INFO,
		VFIO_DEVICE_GET_REGION_INFO,
		VFIO_DEVICE_GET_IRQ_INFO,
		VFIO_DEVICE_BIND_IOMMUFD,
		VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		VFIO_DEVICE_DETACH_IOMMUFD_PT,
		IOMMU_DESTROY,
		IOMMU_IOAS_ALLOC,
		IOMMU_IOAS_IOVA_RANGES,
		IOMMU_HWPT_ALLOC,
		IOMMU_GET_HW_INFO,
		UAPI_IOAS_CHANGE_PROCESS,
		VHOST_SET_OWNER, /* until the node is closed */
	};
	uint32_t size;

	/* All that a vDPA device is asked is read. */
	if (c->kind == UAPI_FD_VDPA && _IOC_DIR(c->req) & _IOC_READ)
		return true;

	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		if (c->req == asked[i])
			return true;
	}
	if (c->kind != UAPI_FD_IOMMUFD || c->in_len < 4)
		return false;
	memcpy(&size, c->in, 4);
	return !size;
}

TEST_F(corpus, survey_asks_and_changes_nothing)
{
	for (size_t i = 0; i < self->c.n; i++) {
		struct host *h = host_of_path(self->c.path[i]);
		struct transcript t;

		ASSERT_NOT_NULL(h);
		host_free(surveyed(_metadata, h, &t));
		for (size_t k = 0; k < t.ncalls; k++) {
			const struct call *c = &t.calls[k];

			EXPECT_TRUE(c->op != SHIM_OP_WRITE && c->op != SHIM_OP_PWRITE);
			if (c->op == SHIM_OP_IOCTL) {
				EXPECT_TRUE(asks_only(c))
				{
					TH_LOG("request 0x%x in call %zu", c->req, k);
				}
			} else if (c->op == SHIM_OP_OPEN && strncmp(c->path, "/dev/", 5)) {
				EXPECT_EQ(O_RDONLY, c->flags & O_ACCMODE);
			}
		}
		transcript_free(&t);
		host_free(h);
	}
}

/* ---- killed ------------------------------------------------------------- */

static void die_at(void *ctx, struct shim *s, int fd, uint32_t req)
{
	unsigned int *left = ctx;

	if (!--*left)
		kill(getpid(), SIGKILL);
}

/* A recorder of its own that dies before its nth ioctl. True when it did. */
static bool record_and_die(const struct host *h, const char *path, unsigned int n)
{
	const struct record_config cfg = { .client = "probe", .path = path };
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct shim *model = model_new(h, NULL), *rec;
		struct capture_error err;
		struct survey_plan plan;

		survey_plan_make(model, SURVEY_BOUND, NULL, 0, &plan, &err);
		model_set_hook(model, die_at, &n);
		rec = shim_record_new(model, &cfg, &err);
		survey(rec, &plan, NULL, NULL);
		_exit(record_finish(rec, NULL, &err) ? 2 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST_TIMEOUT(killed_at_any_request_all_calls_before_it_are_in_the_file, 120)
{
	struct host *h = host_of_corpus("7.3-vtd-aw48-q11");
	struct transcript whole, t;
	struct capture_error err;
	struct scratch tmp;
	const char *path;
	unsigned int n = 0, killed = 0;

	ASSERT_NOT_NULL(h);
	host_free(surveyed(_metadata, h, &whole));
	scratch_make(&tmp);
	path = scratch_path(&tmp, "killed.capture.jsonl");
	for (size_t i = 0; i < whole.ncalls; i++) {
		const char *differs = NULL;

		/* Every third, to be quick. */
		if (whole.calls[i].op != SHIM_OP_IOCTL || n++ % 3)
			continue;
		ASSERT_TRUE(record_and_die(h, path, n));
		killed++;
		ASSERT_EQ(0, transcript_load(path, TRANSCRIPT_PARTIAL, &t, &err));
		EXPECT_EQ(i, t.ncalls);
		EXPECT_FALSE(t.truncated);
		EXPECT_NULL(t.result);
		for (size_t k = 0; k < i && k < t.ncalls && !differs; k++)
			differs = whole.calls[k].op != t.calls[k].op ? "op" : NULL;
		EXPECT_NULL(differs);
		transcript_free(&t);
	}
	EXPECT_LT(50, killed);
	EXPECT_FALSE(record_and_die(h, path, n + 1));
	EXPECT_EQ(0, transcript_load(path, 0, &t, &err));
	EXPECT_EQ(whole.ncalls, t.ncalls);
	transcript_free(&t);
	transcript_free(&whole);
	scratch_remove(&tmp);
	host_free(h);
}

/* ---- several devices, groups and units ---------------------------------- */

TEST(several_devices_in_one_survey_are_kept_apart)
{
	struct host *h = many_host(), *a;
	struct rerun_stats st;
	struct capture_error err;
	struct transcript t;
	struct shim *model;
	char where[160];

	ASSERT_NOT_NULL(h);
	a = surveyed(_metadata, h, &t);
	ASSERT_NOT_NULL(a);
	/* In the order of groups, and what no reply tells is not described. */
	EXPECT_EQ(h->ndevices, a->ndevices);
	EXPECT_EQ(h->ngroups, a->ngroups);
	EXPECT_EQ(h->niommus, a->niommus);
	for (size_t i = 0; i < h->ndevices; i++) {
		const struct host_device *x = &h->devices[i];
		const struct host_device *y = host_find_device(a, x->bdf);

		ASSERT_NOT_NULL(y);
		EXPECT_EQ(x->group, y->group);
		EXPECT_STREQ(x->driver, y->driver);
		EXPECT_STREQ(h->iommus[x->iommu].name, a->iommus[y->iommu].name);
		EXPECT_EQ(h->iommus[x->iommu].cap, a->iommus[y->iommu].cap);
		EXPECT_EQ(x->busy, y->busy);
	}
	model = model_new(a, NULL);
	ASSERT_NOT_NULL(model);
	EXPECT_EQ(0, transcript_rerun(&t, model, print_difference, _metadata, &st, &err));
	EXPECT_EQ(0, st.differ);
	shim_destroy(model);
	transcript_free(&t);
	/* Once more it is the same. */
	struct host *b = surveyed(_metadata, a, &t);

	ASSERT_NOT_NULL(b);
	EXPECT_TRUE(host_eq(a, b, where, sizeof(where)))
	{
		TH_LOG("%s differs", where);
	}
	transcript_free(&t);
	host_free(h);
	host_free(a);
	host_free(b);
}

/* What one device may not use is no end of the domain when another may. */
TEST(a_region_at_the_end_hides_it_from_its_device_alone)
{
	const struct host_device *last = NULL;
	const struct host_domain *of;
	struct host_region *r;
	struct host_group *g;
	struct transcript t;
	struct host *h, *a;
	char path[512];

	snprintf(path, sizeof(path), "%s/hosts/vm-6.12-built-vtd-rootport.host.json", corpus_dir());
	h = host_of_path(path);
	ASSERT_NOT_NULL(h);
	of = h->iommus[0].domain;
	for (size_t i = 0; i < h->ndevices; i++)
		if (h->devices[i].has_cdev && (!last || strcmp(last->bdf, h->devices[i].bdf) < 0))
			last = &h->devices[i];
	ASSERT_NOT_NULL(last);
	g = h->groups;
	while (g->id != last->group)
		g++;
	r = realloc(g->regions, (g->nregions + 1) * sizeof(*r));
	ASSERT_NOT_NULL(r);
	g->regions = r;
	r[g->nregions++] =
		(struct host_region){ of[HOST_DOMAIN_TYPE1].aperture.last - 0xffff,
				      of[HOST_DOMAIN_TYPE1].aperture.last, HOST_REGION_RESERVED };
	a = surveyed(_metadata, h, &t);
	ASSERT_NOT_NULL(a);
	for (int k = 0; k < HOST_DOMAIN_NR; k++)
		EXPECT_EQ(of[k].aperture.last, a->iommus[0].domain[k].aperture.last);
	transcript_free(&t);
	host_free(h);
	host_free(a);
}

TEST_HARNESS_MAIN
