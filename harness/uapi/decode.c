// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A call as one line of text: NAME({field=value, ...}) = result.
 *
 * A field that the kernel read and rewrote is "before => after"; one that only
 * the kernel writes is shown when there was an answer. Reserved members are
 * shown when they are not zero. Data behind pointers takes the pointer's
 * place when it was recorded.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "harness/uapi/rows.h"
#include "harness/uapi/text.h"

/* A struct before and after the call. */
struct images {
	const uint8_t *in, *out;
	size_t in_len, out_len;
	bool answered; /* out fields mean something */
};

struct decode {
	struct text t;
	const struct uapi_row *row;
	const struct uapi_buf *bufs;
	size_t nbufs;
};

static void fields(struct decode *d, const struct uapi_field *f, size_t n, const struct images *im);

/* The same images from off on, for a struct inside a struct. */
static struct images inside(const struct images *im, size_t off)
{
	struct images sub = *im;
	size_t in = off < im->in_len ? off : im->in_len,
	       out = off < im->out_len ? off : im->out_len;

	/* No arithmetic on a NULL pointer. */
	sub.in = in ? im->in + in : im->in;
	sub.in_len = im->in_len - in;
	sub.out = out ? im->out + out : im->out;
	sub.out_len = im->out_len - out;
	return sub;
}

static void limit(struct images *im, size_t len)
{
	if (im->in_len > len)
		im->in_len = len;
	if (im->out_len > len)
		im->out_len = len;
}

/* A struct that reads best as [a,b]: an interval. */
static bool is_range(const struct uapi_struct *s)
{
	return s->nfields == 2 && !strcmp(s->name, "range");
}

/* One element of a described type. */
static void element(struct decode *d, const struct uapi_struct *s, const struct images *im)
{
	const uint8_t *img = im->out_len ? im->out : im->in;
	size_t len = im->out_len ? im->out_len : im->in_len;
	uint64_t a, b;

	if (s->nfields == 1) {
		if (uapi_get(&s->fields[0], img, len, &a))
			uapi_text_value(&d->t, &s->fields[0], a);
	} else if (is_range(s)) {
		if (uapi_get(&s->fields[0], img, len, &a) && uapi_get(&s->fields[1], img, len, &b))
			uapi_text(&d->t, "[0x%" PRIx64 ",0x%" PRIx64 "]", a, b);
	} else {
		uapi_text(&d->t, "{");
		fields(d, s->fields, s->nfields, im);
		uapi_text(&d->t, "}");
	}
}

/* The data of t in images that begin with it and end with it or before. */
static void data(struct decode *d, const struct uapi_field *f, const struct uapi_target *t,
		 const struct images *im)
{
	size_t len = im->out_len > im->in_len ? im->out_len : im->in_len;
	const uint8_t *img = im->out_len >= im->in_len ? im->out : im->in;

	if (!t->type || !t->type->size || !len) {
		uapi_text_hex(&d->t, img, len);
		return;
	}
	if (t->type->nfields == 1 && t->type->fields[0].kind == UAPI_BYTES) {
		uapi_text_hex(&d->t, img, len);
		return;
	}
	/* One struct: no length field, or a length in bytes (as behind data_uptr). */
	if (!f->ptr_len_width || (f->ptr_elem == 1 && t->type->size > 1)) {
		element(d, t->type, im);
		return;
	}
	uapi_text(&d->t, "[");
	for (size_t off = 0; t->elem && len - off >= t->elem; off += t->elem) {
		struct images e = inside(im, off);

		limit(&e, t->elem);
		uapi_text(&d->t, off ? ", " : "");
		element(d, t->type, &e);
	}
	uapi_text(&d->t, "]");
}

/* Where the fields that describe f's data stand as they were when the data was made. */
static bool target(const struct uapi_field *f, const struct images *im, struct uapi_target *t)
{
	if (f->dir & UAPI_OUT && im->answered && uapi_target(f, im->out, im->out_len, t))
		return true;
	return uapi_target(f, im->in, im->in_len, t);
}

static const struct uapi_buf *buf_of(const struct decode *d, const char *name)
{
	for (size_t i = 0; i < d->nbufs; i++)
		if (!strcmp(d->bufs[i].what, name))
			return &d->bufs[i];
	return NULL;
}

static void pointer(struct decode *d, const struct uapi_field *f, const struct images *im,
		    uint64_t addr)
{
	const struct uapi_buf *buf = buf_of(d, f->name);
	struct uapi_target t;
	struct images im2;
	size_t len;

	if (!addr) {
		uapi_text(&d->t, "NULL");
		return;
	}
	if (!buf || !buf->len || !target(f, im, &t)) {
		uapi_text(&d->t, "0x%" PRIx64, addr);
		return;
	}
	len = buf->len;
	/* Of a returned list, what is there; of a buffer, what the kernel had for it. */
	if (!(f->dir & UAPI_IN) && t.len < len)
		len = (size_t)t.len;
	im2 = (struct images){
		.in = buf->data, .out = buf->data, .in_len = len, .out_len = len, .answered = true
	};
	data(d, f, &t, &im2);
}

static void in_place(struct decode *d, const struct uapi_field *f, const struct uapi_target *t,
		     const struct images *im)
{
	struct images sub = inside(im, f->off);

	if (!(t->dir & UAPI_IN))
		sub.in_len = 0;
	if (!(t->dir & UAPI_OUT) || !sub.answered)
		sub.out_len = 0;
	if (t->len < SIZE_MAX)
		limit(&sub, (size_t)t->len);
	data(d, f, t, &sub);
}

static void capability(struct decode *d, const struct uapi_cap *cap, const struct images *im)
{
	const struct uapi_struct *s = NULL;
	struct images sub = inside(im, cap->off);

	if (cap->id < d->row->ncaps && d->row->caps[cap->id].name)
		s = &d->row->caps[cap->id];
	if (s)
		uapi_text(&d->t, "%s@%" PRIu32, s->name, cap->off);
	else
		uapi_text(&d->t, "id%u@%" PRIu32, cap->id, cap->off);
	if (cap->version != 1)
		uapi_text(&d->t, " v%u", cap->version);
	if (s && s->size) {
		uapi_text(&d->t, "{");
		fields(d, s->fields, s->nfields, &sub);
		uapi_text(&d->t, "}");
	} else {
		sub = inside(im, cap->off + sizeof(struct vfio_info_cap_header));
		uapi_text(&d->t, "{");
		uapi_text_hex(&d->t, sub.out,
			      cap->end - cap->off - sizeof(struct vfio_info_cap_header));
		uapi_text(&d->t, "}");
	}
}

static void capabilities(struct decode *d, const struct images *im, uint64_t first)
{
	uint32_t pos = (uint32_t)first;
	struct uapi_cap cap;
	const char *sep = "";
	int ret;

	uapi_text(&d->t, ", caps=[");
	while ((ret = uapi_cap_next(im->out, im->out_len, &pos, &cap)) > 0) {
		uapi_text(&d->t, "%s", sep);
		capability(d, &cap, im);
		sep = ", ";
	}
	if (ret)
		uapi_text(&d->t, "%smalformed chain", sep);
	uapi_text(&d->t, "]");
}

/* A plain field's values before and after; false: nothing was to be shown. */
static bool plain(struct decode *d, const struct uapi_field *f, const struct images *im,
		  const char *sep)
{
	uint64_t before = 0, after = 0;
	bool has_in = f->dir & UAPI_IN && uapi_get(f, im->in, im->in_len, &before);
	bool has_out =
		f->dir & UAPI_OUT && im->answered && uapi_get(f, im->out, im->out_len, &after);

	if (!has_in && !has_out)
		return false;
	if (f->kind == UAPI_RESERVED && !before && !after)
		return false;
	uapi_text(&d->t, "%s%s=", sep, f->name);
	if (has_in)
		uapi_text_value(&d->t, f, before);
	if (has_out && (!has_in || after != before)) {
		uapi_text(&d->t, has_in ? " => " : "");
		uapi_text_value(&d->t, f, after);
	}
	if (f->kind == UAPI_CAPS && has_out && after)
		capabilities(d, im, after);
	return true;
}

static void fields(struct decode *d, const struct uapi_field *f, size_t n, const struct images *im)
{
	const char *sep = "";

	for (size_t i = 0; i < n; i++) {
		struct uapi_target t;
		uint64_t addr;

		if (f[i].kind == UAPI_INLINE) {
			if (!target(&f[i], im, &t) || (!(t.dir & UAPI_IN) && !im->answered))
				continue;
			uapi_text(&d->t, "%s%s=", sep, f[i].name);
			in_place(d, &f[i], &t, im);
			sep = ", ";
			continue;
		}
		if (f[i].kind == UAPI_PTR) {
			/* The address itself is always the caller's. */
			if (!uapi_get(&f[i], im->in, im->in_len, &addr) &&
			    !uapi_get(&f[i], im->out, im->out_len, &addr))
				continue;
			uapi_text(&d->t, "%s%s=", sep, f[i].name);
			pointer(d, &f[i], im, addr);
			sep = ", ";
			continue;
		}
		if (plain(d, &f[i], im, sep))
			sep = ", ";
	}
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void argument(struct decode *d, uintptr_t arg, const struct images *im)
{
	const struct uapi_row *row = d->row;

	switch ((enum uapi_size)row->rule) {
	case UAPI_SIZE_NONE: return;
	case UAPI_SIZE_VALUE: uapi_text_value(&d->t, &row->fields[0], arg); return;
	case UAPI_SIZE_STR:
		if (im->in_len)
			uapi_text_str(&d->t, im->in, im->in_len);
		else
			uapi_text(&d->t, "0x%" PRIx64, (uint64_t)arg);
		return;
	case UAPI_SIZE_FIXED:
	case UAPI_SIZE_ARGSZ:
	case UAPI_SIZE_EXT: break;
	}
	if (!im->in_len && !im->out_len) {
		if (arg)
			uapi_text(&d->t, "0x%" PRIx64, (uint64_t)arg);
		else
			uapi_text(&d->t, "NULL");
		return;
	}
	if (row->nfields == 1) {
		const struct uapi_struct one = { row->name, row->size, row->fields, 1 };

		uapi_text(&d->t, "[");
		if (row->fields[0].dir & UAPI_IN || im->answered)
			element(d, &one, im);
		uapi_text(&d->t, "]");
		return;
	}
	uapi_text(&d->t, "{");
	fields(d, row->fields, row->nfields, im);
	if (row->rule == UAPI_SIZE_EXT && im->in_len > row->size &&
	    !all_zero(im->in + row->size, im->in_len - row->size)) {
		uapi_text(&d->t, ", beyond=");
		uapi_text_hex(&d->t, im->in + row->size, im->in_len - row->size);
	}
	uapi_text(&d->t, "}");
}

static void unknown(struct decode *d, uint32_t req, uintptr_t arg, const struct images *im,
		    bool changed)
{
	static const char *const dirs[] = { "none", "write", "read", "read|write" };
	uint32_t type = (req >> 8) & 0xff;

	uapi_text(&d->t, "ioctl(0x%" PRIx32 " type=0x%" PRIx32, req, type);
	if (type > ' ' && type < 0x7f)
		uapi_text(&d->t, "'%c'", (char)type);
	uapi_text(&d->t, " nr=%" PRIu32 " dir=%s size=%" PRIu32 ", arg=0x%" PRIx64, req & 0xff,
		  dirs[req >> 30], (req >> 16) & 0x3fff, (uint64_t)arg);
	if (im->in_len) {
		uapi_text(&d->t, ", in=");
		uapi_text_hex(&d->t, im->in, im->in_len);
	}
	if (changed && im->out_len) {
		uapi_text(&d->t, ", out=");
		uapi_text_hex(&d->t, im->out, im->out_len);
	}
	uapi_text(&d->t, ")");
}

static void result(struct text *t, const struct uapi_row *row, int ret)
{
	const char *name;

	if (ret >= 0) {
		uapi_text(t, " = %d", ret);
		if (row && row->returns)
			uapi_text(t, "<%s>", uapi_fd_name((enum uapi_fd)row->returns));
		return;
	}
	/* The most negative int has no positive: it is no errno anyway. */
	name = ret > INT32_MIN ? uapi_errno_name(-ret) : NULL;
	if (name)
		uapi_text(t, " = -1 %s", name);
	else
		uapi_text(t, " = -1 errno %" PRId64, -(int64_t)ret);
}

size_t uapi_decode(char *dst, size_t cap, enum uapi_fd kind, uint32_t req, uintptr_t arg,
		   const void *in, size_t in_len, const void *out, size_t out_len,
		   const struct uapi_buf *bufs, size_t nbufs, int ret)
{
	struct decode d = {
		.t = { dst, cap, 0 }, .row = uapi_find(kind, req), .bufs = bufs, .nbufs = nbufs
	};
	struct images im = { .in = in,
			     .in_len = in ? in_len : 0,
			     .out = out ? out : in,
			     .out_len = out  ? out_len
					: in ? in_len
					     : 0,
			     .answered = ret >= 0 || out };

	if (cap)
		dst[0] = '\0';
	if (!d.row) {
		unknown(&d, req, arg, &im, out != NULL);
	} else {
		uapi_text(&d.t, "%s(", d.row->name);
		argument(&d, arg, &im);
		uapi_text(&d.t, ")");
	}
	result(&d.t, d.row, ret);
	return d.t.len;
}
