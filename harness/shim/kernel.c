// SPDX-License-Identifier: GPL-2.0-or-later
/* Backend kernel: each operation is the system call of its name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/shim/backends.h"

static int k_open(struct shim *s, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

static int k_close(struct shim *s, int fd)
{
	return close(fd) ? -errno : 0;
}

/*
 * The call that a run makes most often, and the one that recorders and
 * benchmarks measure everything against: on x86-64 it is made without libc's
 * detour through errno, which costs as much as the shim's whole dispatch.
 * Result as the kernel gives it: >= 0, or a negative errno.
 */
static int k_ioctl(struct shim *s, int fd, uint32_t req, uintptr_t arg)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"((long)SYS_ioctl), "D"((long)fd), "S"((unsigned long)req), "d"(arg)
			 : "rcx", "r11", "memory");
	return (int)r;
#else
	int r = ioctl(fd, (unsigned long)req, arg);

	return r < 0 ? -errno : r;
#endif
}

static ssize_t k_read(struct shim *s, int fd, void *buf, size_t len)
{
	ssize_t r = read(fd, buf, len);

	return r < 0 ? -errno : r;
}

static ssize_t k_write(struct shim *s, int fd, const void *buf, size_t len)
{
	ssize_t r = write(fd, buf, len);

	return r < 0 ? -errno : r;
}

static ssize_t k_pread(struct shim *s, int fd, void *buf, size_t len, uint64_t off)
{
	ssize_t r = pread64(fd, buf, len, (off64_t)off);

	return r < 0 ? -errno : r;
}

static ssize_t k_pwrite(struct shim *s, int fd, const void *buf, size_t len, uint64_t off)
{
	ssize_t r = pwrite64(fd, buf, len, (off64_t)off);

	return r < 0 ? -errno : r;
}

static void fill(struct shim_stat *st, const struct stat *from)
{
	*st = (struct shim_stat){
		.mode = from->st_mode,
		.rdev_major = major(from->st_rdev),
		.rdev_minor = minor(from->st_rdev),
	};
}

static int k_fstat(struct shim *s, int fd, struct shim_stat *st)
{
	struct stat b;

	if (fstat(fd, &b))
		return -errno;
	fill(st, &b);
	return 0;
}

static int k_stat(struct shim *s, const char *path, struct shim_stat *st)
{
	struct stat b;

	if (stat(path, &b))
		return -errno;
	fill(st, &b);
	return 0;
}

static int k_access(struct shim *s, const char *path, int mode)
{
	return access(path, mode) ? -errno : 0;
}

static ssize_t k_readlink(struct shim *s, const char *path, char *buf, size_t len)
{
	ssize_t r = readlink(path, buf, len);

	return r < 0 ? -errno : r;
}

static ssize_t k_listdir(struct shim *s, const char *path, char *buf, size_t len)
{
	DIR *d = opendir(path);
	ssize_t used = 0;

	if (!d)
		return -errno;
	for (;;) {
		errno = 0;
		struct dirent *e = readdir(d);

		if (!e) {
			if (errno)
				used = -errno;
			break;
		}
		size_t n = strlen(e->d_name) + 1;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (n > len - (size_t)used) {
			used = -ERANGE;
			break;
		}
		memcpy(buf + used, e->d_name, n);
		used += (ssize_t)n;
	}
	closedir(d);
	return used;
}

static void k_destroy(struct shim *s)
{
	free(s);
}

static const struct shim_ops kernel_ops = {
	.name = "kernel",
	.open = k_open,
	.close = k_close,
	.ioctl = k_ioctl,
	.read = k_read,
	.write = k_write,
	.pread = k_pread,
	.pwrite = k_pwrite,
	.fstat = k_fstat,
	.stat = k_stat,
	.access = k_access,
	.readlink = k_readlink,
	.listdir = k_listdir,
	.destroy = k_destroy,
};

struct shim *shim_kernel_new(void)
{
	struct shim *s = malloc(sizeof(*s));

	if (s)
		s->ops = &kernel_ops;
	return s;
}
