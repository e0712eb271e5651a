// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model kernel with a hostile client: sequences with wrong calls among
 * valid ones, on two models at once. They agree byte for byte (a reply with
 * bytes that nobody wrote would not), and hold nothing when all is closed.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/conform/compare.h"
#include "harness/conform/generate.h"
#include "harness/conform/hosts.h"
#include "harness/property/property.h"
#include "mocks/model.h"
#include "selftests/properties/list.h"
#include "selftests/properties/plain.h"

#define HOSTS 8

static struct stage {
	struct pair p;
	struct host *host;
	struct generator g;
} * stages[HOSTS];

static struct shim *renew(void *ctx, const struct uapi_mem *mem)
{
	struct stage *st = ctx;

	return model_new(st->host, mem);
}

static void drop(size_t i)
{
	struct stage *st = stages[i];

	if (!st)
		return;
	shim_destroy(st->p.side[0].shim);
	pair_free(&st->p);
	host_free(st->host);
	free(st);
	stages[i] = NULL;
}

static void drop_all(void)
{
	for (size_t i = 0; i < HOSTS; i++)
		drop(i);
}

static struct stage *stage_of(size_t i)
{
	static bool registered;
	struct stage *st;

	if (stages[i])
		return stages[i];
	if (!registered)
		registered = !atexit(drop_all);
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	st->host = made_host(made_host_name(i));
	if (!st->host || pair_init(&st->p)) {
		host_free(st->host);
		free(st);
		return NULL;
	}
	stages[i] = st;
	st->p.host = st->host;
	st->p.name[0] = "one";
	st->p.name[1] = "other";
	st->p.renew = renew;
	st->p.renew_ctx = st;
	st->p.side[0].shim = renew(st, &st->p.side[0].mem);
	if (!st->p.side[0].shim || pair_renew(&st->p)) {
		drop(i);
		return NULL;
	}
	return st;
}

static enum property_result client(struct choices *c, void *ctx)
{
	static struct sequence seq;
	static struct gen gen;
	size_t i = choices_index(c, HOSTS), length;
	struct stage *st = made_host_name(i) ? stage_of(i) : NULL;
	const char *bdf[] = { "0000:00:05.0", "0000:00:06.0" };
	enum property_result res = PROPERTY_PASS;
	struct verdict v, at_end;

	if (!st || generator_init(&st->g, st->host, bdf, 2))
		return PROPERTY_DISCARD;
	length = 4 + choices_upto(c, 20);
	seq.reverse = choices_bool(c, 50);
	seq.n = 0;
	gen_begin(&gen, &st->g, c, choices_upto(c, UINT16_MAX));
	pair_begin(&st->p);
	v.differs = false;
	while (seq.n < length && res == PROPERTY_PASS && !c->exhausted) {
		struct call *call = &seq.v[seq.n];

		choices_begin(c);
		gen_next(&gen, (int)seq.n, call);
		choices_end(c);
		pair_call(&st->p, call, &v);
		known_learn(&gen.k, call, &st->p.side[0], v.ret[0]);
		choices_note(c, "call %zu: op %u req 0x%x: %d", seq.n, call->op, call->req,
			     v.ret[0]);
		seq.n++;
		if (v.differs)
			res = property_fail(c, "two models differ: %s", v.what);
		else if (v.ret[0] < -4095)
			res = property_fail(c, "%d is no errno", v.ret[0]);
	}
	pair_end(&st->p, seq.reverse, &at_end);
	if (res == PROPERTY_PASS && at_end.differs)
		res = property_fail(c, "two models differ at the end: %s", at_end.what);
	if (res == PROPERTY_PASS && !plain_clean(st->p.side[0].shim))
		res = property_fail(c, "something is left when all is closed");
	if (res == PROPERTY_FAIL)
		drop(i);
	return res;
}

const struct property property_model_client = { "model_client", client, .cases = 1000 };
