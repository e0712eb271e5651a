// SPDX-License-Identifier: GPL-2.0-or-later
/* The loop over sequences. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/conform/print.h"
#include "harness/conform/reduce.h"
#include "harness/conform/run.h"

#define LENGTH 30
#define SHRINK 2000
#define KINDS  64

static enum uapi_fd made_on(struct known *k, const struct call *c)
{
	const struct known_fd *f = known_fd(k, c->fd);

	return f && f->open ? (enum uapi_fd)f->kind : UAPI_FD_UNKNOWN;
}

int run_sequence(struct pair *p, const struct generator *g, const struct run_options *opt,
		 uint64_t nr, struct sequence *seq, struct table *t, struct verdict *v)
{
	uint64_t mix = opt->seed ^ nr << 20;
	struct verdict end;
	struct choices c;
	size_t length, longest;
	struct gen *gen = malloc(sizeof(*gen));
	int at = -1;

	seq->n = 0;
	v->differs = false;
	if (!gen)
		return -1;
	choices_init_seed(&c, choices_mix(&mix));
	choices_keep(&c, false);
	longest = opt->length ? opt->length : LENGTH;
	length = longest - (size_t)choices_upto(&c, longest / 2);
	seq->reverse = choices_bool(&c, 50);
	gen_begin(gen, g, &c, nr);
	pair_begin(p);
	while (seq->n < length && at < 0) {
		struct call *call = &seq->v[seq->n];

		gen_next(gen, (int)seq->n, call);
		pair_call(p, call, v);
		if (t)
			table_count(t, call, made_on(&gen->k, call), v->ret[0]);
		known_learn(&gen->k, call, &p->side[0], v->ret[0]);
		seq->n++;
		if (v->differs)
			at = (int)seq->n - 1;
	}
	pair_end(p, seq->reverse, &end);
	if (at < 0 && end.differs) {
		*v = end;
		at = (int)seq->n;
	}
	choices_free(&c);
	free(gen);
	return at;
}

struct kind {
	struct difference d;
	uint64_t count;
	uint64_t first; /* sequence that had it */
};

static bool new_kind(struct kind *kinds, unsigned int *n, const struct difference *d, uint64_t nr)
{
	for (unsigned int i = 0; i < *n; i++) {
		if (difference_same(&kinds[i].d, d)) {
			kinds[i].count++;
			return false;
		}
	}
	if (*n < KINDS)
		kinds[(*n)++] = (struct kind){ *d, 1, nr };
	return true;
}

static void tell(struct pair *p, const struct run_options *opt, uint64_t nr, struct sequence *seq,
		 const struct difference *d, struct verdict *v)
{
	char name[64];
	size_t before = seq->n;

	reduce(p, seq, d, opt->shrink ? opt->shrink : SHRINK, v);
	fprintf(opt->out,
		"\ndifference: --seed 0x%" PRIx64 " --sequence %" PRIu64
		"; %zu calls, shrunk to %zu: %s\n",
		opt->seed, nr, before, seq->n, v->what);
	print_sequence(opt->out, p, seq);
	snprintf(name, sizeof(name), "seed_%" PRIx64 "_sequence_%" PRIu64, opt->seed, nr);
	fprintf(opt->out, "as a C test, with what %s does:\n", p->name[0]);
	print_ctest(opt->out, p, seq, name);
}

/* Looking takes as long as a few calls, so not after each sequence. */
static bool enough(const struct generator *g, const struct run_options *opt,
		   const struct run_result *r)
{
	struct coverage cov;

	if (r->table.calls < opt->calls)
		return false;
	if (!opt->want || r->table.calls / 4 >= opt->calls)
		return true;
	if (r->sequences % 32)
		return false;
	coverage_print(NULL, &r->table, g->host, g->able, opt->want, &cov);
	return !cov.few;
}

int run(struct pair *p, const struct generator *g, const struct run_options *opt,
	struct run_result *r)
{
	struct kind *kinds = calloc(KINDS, sizeof(*kinds));
	struct sequence *seq = malloc(sizeof(*seq));
	uint64_t nr = opt->sequence < 0 ? 0 : (uint64_t)opt->sequence;
	int rc = kinds && seq ? 0 : -ENOMEM;
	struct verdict v;

	memset(r, 0, sizeof(*r));
	while (!rc && !enough(g, opt, r) && !(opt->stop_after && r->kinds >= opt->stop_after)) {
		int at = run_sequence(p, g, opt, nr, seq, &r->table, &v);

		r->sequences++;
		if (at >= 0) {
			int known = excuse_find(g->host, seq, at);
			struct difference d;

			difference_of(&d, seq, at, &v);
			rc = pair_renew(p);
			if (known >= 0)
				r->excused[known]++;
			else
				r->differing++;
			if (!rc && known < 0 && new_kind(kinds, &r->kinds, &d, nr))
				tell(p, opt, nr, seq, &d, &v);
		} else if (opt->verbose) {
			fprintf(opt->out, "sequence %" PRIu64 ":\n", nr);
			print_sequence(opt->out, p, seq);
		}
		nr++;
		if (opt->sequence >= 0)
			break;
	}
	for (unsigned int i = 0; !rc && i < r->kinds; i++)
		if (kinds[i].count > 1)
			fprintf(opt->out, "difference of sequence %" PRIu64 ": %" PRIu64 " times\n",
				kinds[i].first, kinds[i].count);
	free(kinds);
	free(seq);
	return rc;
}
