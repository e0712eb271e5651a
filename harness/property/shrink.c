// SPDX-License-Identifier: GPL-2.0-or-later
/* The passes of the shrinker, repeated until none of them finds anything. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/property/shrink.h"

struct shrinker {
	struct choices *best;
	property_fn *fn;
	void *ctx;
	unsigned int runs;
	unsigned int max_runs;
	int64_t end;   /* of CLOCK_MONOTONIC, milliseconds */
	uint64_t *buf; /* the candidate */
	size_t cap;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static bool spent(const struct shrinker *s)
{
	return s->runs >= s->max_runs || now_ms() >= s->end;
}

static bool simpler(const struct choices *a, const struct choices *b)
{
	if (a->nrec != b->nrec)
		return a->nrec < b->nrec;
	for (size_t i = 0; i < a->nrec; i++)
		if (a->rec[i].value != b->rec[i].value)
			return a->rec[i].value < b->rec[i].value;
	return false;
}

/* Runs the first n numbers of the candidate. True: it fails, is simpler, and is the best now. */
static bool attempt(struct shrinker *s, size_t n)
{
	struct choices c;
	bool good;

	if (spent(s))
		return false;
	s->runs++;
	choices_init_values(&c, s->buf, n);
	good = s->fn(&c, s->ctx) == PROPERTY_FAIL && !c.nomem && simpler(&c, s->best);
	if (!good) {
		choices_free(&c);
		return false;
	}
	choices_free(s->best);
	*s->best = c;
	/* The numbers were the candidate's: nobody draws from this stream again. */
	s->best->values = NULL;
	return true;
}

/* The candidate is the best so far. */
static size_t load(struct shrinker *s)
{
	for (size_t i = 0; i < s->best->nrec; i++)
		s->buf[i] = s->best->rec[i].value;
	return s->best->nrec;
}

static size_t cut(struct shrinker *s, size_t n, size_t first, size_t len)
{
	memmove(s->buf + first, s->buf + first + len, (n - first - len) * sizeof(*s->buf));
	return n - len;
}

static bool try_delete(struct shrinker *s, size_t first, size_t len)
{
	size_t n = load(s);

	return attempt(s, cut(s, n, first, len));
}

static bool try_zero(struct shrinker *s, size_t first, size_t len)
{
	size_t n = load(s);
	bool any = false;

	for (size_t i = first; i < first + len; i++) {
		any |= s->buf[i] != 0;
		s->buf[i] = 0;
	}
	return any && attempt(s, n);
}

static bool try_value(struct shrinker *s, size_t i, uint64_t v)
{
	size_t n = load(s);

	s->buf[i] = v;
	return attempt(s, n);
}

/* Spans from the last on: what comes later depends on what was before. */
static bool delete_spans(struct shrinker *s)
{
	bool any = false;

	for (size_t i = s->best->nspans; i-- > 0;) {
		struct choice_span sp;

		/* A success may have left fewer spans. */
		if (i >= s->best->nspans)
			continue;
		sp = s->best->spans[i];
		if (sp.end > sp.first)
			any |= try_delete(s, sp.first, sp.end - sp.first);
	}
	return any;
}

/* Blocks of halving size, from the end. With zero: set to 0 instead of deleted. */
static bool blocks(struct shrinker *s, bool zero)
{
	bool any = false;

	for (size_t len = 32; len; len /= 2) {
		size_t step = zero ? len : 1;

		/* at: one past the block's end. */
		for (size_t at = s->best->nrec; at >= len && !spent(s); at -= step) {
			if (at <= s->best->nrec)
				any |= zero ? try_zero(s, at - len, len)
					    : try_delete(s, at - len, len);
			if (at < step)
				break;
		}
	}
	return any;
}

/* Each number by itself, as small as it gets: a bisection, then steps of one. */
static bool lower(struct shrinker *s)
{
	bool any = false;

	for (size_t i = 0; i < s->best->nrec && !spent(s); i++) {
		uint64_t lo = 0, v = s->best->rec[i].value; /* lo is known not to fail */

		if (!v)
			continue;
		if (try_value(s, i, 0)) {
			any = true;
			continue;
		}
		while (i < s->best->nrec && v - lo > 1 && !spent(s)) {
			uint64_t mid = lo + (v - lo) / 2;

			if (try_value(s, i, mid)) {
				any = true;
				v = i < s->best->nrec ? s->best->rec[i].value : 0;
				if (v <= lo)
					break;
			} else {
				lo = mid;
			}
		}
	}
	return any;
}

/* A count one smaller, and one of the things it counted gone. */
static bool lower_and_delete(struct shrinker *s)
{
	bool any = false;

	for (size_t i = 0; i < s->best->nrec && !spent(s); i++) {
		bool again = true;

		while (again && i < s->best->nrec && s->best->rec[i].value) {
			again = false;
			for (size_t len = 1; len <= 8 && !again; len++) {
				for (size_t at = i + 1; at + len <= s->best->nrec && !again; at++) {
					size_t n = load(s);

					s->buf[i]--;
					again = attempt(s, cut(s, n, at, len));
				}
			}
			any |= again;
		}
	}
	return any;
}

/* Two numbers out of order change places. */
static bool sort(struct shrinker *s)
{
	bool any = false;

	for (size_t dist = 1; dist <= 4; dist++) {
		for (size_t i = 0; i + dist < s->best->nrec && !spent(s); i++) {
			size_t n = load(s);
			uint64_t t = s->buf[i];

			if (t <= s->buf[i + dist])
				continue;
			s->buf[i] = s->buf[i + dist];
			s->buf[i + dist] = t;
			any |= attempt(s, n);
		}
	}
	return any;
}

static bool try_pair(struct shrinker *s, size_t i, size_t k, uint64_t v)
{
	size_t n = load(s);

	if (k >= n)
		return false;
	s->buf[i] = s->buf[k] = v;
	return attempt(s, n);
}

/* Two equal numbers lowered together: what must stay a pair. */
static bool lower_pairs(struct shrinker *s)
{
	bool any = false;

	for (size_t i = 0; i < s->best->nrec && !spent(s); i++) {
		for (size_t k = i + 1; k < s->best->nrec && k <= i + 16; k++) {
			uint64_t lo = 0, v = s->best->rec[i].value;

			if (!v || v != s->best->rec[k].value)
				continue;
			if (try_pair(s, i, k, 0)) {
				any = true;
				continue;
			}
			while (v - lo > 1 && !spent(s)) {
				uint64_t mid = lo + (v - lo) / 2;

				if (try_pair(s, i, k, mid)) {
					any = true;
					v = mid;
				} else {
					lo = mid;
				}
			}
		}
	}
	return any;
}

unsigned int shrink(struct choices *best, property_fn *fn, void *ctx,
		    const struct shrink_limit *lim)
{
	struct shrinker s = {
		.best = best,
		.fn = fn,
		.ctx = ctx,
		.max_runs = lim->runs,
		.end = now_ms() + lim->ms,
	};
	bool any = true;

	/* No candidate is longer than the first one. */
	s.buf = malloc((best->nrec + 1) * sizeof(*s.buf));
	if (!s.buf)
		return 0;
	while (any && !spent(&s)) {
		any = delete_spans(&s);
		any |= blocks(&s, false);
		any |= blocks(&s, true);
		any |= lower(&s);
		any |= lower_and_delete(&s);
		any |= sort(&s);
		any |= lower_pairs(&s);
	}
	free(s.buf);
	return s.runs;
}
