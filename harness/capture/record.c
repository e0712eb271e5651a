// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recorder. Whatever goes wrong with recording, the call below is made and
 * its result handed on; the error waits for record_finish().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/capture/fds.h"
#include "harness/capture/file.h"
#include "harness/capture/marshal.h"
#include "harness/capture/record.h"

struct recorder {
	struct shim shim;
	struct shim *under;
	const struct uapi_mem *mem;
	struct transcript *to;
	struct fd_table fds;
	char *path;
	int fd;		/* of path; -1: none, or closed */
	off_t complete; /* bytes of whole lines in it */
	unsigned int line;
	bool times, done;
	struct timespec start;
	int rc; /* first error of recording */
	struct capture_error err;
};

static struct recorder *of(struct shim *s)
{
	return (struct recorder *)s;
}

static void failed(struct recorder *r, int rc)
{
	if (!r->rc)
		r->rc = capture_fail(&r->err, rc, "%s: cannot record: %s",
				     r->path ? r->path : "transcript", strerror(-rc));
}

/* One write() a line. A line that did not fit is taken back, as far as that works. */
static void put_line(struct recorder *r, char *line)
{
	size_t n;
	ssize_t w;
	char *s;

	if (!line) {
		failed(r, -ENOMEM);
		return;
	}
	n = strlen(line);
	s = realloc(line, n + 2);
	if (!s) {
		free(line);
		failed(r, -ENOMEM);
		return;
	}
	memcpy(s + n, "\n", 2);
	if (r->complete + (off_t)n + 1 > CAPTURE_FILE_MAX) {
		free(s);
		failed(r, -EFBIG);
		return;
	}
	do {
		w = write(r->fd, s, n + 1);
	} while (w < 0 && errno == EINTR);
	free(s);
	if (w == (ssize_t)(n + 1)) {
		r->complete += w;
		return;
	}
	failed(r, w < 0 ? -errno : -ENOSPC);
	if (ftruncate(r->fd, r->complete))
		return;
}

static bool active(const struct recorder *r)
{
	return !r->done && !r->rc;
}

/* A new call, its time taken; kept on the stack until it is emitted. */
static struct call begin(struct recorder *r, enum shim_op op, const char *path, int fd)
{
	struct call c = { .op = op, .fd = fd, .t = -1 };
	struct timespec now;

	if (!active(r))
		return c;
	if (fd >= 0)
		c.kind = fd_kind(&r->fds, fd);
	if (path) {
		c.path = strdup(path);
		if (!c.path)
			failed(r, -ENOMEM);
	}
	if (r->times && !clock_gettime(CLOCK_MONOTONIC, &now))
		c.t = (double)(now.tv_sec - r->start.tv_sec) +
		      (double)(now.tv_nsec - r->start.tv_nsec) * 1e-9;
	return c;
}

static void emit(struct recorder *r, struct call *c)
{
	struct call *slot;

	if (!active(r)) {
		call_free(c);
		return;
	}
	c->line = ++r->line;
	if (r->fd >= 0)
		put_line(r, transcript_call_line(c));
	if (r->to && !r->rc) {
		slot = transcript_add(r->to, c->op);
		if (slot) {
			*slot = *c;
			return;
		}
		failed(r, -ENOMEM);
	}
	call_free(c);
}

static void bytes_out(struct recorder *r, struct call *c, const void *buf)
{
	if (active(r) && c->ret >= 0 && call_bytes(&c->out, &c->out_len, buf, (size_t)c->ret))
		failed(r, -ENOMEM);
}

static void bytes_in(struct recorder *r, struct call *c, const void *buf, size_t len)
{
	c->len = len;
	if (active(r) && call_bytes(&c->in, &c->in_len, buf, len))
		failed(r, -ENOMEM);
}

static int record_open(struct shim *s, const char *path, int flags)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_OPEN, path, -1);
	int ret = shim_open(r->under, path, flags);

	c.flags = (uint32_t)flags;
	c.ret = ret;
	if (ret >= 0 && active(r) && !fd_put(&r->fds, ret, uapi_fd_from_path(path)))
		failed(r, -ENOMEM);
	emit(r, &c);
	return ret;
}

static int record_close(struct shim *s, int fd)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_CLOSE, NULL, fd);
	int ret = shim_close(r->under, fd);

	c.ret = ret;
	fd_del(&r->fds, fd);
	emit(r, &c);
	return ret;
}

/* Fds that came back: as the result, or in a field of the reply. */
struct new_fds {
	struct recorder *r;
	const struct call *c;
};

static void note_fd(void *ctx, const struct uapi_field *f, size_t base)
{
	const struct new_fds *n = ctx;
	uint64_t v;

	if (f->kind != UAPI_FDNO || !(f->dir & UAPI_OUT) || base > n->c->out_len ||
	    !uapi_get(f, n->c->out + base, n->c->out_len - base, &v) || v > INT32_MAX)
		return;
	if (!fd_put(&n->r->fds, (int)v, (enum uapi_fd)f->fd))
		failed(n->r, -ENOMEM);
}

static int record_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_IOCTL, NULL, fd);
	const struct uapi_row *row;
	struct marshal m;
	int ret, rc;

	if (!active(r)) {
		call_free(&c);
		return r->under->ops->ioctl(r->under, fd, req, arg);
	}
	c.req = req;
	row = capture_row(c.kind, req);
	rc = marshal_before(&m, row, req, arg, r->mem, &c);
	ret = r->under->ops->ioctl(r->under, fd, req, arg);
	c.ret = ret;
	if (!rc)
		rc = marshal_after(&m, ret, &c);
	marshal_free(&m);
	if (rc)
		failed(r, rc);
	if (ret >= 0 && row && row->returns && !fd_put(&r->fds, ret, (enum uapi_fd)row->returns))
		failed(r, -ENOMEM);
	if (ret >= 0 && row && c.out) {
		struct new_fds n = { r, &c };

		marshal_fields(row, c.out, c.out_len, note_fd, &n);
	}
	emit(r, &c);
	return ret;
}

static ssize_t record_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_READ, NULL, fd);
	ssize_t ret;

	c.len = len;
	c.ret = ret = shim_read(r->under, fd, buf, len);
	bytes_out(r, &c, buf);
	emit(r, &c);
	return ret;
}

static ssize_t record_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_PREAD, NULL, fd);
	ssize_t ret;

	c.len = len;
	c.off = off;
	c.ret = ret = shim_pread(r->under, fd, buf, len, off);
	bytes_out(r, &c, buf);
	emit(r, &c);
	return ret;
}

static ssize_t record_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_WRITE, NULL, fd);
	ssize_t ret;

	bytes_in(r, &c, buf, len);
	c.ret = ret = shim_write(r->under, fd, buf, len);
	emit(r, &c);
	return ret;
}

static ssize_t record_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_PWRITE, NULL, fd);
	ssize_t ret;

	c.off = off;
	bytes_in(r, &c, buf, len);
	c.ret = ret = shim_pwrite(r->under, fd, buf, len, off);
	emit(r, &c);
	return ret;
}

static int record_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_FSTAT, NULL, fd);
	int ret = shim_fstat(r->under, fd, st);

	c.ret = ret;
	if (ret >= 0)
		c.st = *st;
	emit(r, &c);
	return ret;
}

static int record_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_STAT, path, -1);
	int ret = shim_stat(r->under, path, st);

	c.ret = ret;
	if (ret >= 0)
		c.st = *st;
	emit(r, &c);
	return ret;
}

static int record_access(struct shim *s, const char *path, int mode)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_ACCESS, path, -1);
	int ret = shim_access(r->under, path, mode);

	c.flags = (uint32_t)mode;
	c.ret = ret;
	emit(r, &c);
	return ret;
}

static ssize_t record_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_READLINK, path, -1);
	ssize_t ret;

	c.len = len;
	c.ret = ret = shim_readlink(r->under, path, buf, len);
	bytes_out(r, &c, buf);
	emit(r, &c);
	return ret;
}

static ssize_t record_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct recorder *r = of(s);
	struct call c = begin(r, SHIM_OP_LISTDIR, path, -1);
	ssize_t ret;

	c.len = len;
	c.ret = ret = shim_listdir(r->under, path, buf, len);
	bytes_out(r, &c, buf);
	emit(r, &c);
	return ret;
}

static void record_destroy(struct shim *s)
{
	struct recorder *r = of(s);

	if (r->fd >= 0)
		close(r->fd);
	fd_clear(&r->fds);
	free(r->path);
	free(r);
}

static const struct shim_ops record_ops = {
	.name = "record",
	.open = record_open,
	.close = record_close,
	.ioctl = record_ioctl,
	.read = record_read,
	.write = record_write,
	.pread = record_pread,
	.pwrite = record_pwrite,
	.fstat = record_fstat,
	.stat = record_stat,
	.access = record_access,
	.readlink = record_readlink,
	.listdir = record_listdir,
	.destroy = record_destroy,
};

static char *copy(const char *s, bool *bad)
{
	char *d = s ? strdup(s) : NULL;

	if (s && !d)
		*bad = true;
	return d;
}

static int set_header(struct transcript *t, const struct record_config *cfg)
{
	bool bad = false;

	*t = (struct transcript){ 0 };
	t->client = copy(cfg->client, &bad);
	t->kernel = copy(cfg->kernel, &bad);
	t->arch = copy(cfg->arch, &bad);
	t->source = copy(cfg->source, &bad);
	t->device = copy(cfg->device, &bad);
	return bad ? -ENOMEM : 0;
}

struct shim *shim_record_new(struct shim *under, const struct record_config *cfg,
			     struct capture_error *err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	struct transcript head = { 0 };

	if (!r) {
		capture_fail(err, -ENOMEM, "out of memory");
		return NULL;
	}
	r->shim.ops = &record_ops;
	r->under = under;
	r->mem = cfg->mem ? cfg->mem : &uapi_mem_self;
	r->to = cfg->to;
	r->times = cfg->times;
	r->line = 1;
	r->fd = -1;
	clock_gettime(CLOCK_MONOTONIC, &r->start);
	if (set_header(&head, cfg) || (r->to && set_header(r->to, cfg)))
		failed(r, -ENOMEM);
	if (cfg->path && !r->rc) {
		r->path = strdup(cfg->path);
		r->fd = open(cfg->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		if (r->fd < 0 || !r->path)
			failed(r, r->path ? -errno : -ENOMEM);
		else
			put_line(r, transcript_header_line(&head));
	}
	transcript_free(&head);
	if (r->rc) {
		capture_fail(err, r->rc, "%s", r->err.msg);
		if (r->to)
			transcript_free(r->to);
		record_destroy(&r->shim);
		return NULL;
	}
	return &r->shim;
}

int record_finish(struct shim *s, const char *result, struct capture_error *err)
{
	struct recorder *r = of(s);

	if (active(r) && r->fd >= 0)
		put_line(r, transcript_result_line(result));
	if (active(r) && r->to) {
		r->to->result = strdup(result ? result : "{}");
		if (!r->to->result)
			failed(r, -ENOMEM);
	}
	r->done = true;
	if (r->fd >= 0 && close(r->fd) && !r->rc)
		failed(r, -errno);
	r->fd = -1;
	return r->rc ? capture_fail(err, r->rc, "%s", r->err.msg) : 0;
}
