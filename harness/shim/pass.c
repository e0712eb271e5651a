// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls handed on as they are; see pass.h. */
#include "harness/shim/pass.h"

static struct shim *under(struct shim *s)
{
	return ((struct shim_pass *)s)->under;
}

int shim_pass_open(struct shim *s, const char *path, int flags)
{
	return shim_open(under(s), path, flags);
}

int shim_pass_close(struct shim *s, int fd)
{
	return shim_close(under(s), fd);
}

ssize_t shim_pass_read(struct shim *s, int fd, void *buf, size_t len)
{
	return shim_read(under(s), fd, buf, len);
}

ssize_t shim_pass_write(struct shim *s, int fd, const void *buf, size_t len)
{
	return shim_write(under(s), fd, buf, len);
}

ssize_t shim_pass_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	return shim_pread(under(s), fd, buf, len, off);
}

ssize_t shim_pass_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	return shim_pwrite(under(s), fd, buf, len, off);
}

int shim_pass_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	return shim_fstat(under(s), fd, st);
}

int shim_pass_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	return shim_stat(under(s), path, st);
}

int shim_pass_access(struct shim *s, const char *path, int mode)
{
	return shim_access(under(s), path, mode);
}

ssize_t shim_pass_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_readlink(under(s), path, buf, len);
}

ssize_t shim_pass_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	return shim_listdir(under(s), path, buf, len);
}
