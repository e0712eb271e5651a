// SPDX-License-Identifier: GPL-2.0-or-later
/* The backend that applies rules. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture/fds.h"
#include "harness/capture/transcript.h"
#include "harness/supervise/rule_internal.h"

struct rules {
	struct shim shim;
	struct shim *under;
	const struct uapi_mem *mem;
	struct fd_table fds;
	struct rule *v;
	size_t n;
};

static struct rules *of(struct shim *s)
{
	return (struct rules *)s;
}

static bool counts(struct rule *r)
{
	r->seen++;
	return !r->nth || r->nth == r->seen;
}

/* 0, or the negative errno that the first rule to fire answers with; all count. */
static int fails(struct rules *k, enum shim_op op, const char *path)
{
	int err = 0;

	for (size_t i = 0; i < k->n; i++) {
		struct rule *r = &k->v[i];

		if (r->op != op || (r->path && (!path || strncmp(path, r->path, strlen(r->path)))))
			continue;
		if (counts(r) && !err) {
			r->fired++;
			err = -(int)r->value;
		}
	}
	return err;
}

static int r_open(struct shim *s, const char *path, int flags)
{
	struct rules *k = of(s);
	int err = fails(k, SHIM_OP_OPEN, path), fd;

	if (err)
		return err;
	fd = shim_open(k->under, path, flags);
	if (fd >= 0)
		fd_put(&k->fds, fd, uapi_fd_from_path(path));
	return fd;
}

/* A close that fails has closed all the same, as in Linux. */
static int r_close(struct shim *s, int fd)
{
	struct rules *k = of(s);
	int err = fails(k, SHIM_OP_CLOSE, NULL), r = shim_close(k->under, fd);

	fd_del(&k->fds, fd);
	return err ? err : r;
}

static int r_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct rules *k = of(s);
	const struct uapi_row *row = capture_row(fd_kind(&k->fds, fd), req);
	int ret = 0;

	for (size_t i = 0; row && i < k->n; i++) {
		struct rule *r = &k->v[i];

		if (r->op != SHIM_OP_IOCTL || r->row != row || r->field || !counts(r) || ret)
			continue;
		r->fired++;
		ret = -(int)r->value;
	}
	if (ret)
		return ret;
	ret = k->under->ops->ioctl(k->under, fd, req, arg);
	if (ret >= 0 && row && row->returns)
		fd_put(&k->fds, ret, (enum uapi_fd)row->returns);
	for (size_t i = 0; row && i < k->n; i++) {
		struct rule *r = &k->v[i];

		if (r->op != SHIM_OP_IOCTL || r->row != row || !r->field || !counts(r))
			continue;
		r->fired += !rule_set_field(r, k->mem, arg);
	}
	return ret;
}

#define PASS_FD(op, OP, ...)                                                                       \
	{                                                                                          \
		struct rules *k = of(s);                                                           \
		int err = fails(k, SHIM_OP_##OP, NULL);                                            \
                                                                                                   \
		return err ? err : shim_##op(k->under, fd, __VA_ARGS__);                           \
	}
#define PASS_PATH(op, OP, ...)                                                                     \
	{                                                                                          \
		struct rules *k = of(s);                                                           \
		int err = fails(k, SHIM_OP_##OP, path);                                            \
                                                                                                   \
		return err ? err : shim_##op(k->under, path, __VA_ARGS__);                         \
	}

static ssize_t r_read(struct shim *s, int fd, void *buf, size_t len) PASS_FD(read, READ, buf, len)

	static ssize_t
	r_write(struct shim *s, int fd, const void *buf, size_t len) PASS_FD(write, WRITE, buf, len)

		static ssize_t r_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
			PASS_FD(pread, PREAD, buf, len, off)

				static ssize_t
	r_pwrite(struct shim *s, int fd, const void *buf, size_t len,
		 uint64_t off) PASS_FD(pwrite, PWRITE, buf, len, off)

		static int r_fstat(struct shim *s, int fd, struct shim_stat *st) PASS_FD(fstat,
											 FSTAT, st)

			static int r_stat(struct shim *s, const char *path,
					  struct shim_stat *st) PASS_PATH(stat, STAT, st)

				static int r_access(struct shim *s, const char *path, int mode)
					PASS_PATH(access, ACCESS, mode)

						static ssize_t
	r_readlink(struct shim *s, const char *path, char *buf, size_t len)
		PASS_PATH(readlink, READLINK, buf, len)

			static ssize_t
	r_listdir(struct shim *s, const char *path, char *buf, size_t len)
		PASS_PATH(listdir, LISTDIR, buf, len)

			static void r_destroy(struct shim *s)
{
	struct rules *k = of(s);

	for (size_t i = 0; k->v && i < k->n; i++)
		rule_free(&k->v[i]);
	fd_clear(&k->fds);
	free(k->v);
	free(k);
}

static const struct shim_ops ops = {
	.name = "rules",
	.open = r_open,
	.close = r_close,
	.ioctl = r_ioctl,
	.read = r_read,
	.write = r_write,
	.pread = r_pread,
	.pwrite = r_pwrite,
	.fstat = r_fstat,
	.stat = r_stat,
	.access = r_access,
	.readlink = r_readlink,
	.listdir = r_listdir,
	.destroy = r_destroy,
};

struct shim *shim_rules_new(struct shim *under, const char *const *text, size_t n,
			    const struct uapi_mem *mem, struct capture_error *err)
{
	struct rules *k = calloc(1, sizeof(*k));
	int r = 0;

	if (k)
		k->v = calloc(n + 1, sizeof(*k->v));
	if (!k || !k->v) {
		free(k);
		capture_fail(err, -ENOMEM, "out of memory");
		return NULL;
	}
	k->shim.ops = &ops;
	k->under = under;
	k->mem = mem;
	for (; k->n < n && !r; k->n++)
		r = rule_parse(&k->v[k->n], text[k->n], err);
	if (r) {
		r_destroy(&k->shim);
		return NULL;
	}
	return &k->shim;
}

unsigned int rules_fired(const struct shim *s, size_t i)
{
	return ((const struct rules *)s)->v[i].fired;
}
