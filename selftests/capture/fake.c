// SPDX-License-Identifier: GPL-2.0-or-later
/* A scripted backend. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "selftests/capture/fake.h"

static struct fake *of(struct shim *s)
{
	struct fake *f = (struct fake *)s;

	f->calls++;
	return f;
}

static int fake_open(struct shim *s, const char *path, int flags)
{
	struct fake *f = of(s);

	(void)path, (void)flags;
	return f->fail ? -f->fail : f->next_fd++;
}

static int fake_close(struct shim *s, int fd)
{
	of(s);
	(void)fd;
	return 0;
}

static int fake_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
	struct fake *f = of(s);

	return f->ioctl(f, fd, req, (void *)arg);
}

static ssize_t give(struct fake *f, void *buf, size_t len)
{
	if (f->fail)
		return -f->fail;
	if (len > f->len)
		len = f->len;
	memcpy(buf, f->bytes, len);
	return (ssize_t)len;
}

static ssize_t fake_read(struct shim *s, int fd, void *buf, size_t len)
{
	(void)fd;
	return give(of(s), buf, len);
}

static ssize_t fake_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	(void)fd, (void)off;
	return give(of(s), buf, len);
}

static ssize_t fake_write(struct shim *s, int fd, const void *buf, size_t len)
{
	struct fake *f = of(s);

	(void)fd;
	if (f->fail)
		return -f->fail;
	memcpy(f->written, buf, len);
	return (ssize_t)len;
}

static ssize_t fake_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	(void)off;
	return fake_write(s, fd, buf, len);
}

static int fake_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct fake *f = of(s);

	(void)path;
	if (f->fail)
		return -f->fail;
	*st = (struct shim_stat){ S_IFCHR | 0660, 10, 257 };
	return 0;
}

static int fake_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	(void)fd;
	return fake_stat(s, "", st);
}

static int fake_access(struct shim *s, const char *path, int mode)
{
	(void)path, (void)mode;
	return -of(s)->fail;
}

static ssize_t fake_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	(void)path;
	return give(of(s), buf, len);
}

static void fake_destroy(struct shim *s)
{
	(void)s;
}

static const struct shim_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.ioctl = fake_ioctl,
	.read = fake_read,
	.write = fake_write,
	.pread = fake_pread,
	.pwrite = fake_pwrite,
	.fstat = fake_fstat,
	.stat = fake_stat,
	.access = fake_access,
	.readlink = fake_readlink,
	.listdir = fake_readlink,
	.destroy = fake_destroy,
};

void fake_init(struct fake *f)
{
	*f = (struct fake){ .shim = { &fake_ops }, .next_fd = 3, .bytes = "", .len = 0 };
}
