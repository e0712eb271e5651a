// SPDX-License-Identifier: GPL-2.0-or-later
/* Setting up two sides. */
#include <string.h>

#include "mocks/model.h"
#include "selftests/conform/sides.h"

static struct shim *new_model(void *ctx, const struct uapi_mem *mem)
{
	return model_new(ctx, mem);
}

static struct shim *renew(void *ctx, const struct uapi_mem *mem)
{
	struct sides *s = ctx;

	if (s->mutant >= 0)
		return mutant_new((size_t)s->mutant, new_model, s->host, mem);
	return model_new(s->host, mem);
}

int sides_init(struct sides *s, const char *host, int mutant)
{
	const char *bdf[8];
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	s->mutant = mutant;
	s->host = made_host(host);
	if (!s->host || pair_init(&s->pair))
		return -1;
	for (; n < s->host->ndevices && n < 8; n++)
		bdf[n] = s->host->devices[n].bdf;
	s->pair.name[0] = "model";
	s->pair.name[1] = mutant < 0 ? "model" : "mutant";
	s->pair.host = s->host;
	s->pair.renew = renew;
	s->pair.renew_ctx = s;
	s->pair.side[0].shim = model_new(s->host, &s->pair.side[0].mem);
	s->pair.side[1].shim = renew(s, &s->pair.side[1].mem);
	return generator_init(&s->gen, s->host, bdf, n) || !s->pair.side[0].shim ||
	       !s->pair.side[1].shim;
}

void sides_free(struct sides *s)
{
	shim_destroy(s->pair.side[0].shim);
	pair_free(&s->pair);
	host_free(s->host);
}
