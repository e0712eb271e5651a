// SPDX-License-Identifier: GPL-2.0-or-later
/* The replayer: each live call is held against the next recorded one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/marshal.h"
#include "harness/capture/replay.h"

#define ERROR_MAX 4096
#define TEXT_MAX  1500

struct replayer {
	struct shim shim;
	const struct transcript *t;
	const struct uapi_mem *mem;
	size_t next;
	bool failed;
	char error[ERROR_MAX];
};

static struct replayer *of(struct shim *s)
{
	return (struct replayer *)s;
}

/* Where the next recorded call stands: "FILE:LINE". */
static void where(const struct replayer *r, char *dst, size_t cap)
{
	snprintf(dst, cap, "%s:%u", r->t->file ? r->t->file : "transcript",
		 transcript_line(r->t, r->next));
}

/* The request of a call, without its answer. */
static void request_text(char *dst, size_t cap, const struct call *c)
{
	struct call_mem mem[UAPI_SPANS_MAX];
	struct call ask = *c;
	char *end;

	ask.out = NULL;
	ask.out_len = 0;
	ask.ret = -EIO;
	ask.nmem = 0;
	ask.mem = mem;
	for (size_t i = 0; i < c->nmem && ask.nmem < UAPI_SPANS_MAX; i++) {
		mem[ask.nmem] = c->mem[i];
		mem[ask.nmem].out = NULL;
		ask.nmem++;
	}
	call_decode(dst, cap, &ask);
	end = strrchr(dst, ')');
	if (end)
		end[1] = 0;
}

/* Notes the first deviation; what names the part that differs, NULL for the whole. */
static int deviates(struct replayer *r, const char *what, const struct call *expected,
		    const struct call *got)
{
	char want[TEXT_MAX], have[TEXT_MAX], at[512];

	if (r->failed)
		return -EIO;
	r->failed = true;
	where(r, at, sizeof(at));
	request_text(have, sizeof(have), got);
	if (!expected) {
		snprintf(r->error, sizeof(r->error), "%s: expected no more calls, got %s", at,
			 have);
		return -EIO;
	}
	request_text(want, sizeof(want), expected);
	snprintf(r->error, sizeof(r->error), "%s: %s%sexpected %s, got %s", at, what ? what : "",
		 what ? " differs: " : "", want, have);
	return -EIO;
}

static int bad_reply(struct replayer *r, const struct call *expected, const char *why)
{
	char want[TEXT_MAX], at[512];

	if (r->failed)
		return -EIO;
	r->failed = true;
	where(r, at, sizeof(at));
	call_decode(want, sizeof(want), expected);
	snprintf(r->error, sizeof(r->error), "%s: %s: %s", at, why, want);
	return -EIO;
}

/* Which member of two calls differs, an ioctl's argument apart; NULL: none. */
static const char *differs(const struct call *e, const struct call *g)
{
	if (e->op != g->op)
		return "call";
	if (e->fd != g->fd)
		return "fd";
	if ((e->path || g->path) && (!e->path || !g->path || strcmp(e->path, g->path)))
		return "path";
	if (e->req != g->req)
		return "request";
	if (e->flags != g->flags)
		return g->op == SHIM_OP_ACCESS ? "mode" : "flags";
	if (e->len != g->len)
		return "length";
	if (e->off != g->off)
		return "offset";
	return NULL;
}

/* The recorded call that g is, stepped over; NULL after a deviation. */
static const struct call *match(struct replayer *r, const struct call *g)
{
	const struct call *e = r->next < r->t->ncalls ? &r->t->calls[r->next] : NULL;
	const char *what;

	if (r->failed)
		return NULL;
	what = e ? differs(e, g) : NULL;
	if (!e || what) {
		deviates(r, what, e, g);
		return NULL;
	}
	r->next++;
	return e;
}

static int replay_open(struct shim *s, const char *path, int flags)
{
	struct call g = { .op = SHIM_OP_OPEN, .fd = -1, .flags = (uint32_t)flags };
	const struct call *e;

	g.path = (char *)path;
	e = match(of(s), &g);
	return e ? (int)e->ret : -EIO;
}

/* The kind of a live fd is that of the recorded one with its number. */
static struct call on_fd(struct replayer *r, enum shim_op op, int fd)
{
	struct call g = { .op = op, .fd = fd };

	for (size_t i = r->next; i < r->t->ncalls && g.kind == UAPI_FD_UNKNOWN; i++) {
		const struct call *c = &r->t->calls[i];

		if (c->fd == fd && c->fd >= 0)
			g.kind = c->kind;
		else if (c->fd < 0 && c->op == SHIM_OP_OPEN && c->ret == fd)
			break;
	}
	return g;
}

static int replay_close(struct shim *s, int fd)
{
	struct call g = on_fd(of(s), SHIM_OP_CLOSE, fd);
	const struct call *e = match(of(s), &g);

	return e ? (int)e->ret : -EIO;
}

static int replay_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct replayer *r = of(s);
	const struct call *e = r->next < r->t->ncalls ? &r->t->calls[r->next] : NULL;
	struct call g = { .op = SHIM_OP_IOCTL, .fd = fd, .req = req };
	const struct uapi_row *row;
	const char *what;
	struct marshal m;
	int rc;

	if (r->failed)
		return -EIO;
	g.kind = e && e->fd == fd ? e->kind : on_fd(r, SHIM_OP_IOCTL, fd).kind;
	row = capture_row(g.kind, req);
	rc = marshal_before(&m, row, req, arg, r->mem, &g);
	what = e ? differs(e, &g) : NULL;
	if (e && !what)
		what = marshal_differs(row, e, &g);
	if (rc) {
		bad_reply(r, &g, "out of memory");
	} else if (!e || what) {
		rc = deviates(r, what, e, &g);
	} else {
		r->next++;
		rc = marshal_apply(&m, &g, e);
		if (rc == -EOVERFLOW) {
			r->next--;
			rc = bad_reply(r, e,
				       "the recorded reply is larger than the caller's memory");
		} else if (rc) {
			r->next--;
			rc = bad_reply(r, e, "the caller's memory cannot be written");
		} else {
			rc = (int)e->ret;
		}
	}
	marshal_free(&m);
	call_free(&g);
	return rc;
}

static ssize_t give(const struct call *e, void *buf)
{
	if (!e)
		return -EIO;
	/* len has been compared, and no recorded reply is longer than its len. */
	if (e->ret > 0)
		memcpy(buf, e->out, (size_t)e->ret);
	return (ssize_t)e->ret;
}

static ssize_t replay_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct call g = on_fd(of(s), SHIM_OP_READ, fd);

	g.len = len;
	return give(match(of(s), &g), buf);
}

static ssize_t replay_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	struct call g = on_fd(of(s), SHIM_OP_PREAD, fd);

	g.len = len;
	g.off = off;
	return give(match(of(s), &g), buf);
}

static ssize_t take(struct replayer *r, struct call *g, const void *buf, size_t len)
{
	const struct call *e;

	g->len = len;
	e = match(r, g);
	if (!e)
		return -EIO;
	if (len && memcmp(e->in, buf, len)) {
		r->next--;
		g->in = (uint8_t *)buf;
		g->in_len = (uint32_t)len;
		return deviates(r, "data", e, g);
	}
	return (ssize_t)e->ret;
}

static ssize_t replay_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct call g = on_fd(of(s), SHIM_OP_WRITE, fd);

	return take(of(s), &g, buf, len);
}

static ssize_t replay_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	struct call g = on_fd(of(s), SHIM_OP_PWRITE, fd);

	g.off = off;
	return take(of(s), &g, buf, len);
}

static int give_stat(const struct call *e, struct shim_stat *st)
{
	if (!e)
		return -EIO;
	if (e->ret >= 0)
		*st = e->st;
	return (int)e->ret;
}

static int replay_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct call g = on_fd(of(s), SHIM_OP_FSTAT, fd);

	return give_stat(match(of(s), &g), st);
}

static int replay_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct call g = { .op = SHIM_OP_STAT, .fd = -1, .path = (char *)path };

	return give_stat(match(of(s), &g), st);
}

static int replay_access(struct shim *s, const char *path, int mode)
{
	struct call g = { .op = SHIM_OP_ACCESS, .fd = -1, .flags = (uint32_t)mode };
	const struct call *e;

	g.path = (char *)path;
	e = match(of(s), &g);
	return e ? (int)e->ret : -EIO;
}

static ssize_t replay_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct call g = { .op = SHIM_OP_READLINK, .fd = -1, .path = (char *)path, .len = len };

	return give(match(of(s), &g), buf);
}

static ssize_t replay_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct call g = { .op = SHIM_OP_LISTDIR, .fd = -1, .path = (char *)path, .len = len };

	return give(match(of(s), &g), buf);
}

static void replay_destroy(struct shim *s)
{
	free(s);
}

static const struct shim_ops replay_ops = {
	.name = "replay",
	.open = replay_open,
	.close = replay_close,
	.ioctl = replay_ioctl,
	.read = replay_read,
	.write = replay_write,
	.pread = replay_pread,
	.pwrite = replay_pwrite,
	.fstat = replay_fstat,
	.stat = replay_stat,
	.access = replay_access,
	.readlink = replay_readlink,
	.listdir = replay_listdir,
	.destroy = replay_destroy,
};

struct shim *shim_replay_new(const struct transcript *t, const struct uapi_mem *mem)
{
	struct replayer *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->shim.ops = &replay_ops;
	r->t = t;
	r->mem = mem ? mem : &uapi_mem_self;
	return &r->shim;
}

const char *replay_error(const struct shim *s)
{
	const struct replayer *r = (const struct replayer *)s;

	return r->failed ? r->error : NULL;
}

int replay_finish(const struct shim *s, struct capture_error *err)
{
	const struct replayer *r = (const struct replayer *)s;
	char want[TEXT_MAX], at[512];

	if (r->failed)
		return capture_fail(err, -EPROTO, "%s", r->error);
	if (r->next == r->t->ncalls)
		return 0;
	where(r, at, sizeof(at));
	request_text(want, sizeof(want), &r->t->calls[r->next]);
	return capture_fail(err, -EPROTO, "%s: expected %s, got the end: %zu recorded calls left",
			    at, want, r->t->ncalls - r->next);
}
