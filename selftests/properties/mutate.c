// SPDX-License-Identifier: GPL-2.0-or-later
/* See mutate.h. Nothing here knows a request: rows tell the fields, chains their links. */
#include <string.h>

#include "harness/property/choices.h"
#include "harness/uapi/uapi.h"
#include "selftests/properties/gen.h"
#include "selftests/properties/mutate.h"

/* Where in a reply a number or a flag stands. */
static const struct uapi_field *pick_field(struct choices *c, const struct uapi_field *f, size_t n)
{
	for (unsigned int tries = 0; n && tries < 8; tries++) {
		const struct uapi_field *cand = &f[choices_index(c, n)];

		if (cand->dir & UAPI_OUT && cand->width && cand->width <= 8 &&
		    cand->kind != UAPI_PTR && cand->kind != UAPI_INLINE)
			return cand;
	}
	return NULL;
}

static uint64_t new_value(struct choices *c, const struct uapi_field *f, uint64_t old, size_t size)
{
	unsigned int bits = f->width * 8u;
	uint64_t max = bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;

	switch (choices_upto(c, 4)) {
	case 0: return (old + (choices_bool(c, 50) ? 1 : max)) & max;
	case 1: return (old ^ 1ull << choices_upto(c, bits - 1)) & max;
	case 2: return size & max;
	case 3:
		for (unsigned int i = 0; f->names && f->names[i].name; i++)
			if (choices_bool(c, 40))
				return old ^ f->names[i].value;
		return make_top(c) & max;
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

#define CAPS_MAX 64

static size_t find_caps(const struct uapi_row *row, const uint8_t *img, size_t size,
			struct uapi_cap *caps)
{
	uint64_t first = 0;
	uint32_t pos;
	size_t n = 0;

	for (size_t i = 0; i < row->nfields; i++)
		if (row->fields[i].kind == UAPI_CAPS)
			uapi_get(&row->fields[i], img, size, &first);
	pos = (uint32_t)first;
	while (n < CAPS_MAX && uapi_cap_next(img, size, &pos, &caps[n]) > 0)
		n++;
	return n;
}

/* One capability: its link, its id and version, or a number in its body. */
static size_t change_cap(struct choices *c, const struct uapi_row *row, uint8_t *img, size_t size)
{
	struct uapi_cap caps[CAPS_MAX];
	size_t n = find_caps(row, img, size, caps), i, k;
	uint32_t next;
	uint16_t v16;

	if (!n)
		return 0;
	i = choices_index(c, n);
	k = choices_index(c, n);
	switch (choices_upto(c, 5)) {
	case 0: /* a link to another capability, or to somewhere near */
		next = caps[k].off + (choices_bool(c, 30) ? (uint32_t)choices_upto(c, 16) : 0);
		memcpy(img + caps[i].off + 4, &next, sizeof(next));
		return size;
	case 1:
		next = choices_bool(c, 50) ? 0 : (uint32_t)(size - choices_upto(c, 9));
		memcpy(img + caps[i].off + 4, &next, sizeof(next));
		return size;
	case 2:
		v16 = (uint16_t)choices_range(c, 0, 4);
		memcpy(img + caps[i].off, &v16, sizeof(v16));
		return size;
	case 3:
		v16 = (uint16_t)choices_range(c, 0, UINT16_MAX);
		memcpy(img + caps[i].off + 2, &v16, sizeof(v16));
		return size;
	default:
		if (caps[i].id < row->ncaps && row->caps[caps[i].id].fields)
			return change_field(c, row->caps[caps[i].id].fields,
					    row->caps[caps[i].id].nfields, img + caps[i].off,
					    size - caps[i].off)
				       ? size
				       : 0;
		return 0;
	}
}

/* A copy of one capability at the end, last of the chain. */
static size_t repeat_cap(struct choices *c, const struct uapi_row *row, uint8_t *img, size_t size,
			 size_t max)
{
	struct uapi_cap caps[CAPS_MAX];
	size_t n = find_caps(row, img, size, caps), i, len;
	uint32_t at = (uint32_t)(size + 7) & ~7u, zero = 0;

	if (!n)
		return 0;
	i = choices_index(c, n);
	len = caps[i].end - caps[i].off;
	if (len < 8 || at + len > max)
		return 0;
	memset(img + size, 0, at - size);
	memmove(img + at, img + caps[i].off, len);
	memcpy(img + at + 4, &zero, sizeof(zero));
	memcpy(img + caps[n - 1].off + 4, &at, sizeof(at));
	return at + len;
}

size_t mutate_reply(enum uapi_fd kind, uint32_t req, size_t skip, uint8_t *data, size_t size,
		    size_t max, uint32_t seed)
{
	const struct uapi_row *row = uapi_find(kind, req);
	struct choices c;
	uint8_t *img;
	size_t n = 0;

	if (!row || size < skip + 8)
		return 0;
	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	img = data + skip;
	size -= skip;
	max -= skip;
	switch (choices_upto(&c, 6)) {
	case 0:
	case 1: n = change_field(&c, row->fields, row->nfields, img, size); break;
	case 2: n = repeat_cap(&c, row, img, size, max); break;
	case 3: /* a length: the end is cut off, or more follows */
		n = 8 + (size_t)choices_upto(&c, size - 8);
		break;
	default: n = change_cap(&c, row, img, size); break;
	}
	return n ? n + skip : 0;
}

size_t mutate_ranges(uint8_t *data, size_t size, size_t max, uint32_t seed)
{
	struct ranges_replies rr;
	struct hiod_range *r, tmp;
	size_t n, i;
	struct choices c;
	uint8_t *at;

	if (size < sizeof(rr))
		return 0;
	choices_init_seed(&c, seed);
	choices_keep(&c, false);
	memcpy(&rr, data, sizeof(rr));
	n = (size - sizeof(rr)) / sizeof(*r);
	at = data + sizeof(rr);
	switch (choices_upto(&c, 4)) {
	case 0: /* all counts agree */ rr.num[0] = rr.num[1] = rr.written = (uint32_t)n; break;
	case 1: rr.num[choices_upto(&c, 1)] += choices_bool(&c, 50) ? 1 : UINT32_MAX; break;
	case 2: rr.rc[choices_upto(&c, 1)] = (int16_t)(choices_bool(&c, 50) ? 0 : 90); break;
	case 3: /* one more */
		if (size + sizeof(tmp) > max)
			return 0;
		tmp = (struct hiod_range){ 0, 0xfff };
		if (n) {
			memcpy(&tmp, at + (n - 1) * sizeof(tmp), sizeof(tmp));
			tmp = (struct hiod_range){ tmp.last + 2 + choices_upto(&c, 0xffff),
						   tmp.last + 0x20000 };
		}
		memcpy(at + n * sizeof(tmp), &tmp, sizeof(tmp));
		size = sizeof(rr) + (n + 1) * sizeof(tmp);
		rr.num[0]++;
		rr.num[1]++;
		rr.written++;
		break;
	default:
		if (!n)
			return 0;
		i = choices_index(&c, n);
		memcpy(&tmp, at + i * sizeof(tmp), sizeof(tmp));
		if (choices_bool(&c, 50))
			tmp.start = make_top(&c);
		else
			tmp.last = make_top(&c);
		memcpy(at + i * sizeof(tmp), &tmp, sizeof(tmp));
		break;
	}
	memcpy(data, &rr, sizeof(rr));
	return size;
}
