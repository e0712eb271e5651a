// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading and writing one field of a struct image, and what a field refers to. */
#include <string.h>

#include "harness/uapi/rows.h"

/* Widths of the headers' own numbers are known to the compiler, which makes no call for them. */
static inline void copy(void *dst, const void *src, unsigned int width)
{
	switch (width) {
	case 1: memcpy(dst, src, 1); break;
	case 2: memcpy(dst, src, 2); break;
	case 4: memcpy(dst, src, 4); break;
	case 8: memcpy(dst, src, 8); break;
	default: memcpy(dst, src, width);
	}
}

static bool get_at(const void *img, size_t len, uint16_t off, uint8_t width, uint64_t *val)
{
	if (width > sizeof(*val) || off > len || len - off < width)
		return false;
	*val = 0;
	copy(val, (const uint8_t *)img + off, width);
	return true;
}

bool uapi_get(const struct uapi_field *f, const void *img, size_t len, uint64_t *val)
{
	return get_at(img, len, f->off, f->width, val);
}

bool uapi_put(const struct uapi_field *f, void *img, size_t len, uint64_t val)
{
	if (f->width > sizeof(val) || f->off > len || len - f->off < f->width)
		return false;
	copy((uint8_t *)img + f->off, &val, f->width);
	return true;
}

uint8_t uapi_fields_dir(const struct uapi_field *f, size_t n)
{
	uint8_t dir = 0;

	for (size_t i = 0; i < n; i++)
		if (f[i].kind != UAPI_PTR && f[i].kind != UAPI_INLINE)
			dir |= f[i].dir;
	return dir;
}

/* The variant that the selector picks; NULL when none matches. */
static const struct uapi_variant *choose(const struct uapi_field *f, uint32_t sel)
{
	for (size_t i = 0; i < f->nvariants; i++)
		if ((sel & f->variants[i].mask) == f->variants[i].value)
			return &f->variants[i];
	return NULL;
}

/* Bytes of a bitmap with one bit for each page of a range, in whole 64-bit words. */
static uint64_t bitmap_bytes(uint64_t range, uint64_t pgsize)
{
	uint64_t bits;

	if (!pgsize)
		return 0;
	bits = range / pgsize + (range % pgsize != 0);
	return (bits / 64 + (bits % 64 != 0)) * 8;
}

bool uapi_target(const struct uapi_field *f, const void *img, size_t len, struct uapi_target *t)
{
	uint64_t v, pgsize;

	*t = (struct uapi_target){
		.count = 1, .elem = f->ptr_elem, .dir = f->dir, .type = f->ptr_type
	};
	if (f->nvariants) {
		const struct uapi_variant *var;

		if (!get_at(img, len, f->sel_off, 4, &v))
			return false;
		var = choose(f, (uint32_t)v);
		/* Data whose length is known stays data when its type is not. */
		if (!var && !f->ptr_elem && !f->ptr_elem_off)
			return false;
		if (var) {
			if (!var->type)
				return false;
			t->type = var->type;
			t->dir = var->dir;
			if (!f->ptr_elem)
				t->elem = var->type->size;
		}
	}
	if (f->ptr_elem_off) {
		if (!get_at(img, len, f->ptr_elem_off, 4, &v))
			return false;
		t->elem = (uint32_t)v;
	} else if (!t->elem) {
		/* No size: the rest of the argument, or an address that is not read through. */
		t->len = UINT64_MAX;
		return t->type && f->kind == UAPI_INLINE;
	}
	if (f->ptr_len_width) {
		if (!get_at(img, len, f->ptr_len_off, f->ptr_len_width, &t->count))
			return false;
	}
	if (f->ptr_pgsize_off) {
		if (!get_at(img, len, f->ptr_pgsize_off, 8, &pgsize))
			return false;
		t->count = bitmap_bytes(t->count, pgsize);
	}
	if (__builtin_mul_overflow(t->count, (uint64_t)t->elem, &t->len))
		t->len = UINT64_MAX - 1;
	return true;
}
