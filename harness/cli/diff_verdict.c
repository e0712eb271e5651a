// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of a device on both hosts, by asking the models of both. */
#include <stdio.h>
#include <string.h>

#include "harness/cli/diff.h"
#include "harness/cli/verdict.h"
#include "harness/explain/explain.h"

/* An answer, with QEMU's where it is another, and why. */
static void put_answer(struct text *t, const struct hiod_verdict *v)
{
	text_reset(t);
	text_str(t, hiod_answer_name(v->verdict));
	if (v->qemu != v->verdict)
		text_printf(t, " (QEMU: %s)", hiod_answer_name(v->qemu));
	if (*v->message)
		text_printf(t, ": %s", v->message);
	text_char(t, '\0');
}

static void put_ranges(struct text *t, const struct hiod_verdict *v)
{
	text_reset(t);
	for (size_t i = 0; i < v->nranges; i++) {
		text_str(t, i ? ", " : "");
		text_hex(t, v->ranges[i].start);
		text_char(t, '-');
		text_hex(t, v->ranges[i].last);
	}
	if (!v->nranges) {
		put_answer(t, v);
		return;
	}
	text_char(t, '\0');
}

/* One question to both hosts, put into words by put(). False: no memory. */
static bool ask_both(struct diff *d, const struct host_device *a, const struct host_device *b,
		     const struct explain_question *q,
		     void (*put)(struct text *t, const struct hiod_verdict *v), struct text said[2])
{
	for (int i = 0; i < 2; i++) {
		struct hiod_verdict v;
		int r = explain_ask(i ? d->b : d->a, i ? b : a, q, &v);

		if (!r) {
			verdict_settle(&v);
			put(&said[i], &v);
		}
		hiod_verdict_free(&v);
		if (r || said[i].failed) {
			d->failed = true;
			return false;
		}
	}
	return true;
}

static void diff_ranges(struct diff *d, const struct host_device *a, const struct host_device *b,
			enum hiod_backend backend)
{
	const struct explain_question q = { .profile = hiod_profile_default(), .backend = backend };
	struct text said[2] = { 0 };
	char key[24];

	snprintf(key, sizeof(key), "ranges.%s", backend_name(backend));
	if (ask_both(d, a, b, &q, put_ranges, said))
		diff_compare(d, &(struct diff_change){ "device", a->bdf, key,
						       "usable IOVAs, without a vIOMMU", said[0].b,
						       said[1].b });
	text_free(&said[0]);
	text_free(&said[1]);
}

/* Versions of QEMU, one after the other, that say the same. */
struct same {
	struct text profiles; /* names with blanks between; empty: none yet */
	struct text viommu;
	struct text said[2];
};

static void same_free(struct same *s)
{
	text_free(&s->profiles);
	text_free(&s->viommu);
	text_free(&s->said[0]);
	text_free(&s->said[1]);
}

static void say_same(struct diff *d, const char *bdf, enum hiod_backend backend, struct same *s)
{
	if (!s->profiles.n)
		return;
	text_char(&s->profiles, '\0');
	if (s->profiles.failed || s->viommu.failed)
		d->failed = true;
	else
		diff_say(d, &(struct diff_change){ .subject = "verdict",
						   .name = bdf,
						   .key = "verdict",
						   .before = s->said[0].b,
						   .after = s->said[1].b,
						   .backend = backend_name(backend),
						   .viommu = s->viommu.b,
						   .profile = s->profiles.b });
	text_reset(&s->profiles);
}

static bool equal(const struct text *a, const struct text *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->b, b->b, a->n));
}

/* The newer of two texts becomes the older one. */
static void swap(struct text *a, struct text *b)
{
	struct text t = *a;

	*a = *b;
	*b = t;
}

static void diff_config(struct diff *d, const struct host_device *a, const struct host_device *b,
			enum hiod_backend backend, const struct explain_config *config)
{
	struct same s = { 0 };
	struct text said[2] = { 0 };
	const struct hiod_profile *p;
	char viommu[160];

	for (size_t i = 0; (p = hiod_profile_at(i)) && !d->failed; i++) {
		const struct explain_question q = { .profile = p,
						    .backend = backend,
						    .viommu = viommu,
						    .weigh = true,
						    .mem = explain_small_guest,
						    .nmem = EXPLAIN_SMALL_GUEST };
		const struct text spelled = { .b = viommu };
		struct text now = spelled;

		if (!explain_config_text(config, p, viommu, sizeof(viommu)))
			continue;
		now.n = strlen(viommu) + 1;
		if (!ask_both(d, a, b, &q, put_answer, said))
			break;
		if (equal(&said[0], &said[1])) {
			say_same(d, a->bdf, backend, &s);
			continue;
		}
		/* Each version on its own for programs, together for people. */
		if (d->json || !equal(&said[0], &s.said[0]) || !equal(&said[1], &s.said[1]) ||
		    !equal(&now, &s.viommu))
			say_same(d, a->bdf, backend, &s);
		if (s.profiles.n)
			text_char(&s.profiles, ' ');
		text_str(&s.profiles, p->name);
		text_reset(&s.viommu);
		text_put(&s.viommu, now.b, now.n);
		swap(&s.said[0], &said[0]);
		swap(&s.said[1], &said[1]);
	}
	say_same(d, a->bdf, backend, &s);
	same_free(&s);
	text_free(&said[0]);
	text_free(&said[1]);
}

void diff_verdicts(struct diff *d, const struct host_device *a, const struct host_device *b)
{
	for (int i = HIOD_BACKEND_LEGACY; i <= HIOD_BACKEND_IOMMUFD; i++) {
		diff_ranges(d, a, b, (enum hiod_backend)i);
		for (size_t c = 0; c < EXPLAIN_CONFIGS; c++)
			diff_config(d, a, b, (enum hiod_backend)i, &explain_configs[c]);
	}
}
