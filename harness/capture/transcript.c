// SPDX-License-Identifier: GPL-2.0-or-later
/* The transcript in memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/transcript.h"

void call_free(struct call *c)
{
	free(c->path);
	free(c->in);
	free(c->out);
	for (size_t i = 0; i < c->nmem; i++) {
		free(c->mem[i].what);
		free(c->mem[i].in);
		free(c->mem[i].out);
	}
	free(c->mem);
	*c = (struct call){ 0 };
}

void transcript_free(struct transcript *t)
{
	free(t->client);
	free(t->kernel);
	free(t->arch);
	free(t->source);
	free(t->device);
	free(t->result);
	free(t->file);
	for (size_t i = 0; i < t->ncalls; i++)
		call_free(&t->calls[i]);
	free(t->calls);
	*t = (struct transcript){ 0 };
}

struct call *transcript_add(struct transcript *t, enum shim_op op)
{
	struct call *c;

	if (t->ncalls == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct call *calls = realloc(t->calls, cap * sizeof(*calls));

		if (!calls)
			return NULL;
		t->calls = calls;
		t->cap = cap;
	}
	c = &t->calls[t->ncalls++];
	*c = (struct call){ .op = op, .fd = -1, .t = -1 };
	return c;
}

static const char *const op_names[] = {
	[SHIM_OP_OPEN] = "open",     [SHIM_OP_CLOSE] = "close",	      [SHIM_OP_IOCTL] = "ioctl",
	[SHIM_OP_READ] = "read",     [SHIM_OP_WRITE] = "write",	      [SHIM_OP_PREAD] = "pread",
	[SHIM_OP_PWRITE] = "pwrite", [SHIM_OP_FSTAT] = "fstat",	      [SHIM_OP_STAT] = "stat",
	[SHIM_OP_ACCESS] = "access", [SHIM_OP_READLINK] = "readlink", [SHIM_OP_LISTDIR] = "listdir",
};

const char *call_op_name(enum shim_op op)
{
	return op < SHIM_OP_ANY ? op_names[op] : "?";
}

const struct uapi_row *capture_row(enum uapi_fd kind, uint32_t req)
{
	const struct uapi_row *row = uapi_find(kind, req);

	if (!row && kind == UAPI_FD_CONTAINER)
		row = uapi_find(UAPI_FD_IOMMUFD, req);
	return row;
}

static bool same_bytes(const uint8_t *a, uint32_t alen, const uint8_t *b, uint32_t blen)
{
	return alen == blen && (!alen || !memcmp(a, b, alen));
}

static bool same_str(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

const char *call_differs(const struct call *a, const struct call *b)
{
	if (a->op != b->op)
		return "call";
	if (a->fd != b->fd)
		return "fd";
	if (a->kind != b->kind)
		return "kind";
	if (!same_str(a->path, b->path))
		return "path";
	if (a->req != b->req)
		return "req";
	if (a->has_arg != b->has_arg || a->arg != b->arg)
		return "arg";
	if (a->flags != b->flags)
		return "flags";
	if (a->len != b->len)
		return "len";
	if (a->off != b->off)
		return "off";
	if (!same_bytes(a->in, a->in_len, b->in, b->in_len))
		return "in";
	if (!same_bytes(a->out, a->out_len, b->out, b->out_len))
		return "out";
	if (a->nmem != b->nmem)
		return "mem";
	for (size_t i = 0; i < a->nmem; i++) {
		const struct call_mem *x = &a->mem[i], *y = &b->mem[i];

		if (!same_str(x->what, y->what) ||
		    !same_bytes(x->in, x->in_len, y->in, y->in_len) ||
		    !same_bytes(x->out, x->out_len, y->out, y->out_len))
			return "mem";
	}
	if (a->st.mode != b->st.mode || a->st.rdev_major != b->st.rdev_major ||
	    a->st.rdev_minor != b->st.rdev_minor)
		return "st";
	return a->ret != b->ret ? "ret" : NULL;
}

const char *transcript_differs(const struct transcript *a, const struct transcript *b, long *at)
{
	const char *d;

	*at = -1;
	if (!same_str(a->client, b->client))
		return "client";
	if (!same_str(a->kernel, b->kernel))
		return "kernel";
	if (!same_str(a->arch, b->arch))
		return "arch";
	if (!same_str(a->source, b->source))
		return "source";
	if (!same_str(a->device, b->device))
		return "device";
	for (size_t i = 0; i < a->ncalls && i < b->ncalls; i++) {
		d = call_differs(&a->calls[i], &b->calls[i]);
		if (d) {
			*at = (long)i;
			return d;
		}
	}
	if (a->ncalls != b->ncalls)
		return "number of calls";
	return same_str(a->result, b->result) ? NULL : "result";
}

/* The room left at offset n of a buffer of cap bytes; NULL with cap 0 is a buffer too. */
#define AT(dst, cap, n)	  ((n) < (cap) ? (dst) + (n) : NULL)
#define LEFT(dst, cap, n) ((n) < (cap) ? (cap) - (n) : 0)

#define PUT(...)                                                                                   \
	do {                                                                                       \
		int put_n = snprintf(AT(dst, cap, n), LEFT(dst, cap, n), __VA_ARGS__);             \
		n += put_n > 0 ? (size_t)put_n : 0;                                                \
	} while (0)

/* Quoted text of bytes, control characters as in C. */
static size_t put_text(char *dst, size_t cap, size_t n, const uint8_t *b, size_t len)
{
	PUT("\"");
	for (size_t i = 0; i < len && i < 200; i++) {
		if (b[i] == '\n')
			PUT("\\n");
		else if (b[i] < 0x20 || b[i] > 0x7e || b[i] == '"')
			PUT("\\x%02x", b[i]);
		else
			PUT("%c", b[i]);
	}
	PUT(len > 200 ? "\"..." : "\"");
	return n;
}

static size_t put_ret(char *dst, size_t cap, size_t n, int64_t ret)
{
	const char *e;

	if (ret >= 0) {
		PUT(" = %" PRId64, ret);
		return n;
	}
	e = uapi_errno_name((int)-ret);
	if (e)
		PUT(" = -1 %s", e);
	else
		PUT(" = -1 errno %" PRId64, -ret);
	return n;
}

static size_t decode_ioctl(char *dst, size_t cap, const struct call *c)
{
	struct uapi_buf bufs[UAPI_SPANS_MAX];
	enum uapi_fd kind = c->kind;
	size_t nbufs = 0;

	for (size_t i = 0; i < c->nmem && nbufs < UAPI_SPANS_MAX; i++) {
		const struct call_mem *m = &c->mem[i];

		if (m->out)
			bufs[nbufs++] = (struct uapi_buf){ m->what, m->out, m->out_len };
		else if (m->in)
			bufs[nbufs++] = (struct uapi_buf){ m->what, m->in, m->in_len };
	}
	if (kind == UAPI_FD_CONTAINER && !uapi_find(kind, c->req) &&
	    uapi_find(UAPI_FD_IOMMUFD, c->req))
		kind = UAPI_FD_IOMMUFD;
	return uapi_decode(dst, cap, kind, c->req, (uintptr_t)c->arg, c->in, c->in_len, c->out,
			   c->out_len, bufs, nbufs, (int)c->ret);
}

size_t call_decode(char *dst, size_t cap, const struct call *c)
{
	size_t n = 0;

	if (c->op == SHIM_OP_IOCTL) {
		PUT("%s %d: ", uapi_fd_name(c->kind), c->fd);
		return n + decode_ioctl(AT(dst, cap, n), LEFT(dst, cap, n), c);
	}
	PUT("%s(", call_op_name(c->op));
	if (c->path)
		PUT("%s", c->path);
	else
		PUT("%s %d", uapi_fd_name(c->kind), c->fd);
	if (c->op == SHIM_OP_OPEN || c->op == SHIM_OP_ACCESS)
		PUT(", 0x%" PRIx32, c->flags);
	if (c->op == SHIM_OP_READ || c->op == SHIM_OP_WRITE || c->op == SHIM_OP_PREAD ||
	    c->op == SHIM_OP_PWRITE)
		PUT(", %" PRIu64 " bytes", c->len);
	if (c->op == SHIM_OP_PREAD || c->op == SHIM_OP_PWRITE)
		PUT(" at 0x%" PRIx64, c->off);
	if (c->in) {
		PUT(", ");
		n = put_text(dst, cap, n, c->in, c->in_len);
	}
	if (c->out) {
		PUT(", ");
		n = put_text(dst, cap, n, c->out, c->out_len);
	}
	if ((c->op == SHIM_OP_FSTAT || c->op == SHIM_OP_STAT) && c->ret == 0)
		PUT(", {mode=0%" PRIo32 ", rdev=%" PRIu32 ":%" PRIu32 "}", c->st.mode,
		    c->st.rdev_major, c->st.rdev_minor);
	PUT(")");
	return put_ret(dst, cap, n, c->ret);
}
