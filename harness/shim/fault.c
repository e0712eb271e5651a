// SPDX-License-Identifier: GPL-2.0-or-later
/* Backend fault: fails the calls that its rules name, hands all others to the backend below. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/shim/backends.h"

#define MAX_FD	 256
#define MAX_PATH 128

struct rule {
	struct shim_fault f;
	unsigned int seen;
	unsigned int fired;
};

struct fault {
	struct shim shim;
	struct shim *under;
	size_t n;
	struct rule *rules;
	/* What was opened as this fd; longer paths are cut, fds above the table have none. */
	char path[MAX_FD][MAX_PATH];
};

static struct fault *to_fault(struct shim *s)
{
	return (struct fault *)s;
}

static const char *path_of(struct fault *f, int fd)
{
	return fd >= 0 && fd < MAX_FD ? f->path[fd] : "";
}

static void set_path(struct fault *f, int fd, const char *path)
{
	if (fd < 0 || fd >= MAX_FD)
		return;
	strncpy(f->path[fd], path, MAX_PATH - 1);
}

/* 0, or the negative errno that a rule answers with. Every rule counts the calls it matches. */
static int inject(struct fault *f, enum shim_op op, uint32_t req, const char *path)
{
	int err = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct rule *r = &f->rules[i];

		if (r->f.op != SHIM_OP_ANY && r->f.op != op)
			continue;
		if (r->f.req && r->f.req != req)
			continue;
		if (r->f.fd_path && strncmp(path, r->f.fd_path, strlen(r->f.fd_path)))
			continue;
		r->seen++;
		if (!err && (!r->f.nth || r->f.nth == r->seen)) {
			r->fired++;
			err = -r->f.err;
		}
	}
	return err;
}

static int f_open(struct shim *s, const char *path, int flags)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_OPEN, 0, path);
	int fd = err ? err : f->under->ops->open(f->under, path, flags);

	if (fd >= 0)
		set_path(f, fd, path);
	return fd;
}

static int f_close(struct shim *s, int fd)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_CLOSE, 0, path_of(f, fd));
	/* As in Linux, a close() that fails has still given the fd back. */
	int r = f->under->ops->close(f->under, fd);

	set_path(f, fd, "");
	return err ? err : r;
}

static int f_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_IOCTL, req, path_of(f, fd));

	return err ? err : f->under->ops->ioctl(f->under, fd, req, arg);
}

static ssize_t f_read(struct shim *s, int fd, void *buf, size_t len)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_READ, 0, path_of(f, fd));

	return err ? err : f->under->ops->read(f->under, fd, buf, len);
}

static ssize_t f_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_WRITE, 0, path_of(f, fd));

	return err ? err : f->under->ops->write(f->under, fd, buf, len);
}

static ssize_t f_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_PREAD, 0, path_of(f, fd));

	return err ? err : f->under->ops->pread(f->under, fd, buf, len, off);
}

static ssize_t f_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_PWRITE, 0, path_of(f, fd));

	return err ? err : f->under->ops->pwrite(f->under, fd, buf, len, off);
}

static int f_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_FSTAT, 0, path_of(f, fd));

	return err ? err : f->under->ops->fstat(f->under, fd, st);
}

static int f_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_STAT, 0, path);

	return err ? err : f->under->ops->stat(f->under, path, st);
}

static int f_access(struct shim *s, const char *path, int mode)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_ACCESS, 0, path);

	return err ? err : f->under->ops->access(f->under, path, mode);
}

static ssize_t f_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_READLINK, 0, path);

	return err ? err : f->under->ops->readlink(f->under, path, buf, len);
}

static ssize_t f_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	struct fault *f = to_fault(s);
	int err = inject(f, SHIM_OP_LISTDIR, 0, path);

	return err ? err : f->under->ops->listdir(f->under, path, buf, len);
}

static void f_destroy(struct shim *s)
{
	free(to_fault(s)->rules);
	free(s);
}

static const struct shim_ops fault_ops = {
	.name = "fault",
	.open = f_open,
	.close = f_close,
	.ioctl = f_ioctl,
	.read = f_read,
	.write = f_write,
	.pread = f_pread,
	.pwrite = f_pwrite,
	.fstat = f_fstat,
	.stat = f_stat,
	.access = f_access,
	.readlink = f_readlink,
	.listdir = f_listdir,
	.destroy = f_destroy,
};

struct shim *shim_fault_new(struct shim *under, const struct shim_fault *rules, size_t n)
{
	struct fault *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->rules = calloc(n ? n : 1, sizeof(*f->rules));
	if (!f->rules) {
		free(f);
		return NULL;
	}
	f->shim.ops = &fault_ops;
	f->under = under;
	f->n = n;
	for (size_t i = 0; i < n; i++)
		f->rules[i].f = rules[i];
	return &f->shim;
}

unsigned int shim_fault_fired(const struct shim *s, size_t i)
{
	const struct fault *f = (const struct fault *)s;

	return i < f->n ? f->rules[i].fired : 0;
}
