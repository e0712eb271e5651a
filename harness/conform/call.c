// SPDX-License-Identifier: GPL-2.0-or-later
/* Filling in a call. */
#include <assert.h>
#include <string.h>

#include "harness/conform/call.h"

const struct uapi_field *call_field(const struct uapi_row *row, const char *name)
{
	for (size_t i = 0; i < row->nfields; i++)
		if (!strcmp(row->fields[i].name, name))
			return &row->fields[i];
	return NULL;
}

void call_put(struct call *c, uint16_t off, unsigned int width, uint64_t value)
{
	if (off + width > CALL_IMG)
		return;
	if (off + width > c->len) {
		memset(c->img + c->len, 0, off + width - c->len);
		c->len = (uint16_t)(off + width);
	}
	memcpy(c->img + off, &value, width);
}

uint64_t call_get(const struct call *c, uint16_t off, unsigned int width)
{
	uint64_t v = 0;

	if (off + width <= c->len)
		memcpy(&v, c->img + off, width);
	return v;
}

void call_set(struct call *c, const char *name, uint64_t value)
{
	const struct uapi_field *f = call_field(call_row(c), name);

	assert(f);
	call_put(c, f->off, f->width, value);
}

struct call_patch *call_patch_at(struct call *c, uint16_t off)
{
	for (size_t i = 0; i < c->npatch; i++)
		if (c->patch[i].off == off)
			return &c->patch[i];
	return NULL;
}

void call_unpatch(struct call *c, uint16_t off)
{
	struct call_patch *p = call_patch_at(c, off);

	if (p)
		*p = c->patch[--c->npatch];
}

bool call_patch(struct call *c, uint16_t off, unsigned int width, enum patch_what what, int ref,
		uint64_t value)
{
	struct call_patch *p = call_patch_at(c, off);

	if (!p) {
		if (c->npatch == CALL_PATCHES)
			return false;
		p = &c->patch[c->npatch++];
	}
	*p = (struct call_patch){ off, (uint8_t)width, (uint8_t)what, (int16_t)ref, value };
	if (off + width > c->len)
		call_put(c, off, width, 0);
	return true;
}

bool call_set_patch(struct call *c, const char *name, enum patch_what what, int ref, uint64_t value)
{
	const struct uapi_field *f = call_field(call_row(c), name);

	assert(f);
	return call_patch(c, f->off, f->width, what, ref, value);
}

const struct uapi_field *call_out(const struct uapi_row *row, enum uapi_kind kind)
{
	for (size_t i = 0; row && i < row->nfields; i++)
		if (row->fields[i].kind == kind && row->fields[i].dir & UAPI_OUT)
			return &row->fields[i];
	return NULL;
}
