// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Breaking a rule of a valid call. What can be broken is read off the row: its
 * size rule, and each field by its kind.
 */
#include "harness/conform/generate.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* argsz or size: around the limits of the row, and the bytes behind the struct. */
static void break_size(struct gen *gen, struct call *c, const struct uapi_row *row)
{
	uint32_t sizes[] = { 0,
			     row->min - 1,
			     row->min,
			     row->size - 1,
			     row->size,
			     row->size + 1,
			     row->size + 8,
			     row->size + 64,
			     row->min + 1,
			     UINT32_MAX };
	size_t i = choices_index(gen->c, ARRAY_SIZE(sizes));
	uint32_t size = sizes[i];

	call_put(c, 0, 4, size);
	/* Memory as long as is said, as it was, or cut short of it. */
	if (size <= 4096 && choices_bool(gen->c, 90))
		c->room = (uint16_t)(size < 4 ? 4 : size);
	else if (size > c->room && choices_bool(gen->c, 50))
		c->room = ROOM_ARG;
	c->fill = choices_bool(gen->c, 50) ? 0 : POISON;
}

static void break_arg(struct gen *gen, struct call *c)
{
	switch (choices_index(gen->c, 4)) {
	case 0: c->place = PLACE_NULL; break;
	case 1: c->place = PLACE_UNMAPPED; break;
	default:
		/* Ends within what is read. */
		if (c->room > 1)
			c->room = (uint16_t)choices_range(gen->c, 1, c->room - 1u);
		break;
	}
}

static int any_call(struct gen *gen, const struct call *c)
{
	return c->uid > 0 ? (int)choices_upto(gen->c, (uint64_t)c->uid - 1) : NOBODY;
}

static void break_id(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	static const uint64_t ids[] = { 0, 1, 2, 3, 4, 0x7fffffff, 0x80000000, 0xffffffff };
	const struct known *k = &gen->k;

	/* An object that was, or is of another kind, or another context's. */
	if (k->nobj && choices_bool(gen->c, 60)) {
		call_patch(c, f->off, f->width, PATCH_ID,
			   k->obj[choices_index(gen->c, k->nobj)].uid, 0);
		return;
	}
	call_unpatch(c, f->off);
	call_put(c, f->off, f->width, CHOICES_PICK(gen->c, ids));
}

static void break_fd(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	if (choices_bool(gen->c, 70)) {
		call_patch(c, f->off, f->width, PATCH_FD, any_call(gen, c), 0);
		return;
	}
	call_unpatch(c, f->off);
	call_put(c, f->off, f->width, choices_bool(gen->c, 50) ? UINT64_MAX : 987654);
}

static void break_ptr(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	struct call_patch *p = call_patch_at(c, f->off);
	struct call_buf *b;

	if (!p || p->what == PATCH_VA) {
		/* Off the page, and so at odds with the IOVA. */
		if (p)
			p->value += choices_range(gen->c, 1, 4095);
		return;
	}
	b = &c->buf[p->ref];
	switch (choices_index(gen->c, 4)) {
	case 0: b->place = PLACE_NULL; break;
	case 1: b->place = PLACE_UNMAPPED; break;
	default:
		if (b->room > 1)
			b->room = (uint16_t)choices_range(gen->c, 1, b->room - 1u);
		break;
	}
}

static void break_flags(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	uint64_t v = call_get(c, f->off, f->width);

	/* A bit more, or a known one turned. */
	if (choices_bool(gen->c, 60))
		v ^= 1ull << choices_upto(gen->c, f->width * 8u - 1);
	else
		v ^= 1ull << choices_upto(gen->c, 3);
	call_put(c, f->off, f->width, v);
}

static void break_number(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	uint64_t v = choices_bool(gen->c, 50)
			     ? gen_edge(gen)
			     : call_get(c, f->off, f->width) + choices_upto(gen->c, 2) - 1;

	call_put(c, f->off, f->width, v);
}

static void break_reserved(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	uint16_t at = (uint16_t)(f->off + choices_upto(gen->c, f->width - 1u));

	call_put(c, at, 1, choices_range(gen->c, 1, 255));
}

static void break_field(struct gen *gen, struct call *c, const struct uapi_field *f)
{
	if (!f->width || f->off + f->width > CALL_IMG)
		return;
	switch (f->kind) {
	case UAPI_ID: break_id(gen, c, f); break;
	case UAPI_FDNO: break_fd(gen, c, f); break;
	case UAPI_PTR: break_ptr(gen, c, f); break;
	case UAPI_FLAGS: break_flags(gen, c, f); break;
	case UAPI_RESERVED: break_reserved(gen, c, f); break;
	case UAPI_NUM:
	case UAPI_HEX:
	case UAPI_ENUM: break_number(gen, c, f); break;
	default: break;
	}
}

void gen_break(struct gen *gen, struct call *c)
{
	const struct uapi_row *row = call_row(c);
	static const unsigned int weights[] = { 30, 10, 57, 3 };

	if (!row || row->rule == UAPI_SIZE_NONE)
		return;
	if (row->rule == UAPI_SIZE_VALUE) {
		c->value = gen_edge(gen);
		return;
	}
	switch (choices_weighted(gen->c, weights, ARRAY_SIZE(weights))) {
	case 0:
		if (row->rule == UAPI_SIZE_ARGSZ || row->rule == UAPI_SIZE_EXT)
			break_size(gen, c, row);
		else
			break_arg(gen, c);
		break;
	case 1: break_arg(gen, c); break;
	case 2:
		if (row->nfields)
			break_field(gen, c, &row->fields[choices_index(gen->c, row->nfields)]);
		break;
	default:
		/* The same low byte, another type or direction. */
		c->req ^= 1u << choices_range(gen->c, 8, 31);
		break;
	}
}
