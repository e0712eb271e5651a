// SPDX-License-Identifier: GPL-2.0-or-later
/* See mutate.h. Nothing here knows a request: rows tell the fields, chains their links. */
#include <string.h>

#include "selftests/properties/chain.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/mutate.h"

/* What memory holds that nobody wrote (hiod/ fills its buffers with it). */
#define MARK 0xa5a5a5a5a5a5a5a5ull

static bool is_number(const struct uapi_field *f)
{
	return f->dir & UAPI_OUT && f->width && f->width <= 8 && f->kind != UAPI_PTR &&
	       f->kind != UAPI_INLINE;
}

/* Where in a reply a number or a flag stands. */
static const struct uapi_field *pick_field(struct choices *c, const struct uapi_field *f, size_t n)
{
	for (unsigned int tries = 0; n && tries < 8; tries++) {
		const struct uapi_field *cand = &f[choices_index(c, n)];

		if (is_number(cand))
			return cand;
	}
	return NULL;
}

/* All of it, or one half. */
static uint64_t unwritten(struct choices *c, uint64_t old)
{
	switch (choices_upto(c, 2)) {
	case 0: return MARK;
	case 1: return (old & ~0xffffffffull) | (uint32_t)MARK;
	default: return (old & 0xffffffff) | MARK << 32;
	}
}

static uint64_t new_value(struct choices *c, const struct uapi_field *f, uint64_t old, size_t size)
{
	unsigned int bits = f->width * 8u;
	uint64_t max = bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;

	switch (choices_upto(c, 5)) {
	case 0: return (old + (choices_bool(c, 50) ? 1 : max)) & max;
	case 1: return (old ^ 1ull << choices_upto(c, bits - 1)) & max;
	case 2: return size & max;
	case 3:
		for (unsigned int i = 0; f->names && f->names[i].name; i++)
			if (choices_bool(c, 40))
				return old ^ f->names[i].value;
		return make_top(c) & max;
	case 4: return unwritten(c, old) & max;
	default: return choices_range(c, 0, max);
	}
}

static size_t change_field(struct choices *c, const struct uapi_field *fields, size_t n,
			   uint8_t *img, size_t size)
{
	const struct uapi_field *f = pick_field(c, fields, n);
	uint64_t old;

	if (!f || !uapi_get(f, img, size, &old))
		return 0;
	uapi_put(f, img, size, new_value(c, f, old, size));
	return size;
}

/* ---- arrays ------------------------------------------------------------------- */

/* A number of one element becomes one of another, or is next to it. */
static void relate(struct choices *c, const struct uapi_struct *type, uint8_t *p, const uint8_t *q)
{
	const struct uapi_field *to = pick_field(c, type->fields, type->nfields),
				*from = pick_field(c, type->fields, type->nfields);
	uint64_t v;

	if (to && from && uapi_get(from, q, type->size, &v))
		uapi_put(to, p, type->size, v + choices_upto(c, 2) - 1);
}

void mutate_array(struct choices *c, const struct uapi_struct *type, uint8_t *p, size_t n)
{
	size_t size = type->size, i = choices_index(c, n), k = choices_index(c, n);
	uint8_t tmp[64];

	if (choices_bool(c, 50)) /* neighbours */
		k = i ? i - 1 : n - 1;
	if (size > sizeof(tmp))
		return;
	switch (choices_upto(c, 3)) {
	case 0:
		memcpy(tmp, p + i * size, size);
		memmove(p + i * size, p + k * size, size);
		memcpy(p + k * size, tmp, size);
		break;
	case 1: memmove(p + i * size, p + k * size, size); break;
	case 2: relate(c, type, p + i * size, p + k * size); break;
	default: change_field(c, type->fields, type->nfields, p + i * size, size); break;
	}
}

/* The array at the end of a capability has one element more, or less. Its new length, or 0. */
static size_t resize_array(struct choices *c, const struct uapi_struct *type, uint8_t *cap,
			   size_t len, size_t max)
{
	struct array a;
	size_t end;

	if (!type || !array_find(type->fields, type->nfields, cap, len, &a) ||
	    a.elem != a.type->size)
		return 0;
	end = a.at + a.n * a.elem;
	if (a.n && choices_bool(c, 30)) {
		array_set_count(&a, cap, len, a.n - 1);
		return end - a.elem;
	}
	if (end + a.elem > max)
		return 0;
	if (a.n)
		memmove(cap + end, cap + a.at + choices_index(c, a.n) * a.elem, a.elem);
	else
		memset(cap + end, 0, a.elem);
	array_set_count(&a, cap, end + a.elem, a.n + 1);
	mutate_array(c, a.type, cap + a.at, a.n + 1);
	return end + a.elem;
}

/* ---- chains ------------------------------------------------------------------- */

/* One capability as it stands: its link, its id and version, or what is in its body. */
static size_t change_cap(struct choices *c, const struct uapi_row *row, const struct chain *ch,
			 uint8_t *img, size_t size)
{
	const struct piece *cap = &ch->cap[choices_index(c, ch->n)];
	const struct piece *other = &ch->cap[choices_index(c, ch->n)];
	const struct uapi_struct *type = chain_type(row, cap);
	uint8_t *at = img + (cap->p - ch->head.p);
	struct array a;
	uint32_t next;
	uint16_t v16;

	switch (choices_upto(c, 7)) {
	case 0: /* a link to another capability, or to somewhere near */
		next = (uint32_t)(other->p - ch->head.p);
		next += choices_bool(c, 30) ? (uint32_t)choices_upto(c, 16) : 0;
		memcpy(at + 4, &next, sizeof(next));
		return size;
	case 1:
		next = choices_bool(c, 50) ? 0 : (uint32_t)(size - choices_upto(c, 9));
		memcpy(at + 4, &next, sizeof(next));
		return size;
	case 2:
		v16 = (uint16_t)choices_range(c, 0, 4);
		memcpy(at, &v16, sizeof(v16));
		return size;
	case 3:
		v16 = (uint16_t)choices_range(c, 0, UINT16_MAX);
		memcpy(at + 2, &v16, sizeof(v16));
		return size;
	case 4:
		if (!type || !change_field(c, type->fields, type->nfields, at, cap->len))
			return 0;
		return size;
	default:
		if (!type || !array_find(type->fields, type->nfields, at, cap->len, &a) || !a.n ||
		    a.elem != a.type->size)
			return 0;
		mutate_array(c, a.type, at + a.at, a.n);
		return size;
	}
}

/* The chain is made anew: a capability twice, elsewhere, not at all, or last and longer. */
static size_t change_chain(struct choices *c, const struct uapi_row *row, struct chain *ch,
			   uint8_t *img, size_t max)
{
	size_t i = choices_index(c, ch->n), k = choices_index(c, ch->n), size, n;
	struct piece cap = ch->cap[i];
	unsigned int what = (unsigned int)choices_upto(c, 4);
	uint8_t made[REPLY_MAX];

	switch (what) {
	case 0: chain_add(ch, cap); break;
	case 1:
		ch->cap[i] = ch->cap[k];
		ch->cap[k] = cap;
		break;
	case 2:
		memmove(&ch->cap[i], &ch->cap[i + 1], (ch->n - i - 1) * sizeof(cap));
		ch->n--;
		break;
	default:
		ch->cap[i] = ch->cap[ch->n - 1];
		ch->cap[ch->n - 1] = cap;
		break;
	}
	size = chain_put(ch, row, made, max < sizeof(made) ? max : sizeof(made));
	if (!size)
		return 0;
	n = cap.len;
	if (what > 2) {
		n = resize_array(c, chain_type(row, &cap), made + size - n, n,
				 sizeof(made) - size + n);
		if (!n)
			return 0;
		size = size - cap.len + n;
	}
	if (size > max)
		return 0;
	memcpy(img, made, size);
	return size;
}

/* ---- replies ------------------------------------------------------------------ */

/* What stands behind the structure and is described: the data that a field points to. */
static size_t change_data(struct choices *c, const struct uapi_row *row, uint8_t *img, size_t size)
{
	struct uapi_target t;

	for (size_t i = 0; i < row->nfields && size > row->size; i++) {
		const struct uapi_field *f = &row->fields[i];

		if (f->kind != UAPI_PTR || !uapi_target(f, img, size, &t) || !t.type ||
		    !(t.dir & UAPI_OUT))
			continue;
		if (!change_field(c, t.type->fields, t.type->nfields, img + row->size,
				  size - row->size))
			return 0;
		return size;
	}
	return 0;
}

static size_t make_fresh(const struct reply_of *of, struct choices *c, uint8_t *data, size_t size,
			 size_t max)
{
	size_t room = max > of->skip ? max - of->skip : 0;

	if (!of->fresh || room < 256)
		return 0;
	if (size < of->skip)
		memset(data + size, 0, of->skip - size);
	return of->skip + of->fresh(c, NULL, data + of->skip, room < REPLY_MAX ? room : REPLY_MAX);
}

/* With parts of a fresh one. */
static size_t cross_fresh(const struct reply_of *of, struct choices *c, uint8_t *data, size_t size,
			  size_t max)
{
	uint8_t other[REPLY_MAX], old[REPLY_MAX];
	size_t n = make_fresh(of, c, other, 0, sizeof(other));

	if (!n || size > sizeof(old))
		return 0;
	memcpy(old, data, size);
	return cross_reply(of, old, size, other, n, data, max,
			   (uint32_t)choices_upto(c, UINT32_MAX));
}

static size_t change(const struct uapi_row *row, struct choices *c, uint8_t *img, size_t size,
		     size_t max)
{
	static const unsigned int how[] = { 3, 1, 2, 5, 3 };
	struct chain ch;

	chain_take(&ch, row, img, size);
	switch (choices_weighted(c, how, 5)) {
	case 0: return change_field(c, row->fields, row->nfields, img, size);
	case 1: /* a length: the end is cut off */ return 8 + (size_t)choices_upto(c, size - 8);
	case 2: return change_data(c, row, img, size);
	case 3: return ch.n ? change_cap(c, row, &ch, img, size) : 0;
	default: return ch.n ? change_chain(c, row, &ch, img, max) : 0;
	}
}

size_t mutate_reply(const struct reply_of *of, uint8_t *data, size_t size, size_t max,
		    uint32_t seed)
{
	const struct uapi_row *row = uapi_find(of->kind, of->req);
	size_t skip = of->skip, n;
	struct choices c;

	if (!row)
		return 0;
	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	if (size < skip + 8 || choices_bool(&c, 6))
		return make_fresh(of, &c, data, size, max);
	if (choices_bool(&c, 12))
		return cross_fresh(of, &c, data, size, max);
	n = change(row, &c, data + skip, size - skip, max - skip);
	return n ? n + skip : 0;
}
