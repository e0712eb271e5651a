// SPDX-License-Identifier: GPL-2.0-or-later
/* Between an ioctl in the caller's memory and a struct call. */
#include <errno.h>
#include <linux/ioctl.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/marshal.h"

int call_bytes(uint8_t **dst, uint32_t *dst_len, const void *src, size_t len)
{
	uint8_t *v = malloc(len + 1);

	if (!v)
		return -ENOMEM;
	if (len)
		memcpy(v, src, len);
	free(*dst);
	*dst = v;
	*dst_len = (uint32_t)len;
	return 0;
}

struct call_mem *call_mem(struct call *c, const char *what)
{
	struct call_mem *m;

	for (size_t i = 0; i < c->nmem; i++) {
		if (!strcmp(c->mem[i].what, what))
			return &c->mem[i];
	}
	m = realloc(c->mem, (c->nmem + 1) * sizeof(*m));
	if (!m)
		return NULL;
	c->mem = m;
	m += c->nmem;
	*m = (struct call_mem){ .what = strdup(what) };
	if (!m->what)
		return NULL;
	c->nmem++;
	return m;
}

static bool is_arg(const struct marshal *m, int i)
{
	return m->before[i].addr == m->arg && !strcmp(m->before[i].what, "arg");
}

/* The span of the argument that may be written; -1: none. */
static int out_arg(const struct marshal *m)
{
	for (int i = m->n - 1; i >= 0; i--) {
		if (is_arg(m, i) && m->before[i].dir & UAPI_OUT)
			return i;
	}
	return -1;
}

/* ---- before ------------------------------------------------------------- */

static void spans_by_number(struct marshal *m, uint32_t req)
{
	uint8_t dir = 0;

	if (_IOC_DIR(req) & _IOC_WRITE)
		dir |= UAPI_IN;
	if (_IOC_DIR(req) & _IOC_READ)
		dir |= UAPI_OUT;
	if (!dir || !_IOC_SIZE(req))
		return;
	m->before[0] = (struct uapi_span){ m->arg, _IOC_SIZE(req), dir, "arg" };
	m->n = 1;
}

int marshal_before(struct marshal *m, const struct uapi_row *row, uint32_t req, uintptr_t arg,
		   const struct uapi_mem *mem, struct call *c)
{
	uint32_t word;

	*m = (struct marshal){ .row = row, .mem = mem, .arg = arg };
	if (row)
		m->n = uapi_spans(row, mem, arg, m->before, UAPI_SPANS_MAX);
	else
		spans_by_number(m, req);
	if (!m->n) {
		c->has_arg = true;
		c->arg = arg;
		return 0;
	}
	/* argsz or size below 4: that word is all the kernel reads. */
	if (m->n == -EINVAL && !mem->in(mem->ctx, &word, arg, sizeof(word)))
		return call_bytes(&c->in, &c->in_len, &word, sizeof(word));
	for (int i = 0; i < m->n; i++) {
		const struct uapi_span *s = &m->before[i];

		m->pre[i] = malloc(s->len + 1u);
		if (!m->pre[i])
			return -ENOMEM;
		if (mem->in(mem->ctx, m->pre[i], s->addr, s->len)) {
			free(m->pre[i]);
			m->pre[i] = NULL;
			continue;
		}
		if (!(s->dir & UAPI_IN))
			continue;
		if (is_arg(m, i)) {
			if (call_bytes(&c->in, &c->in_len, m->pre[i], s->len))
				return -ENOMEM;
		} else {
			struct call_mem *b = call_mem(c, s->what);

			if (!b || call_bytes(&b->in, &b->in_len, m->pre[i], s->len))
				return -ENOMEM;
		}
	}
	return 0;
}

void marshal_free(struct marshal *m)
{
	for (int i = 0; i < UAPI_SPANS_MAX; i++) {
		free(m->pre[i]);
		m->pre[i] = NULL;
	}
}

/* ---- after -------------------------------------------------------------- */

/* The argument: as far as it was written by the protocol, or changed beyond it. */
static int after_arg(struct marshal *m, uint32_t written, struct call *c)
{
	int i = out_arg(m), rc = 0;
	uint32_t len, changed;
	uint8_t *post;

	if (i < 0 || !m->pre[i])
		return 0;
	len = m->before[i].len;
	post = malloc(len + 1u);
	if (!post)
		return -ENOMEM;
	if (m->mem->in(m->mem->ctx, post, m->arg, len)) {
		free(post);
		return -EFAULT;
	}
	for (changed = len; changed && post[changed - 1] == m->pre[i][changed - 1]; changed--)
		;
	if (changed) {
		len = written > changed ? written : changed;
		if (len > m->before[i].len)
			len = m->before[i].len;
		rc = call_bytes(&c->out, &c->out_len, post, len);
	}
	free(post);
	return rc;
}

/* A buffer behind a pointer; of a failed call only what changed tells that it was written. */
static int after_buffer(struct marshal *m, const struct uapi_span *w, int ret, struct call *c)
{
	uint8_t *post = malloc(w->len + 1u);
	struct call_mem *b;
	bool same = false;
	int rc = 0;

	if (!post)
		return -ENOMEM;
	if (m->mem->in(m->mem->ctx, post, w->addr, w->len)) {
		free(post);
		return -EFAULT;
	}
	for (int i = 0; i < m->n; i++) {
		if (!strcmp(m->before[i].what, w->what) && m->pre[i] && m->before[i].len >= w->len)
			same = !memcmp(post, m->pre[i], w->len);
	}
	if (ret >= 0 || !same) {
		b = call_mem(c, w->what);
		rc = b ? call_bytes(&b->out, &b->out_len, post, w->len) : -ENOMEM;
	}
	free(post);
	return rc;
}

int marshal_after(struct marshal *m, int ret, struct call *c)
{
	struct uapi_span w[UAPI_SPANS_MAX];
	uint32_t written = 0;
	int n = 0, rc;

	if (m->n <= 0)
		return 0;
	if (m->row)
		n = uapi_spans_written(m->row, m->mem, m->arg, ret, c->in, m->before, (size_t)m->n,
				       w, UAPI_SPANS_MAX);
	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		if (w[i].addr == m->arg && !strcmp(w[i].what, "arg"))
			written = w[i].len;
	}
	rc = after_arg(m, written, c);
	for (int i = 0; i < n && !rc; i++) {
		if (w[i].addr != m->arg || strcmp(w[i].what, "arg"))
			rc = after_buffer(m, &w[i], ret, c);
	}
	return rc;
}

/* ---- fields ------------------------------------------------------------- */

void marshal_fields(const struct uapi_row *row, const void *img, size_t len, marshal_field_fn fn,
		    void *ctx)
{
	for (size_t i = 0; row && i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];
		struct uapi_target t;

		if (f->kind != UAPI_INLINE) {
			fn(ctx, f, 0);
			continue;
		}
		if (!uapi_target(f, img, len, &t) || !t.type || !t.elem)
			continue;
		/* A claim of millions of elements ends with the image. */
		for (uint64_t e = 0; e < t.count && f->off + (e + 1) * t.elem <= len; e++) {
			for (size_t k = 0; k < t.type->nfields; k++)
				fn(ctx, &t.type->fields[k], f->off + (size_t)(e * t.elem));
		}
	}
}

struct mask {
	uint8_t *img;
	size_t len;
};

/* Brings a field that must not be compared to one of two values. */
static void mask_field(void *ctx, const struct uapi_field *f, size_t base)
{
	const struct mask *k = ctx;
	uint64_t v;

	if (base > k->len)
		return;
	if (f->kind == UAPI_PTR) {
		if (uapi_get(f, k->img + base, k->len - base, &v))
			uapi_put(f, k->img + base, k->len - base, v ? 1 : 0);
	} else if (!(f->dir & UAPI_IN) && f->kind != UAPI_INLINE &&
		   base + f->off + f->width <= k->len) {
		memset(k->img + base + f->off, 0, f->width);
	}
}

static uint8_t *masked(const struct uapi_row *row, const struct call *c)
{
	uint8_t *img = malloc(c->in_len + 1u);
	struct mask k = { img, c->in_len };

	if (!img)
		return NULL;
	memcpy(img, c->in, c->in_len);
	marshal_fields(row, c->in, c->in_len, mask_field, &k);
	return img;
}

struct locate {
	const uint8_t *a, *b;
	size_t len;
	const char *name;
};

static void locate_field(void *ctx, const struct uapi_field *f, size_t base)
{
	struct locate *l = ctx;

	if (!l->name && f->kind != UAPI_INLINE && base + f->off + f->width <= l->len &&
	    memcmp(l->a + base + f->off, l->b + base + f->off, f->width))
		l->name = f->name;
}

static const char *in_differs(const struct uapi_row *row, const struct call *a,
			      const struct call *b)
{
	struct locate l = { 0 };
	uint8_t *x, *y;

	if (!a->in && !b->in)
		return NULL;
	if (!a->in || !b->in || a->in_len != b->in_len)
		return "size";
	x = masked(row, a);
	y = masked(row, b);
	if (!x || !y) {
		l.name = "memory to compare with";
	} else if (memcmp(x, y, a->in_len)) {
		l = (struct locate){ x, y, a->in_len, NULL };
		marshal_fields(row, a->in, a->in_len, locate_field, &l);
		if (!l.name)
			l.name = "in";
	}
	free(x);
	free(y);
	return l.name;
}

static const struct call_mem *find_mem(const struct call *c, const char *what)
{
	for (size_t i = 0; i < c->nmem; i++) {
		if (!strcmp(c->mem[i].what, what))
			return &c->mem[i];
	}
	return NULL;
}

/* What a reads through pointers, against b's. */
static const char *buffers_differ(const struct call *a, const struct call *b)
{
	for (size_t i = 0; i < a->nmem; i++) {
		const struct call_mem *x = &a->mem[i], *y = find_mem(b, x->what);

		if (!x->in)
			continue;
		if (!y || !y->in || x->in_len != y->in_len || memcmp(x->in, y->in, x->in_len))
			return x->what;
	}
	return NULL;
}

const char *marshal_differs(const struct uapi_row *row, const struct call *a, const struct call *b)
{
	const char *what;

	if (a->has_arg != b->has_arg)
		return "arg";
	if (a->has_arg && a->arg != b->arg && (!row || row->rule != UAPI_SIZE_NONE))
		return "arg";
	what = in_differs(row, a, b);
	if (!what)
		what = buffers_differ(a, b);
	return what ? what : buffers_differ(b, a);
}

/* ---- apply -------------------------------------------------------------- */

struct keep {
	uint8_t *to;
	size_t len;
	const uint8_t *from;
	size_t from_len;
};

static void keep_pointer(void *ctx, const struct uapi_field *f, size_t base)
{
	const struct keep *k = ctx;
	size_t at = base + f->off;

	if (f->kind == UAPI_PTR && at + f->width <= k->len && at + f->width <= k->from_len)
		memcpy(k->to + at, k->from + at, f->width);
}

static int apply_arg(const struct marshal *m, const struct call *live, const struct call *rec)
{
	int i = out_arg(m), rc;
	uint8_t *img;

	if (!rec->out)
		return 0;
	if (i < 0 || rec->out_len > m->before[i].len)
		return -EOVERFLOW;
	img = malloc(rec->out_len + 1u);
	if (!img)
		return -ENOMEM;
	memcpy(img, rec->out, rec->out_len);
	if (live->in) {
		struct keep k = { img, rec->out_len, live->in, live->in_len };

		marshal_fields(m->row, live->in, live->in_len, keep_pointer, &k);
	}
	rc = m->mem->out(m->mem->ctx, m->arg, img, rec->out_len) ? -EFAULT : 0;
	free(img);
	return rc;
}

int marshal_apply(const struct marshal *m, const struct call *live, const struct call *rec)
{
	int rc = apply_arg(m, live, rec);

	for (size_t k = 0; k < rec->nmem && !rc; k++) {
		const struct call_mem *b = &rec->mem[k];
		const struct uapi_span *to = NULL;

		if (!b->out)
			continue;
		for (int i = 0; i < m->n; i++) {
			if (!is_arg(m, i) && !strcmp(m->before[i].what, b->what) &&
			    m->before[i].dir & UAPI_OUT)
				to = &m->before[i];
		}
		if (!to || b->out_len > to->len)
			return -EOVERFLOW;
		rc = m->mem->out(m->mem->ctx, to->addr, b->out, b->out_len) ? -EFAULT : 0;
	}
	return rc;
}
