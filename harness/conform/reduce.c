// SPDX-License-Identifier: GPL-2.0-or-later
/* Shrinking by running again. */
#include <string.h>

#include "harness/conform/reduce.h"

struct reducer {
	struct pair *p;
	struct sequence *best;
	const struct difference *d;
	struct verdict *v;
	unsigned int runs, max;
};

static bool attempt(struct reducer *r, const struct sequence *seq)
{
	struct difference d;
	struct verdict v;
	int at;

	if (r->runs >= r->max)
		return false;
	r->runs++;
	at = pair_run(r->p, seq, &v);
	if (at < 0)
		return false;
	/* What the difference left behind must not be taken for one of its own. */
	if (pair_renew(r->p)) {
		r->runs = r->max;
		return false;
	}
	difference_of(&d, seq, at, &v);
	if (!difference_same(&d, r->d))
		return false;
	*r->best = *seq;
	/* Calls after the one that differs have no part in it. */
	if ((size_t)at < r->best->n)
		r->best->n = (size_t)at + 1;
	*r->v = v;
	return true;
}

static bool delete_calls(struct reducer *r)
{
	bool any = false;

	for (size_t len = r->best->n / 2 ? r->best->n / 2 : 1; len; len /= 2) {
		for (size_t at = r->best->n; at-- > 0;) {
			struct sequence s = *r->best;

			if (at + len > s.n)
				continue;
			memmove(&s.v[at], &s.v[at + len], (s.n - at - len) * sizeof(s.v[0]));
			s.n -= len;
			any |= attempt(r, &s);
		}
	}
	return any;
}

/* One simpler argument at a time. step: which; false when there are no more steps. */
static bool simpler(struct call *c, unsigned int step, bool *changed)
{
	struct call before = *c;
	const struct uapi_row *row = call_row(c);
	unsigned int nfields = row ? (unsigned int)row->nfields : 0;
	const struct uapi_field *f;

	*changed = false;
	if (step == 0 && row && row->rule != UAPI_SIZE_STR && c->place == PLACE_BUF &&
	    (row->rule == UAPI_SIZE_EXT || row->rule == UAPI_SIZE_ARGSZ)) {
		call_put(c, 0, 4, row->size);
		c->room = (uint16_t)(c->len > row->size ? c->len : row->size);
	} else if (step == 1) {
		c->fill = 0;
	} else if (step == 2) {
		c->value = 0;
	} else if (step == 3 && c->place == PLACE_BUF && row && row->rule != UAPI_SIZE_STR) {
		c->room = c->len;
	} else if (step >= 4 && step < 4 + 2 * nfields) {
		f = &row->fields[(step - 4) / 2];
		/*
		 * The size has its own step; a field to 0, or without what is
		 * not its patch. An fd 0 is one that this process has.
		 */
		if (f->kind == UAPI_FDNO && f->dir == UAPI_IN) {
			call_patch(c, f->off, f->width, PATCH_FD, NOBODY, 0);
		} else if (f->kind != UAPI_ARGSZ && f->width && f->width <= 8) {
			const struct call_patch *q = call_patch_at(c, f->off);

			/* Memory that is mapped stays there: only a kernel looks whether it is. */
			if (step & 1 && !(q && q->what == PATCH_VA))
				call_unpatch(c, f->off);
			if (f->off + f->width <= c->len)
				call_put(c, f->off, f->width, 0);
		}
	} else if (step >= 4 + 2 * nfields) {
		return false;
	}
	*changed = memcmp(&before, c, sizeof(before)) != 0;
	return true;
}

static bool simplify(struct reducer *r)
{
	bool any = false;

	for (size_t i = 0; i < r->best->n; i++) {
		for (unsigned int step = 0; i < r->best->n; step++) {
			struct sequence s = *r->best;
			bool changed;

			if (!simpler(&s.v[i], step, &changed))
				break;
			if (changed)
				any |= attempt(r, &s);
		}
	}
	return any;
}

void reduce(struct pair *p, struct sequence *seq, const struct difference *d, unsigned int max_runs,
	    struct verdict *v)
{
	struct reducer r = { .p = p, .best = seq, .d = d, .v = v, .max = max_runs };
	bool any = attempt(&r, &(struct sequence){ .n = 0 });

	/* Only what repeats can be made shorter; an empty sequence that differs says it all. */
	if (any)
		return;
	for (any = true; any && r.runs < r.max;) {
		any = delete_calls(&r);
		any |= simplify(&r);
	}
}
