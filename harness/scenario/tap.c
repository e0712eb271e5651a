// SPDX-License-Identifier: GPL-2.0-or-later
/* Between the guest and its kernel: counts descriptors, fails a call when told. */
#include <string.h>

#include "harness/scenario/internal.h"
#include "harness/uapi/uapi_compat.h"

static struct tap *to_tap(struct shim *s)
{
	return (struct tap *)s;
}

/* Is this the call that fails? */
static bool fails(struct tap *t)
{
	if (!t->nth || --t->nth)
		return false;
	t->pending = 0;
	t->req = 0;
	t->path[0] = '\0';
	return true;
}

static int tap_open(struct shim *s, const char *path, int flags)
{
	struct tap *t = to_tap(s);
	int fd;

	if (t->path[0] && !strncmp(path, t->path, strlen(t->path)) && fails(t))
		return -t->err;
	fd = shim_open(t->under, path, flags);
	t->fds += fd >= 0;
	return fd;
}

static int tap_close(struct shim *s, int fd)
{
	struct tap *t = to_tap(s);
	int rc = shim_close(t->under, fd);

	t->fds -= !rc;
	return rc;
}

static int tap_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct tap *t = to_tap(s);
	int rc;

	if (t->req == req && fails(t))
		return -t->err;
	rc = t->under->ops->ioctl(t->under, fd, req, arg);
	t->fds += req == VFIO_GROUP_GET_DEVICE_FD && rc >= 0;
	return rc;
}

static ssize_t tap_read(struct shim *s, int fd, void *buf, size_t len)
{
	return shim_read(to_tap(s)->under, fd, buf, len);
}

static ssize_t tap_write(struct shim *s, int fd, const void *buf, size_t len)
{
	return shim_write(to_tap(s)->under, fd, buf, len);
}

static ssize_t tap_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	return shim_pread(to_tap(s)->under, fd, buf, len, off);
}

static ssize_t tap_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	return shim_pwrite(to_tap(s)->under, fd, buf, len, off);
}

static int tap_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	return shim_fstat(to_tap(s)->under, fd, st);
}

static int tap_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	return shim_stat(to_tap(s)->under, path, st);
}

static int tap_access(struct shim *s, const char *path, int mode)
{
	return shim_access(to_tap(s)->under, path, mode);
}

static ssize_t tap_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_readlink(to_tap(s)->under, path, buf, len);
}

static ssize_t tap_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_listdir(to_tap(s)->under, path, buf, len);
}

/* Embedded: there is nothing to free. */
static void tap_destroy(struct shim *s)
{
	(void)s;
}

static const struct shim_ops tap_ops = {
	.name = "scenario",
	.open = tap_open,
	.close = tap_close,
	.ioctl = tap_ioctl,
	.read = tap_read,
	.write = tap_write,
	.pread = tap_pread,
	.pwrite = tap_pwrite,
	.fstat = tap_fstat,
	.stat = tap_stat,
	.access = tap_access,
	.readlink = tap_readlink,
	.listdir = tap_listdir,
	.destroy = tap_destroy,
};

void tap_init(struct tap *t, struct shim *under)
{
	*t = (struct tap){ .shim = { .ops = &tap_ops }, .under = under };
}
