// SPDX-License-Identifier: GPL-2.0-or-later
/* See mutate.h: what two replies give each other. */
#include <string.h>

#include "selftests/properties/chain.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/mutate.h"

/* The beginning of one chain, and the end of the other. */
static void splice_chains(struct choices *c, struct chain *a, const struct chain *b)
{
	size_t keep = choices_index(c, a->n + 1), from = choices_index(c, b->n + 1);

	a->n = keep;
	for (size_t i = from; i < b->n; i++)
		chain_add(a, b->cap[i]);
}

/* One of the other's capabilities, in front of another or last. */
static void insert_cap(struct choices *c, struct chain *a, const struct chain *b)
{
	size_t at = choices_index(c, a->n + 1);
	struct piece cap;

	if (!b->n || a->n == CHAIN_MAX)
		return;
	cap = b->cap[choices_index(c, b->n)];
	memmove(&a->cap[at + 1], &a->cap[at], (a->n - at) * sizeof(cap));
	a->cap[at] = cap;
	a->n++;
}

/* The capability of both with that body; false: there is none. */
static bool same_cap(struct choices *c, const struct uapi_row *row, const struct chain *a,
		     const struct chain *b, size_t *i, size_t *k)
{
	if (!a->n || !b->n)
		return false;
	*i = choices_index(c, a->n);
	*k = choices_index(c, b->n);
	for (size_t n = 0; n < b->n; n++, *k = (*k + 1) % b->n)
		if (chain_id(&a->cap[*i]) == chain_id(&b->cap[*k]))
			return chain_type(row, &a->cap[*i]) != NULL;
	return false;
}

/*
 * The first elements of one array and the last ones of the other, behind the
 * first one's numbers. Its length in buf, 0: not both have one, or no room.
 */
static size_t splice_arrays(struct choices *c, const struct uapi_struct *type,
			    const struct piece *a, const struct piece *b, uint8_t *buf, size_t max)
{
	size_t keep, from, more, len;
	struct array x, y;

	if (!array_find(type->fields, type->nfields, a->p, a->len, &x) ||
	    !array_find(type->fields, type->nfields, b->p, b->len, &y))
		return 0;
	keep = choices_index(c, x.n + 1);
	from = choices_index(c, y.n + 1);
	more = (y.n - from) * y.elem;
	len = x.at + keep * x.elem;
	if (len + more > max)
		return 0;
	memcpy(buf, a->p, len);
	memcpy(buf + len, b->p + y.at + from * y.elem, more);
	array_set_count(&x, buf, len + more, keep + y.n - from);
	return len + more;
}

/* One number that both structures have. */
static bool copy_field(struct choices *c, const struct uapi_field *fields, size_t n, uint8_t *to,
		       size_t nto, const uint8_t *from, size_t nfrom)
{
	const struct uapi_field *f;
	uint64_t v;

	if (!n)
		return false;
	f = &fields[choices_index(c, n)];
	return f->dir & UAPI_OUT && f->width && f->width <= 8 && uapi_get(f, from, nfrom, &v) &&
	       uapi_put(f, to, nto, v);
}

/* A number of a capability that both have. */
static size_t copy_in_cap(struct choices *c, const struct uapi_row *row, const struct chain *x,
			  const struct chain *y, uint8_t *out, size_t len)
{
	const struct uapi_struct *type;
	size_t i, k;

	if (!same_cap(c, row, x, y, &i, &k))
		return 0;
	type = chain_type(row, &x->cap[i]);
	memcpy(out, x->head.p, len);
	return copy_field(c, type->fields, type->nfields, out + (x->cap[i].p - x->head.p),
			  x->cap[i].len, y->cap[k].p, y->cap[k].len)
		       ? len
		       : 0;
}

/* Whole parts of b in a; both are taken apart. */
static size_t cross_parts(struct choices *c, const struct uapi_row *row, struct chain *x,
			  const struct chain *y, uint8_t *out, size_t max)
{
	uint8_t body[REPLY_MAX];
	size_t i, k, len;

	switch (choices_upto(c, 3)) {
	case 0: splice_chains(c, x, y); break;
	case 1: insert_cap(c, x, y); break;
	default:
		if (!same_cap(c, row, x, y, &i, &k))
			return 0;
		len = splice_arrays(c, chain_type(row, &x->cap[i]), &x->cap[i], &y->cap[k], body,
				    sizeof(body));
		if (!len)
			return 0;
		x->cap[i] = (struct piece){ body, len };
		break;
	}
	return chain_put(x, row, out, max);
}

size_t cross_reply(const struct reply_of *of, const uint8_t *a, size_t na, const uint8_t *b,
		   size_t nb, uint8_t *out, size_t max, uint32_t seed)
{
	const struct uapi_row *row = uapi_find(of->kind, of->req);
	size_t skip = of->skip, n = 0;
	struct chain x, y;
	struct choices c;

	if (!row || na < skip + 8 || nb < skip + 8 || na > max)
		return 0;
	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	memcpy(out, a, skip);
	a += skip;
	b += skip;
	na -= skip;
	nb -= skip;
	max -= skip;
	out += skip;
	chain_take(&x, row, a, na);
	chain_take(&y, row, b, nb);
	switch (choices_upto(&c, x.n || y.n ? 4 : 1)) {
	case 0:
		memcpy(out, a, na);
		n = copy_field(&c, row->fields, row->nfields, out, na, b, nb) ? na : 0;
		break;
	case 1: /* one's structure with all that follows the other's */
		n = x.head.len + nb - y.head.len;
		if (n > max)
			return 0;
		memcpy(out, a, x.head.len);
		memcpy(out + x.head.len, b + y.head.len, nb - y.head.len);
		break;
	case 2: n = copy_in_cap(&c, row, &x, &y, out, na); break;
	default: n = cross_parts(&c, row, &x, &y, out, max); break;
	}
	return n ? n + skip : 0;
}
