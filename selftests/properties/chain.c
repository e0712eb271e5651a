// SPDX-License-Identifier: GPL-2.0-or-later
/* See chain.h. */
#include <string.h>

#include "selftests/properties/chain.h"

/* id, version, next. */
#define HEADER	8u
#define NEXT_AT 4u

static const struct uapi_field *field_of_kind(const struct uapi_row *row, enum uapi_kind kind)
{
	for (size_t i = 0; i < row->nfields; i++)
		if (row->fields[i].kind == kind)
			return &row->fields[i];
	return NULL;
}

void chain_take(struct chain *ch, const struct uapi_row *row, const uint8_t *img, size_t len)
{
	const struct uapi_field *first = field_of_kind(row, UAPI_CAPS);
	struct uapi_cap cap;
	uint64_t off = 0;
	uint32_t pos;

	ch->head = (struct piece){ img, len < row->size ? len : row->size };
	ch->n = 0;
	if (first)
		uapi_get(first, img, len, &off);
	for (pos = (uint32_t)off; ch->n < CHAIN_MAX && uapi_cap_next(img, len, &pos, &cap) > 0;) {
		if (!ch->n)
			ch->head.len = cap.off;
		chain_add(ch, (struct piece){ img + cap.off, cap.end - cap.off });
	}
}

void chain_add(struct chain *ch, struct piece cap)
{
	if (ch->n < CHAIN_MAX && cap.len >= HEADER)
		ch->cap[ch->n++] = cap;
}

size_t chain_put(const struct chain *ch, const struct uapi_row *row, uint8_t *out, size_t max)
{
	const struct uapi_field *first = field_of_kind(row, UAPI_CAPS),
				*argsz = field_of_kind(row, UAPI_ARGSZ);
	size_t len = ch->head.len;
	uint32_t at;

	if (len < HEADER || len > max)
		return 0;
	memcpy(out, ch->head.p, len);
	for (size_t i = 0; i < ch->n; i++) {
		const struct piece *cap = &ch->cap[i];

		if (cap->len > max - len)
			return 0;
		memcpy(out + len, cap->p, cap->len);
		at = i + 1 < ch->n ? (uint32_t)(len + cap->len) : 0;
		memcpy(out + len + NEXT_AT, &at, sizeof(at));
		len += cap->len;
	}
	if (first)
		uapi_put(first, out, len, ch->n ? ch->head.len : 0);
	if (argsz)
		uapi_put(argsz, out, len, len);
	return len;
}

uint16_t chain_id(const struct piece *cap)
{
	uint16_t id;

	memcpy(&id, cap->p, sizeof(id));
	return id;
}

const struct uapi_struct *chain_type(const struct uapi_row *row, const struct piece *cap)
{
	uint16_t id = chain_id(cap);

	return id < row->ncaps && row->caps[id].fields ? &row->caps[id] : NULL;
}

bool array_find(const struct uapi_field *fields, size_t nfields, const uint8_t *img, size_t len,
		struct array *a)
{
	struct uapi_target t;

	for (size_t i = 0; i < nfields; i++) {
		const struct uapi_field *f = &fields[i];

		if (f->kind != UAPI_INLINE || f->off > len || !uapi_target(f, img, len, &t) ||
		    !t.type || !t.elem)
			continue;
		*a = (struct array){ f, t.type, f->off, t.elem, (len - f->off) / t.elem };
		if (a->n > t.count)
			a->n = (size_t)t.count;
		return true;
	}
	return false;
}

void array_set_count(const struct array *a, uint8_t *img, size_t len, uint64_t n)
{
	const struct uapi_field count = { .off = a->f->ptr_len_off, .width = a->f->ptr_len_width };

	if (count.width)
		uapi_put(&count, img, len, n);
}
