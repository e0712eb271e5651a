// SPDX-License-Identifier: GPL-2.0-or-later
/* From the name of a field to its place in a reply, by the rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/supervise/rule_internal.h"

/* "name[index].rest" */
struct step {
	const char *name;
	size_t len;
	uint64_t index;
	const char *rest; /* NULL: the last */
};

static bool next_step(const char *text, struct step *st)
{
	st->name = text;
	st->len = strcspn(text, "[.");
	st->index = 0;
	text += st->len;
	if (*text == '[') {
		char *end;

		st->index = strtoull(text + 1, &end, 10);
		if (end == text + 1 || *end != ']')
			return false;
		text = end + 1;
	}
	st->rest = *text == '.' ? text + 1 : NULL;
	return st->len && (!*text || st->rest);
}

static const struct uapi_field *by_name(const struct uapi_field *f, size_t n, const struct step *st)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(f[i].name) == st->len && !strncasecmp(f[i].name, st->name, st->len))
			return &f[i];
	return NULL;
}

static const struct uapi_struct *cap_by_name(const struct uapi_row *row, const struct step *st,
					     uint16_t *id)
{
	for (size_t i = 0; i < row->ncaps; i++) {
		const char *name = row->caps[i].name;

		if (!name || strlen(name) != st->len || strncasecmp(name, st->name, st->len))
			continue;
		*id = (uint16_t)i;
		return &row->caps[i];
	}
	return NULL;
}

/* The element type of a field with elements, whatever the reply says. */
static bool known_in(const struct uapi_field *f, const char *rest)
{
	struct step st;

	if (!f)
		return false;
	if (!rest)
		return f->kind != UAPI_INLINE && f->kind != UAPI_PTR;
	if ((f->kind != UAPI_INLINE && f->kind != UAPI_PTR) || !next_step(rest, &st))
		return false;
	if (f->ptr_type && by_name(f->ptr_type->fields, f->ptr_type->nfields, &st))
		return true;
	for (size_t i = 0; i < f->nvariants; i++)
		if (f->variants[i].type &&
		    by_name(f->variants[i].type->fields, f->variants[i].type->nfields, &st))
			return true;
	return false;
}

bool rule_field_known(const struct uapi_row *row, const char *field)
{
	const struct uapi_struct *cap;
	struct step st, in;
	uint16_t id;

	if (!next_step(field, &st))
		return false;
	if (known_in(by_name(row->fields, row->nfields, &st), st.rest))
		return true;
	cap = cap_by_name(row, &st, &id);
	return cap && st.rest && next_step(st.rest, &in) &&
	       known_in(by_name(cap->fields, cap->nfields, &in), in.rest);
}

/* A struct's image, and where in the caller's memory it lies. */
struct place {
	const uint8_t *img;
	size_t len;
	uint64_t addr;
};

struct found {
	uint64_t addr;
	uint32_t width;
};

/* text: a field of the struct, or ARRAY[I].FIELD of it. */
static int find_in(const struct uapi_field *fields, size_t n, const struct place *p,
		   const char *text, struct found *out)
{
	const struct uapi_field *f;
	struct uapi_target t;
	struct step st, in;
	uint64_t base;

	if (!next_step(text, &st) || !(f = by_name(fields, n, &st)))
		return -ENOENT;
	if (!st.rest) {
		*out = (struct found){ p->addr + f->off, f->width };
		return f->off + f->width <= p->len ? 0 : -ENOENT;
	}
	if (!uapi_target(f, p->img, p->len, &t) || !t.type || st.index >= t.count ||
	    !next_step(st.rest, &in))
		return -ENOENT;
	base = p->addr + f->off;
	if (f->kind == UAPI_PTR && !uapi_get(f, p->img, p->len, &base))
		return -ENOENT;
	f = by_name(t.type->fields, t.type->nfields, &in);
	if (!f || in.rest)
		return -ENOENT;
	*out = (struct found){ base + st.index * t.elem + f->off, f->width };
	return 0;
}

static int find_cap(const struct uapi_row *row, const struct place *p, const char *text,
		    struct found *out)
{
	const struct uapi_struct *want;
	struct uapi_cap cap;
	uint64_t first = 0;
	struct step st;
	uint32_t pos;
	uint16_t id;

	if (!next_step(text, &st) || !st.rest || !(want = cap_by_name(row, &st, &id)))
		return -ENOENT;
	for (size_t i = 0; i < row->nfields; i++)
		if (row->fields[i].kind == UAPI_CAPS)
			uapi_get(&row->fields[i], p->img, p->len, &first);
	pos = (uint32_t)first;
	while (pos && uapi_cap_next(p->img, p->len, &pos, &cap) == 1) {
		const struct place in = { p->img + cap.off, cap.end - cap.off, p->addr + cap.off };

		if (cap.id == id)
			return find_in(want->fields, want->nfields, &in, st.rest, out);
	}
	return -ENOENT;
}

int rule_set_field(const struct rule *r, const struct uapi_mem *mem, uintptr_t arg)
{
	struct uapi_span v[UAPI_SPANS_MAX];
	int n = uapi_spans(r->row, mem, arg, v, UAPI_SPANS_MAX), rc;
	struct place p = { .addr = arg };
	struct found f;
	uint8_t *img;

	for (int i = 0; i < n; i++)
		if (v[i].addr == arg && v[i].len > p.len)
			p.len = v[i].len;
	img = p.len ? malloc(p.len) : NULL;
	if (!img)
		return -ENOENT;
	p.img = img;
	rc = mem->in(mem->ctx, img, arg, p.len);
	if (!rc) {
		rc = find_in(r->row->fields, r->row->nfields, &p, r->field, &f);
		if (rc)
			rc = find_cap(r->row, &p, r->field, &f);
		if (!rc)
			rc = f.width <= sizeof(r->value)
				     ? mem->out(mem->ctx, f.addr, &r->value, f.width)
				     : -ENOENT;
	}
	free(img);
	return rc;
}
