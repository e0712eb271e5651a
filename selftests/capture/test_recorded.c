// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recorded hosts against the model kernel: describe a transcript, build
 * the model of that description, issue the recorded calls on it. Every reply
 * is the recorded one, byte for byte, but for ids, fds and addresses.
 */
#include "harness/capture/describe.h"
#include "harness/capture/host_eq.h"
#include "harness/capture/marshal.h"
#include "harness/capture/record.h"
#include "harness/capture/replay.h"
#include "harness/capture/rerun.h"
#include "mocks/model.h"
#include "selftests/capture/lib.h"

struct log {
	struct ktap_meta *meta;
	const char *path;
	size_t n;
};

static bool print_difference(void *ctx, const struct rerun_difference *d)
{
	struct log *l = ctx;
	struct ktap_meta *_metadata = l->meta;

	TH_LOG("%s:%u: %s differs at byte %u\n#   recorded: %.600s\n#   model:    %.600s", l->path,
	       d->call->line, d->what, d->at, d->expected, d->got);
	return ++l->n < 5;
}

/* Counts of all transcripts together, by request. */
static void sum(struct rerun_stats *all, const struct rerun_stats *one)
{
	all->calls += one->calls;
	all->differ += one->differ;
	for (size_t i = 0; i < one->nrequests; i++) {
		size_t k = 0;

		while (k < all->nrequests && strcmp(all->request[k].name, one->request[i].name))
			k++;
		if (k == RERUN_REQUESTS_MAX)
			continue;
		if (k == all->nrequests)
			all->request[all->nrequests++] =
				(struct rerun_request){ .name = one->request[i].name };
		all->request[k].calls += one->request[i].calls;
		all->request[k].differ += one->request[i].differ;
	}
}

TEST(every_recorded_reply_is_the_models)
{
	struct corpus c = corpus_files("hosts", ".capture.jsonl");
	static struct rerun_stats all, one;
	struct capture_error err = { "" };

	ASSERT_LT(0, c.n);
	for (size_t i = 0; i < c.n; i++) {
		struct log log = { _metadata, c.path[i], 0 };
		struct transcript t;
		struct shim *model;
		struct host *h;

		ASSERT_EQ(0, transcript_load(c.path[i], 0, &t, &err))
		{
			TH_LOG("%s", err.msg);
		}
		ASSERT_EQ(0, describe(&t, c.path[i], &h, &err))
		{
			TH_LOG("%s", err.msg);
		}
		model = model_new(h, NULL);
		ASSERT_NOT_NULL(model);
		EXPECT_EQ(0, transcript_rerun(&t, model, print_difference, &log, &one, &err));
		EXPECT_EQ(t.ncalls, one.calls);
		EXPECT_EQ(0, one.differ);
		EXPECT_NULL(model_unknown(model));
		TH_LOG("%s: %zu calls compared, %zu differ", c.path[i], one.calls, one.differ);
		sum(&all, &one);
		shim_destroy(model);
		host_free(h);
		transcript_free(&t);
	}
	for (size_t i = 0; i < all.nrequests; i++)
		TH_LOG("%6zu %s", all.request[i].calls, all.request[i].name);
	TH_LOG("%6zu in %zu transcripts, %zu differ", all.calls, c.n, all.differ);
	corpus_free(&c);
}

/* A transcript recorded while the model of h answers the calls of t. */
static int record_model(const struct transcript *t, const struct host *h, struct transcript *u,
			struct capture_error *err)
{
	struct record_config cfg = { .client = "probe",
				     .kernel = t->kernel,
				     .arch = t->arch,
				     .source = t->source,
				     .device = t->device,
				     .to = u };
	struct shim *model = model_new(h, NULL), *r = shim_record_new(model, &cfg, err);
	int rc;

	if (!r)
		return -ENOMEM;
	rc = transcript_rerun(t, r, NULL, NULL, NULL, err);
	if (!rc)
		rc = record_finish(r, t->result, err);
	shim_destroy(r);
	shim_destroy(model);
	return rc;
}

TEST(a_model_is_described_as_the_host_it_was_built_from)
{
	struct corpus c = corpus_files("hosts", ".capture.jsonl");
	struct capture_error err = { "" };
	char where[128];

	for (size_t i = 0; i < c.n; i++) {
		struct transcript t, u;
		struct host *h, *g;

		ASSERT_EQ(0, transcript_load(c.path[i], 0, &t, &err));
		ASSERT_EQ(0, describe(&t, c.path[i], &h, &err));
		ASSERT_EQ(0, record_model(&t, h, &u, &err))
		{
			TH_LOG("%s", err.msg);
		}
		ASSERT_EQ(0, describe(&u, c.path[i], &g, &err))
		{
			TH_LOG("%s", err.msg);
		}
		EXPECT_TRUE(host_eq(h, g, where, sizeof(where)))
		{
			TH_LOG("%s: %s", c.path[i], where);
		}
		host_free(h);
		host_free(g);
		transcript_free(&t);
		transcript_free(&u);
	}
	corpus_free(&c);
}

TEST(a_recording_replays_to_the_client_that_made_it)
{
	struct corpus c = corpus_files("hosts", ".capture.jsonl");
	struct capture_error err = { "" };
	static struct rerun_stats stats;

	for (size_t i = 0; i < c.n; i++) {
		struct log log = { _metadata, c.path[i], 0 };
		struct transcript t, u;
		struct shim *replay;
		struct host *h;

		ASSERT_EQ(0, transcript_load(c.path[i], 0, &t, &err));
		ASSERT_EQ(0, describe(&t, c.path[i], &h, &err));
		ASSERT_EQ(0, record_model(&t, h, &u, &err));
		replay = shim_replay_new(&u, NULL);
		EXPECT_EQ(0, transcript_rerun(&t, replay, print_difference, &log, &stats, &err));
		EXPECT_EQ(0, stats.differ);
		EXPECT_EQ(0, replay_finish(replay, &err))
		{
			TH_LOG("%s", err.msg);
		}
		/* And straight from the real kernel's recording. */
		shim_destroy(replay);
		replay = shim_replay_new(&t, NULL);
		EXPECT_EQ(0, transcript_rerun(&t, replay, print_difference, &log, &stats, &err));
		EXPECT_EQ(0, stats.differ);
		EXPECT_EQ(0, replay_finish(replay, &err))
		{
			TH_LOG("%s", err.msg);
		}
		shim_destroy(replay);
		host_free(h);
		transcript_free(&t);
		transcript_free(&u);
	}
	corpus_free(&c);
}

/* ---- the comparison can fail ---- */

struct hit {
	const struct call *want;
	bool seen;
};

static bool note_hit(void *ctx, const struct rerun_difference *d)
{
	struct hit *h = ctx;

	h->seen |= d->call == h->want;
	return true;
}

/* Whether byte i of a reply is part of an id, an fd or an address, which are renamed. */
struct place {
	size_t at;
	bool renamed;
};

static void note_renamed(void *ctx, const struct uapi_field *f, size_t base)
{
	struct place *p = ctx;

	if ((f->kind == UAPI_ID || f->kind == UAPI_FDNO || f->kind == UAPI_PTR) &&
	    p->at >= base + f->off && p->at < base + f->off + f->width)
		p->renamed = true;
}

/* One byte of the recorded reply of one call in n changed, one call at a time. */
static size_t flip_each(struct ktap_meta *_metadata, struct transcript *t, struct host *h,
			size_t step)
{
	struct capture_error err = { "" };
	size_t flips = 0;

	for (size_t i = 0; i < t->ncalls; i++) {
		struct call *c = &t->calls[i];
		const struct uapi_row *row =
			c->op == SHIM_OP_IOCTL ? capture_row(c->kind, c->req) : NULL;

		for (size_t b = i % step; b < c->out_len; b += step) {
			struct place p = { b, false };
			struct hit hit = { c, false };
			struct shim *model;

			marshal_fields(row, c->out, c->out_len, note_renamed, &p);
			if (p.renamed)
				continue;
			model = model_new(h, NULL);
			c->out[b] ^= 0x10;
			transcript_rerun(t, model, note_hit, &hit, NULL, &err);
			c->out[b] ^= 0x10;
			EXPECT_TRUE(hit.seen)
			{
				TH_LOG("line %u: byte %zu changed unnoticed", c->line, b);
			}
			shim_destroy(model);
			flips++;
		}
	}
	return flips;
}

TEST_TIMEOUT(a_changed_byte_of_a_recorded_reply_is_noticed, 120)
{
	static const char *const hosts[] = { "6.12-vtd-aw39", "7.3-vtd-aw48-scalable-flts-q10" };
	struct capture_error err = { "" };
	char path[300];

	for (size_t i = 0; i < 2; i++) {
		struct transcript t;
		struct host *h;

		snprintf(path, sizeof(path), "%s/hosts/%s.capture.jsonl", corpus_dir(), hosts[i]);
		ASSERT_EQ(0, transcript_load(path, 0, &t, &err));
		ASSERT_EQ(0, describe(&t, path, &h, &err));
		EXPECT_LT(200, flip_each(_metadata, &t, h, 13));
		host_free(h);
		transcript_free(&t);
	}
}

TEST(a_changed_result_or_payload_is_noticed)
{
	struct capture_error err = { "" };
	size_t payloads = 0;
	char path[300];
	struct transcript t;
	struct host *h;

	snprintf(path, sizeof(path), "%s/hosts/6.12-vtd-aw39.capture.jsonl", corpus_dir());
	ASSERT_EQ(0, transcript_load(path, 0, &t, &err));
	ASSERT_EQ(0, describe(&t, path, &h, &err));
	for (size_t i = 0; i < t.ncalls; i++) {
		struct call *c = &t.calls[i];
		struct hit hit = { c, false };
		int64_t ret = c->ret;
		struct shim *model;

		for (size_t k = 0; k < c->nmem; k++) {
			struct call_mem *m = &c->mem[k];

			if (!m->out_len)
				continue;
			model = model_new(h, NULL);
			hit.seen = false;
			m->out[m->out_len - 1] ^= 1;
			transcript_rerun(&t, model, note_hit, &hit, NULL, &err);
			m->out[m->out_len - 1] ^= 1;
			EXPECT_TRUE(hit.seen);
			shim_destroy(model);
			payloads++;
		}
		/* Not the calls that give an fd: those that follow need it. */
		if (c->op != SHIM_OP_IOCTL || (ret > 0 && ret < 6))
			continue;
		model = model_new(h, NULL);
		hit.seen = false;
		c->ret = ret < 0 ? -EUCLEAN : -EINVAL;
		transcript_rerun(&t, model, note_hit, &hit, NULL, &err);
		c->ret = ret;
		EXPECT_TRUE(hit.seen)
		{
			TH_LOG("line %u: another result went unnoticed", c->line);
		}
		shim_destroy(model);
	}
	EXPECT_LT(5, payloads);
	host_free(h);
	transcript_free(&t);
}

/* What a transcript claims is memory must be memory here: else the call is not issued. */
TEST(claims_of_memory_that_was_not_recorded_are_refused)
{
	struct capture_error err = { "" };
	static struct rerun_stats stats;
	size_t tried = 0;
	char path[300];
	struct transcript t;
	struct host *h;

	snprintf(path, sizeof(path), "%s/hosts/6.12-vtd-aw39.capture.jsonl", corpus_dir());
	ASSERT_EQ(0, transcript_load(path, 0, &t, &err));
	ASSERT_EQ(0, describe(&t, path, &h, &err));
	for (size_t i = 0; i < t.ncalls; i++) {
		struct call *c = &t.calls[i], was = *c;
		static const uint8_t huge[4] = { 0xff, 0xff, 0xff, 0x7f };
		struct hit hit = { c, false };
		uint8_t saved[4];
		struct shim *model;
		size_t off;

		if (c->op != SHIM_OP_IOCTL || c->in_len < 16)
			continue;
		/* argsz or size; data_len of GET_HW_INFO; an address for an argument. */
		for (int way = 0; way < 3; way++) {
			off = way == 1 ? 12 : 0;
			if (way == 1 && c->req != 0x3b8a)
				continue;
			memcpy(saved, c->in + off, 4);
			if (way < 2)
				memcpy(c->in + off, huge, 4);
			else
				c->has_arg = true;
			hit.seen = false;
			model = model_new(h, NULL);
			EXPECT_EQ(0, transcript_rerun(&t, model, note_hit, &hit, &stats, &err));
			EXPECT_TRUE(hit.seen);
			shim_destroy(model);
			c->has_arg = was.has_arg;
			memcpy(c->in + off, saved, 4);
			tried++;
		}
		i += 6;
	}
	EXPECT_LT(20, tried);
	host_free(h);
	transcript_free(&t);
}

TEST_HARNESS_MAIN
