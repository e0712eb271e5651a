// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marshal: which memory a call reads and writes, before and after it, from the
 * row, the argument and the reply.
 */
#include <errno.h>
#include <string.h>

#include "harness/uapi/rows.h"

/* Enough for any described struct with the inline data that holds pointers. */
#define HEAD_MAX 160
/* GROUP_GET_DEVICE_FD takes at most a page. */
#define STR_MAX 4096

/* The beginning of an argument, as far as the walk needs to look. */
struct head {
	uint8_t img[HEAD_MAX];
	size_t len;
	uint64_t given; /* bytes the caller says are there; UINT64_MAX for a fixed struct */
};

struct spans {
	struct uapi_span *v;
	size_t n, max;
};

static uint32_t limited(uint64_t len)
{
	return len > UAPI_SPAN_LIMIT ? UAPI_SPAN_LIMIT : (uint32_t)len;
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void add(struct spans *s, uint64_t addr, uint64_t len, uint8_t dir, const char *what)
{
	if (!addr || !len || !dir || s->n == s->max)
		return;
	s->v[s->n++] = (struct uapi_span){ addr, limited(len), dir, what };
}

/* A string's bytes with its NUL, read one by one: what lies behind it may be nobody's. */
static int str_span(const struct uapi_mem *mem, uint64_t arg, struct spans *s)
{
	uint64_t len = 0;
	char c;

	do {
		if (mem->in(mem->ctx, &c, arg + len, 1))
			return -EFAULT;
	} while (++len < STR_MAX && c);
	add(s, arg, len, UAPI_IN, "arg");
	return (int)s->n;
}

/* given from the first word of the argument; 0 or -EFAULT, -EINVAL. */
static int read_given(const struct uapi_row *row, const struct uapi_mem *mem, uint64_t arg,
		      struct head *h)
{
	uint32_t size;

	h->len = 0;
	h->given = UINT64_MAX;
	if (row->rule == UAPI_SIZE_FIXED)
		return arg ? 0 : -EFAULT;
	if (mem->in(mem->ctx, &size, arg, sizeof(size)))
		return -EFAULT;
	h->given = size;
	return size < sizeof(size) ? -EINVAL : 0;
}

static bool has_nested(const struct uapi_row *row)
{
	for (size_t i = 0; i < row->nfields; i++)
		if (row->fields[i].kind == UAPI_PTR || row->fields[i].kind == UAPI_INLINE)
			return true;
	return false;
}

/* The fixed struct as far as it is there. */
static int read_head(const struct uapi_row *row, const struct uapi_mem *mem, uint64_t arg,
		     struct head *h)
{
	h->len = (size_t)min64(min64(h->given, row->size), sizeof(h->img));
	return mem->in(mem->ctx, h->img, arg, h->len) ? -EFAULT : 0;
}

/* Pointers of a struct at off in the head. */
static void pointers(const struct uapi_field *f, size_t n, const struct head *h, size_t off,
		     struct spans *s)
{
	if (off > h->len)
		return;
	for (size_t i = 0; i < n; i++) {
		struct uapi_target t;
		uint64_t addr;

		if (f[i].kind == UAPI_PTR && uapi_get(&f[i], h->img + off, h->len - off, &addr) &&
		    uapi_target(&f[i], h->img + off, h->len - off, &t))
			add(s, addr, t.len, t.dir, f[i].name);
	}
}

int uapi_spans(const struct uapi_row *row, const struct uapi_mem *mem, uintptr_t arg,
	       struct uapi_span *v, size_t max)
{
	struct spans s = { v, 0, max };
	const struct uapi_field *in_place = NULL;
	struct uapi_target data;
	struct head h;
	uint64_t in = 0, out = 0, fixed;
	uint8_t dir;
	bool nested;
	int ret;

	if (row->rule == UAPI_SIZE_NONE || row->rule == UAPI_SIZE_VALUE)
		return 0;
	if (row->rule == UAPI_SIZE_STR)
		return str_span(mem, arg, &s);
	ret = read_given(row, mem, arg, &h);
	if (ret)
		return ret;

	fixed = min64(h.given, row->size);
	dir = uapi_fields_dir(row->fields, row->nfields);
	if (dir & UAPI_IN)
		in = row->rule == UAPI_SIZE_EXT ? h.given : fixed;
	if (dir & UAPI_OUT)
		out = row->ncaps ? h.given : fixed;

	nested = has_nested(row);
	if (nested) {
		ret = read_head(row, mem, arg, &h);
		if (ret)
			return ret;
	}
	for (size_t i = 0; nested && i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];
		uint64_t end;

		if (f->kind != UAPI_INLINE || !uapi_target(f, h.img, h.len, &data))
			continue;
		/* A length that the kernel will tell can be all there is. */
		if (f->ptr_count_is_out || data.len == UINT64_MAX)
			end = h.given == UINT64_MAX ? row->size : h.given;
		else
			end = min64(f->off + min64(data.len, UINT32_MAX), h.given);
		if (data.dir & UAPI_IN && end > in)
			in = end;
		if (data.dir & UAPI_OUT && end > out)
			out = end;
		in_place = f;
	}

	in = limited(in);
	out = limited(out);
	if (in == out) {
		add(&s, arg, in, UAPI_INOUT, "arg");
	} else {
		add(&s, arg, in, UAPI_IN, "arg");
		add(&s, arg, out, UAPI_OUT, "arg");
	}
	if (!nested)
		return (int)s.n;

	pointers(row->fields, row->nfields, &h, 0, &s);
	/* One struct in place may hold pointers of its own. */
	if (in_place && uapi_target(in_place, h.img, h.len, &data) && data.type && data.elem &&
	    data.count == 1 && data.dir & UAPI_IN) {
		size_t want = (size_t)min64(min64(in, in_place->off + data.len), sizeof(h.img));

		if (want > h.len) {
			if (mem->in(mem->ctx, h.img + h.len, (uint64_t)arg + h.len, want - h.len))
				return -EFAULT;
			h.len = want;
		}
		pointers(data.type->fields, data.type->nfields, &h, in_place->off, &s);
	}
	return (int)s.n;
}

static const struct uapi_field *field_of_kind(const struct uapi_row *row, enum uapi_kind kind)
{
	for (size_t i = 0; i < row->nfields; i++)
		if (row->fields[i].kind == kind)
			return &row->fields[i];
	return NULL;
}

/* Bytes of the argument that a successful call has written, at most out. */
static int arg_written(const struct uapi_row *row, const struct uapi_mem *mem, uint64_t arg,
		       const struct head *h, uint64_t out, uint64_t *written)
{
	const struct uapi_field *f;
	struct uapi_target t;
	uint64_t val;

	*written = min64(out, row->size);
	f = field_of_kind(row, UAPI_CAPS);
	if (f && uapi_get(f, h->img, h->len, &val) && val) {
		uint64_t told = 0, len;
		uint32_t end;
		int ret;

		/* The compat layer lowers argsz to what it filled; type1 leaves it. */
		if (!uapi_get(&row->fields[0], h->img, h->len, &told) || told < row->size)
			told = out;
		len = min64(out, told);
		ret = uapi_chain_end(row, mem, arg, (uint32_t)val, (uint32_t)len, &end);
		if (ret == -EFAULT)
			return ret;
		if (ret)
			*written = out;
		else if (end > *written)
			*written = end;
	}
	f = field_of_kind(row, UAPI_INLINE);
	if (f && uapi_target(f, h->img, h->len, &t) && t.dir & UAPI_OUT) {
		uint64_t end = t.len == UINT64_MAX ? out : f->off + min64(t.len, UINT32_MAX);

		end = min64(end, out);
		if (end > *written)
			*written = end;
	}
	return 0;
}

/* Elements that were written behind f, in bytes: never more than given. */
static uint64_t returned(const struct uapi_row *row, const struct head *h,
			 const struct uapi_span *given)
{
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];
		struct uapi_target t;

		if (f->kind == UAPI_PTR && f->ptr_count_is_out && !strcmp(f->name, given->what) &&
		    uapi_target(f, h->img, h->len, &t))
			return min64(given->len, t.len);
	}
	return given->len;
}

int uapi_spans_written(const struct uapi_row *row, const struct uapi_mem *mem, uintptr_t arg,
		       int ret, const void *in, const struct uapi_span *before, size_t nbefore,
		       struct uapi_span *v, size_t max)
{
	struct spans s = { v, 0, max };
	struct head h;
	uint64_t out = 0, written = 0;
	size_t narg = 0;

	h.len = 0;
	/* The argument's spans come first; the longest that may be written counts. */
	while (narg < nbefore && before[narg].addr == arg && !strcmp(before[narg].what, "arg")) {
		if (before[narg].dir & UAPI_OUT)
			out = before[narg].len;
		narg++;
	}
	if (out) {
		h.given = out;
		if (read_head(row, mem, arg, &h))
			return -EFAULT;
		/* A failed call has written no more than the struct. */
		written = min64(out, row->size);
		if (ret >= 0 && arg_written(row, mem, arg, &h, out, &written))
			return -EFAULT;
		if (ret < 0 && in && before[0].dir & UAPI_IN &&
		    !memcmp(in, h.img, (size_t)min64(h.len, before[0].len)))
			written = 0;
	}
	add(&s, arg, written, UAPI_OUT, "arg");
	for (size_t i = narg; i < nbefore; i++)
		if (before[i].dir & UAPI_OUT)
			add(&s, before[i].addr, returned(row, &h, &before[i]), UAPI_OUT,
			    before[i].what);
	return (int)s.n;
}
