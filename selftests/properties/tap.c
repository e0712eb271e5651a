// SPDX-License-Identifier: GPL-2.0-or-later
/* See tap.h. */
#include <errno.h>
#include <linux/vhost_types.h>
#include <stdio.h>
#include <string.h>

#include "selftests/properties/tap.h"

static struct tap *to_tap(struct shim *s)
{
	return (struct tap *)s;
}

static int find(const struct tap *t, int fd)
{
	for (size_t i = 0; i < t->nopen; i++)
		if (t->open[i].fd == fd)
			return (int)i;
	return -1;
}

static enum uapi_fd kind_of(struct tap *t, int fd)
{
	int i = find(t, fd);

	t->misuse |= i < 0;
	return i < 0 ? UAPI_FD_UNKNOWN : t->open[i].kind;
}

static void add(struct tap *t, int fd, enum uapi_fd kind)
{
	if (fd < 0)
		return;
	if (t->nopen == TAP_FDS) {
		t->misuse = true;
		return;
	}
	t->open[t->nopen].fd = fd;
	t->open[t->nopen++].kind = kind;
}

/* Counts; true: this is the one. */
static bool now(struct tap *t, enum shim_op op, uint32_t req, enum uapi_fd kind, const char *path)
{
	if (++t->calls != t->nth)
		return false;
	t->op = op;
	t->req = req;
	t->kind = kind;
	snprintf(t->path, sizeof(t->path), "%s", path);
	return true;
}

/* Remembers what the call at hand gave. */
static long done(struct tap *t, bool it, long ret)
{
	if (it)
		t->ret = (int)ret;
	return ret;
}

static int t_open(struct shim *s, const char *path, int flags)
{
	struct tap *t = to_tap(s);
	bool it = now(t, SHIM_OP_OPEN, 0, UAPI_FD_UNKNOWN, path);
	int fd = t->under->ops->open(t->under, path, flags);

	add(t, fd, uapi_fd_from_path(path));
	return (int)done(t, it, fd);
}

static int t_close(struct shim *s, int fd)
{
	struct tap *t = to_tap(s);
	bool it = now(t, SHIM_OP_CLOSE, 0, kind_of(t, fd), "");
	int i = find(t, fd);

	if (i >= 0)
		t->open[i] = t->open[--t->nopen];
	return (int)done(t, it, t->under->ops->close(t->under, fd));
}

/* The nth output of a row in place; NULL: there is none. */
static const struct uapi_field *output(const struct uapi_row *row, unsigned int nth)
{
	for (size_t i = 0; i < row->nfields; i++) {
		const struct uapi_field *f = &row->fields[i];

		if (f->dir & UAPI_OUT && f->width && f->width <= 8 && f->kind != UAPI_PTR &&
		    f->kind != UAPI_INLINE && !nth--)
			return f;
	}
	return NULL;
}

static void change(struct tap *t, const struct uapi_row *row, uintptr_t arg, uint32_t len)
{
	const struct uapi_field *f = output(row, t->field);
	uint64_t old, max;

	if (!f || !uapi_get(f, (void *)arg, len, &old))
		return;
	max = f->width == 8 ? UINT64_MAX : (1ull << 8 * f->width) - 1;
	switch (t->value) {
	case 0: max &= 0; break;
	case 1: max &= old + 1; break;
	case 2: max &= old - 1; break;
	case 3: max &= 0xa5a5a5a5a5a5a5a5; break;
	default: break;
	}
	t->lied = max != old;
	uapi_put(f, (void *)arg, len, max);
}

static int t_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct tap *t = to_tap(s);
	enum uapi_fd kind = kind_of(t, fd);
	bool it = now(t, SHIM_OP_IOCTL, req, kind, "");
	const struct uapi_row *row = uapi_find(kind, req);
	bool in_memory = row && row->rule != UAPI_SIZE_NONE && row->rule != UAPI_SIZE_VALUE;
	const void *array = NULL;
	uint32_t room = 0, len = 0;
	int ret;

	if (in_memory) {
		struct uapi_span span[UAPI_SPANS_MAX];
		int n = uapi_spans(row, &uapi_mem_self, arg, span, UAPI_SPANS_MAX);

		room = oracle_room(req, (const void *)arg);
		for (int i = 0; i < n; i++) {
			if (span[i].addr != arg)
				array = (const void *)(uintptr_t)span[i].addr;
			else if (span[i].dir & UAPI_OUT)
				len = span[i].len;
		}
	}
	if (it && t->lie == TAP_SILENT && in_memory && !row->returns) {
		t->lied = true;
		ret = 0;
	} else {
		ret = t->under->ops->ioctl(t->under, fd, req, arg);
		if (row && row->returns)
			add(t, ret, (enum uapi_fd)row->returns);
		else if (it && t->lie == TAP_AFTER && ret >= 0) {
			t->lied = true;
			ret = -EINTR;
		} else if (it && t->lie == TAP_POSITIVE && ret >= 0) {
			t->lied = true;
			ret = 7;
		} else if (it && t->lie == TAP_FIELD && in_memory && ret >= 0) {
			change(t, row, arg, len);
		}
	}
	if (in_memory && oracle_reply(&t->ranges, kind, req, (const void *)arg, room, array, ret))
		t->told = true;
	return (int)done(t, it, ret);
}

#define ON_FD(name, op, type, args, call)                                                          \
	static type t_##name args                                                                  \
	{                                                                                          \
		struct tap *t = to_tap(s);                                                         \
		bool it = now(t, op, 0, kind_of(t, fd), "");                                       \
                                                                                                   \
		return (type)done(t, it, (long)t->under->ops->name call);                          \
	}
#define ON_PATH(name, op, type, args, call)                                                        \
	static type t_##name args                                                                  \
	{                                                                                          \
		struct tap *t = to_tap(s);                                                         \
		bool it = now(t, op, 0, UAPI_FD_UNKNOWN, path);                                    \
                                                                                                   \
		return (type)done(t, it, (long)t->under->ops->name call);                          \
	}
#define ARGS(...) (__VA_ARGS__)

ON_FD(read, SHIM_OP_READ, ssize_t, ARGS(struct shim *s, int fd, void *buf, size_t len),
      ARGS(t->under, fd, buf, len))
static ssize_t t_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct tap *t = to_tap(s);
	enum uapi_fd kind = kind_of(t, fd);
	struct vhost_msg_v2 msg;
	bool it;

	/* A message to vhost-vdpa is a request of its own. */
	memcpy(&msg, buf, len < sizeof(msg) ? len : sizeof(msg));
	it = now(t, SHIM_OP_WRITE, kind == UAPI_FD_VDPA && len >= sizeof(msg) ? msg.iotlb.type : 0,
		 kind, "");
	return (ssize_t)done(t, it, (long)t->under->ops->write(t->under, fd, buf, len));
}

ON_FD(pread, SHIM_OP_PREAD, ssize_t,
      ARGS(struct shim *s, int fd, void *buf, size_t len, uint64_t off),
      ARGS(t->under, fd, buf, len, off))
ON_FD(pwrite, SHIM_OP_PWRITE, ssize_t,
      ARGS(struct shim *s, int fd, const void *buf, size_t len, uint64_t off),
      ARGS(t->under, fd, buf, len, off))
ON_FD(fstat, SHIM_OP_FSTAT, int, ARGS(struct shim *s, int fd, struct shim_stat *st),
      ARGS(t->under, fd, st))
ON_PATH(stat, SHIM_OP_STAT, int, ARGS(struct shim *s, const char *path, struct shim_stat *st),
	ARGS(t->under, path, st))
ON_PATH(access, SHIM_OP_ACCESS, int, ARGS(struct shim *s, const char *path, int mode),
	ARGS(t->under, path, mode))
ON_PATH(readlink, SHIM_OP_READLINK, ssize_t,
	ARGS(struct shim *s, const char *path, char *buf, size_t len),
	ARGS(t->under, path, buf, len))
ON_PATH(listdir, SHIM_OP_LISTDIR, ssize_t,
	ARGS(struct shim *s, const char *path, char *buf, size_t len),
	ARGS(t->under, path, buf, len))

static void t_destroy(struct shim *s)
{
}

static const struct shim_ops tap_ops = {
	.name = "tap",
	.open = t_open,
	.close = t_close,
	.ioctl = t_ioctl,
	.read = t_read,
	.write = t_write,
	.pread = t_pread,
	.pwrite = t_pwrite,
	.fstat = t_fstat,
	.stat = t_stat,
	.access = t_access,
	.readlink = t_readlink,
	.listdir = t_listdir,
	.destroy = t_destroy,
};

void tap_init(struct tap *t, struct shim *under, unsigned int nth)
{
	t->shim.ops = &tap_ops;
	t->under = under;
	t->later = NULL;
	t->nth = nth;
	t->lie = TAP_TRUTH;
	t->field = t->value = 0;
	t->calls = 0;
	t->op = SHIM_OP_ANY;
	t->req = 0;
	t->kind = UAPI_FD_UNKNOWN;
	t->path[0] = '\0';
	t->ret = 0;
	t->lied = t->misuse = t->told = false;
	t->nopen = 0;
	oracle_ranges(&t->ranges, NULL, 0);
}
